/** `sequitur rules push`, `rollback` and `history`: whole sets, to a bucket or to the service itself. */

import { formatTime } from "../../base/time.ts";
import type { ValueObject } from "../../base/value.ts";
import {
  bundleHash,
  bundleReader,
  collectBundle,
  type RuleBundle,
} from "../../rules/rule-bundle.ts";
import { setAt, setNumbers } from "../../server/reload/kv-sets.ts";
import { type PackedSet, unpackSet } from "../../server/reload/set-package.ts";
import type { ConsoleOutput } from "../console-output.ts";
import { EXIT, UsageError } from "../exit-code.ts";
import { type ChoiceFlags, choicesOf, defaultAuthor, readOwnSet } from "./own-set.ts";
import { pushToBucket, setToRestore } from "./push-kv.ts";
import {
  exitCodeOf,
  objects,
  outcomeLine,
  positionsText,
  problemLines,
  text,
  verdictLines,
} from "./report-text.ts";
import { ask } from "./rules-client.ts";
import { connectTarget, findTarget, type TargetFlags } from "./rules-target.ts";

export interface PushOptions extends TargetFlags, ChoiceFlags {
  readonly path: string;
  readonly author: string | null;
  readonly note: string;
  readonly after: number | null;
  /** Seconds; null: not waited for. */
  readonly wait: number | null;
  readonly json: boolean;
}

export async function pushCommand(options: PushOptions, output: ConsoleOutput): Promise<number> {
  const target = findTarget(options);
  const own = readOwnSet(options.path, output);
  if (own === null) return EXIT.invalidRules;
  const set: PackedSet = {
    bundle: own.bundle,
    author: options.author ?? defaultAuthor(),
    note: options.note,
    createdMs: Date.now(),
    choices: choicesOf(options),
    restores: null,
  };
  return send(set, target.bucket, options, output);
}

export interface RollbackOptions extends TargetFlags {
  /** A number in the bucket, or the beginning of a set's identity; null: the set before. */
  readonly to: string | null;
  readonly wait: number | null;
  readonly json: boolean;
}

export async function rollbackCommand(
  options: RollbackOptions,
  output: ConsoleOutput,
): Promise<number> {
  const target = findTarget(options);
  const { to } = options;
  if (target.bucket === null) {
    const query = waitQuery(options.wait ?? LONGEST_WAIT_SECONDS);
    const { body } = await ask(target, "POST", `rules:rollback${query}`, {
      ...(to === null ? {} : { set: to }),
      by: defaultAuthor(),
    });
    judgeAnswer(body, options.wait);
    return tell(body, options.json, output);
  }
  const broker = await connectTarget(target, output);
  try {
    if (to !== null && !/^\d+$/.test(to)) throw new UsageError(`${to} is no number of a set`);
    const found = await setToRestore(broker, target.bucket, to === null ? null : Number(to));
    const set: PackedSet = {
      ...found.set,
      author: defaultAuthor(),
      note: `back to set ${found.number}`,
      createdMs: Date.now(),
      restores: found.number,
    };
    const push = { target, bucket: target.bucket, set, after: found.newest };
    const result = await pushToBucket(broker, { ...push, waitSeconds: options.wait }, output);
    return typeof result === "number" ? result : tell(result, options.json, output);
  } finally {
    await broker.close();
  }
}

async function send(
  set: PackedSet,
  bucket: string | null,
  options: PushOptions,
  output: ConsoleOutput,
): Promise<number> {
  const target = findTarget(options);
  if (bucket === null) {
    if (options.after !== null) throw new UsageError("--after is for sets in a bucket");
    const { bundle, author, note, choices } = set;
    const body = { ...bundle, author, note, choices };
    const answer = await ask(target, "PUT", `rules${waitQuery(options.wait)}`, body);
    judgeAnswer(answer.body, options.wait);
    return tell(answer.body, options.json, output);
  }
  const broker = await connectTarget(target, output);
  try {
    const { after, wait: waitSeconds } = options;
    const result = await pushToBucket(broker, { target, bucket, set, after, waitSeconds }, output);
    return typeof result === "number" ? result : tell(result, options.json, output);
  } finally {
    await broker.close();
  }
}

