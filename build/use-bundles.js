/**
 * Lets the built program load a package as one file where the package brings such a file along: resolving and reading
 * its hundreds of modules would be most of the time that the service takes to start. `dist/node_modules` is found before
 * the packages themselves; without it everything runs the same, and starts later.
 */

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The one file of each package, relative to the package's folder. */
const BUNDLES = [{ name: "chevrotain", file: "lib/chevrotain.mjs" }];

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The package's own folder: the one that has its description, above the file that its name stands for. */
function folderOf(name) {
  let folder = dirname(fileURLToPath(import.meta.resolve(name)));
  while (!isFolderOf(folder, name)) folder = dirname(folder);
  return folder;
}

function isFolderOf(folder, name) {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).name === name;
  } catch {
    return false;
  }
}

for (const { name, file } of BUNDLES) {
  const source = folderOf(name);
  const { version } = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
  const target = join(root, "dist", "node_modules", name);
  mkdirSync(target, { recursive: true });
  copyFileSync(join(source, file), join(target, "index.mjs"));
  const description = { name, version, type: "module", exports: "./index.mjs" };
  writeFileSync(join(target, "package.json"), `${JSON.stringify(description, null, 2)}\n`);
}
