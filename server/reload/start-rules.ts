/**
 * With which rules the service starts: those that the store holds, at their positions, and then what the configured
 * folder or bucket holds by now, as a reload like any other. Without a stored set the folder's or bucket's is the first.
 */

import type { Random } from "../../base/random.ts";
import { type Clock, pause } from "../../io/clock.ts";
import type { Broker } from "../../io/nats.ts";
import { folderSignature } from "../../io/rule-folder-watch.ts";
import type { Store } from "../../state/store.ts";
import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import { RefusalError } from "../refusal.ts";
import { newestSet } from "./kv-sets.ts";
import { errorsOf } from "./reload-report.ts";
import type { Candidate } from "./reloader-parts.ts";
import { firstSet, type RunningSet, restoredSet, usable } from "./running-set.ts";
import { type CheckedSet, checkSet, type SetInput } from "./set-check.ts";
import { candidateOf, withBuckets } from "./set-input.ts";
import { bucketEntries } from "./set-sources.ts";
import { readStoredSet, type SetOrigin, type StoredSet } from "./stored-set.ts";

/** The folder as it was read before anything else was opened. */
export interface FolderRead {
  readonly checked: CheckedSet;
  /** Null where it could not be read. */
  readonly signature: string | null;
}

export interface StartRules {
  readonly running: RunningSet;
  /** Was it in the store? */
  readonly isStored: boolean;
  /** What the store holds where that cannot go on; null: nothing, or what runs. */
  readonly before: StoredSet | null;
  /** What the configured place holds where that is something else. */
  readonly candidate: Candidate | null;
  readonly knownFolder: string | null;
  readonly knownNumber: number | null;
}

export interface StartRulesParts {
  readonly config: Config;
  readonly store: Pick<Store, "get">;
  readonly broker: Broker;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly onWaiting: (reason: string | null) => void;
}

const RETRY_MS = 500;

/** Null where rules come from a bucket. Buckets of lists and tables are not read yet. */
export function readFolder({ rules, limits }: Config): FolderRead | null {
  if (rules.kv !== null) return null;
  const before = folderSignature(rules.path);
  const input = { kind: "folder", path: rules.path, buckets: [] } as const;
  const checked = checkSet({ input, limits, runTests: false, todayMs: Date.now() });
  return { checked, signature: before.kind === "ok" && !before.unfinished ? before.text : null };
}

/** Throws RefusalError where the folder's rules are not valid and the store has none to go on with. */
export function requireRules(
  folder: FolderRead | null,
  store: Pick<Store, "get">,
  path: string,
): void {
  if (folder === null || folder.checked.plan !== null || readStoredSet(store) !== null) return;
  throw invalid(folder.checked, path);
}

function invalid(checked: CheckedSet, where: string): RefusalError {
  const errors = errorsOf(checked);
  const [only] = errors;
  // What concerns the whole set is no error in a rule: it cannot be read, or is not there.
  if (only?.code === "set") return new RefusalError(3, only.message);
  const what = errors.length === 1 ? "an error" : `${errors.length} errors`;
  const texts = checked.problems.map(({ text }) => text);
  return new RefusalError(2, `the rules in ${where} have ${what}`, texts);
}

export async function startRules(
  parts: StartRulesParts,
  folder: FolderRead | null,
): Promise<StartRules> {
  const { store, config } = parts;
  const stored = readStoredSet(store);
  if (stored === null) return firstRules(parts, folder, null);
  const compiled = folder === null ? null : usable(folder.checked);
  const running = restoredSet(store, stored, config.limits, compiled);
  if (running === null) {
    const { hash } = stored.active;
    parts.log.error(
      { set: hash },
      "this version cannot compile the stored rule set; rules that changed begin anew",
    );
    return firstRules(parts, folder, stored);
  }
  parts.log.info({ set: stored.active.hash }, "going on with the stored rule set");
  const base = { running, isStored: true, before: null, knownNumber: null };
  if (folder === null) {
    const known = Number(stored.sourceMark);
    const candidate = await newerSet(parts, known);
    const knownNumber = candidate === null ? known : Number(candidate.origin.mark);
    return { ...base, candidate, knownNumber, knownFolder: null };
  }
  const { checked, signature } = folder;
  const same = checked.hash !== "" && checked.hash === stored.sourceMark;
  if (same) return { ...base, candidate: null, knownFolder: signature };
  const origin: SetOrigin = { kind: "folder", mark: "", author: "", note: "" };
  const input = { kind: "folder", path: config.rules.path, buckets: [] } as const;
  const candidate = { input, origin, choices: new Map(), configured: true };
  return { ...base, candidate, knownFolder: signature };
}

