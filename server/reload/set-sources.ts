/**
 * Where rule sets come from: the folder or the bucket that the configuration names, and the buckets of lists and
 * tables. Watches them, and submits what is new to the reloader. Events and notices are hints only: buckets are asked
 * every 30 seconds, after every lost connection, and at the start.
 *
 * Invariants
 *  O1  What could not be taken because a stream or NATS is missing is tried again, until something newer is there.
 *  O2  A folder or bucket that went away changes nothing that runs.
 */

import { isAbsolute, join } from "node:path";
import type { Random } from "../../base/random.ts";
import type { Clock } from "../../io/clock.ts";
import type { Broker } from "../../io/nats.ts";
import { bucketEnd, onBucketHint, readBucket } from "../../io/nats-kv.ts";
import { FolderWatch, folderSignature } from "../../io/rule-folder-watch.ts";
import type { BucketEntry } from "../../rules/rule-files.ts";
import type { Log } from "../log.ts";
import { rootOf } from "../rule-folder.ts";
import { newestSet } from "./kv-sets.ts";
import type { ReloadReport } from "./reload-report.ts";
import type { Reloader } from "./reloader.ts";
import type { Candidate } from "./reloader-parts.ts";
import { candidateOf } from "./set-input.ts";
import type { RuleChoice } from "./set-package.ts";
import type { SetOrigin } from "./stored-set.ts";

export interface SetSourcesParts {
  /** The folder or file to watch; null: none. */
  readonly folder: string | null;
  /** The bucket of rule sets; null: none. */
  readonly bucket: string | null;
  /** The folder's signature when its set was read at the start; null: it was not, and is to be read. */
  readonly knownFolder: string | null;
  /** The number of the set that was taken from the bucket last; null: none. */
  readonly knownNumber: number | null;
  readonly reloader: Pick<Reloader, "submit" | "broken" | "state">;
  readonly broker: Broker;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly onFailure: (error: unknown) => void;
}

const POLL_MS = 30_000;
/** While the last question had no answer. */
const AWAY_POLL_MS = 1000;
/** What was refused is tried again after so long, and after twice as long each time. */
const RETRY_MS = 2000;
const LONGEST_RETRY_MS = 60_000;
const NO_CHOICES: ReadonlyMap<string, RuleChoice> = new Map();

export class SetSources {
  readonly #parts: SetSourcesParts;
  readonly #offs: (() => void)[] = [];
  readonly #dataHints = new Map<string, () => void>();
  /** Last sequences of the buckets of lists and tables when they were read. */
  #dataEnds: ReadonlyMap<string, number> = new Map();
  #watch: FolderWatch | null = null;
  #number: number | null;
  #cancelRetry: () => void = () => undefined;
  #cancelPoll: () => void = () => undefined;
  #polling = false;
  #pollAgain = false;
  #closed = false;

  constructor(parts: SetSourcesParts) {
    this.#parts = parts;
    this.#number = parts.knownNumber;
  }

  start(): void {
    const { folder, knownFolder, bucket, broker, reloader, log } = this.#parts;
    if (folder !== null) {
      const options = {
        path: folder,
        more: () => this.#outsideFiles(folder),
        onChange: () => void this.#offerFolder(folder),
        onTrouble: (reason: string | null) => {
          if (reason === null) log.info(`${folder} can be read again`);
          else reloader.broken({ kind: "folder", mark: "", author: "", note: "" }, reason);
        },
      };
      this.#watch = new FolderWatch(options, knownFolder);
    }
    if (bucket !== null) this.#offs.push(onBucketHint(broker, bucket, () => this.#poll()));
    this.#offs.push(broker.onLost(() => this.#pollIn(AWAY_POLL_MS)));
    this.#poll();
  }

