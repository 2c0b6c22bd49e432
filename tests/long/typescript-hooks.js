/** Lets Node run the tests' own TypeScript: `node --import ./tests/long/typescript-hooks.js FILE.ts`. */

import { register } from "node:module";

register("./typescript-loader.js", import.meta.url);