/** Node's client gives up on an answer after five minutes. */
const LONGEST_WAIT_SECONDS = 280;

function waitQuery(seconds: number | null): string {
  return `?wait=${seconds === null ? false : Math.min(seconds, LONGEST_WAIT_SECONDS)}`;
}

/** Throws UsageError where the service refused the request itself, or has not said in time what it was asked. */
function judgeAnswer({ outcome, detail }: ValueObject, wait: number | null): void {
  if (outcome === undefined) throw new UsageError(text(detail));
  if (outcome !== "accepted" || wait === null) return;
  const seconds = Math.min(wait, LONGEST_WAIT_SECONDS);
  throw new UsageError(`the service has not said within ${seconds} s what becomes of the set`);
}

/** Problems on stderr, verdicts on stdout. */
async function tell(report: ValueObject, json: boolean, output: ConsoleOutput): Promise<number> {
  if (json) await output.out(`${JSON.stringify(report, null, 2)}\n`);
  else {
    for (const line of problemLines(report)) output.err(line, "");
    const lines = verdictLines(report, output.outPaint);
    await output.out(lines.map((line) => `${line}\n`).join(""));
    output.err(`sequitur: ${outcomeLine(report)}`);
  }
  return exitCodeOf(report);
}

export interface HistoryOptions extends TargetFlags {
  readonly json: boolean;
}

/** The sets that there were, the newest first. */
export async function historyCommand(
  options: HistoryOptions,
  output: ConsoleOutput,
): Promise<number> {
  const target = findTarget(options);
  const rows =
    target.bucket === null ? await ownHistory(options) : await bucketHistory(options, output);
  if (options.json) await output.out(`${JSON.stringify(rows, null, 2)}\n`);
  else {
    const line = (row: ValueObject): string =>
      ["number", "set", "time", "author", "note", "since"]
        .map((name) => text(row[name]))
        .filter((one) => one !== "")
        .join("  ");
    await output.out(rows.map((row) => `${line(row)}\n`).join(""));
  }
  return EXIT.ok;
}

async function ownHistory(options: HistoryOptions): Promise<readonly ValueObject[]> {
  const { body } = await ask(findTarget(options), "GET", "rules");
  return [body["active"] ?? null, ...objects(body["past"])]
    .flatMap((one) => objects([one]))
    .map((one) => {
      const [origin] = objects([one["origin"] ?? null]);
      return {
        set: text(one["set"]),
        time: text(one["activated"]),
        author: text(origin?.["author"]),
        note: text(origin?.["note"]),
        from: text(origin?.["kind"]),
        since: positionsText(one["positions"]),
      };
    });
}

async function bucketHistory(
  options: HistoryOptions,
  output: ConsoleOutput,
): Promise<readonly ValueObject[]> {
  const target = findTarget(options);
  const bucket = target.bucket ?? "";
  const broker = await connectTarget(target, output);
  try {
    const numbers = await setNumbers(broker, bucket);
    if (numbers.kind !== "ok") throw new UsageError(`the bucket ${bucket}: ${numbers.reason}`);
    const rows: ValueObject[] = [];
    for (const number of [...numbers.value].reverse()) {
      const found = await setAt(broker, bucket, number);
      if (found.kind === "missing") continue;
      if (found.kind !== "ok") throw new UsageError(found.reason);
      const unpacked = unpackSet(found.value.bytes);
      const time = formatTime(found.value.pushedMs);
      if ("error" in unpacked)
        rows.push({ number, set: "", time, author: "", note: unpacked.error });
      else {
        const { author, note, bundle } = unpacked.set;
        rows.push({ number, set: identityOf(bundle), time, author, note });
      }
    }
    return rows;
  } finally {
    await broker.close();
  }
}

/** As the service names the set: without recordings of tests. */
function identityOf(bundle: RuleBundle): string {
  const options = { todayMs: 0, recordings: false };
  const own = collectBundle(bundle.files, bundleReader(bundle), options);
  return bundleHash(own.bundle, false).slice(0, 16);
}
