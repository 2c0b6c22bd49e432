/** `sequitur state ls|show|export|import|check`: a state folder from outside. Reading is safe beside a running service. */

import { matchesGlob } from "../../server/alert-feed/alert-filter.ts";
import { loadConfig } from "../../server/config.ts";
import { stateFileBytes } from "../../state/lmdb-check.ts";
import type { ConsoleOutput } from "../console-output.ts";
import { EXIT, UsageError } from "../exit-code.ts";
import { scalar } from "../replay/alert-text.ts";
import { keyJson, keyLines } from "./runs-text.ts";
import { exportState, importState } from "./state-archive.ts";
import { StateContents } from "./state-contents.ts";
import { readSound, readState, verifyState } from "./state-reader.ts";

export interface StatePlace {
  /** The state folder; null: the configuration's. */
  readonly state: string | null;
  /** The configuration file; null: the nearest one. */
  readonly config: string | null;
}

/** The folder that is meant. */
export function stateFolder({ state, config }: StatePlace): string {
  if (state !== null) return state;
  const request = { configPath: config, overrides: new Map(), environment: process.env };
  const loaded = loadConfig({ ...request, folder: process.cwd() });
  if ("problems" in loaded) throw new UsageError(loaded.problems.join("\n"));
  return loaded.config.state.path;
}

export async function stateLs(
  place: StatePlace,
  json: boolean,
  output: ConsoleOutput,
): Promise<number> {
  const contents = new StateContents();
  await readState(stateFolder(place), contents.listen);
  const { rules } = contents;
  if (json) {
    for (const rule of rules) await output.out(`${JSON.stringify(rule)}\n`);
    return EXIT.ok;
  }
  const width = Math.max(4, ...rules.map(({ rule }) => rule.length)) + 2;
  await output.out(`${"RULE".padEnd(width)}${"KEYS".padStart(10)}${"BYTES".padStart(14)}\n`);
  for (const { rule, keys, bytes, draining } of rules) {
    const name = rule === "" ? "(being deleted)" : rule;
    const remark = draining ? "  ends what it began" : "";
    await output.out(
      `${name.padEnd(width)}${String(keys).padStart(10)}${String(bytes).padStart(14)}${remark}\n`,
    );
  }
  return EXIT.ok;
}

export interface ShowOptions extends StatePlace {
  /** Glob over names of rules. */
  readonly rule: string;
  /** Only keys one of whose parts is this; null: all. */
  readonly key: string | null;
  readonly json: boolean;
}

export async function stateShow(options: ShowOptions, output: ConsoleOutput): Promise<number> {
  const contents = new StateContents((rule) => matchesGlob(options.rule, rule));
  await readState(stateFolder(options), contents.listen);
  if (!contents.rules.some(({ rule }) => matchesGlob(options.rule, rule))) {
    throw new UsageError(`no rule ${options.rule} has a state`);
  }
  for (const shown of contents.keys) {
    if (options.key !== null && !shown.key.some((part) => scalar(part) === options.key)) continue;
    const lines = options.json ? [keyJson(shown)] : keyLines(shown);
    await output.out(lines.map((line) => `${line}\n`).join(""));
  }
  return EXIT.ok;
}

export async function stateExport(
  place: StatePlace,
  path: string,
  output: ConsoleOutput,
): Promise<number> {
  output.err(`${await exportState(stateFolder(place), path)} entries written to ${path}`);
  return EXIT.ok;
}

export async function stateImport(
  place: StatePlace,
  path: string,
  output: ConsoleOutput,
): Promise<number> {
  const folder = stateFolder(place);
  output.err(`${await importState(path, folder)} entries put into ${folder}`);
  return EXIT.ok;
}

/** 0 where the state is sound, 1 where it is damaged. */
export async function stateCheck(
  place: StatePlace,
  json: boolean,
  output: ConsoleOutput,
): Promise<number> {
  const folder = stateFolder(place);
  const verdict = verifyState(folder);
  if (verdict.kind !== "sound") {
    const { kind, reason } = verdict;
    await output.out(json ? `${JSON.stringify({ folder, kind, reason })}\n` : `${reason}\n`);
    return kind === "damaged" ? EXIT.findings : EXIT.usage;
  }
  const found = await readSound(folder, () => undefined);
  const entries = [...found].filter(([space]) => space !== "_owner");
  const bytes = stateFileBytes(folder);
  if (json) {
    const counts = Object.fromEntries(entries);
    await output.out(`${JSON.stringify({ folder, kind: "sound", bytes, entries: counts })}\n`);
    return EXIT.ok;
  }
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  await output.out(`sound: ${total} entries with their checksums, ${bytes} bytes\n`);
  for (const [space, count] of entries) {
    await output.out(`  ${space.padEnd(10)}${String(count).padStart(12)}\n`);
  }
  return EXIT.ok;
}
