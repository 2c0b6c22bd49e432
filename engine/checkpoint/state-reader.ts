/** The engine's view of a store: it reads, and hands out what is to be written. */

import type { Store } from "../../state/store.ts";

/** What the engine reads from a store. Changes given out are committed before the next ones are asked for. */
export type StateReader = Pick<Store, "get" | "scan">;
