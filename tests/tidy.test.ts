/**
 * Checks on the code base itself, in the manner of TigerBeetle's src/tidy.zig: layers, vendor doors,
 * banned calls, file length. One failing line per breach, each saying what to do instead.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "@jest/globals";

const FILE_LINES_MAX = 500;

/** What each folder may import. An import only points up this list. */
const LAYERS: ReadonlyMap<string, readonly string[]> = new Map([
  ["base", []],
  ["dsl", ["base"]],
  ["nfa", ["base", "dsl"]],
  ["state", ["base"]],
  ["engine", ["base", "dsl", "nfa", "state"]],
  ["rules", ["base", "dsl", "nfa", "engine"]],
  ["io", ["base"]],
  ["server", ["base", "dsl", "nfa", "state", "engine", "rules", "io"]],
  ["cli", ["base", "dsl", "nfa", "state", "engine", "rules", "io", "server"]],
  ["bench", ["base", "dsl", "nfa", "state", "engine", "rules", "io", "server"]],
]);

/** The only files that may import each package. */
const DOORS: ReadonlyMap<string, readonly string[]> = new Map([
  [
    "chevrotain",
    [
      "dsl/tokens.ts",
      "dsl/lexer.ts",
      "dsl/grammar.ts",
      "dsl/grammar-expressions.ts",
      "dsl/grammar-names.ts",
      "dsl/grammar-patterns.ts",
      "dsl/grammar-rules.ts",
      "dsl/grammar-tests.ts",
      "dsl/grammar-windows.ts",
    ],
  ],
  ["re2js", ["dsl/regex.ts"]],
  ["ipaddr.js", ["dsl/cidr.ts"]],
  ["luxon", ["dsl/zone.ts"]],
  ["@noble/hashes/sha2.js", ["base/hash.ts"]],
  ["@noble/hashes/utils.js", ["base/hash.ts"]],
  ["lmdb", ["state/lmdb-store.ts"]],
  ["nats", ["io/nats.ts"]],
  ["chokidar", ["io/rule-folder-watch.ts"]],
  ["hono", ["server/http.ts"]],
  ["@hono/node-server", ["server/http.ts"]],
  ["pino", ["server/log.ts"]],
  ["prom-client", ["server/metrics.ts"]],
  ["yaml", ["server/config-file.ts"]],
  ["zod", ["server/config-schema.ts"]],
  ["commander", ["cli/program.ts", "cli/rules/rules-program.ts"]],
]);

/** Folders whose results must depend on their inputs alone. */
const PURE = new Set(["base", "dsl", "nfa", "engine", "rules"]);
const BANNED: ReadonlyArray<readonly [RegExp, string]> = [
  [/\bDate\.now\(|\bnew Date\(\)/, "take the time from a Clock"],
  [/\bMath\.random\(/, "take randomness from a seeded Rng"],
  [/\basync\b|\bawait\b/, "the core is synchronous; put this in server/"],
];

const IMPORT = /^(?:import|export)[^"']*?from\s+["']([^"']+)["']/gm;

function checkImport(path: string, folder: string, spec: string): string | undefined {
  if (spec.startsWith(".")) {
    const target = normalize(join(dirname(path), spec)).split("/")[0] as string;
    const allowed = target === folder || LAYERS.get(folder)?.includes(target) === true;
    return allowed ? undefined : `${path}: ${folder}/ may not import ${target}/`;
  }
  if (spec.startsWith("node:"))
    return PURE.has(folder) ? `${path}: ${folder}/ runs in a browser, not "${spec}"` : undefined;
  return DOORS.get(spec)?.includes(path) === true ? undefined : `${path}: no door for "${spec}"`;
}

function tidyFile(path: string, folder: string): string[] {
  const text = readFileSync(path, "utf8");
  const errors: (string | undefined)[] = [];
  if (text.split("\n").length > FILE_LINES_MAX)
    errors.push(`${path}: over ${FILE_LINES_MAX} lines`);
  if (PURE.has(folder)) {
    for (const [pattern, instead] of BANNED)
      if (pattern.test(text)) errors.push(`${path}: ${instead}`);
  }
  for (const match of text.matchAll(IMPORT))
    errors.push(checkImport(path, folder, match[1] as string));
  return errors.filter((error) => error !== undefined);
}

test("tidy", () => {
  const errors: string[] = [];
  for (const folder of LAYERS.keys()) {
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
    for (const name of names.filter((n) => n.endsWith(".ts") && !n.endsWith(".test.ts"))) {
      errors.push(...tidyFile(join(folder, name), folder));
    }
  }
  expect(errors).toEqual([]);
});