  /** Files of lists and tables that do not lie in the folder. */
  #outsideFiles(folder: string): readonly string[] {
    const { data } = this.#parts.reloader.state.running.set.bundle;
    const root = rootOf(folder);
    return data.flatMap(({ file }) => {
      if (isAbsolute(file)) return [file];
      return file.startsWith("..") || root !== folder ? [join(root, file)] : [];
    });
  }

  async #offerFolder(folder: string): Promise<void> {
    const before = folderSignature(folder, this.#outsideFiles(folder));
    const unchanged = (): boolean => {
      const now = folderSignature(folder, this.#outsideFiles(folder));
      return before.kind === "ok" && now.kind === "ok" && now.text === before.text;
    };
    const report = await this.offer({
      input: { kind: "folder", path: folder, buckets: [] },
      origin: { kind: "folder", mark: "", author: "", note: "" },
      choices: NO_CHOICES,
      configured: true,
      current: unchanged,
    });
    if (report.outcome === "superseded" && !unchanged()) this.#watch?.again();
  }

  /** Submits what the configured place holds, and again later where it was refused for what may come (O1). */
  async offer(candidate: Candidate, retryMs = RETRY_MS): Promise<ReloadReport> {
    this.#cancelRetry();
    const report = await this.#parts.reloader.submit(candidate);
    if (report.mayPass && !this.#closed) {
      this.#cancelRetry();
      const longer = Math.min(LONGEST_RETRY_MS, 2 * retryMs);
      const again = (): void => void this.offer(candidate, longer);
      this.#cancelRetry = this.#parts.clock.after(retryMs, again);
    }
    return report;
  }

  /** Somebody has put a set by hand: what was refused before is not to take its place later (O1). */
  overtaken(): void {
    this.#cancelRetry();
  }

  #pollIn(durationMs: number): void {
    if (this.#closed) return;
    this.#cancelPoll();
    this.#cancelPoll = this.#parts.clock.after(durationMs, () => this.#poll());
  }

  #poll(): void {
    this.#pollAgain = true;
    if (this.#polling || this.#closed) return;
    this.#polling = true;
    void this.#pollAll().then(
      (answered) => {
        this.#polling = false;
        this.#pollIn(answered ? POLL_MS : AWAY_POLL_MS);
      },
      (error) => this.#parts.onFailure(error),
    );
  }

  /** Did all buckets answer? */
  async #pollAll(): Promise<boolean> {
    let answered = true;
    while (this.#pollAgain && !this.#closed) {
      this.#pollAgain = false;
      const { bucket } = this.#parts;
      answered = bucket === null || (await this.#pollSets(bucket));
      answered = (await this.#pollData()) && answered;
    }
    return answered;
  }

  async #pollSets(bucket: string): Promise<boolean> {
    const { broker, reloader } = this.#parts;
    const found = await newestSet(broker, bucket);
    // A bucket that is not there may come.
    if (found.kind !== "ok") return false;
    if (found.value === null || found.value.number === this.#number) return true;
    const { number } = found.value;
    this.#number = number;
    const candidate = candidateOf(found.value);
    if ("error" in candidate) {
      const origin: SetOrigin = { kind: "kv", mark: String(number), author: "", note: "" };
      const reason = `set ${number} of the bucket ${bucket} is unusable: ${candidate.error}`;
      reloader.broken(origin, reason);
      return true;
    }
    const offer = this.offer(candidate);
    // A later set must be seen while this one is built from history.
    offer.catch((error) => this.#parts.onFailure(error));
    return true;
  }

  /** Asks for the buckets of lists and tables; what changed is a change of the set. */
  async #pollData(): Promise<boolean> {
    const { broker, reloader } = this.#parts;
    const { running } = reloader.state;
    const names = running.set.bundle.buckets.map(({ bucket }) => bucket);
    this.#hearData(names);
    const ends = new Map<string, number>();
    for (const bucket of names) {
      const end = await bucketEnd(broker, bucket);
      // Nothing is noted then: what has changed elsewhere is a change still when this one is back.
      if (end.kind !== "ok") return false;
      ends.set(bucket, end.value);
    }
    if (names.every((bucket) => this.#dataEnds.get(bucket) === ends.get(bucket))) return true;
    this.#dataEnds = ends;
    const offer = reloader.submit({
      input: { kind: "bundle", bundle: running.set.bundle },
      origin: { kind: "bucket", mark: names.join(" "), author: "", note: "" },
      choices: NO_CHOICES,
      configured: false,
      // The set that it was made of must still run when it is checked.
      current: () => reloader.state.running.set === running.set,
    });
    offer.then(
      ({ outcome }) => {
        if (outcome !== "superseded" && outcome !== "refused") return;
        this.#dataEnds = new Map();
        this.#pollIn(AWAY_POLL_MS);
      },
      (error) => this.#parts.onFailure(error),
    );
    return true;
  }

  #hearData(names: readonly string[]): void {
    for (const [bucket, off] of [...this.#dataHints]) {
      if (names.includes(bucket)) continue;
      off();
      this.#dataHints.delete(bucket);
    }
    for (const bucket of names) {
      if (this.#dataHints.has(bucket)) continue;
      this.#dataHints.set(
        bucket,
        onBucketHint(this.#parts.broker, bucket, () => this.#poll()),
      );
    }
  }

  /** Another set runs: it may have other buckets. */
  activated(): void {
    this.#poll();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetry();
    this.#cancelPoll();
    for (const off of [...this.#offs, ...this.#dataHints.values()]) off();
    await this.#watch?.close();
  }
}

/** The entries of a bucket as texts, or why they cannot be read. */
export async function bucketEntries(
  broker: Broker,
  bucket: string,
  random: Random,
): Promise<readonly BucketEntry[] | string> {
  const found = await readBucket(broker, bucket, random);
  if (found.kind !== "ok") return found.reason;
  const decoder = new TextDecoder();
  return found.value.entries.map(({ key, data }) => ({ key, text: decoder.decode(data) }));
}