/** The bucket's newest set where the stored one is not it. A bucket that does not answer is asked again later. */
async function newerSet(
  { broker, config }: StartRulesParts,
  known: number | null,
): Promise<Candidate | null> {
  const found = await newestSet(broker, config.rules.kv?.bucket ?? "");
  if (found.kind !== "ok" || found.value === null || found.value.number === known) return null;
  const candidate = candidateOf(found.value);
  return "error" in candidate ? null : candidate;
}

async function firstRules(
  parts: StartRulesParts,
  folder: FolderRead | null,
  before: StoredSet | null,
): Promise<StartRules> {
  const { config, clock, log } = parts;
  let input: SetInput;
  let origin: SetOrigin;
  if (folder === null) {
    const first = await waitForSet(parts);
    input = first.input;
    origin = first.origin;
  } else {
    input = { kind: "folder", path: config.rules.path, buckets: [] };
    origin = { kind: "folder", mark: folder.checked.hash, author: "", note: "" };
  }
  const checked = await readFully(parts, input, folder);
  const set = usable(checked);
  if (set === null) throw invalid(checked, config.rules.kv?.bucket ?? config.rules.path);
  for (const { severity, text } of checked.problems) if (severity === "warning") log.warn(text);
  log.info(
    { rules: set.plan.rules.length, revision: set.revision, set: set.hash },
    "rules compiled",
  );
  const knownFolder = folder?.signature ?? null;
  const knownNumber = folder === null ? Number(origin.mark) : null;
  const running = firstSet(set, origin, clock.nowMs(), before);
  return { running, isStored: false, before, candidate: null, knownFolder, knownNumber };
}

/** The set with the entries of its buckets, which are waited for. */
async function readFully(
  parts: StartRulesParts,
  input: SetInput,
  folder: FolderRead | null,
): Promise<CheckedSet> {
  const { broker, random, config, clock } = parts;
  const filled = await withBuckets(input, (bucket) =>
    waitFor(parts, `the bucket ${bucket}`, async () => {
      const found = await bucketEntries(broker, bucket, random);
      return typeof found === "string" ? { reason: found } : { value: found };
    }),
  );
  const { buckets } = filled.kind === "folder" ? filled : filled.bundle;
  if (buckets.length === 0 && folder !== null) return folder.checked;
  return checkSet({
    input: filled,
    limits: config.limits,
    runTests: false,
    todayMs: clock.nowMs(),
  });
}

async function waitForSet(parts: StartRulesParts): Promise<Candidate> {
  const { broker, config } = parts;
  const bucket = config.rules.kv?.bucket ?? "";
  return waitFor(parts, `a rule set in the bucket ${bucket}`, async () => {
    const found = await newestSet(broker, bucket);
    if (found.kind !== "ok") return { reason: found.reason };
    if (found.value === null) return { reason: "there is none; `sequitur rules push` makes one" };
    const candidate = candidateOf(found.value);
    if ("error" in candidate) return { reason: `set ${found.value.number}: ${candidate.error}` };
    return { value: candidate };
  });
}

async function waitFor<T>(
  { clock, log, signal, onWaiting }: StartRulesParts,
  what: string,
  ask: () => Promise<{ readonly value: T } | { readonly reason: string }>,
): Promise<T> {
  let told = "";
  for (;;) {
    const found = await ask();
    if ("value" in found) {
      onWaiting(null);
      return found.value;
    }
    const reason = `${what}: ${found.reason}; waiting`;
    if (reason !== told) log.warn(reason);
    told = reason;
    onWaiting(reason);
    await pause(clock, RETRY_MS, signal);
  }
}
