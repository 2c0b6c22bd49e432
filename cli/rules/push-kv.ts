/** `sequitur rules push` and `rollback` into a bucket, and waiting for what the service makes of the set. */

import { isObject, type ValueObject } from "../../base/value.ts";
import type { Broker } from "../../io/nats.ts";
import { ensureBucket } from "../../io/nats-kv.ts";
import { type PushOutcome, pushSet, setAt, setNumbers } from "../../server/reload/kv-sets.ts";
import { type PackedSet, packSet, unpackSet } from "../../server/reload/set-package.ts";
import type { ConsoleOutput } from "../console-output.ts";
import { EXIT, UsageError } from "../exit-code.ts";
import { greatestFiles } from "./own-set.ts";
import type { RulesTarget } from "./rules-target.ts";

export interface KvPush {
  readonly target: RulesTarget;
  readonly bucket: string;
  readonly set: PackedSet;
  /** The number of the newest set that the pusher knows; null: whatever is there. */
  readonly after: number | null;
  /** How long to wait for the service, in seconds; null: not at all. */
  readonly waitSeconds: number | null;
}

/** How long a lost connection is waited for. */
const PATIENCE_MS = 15_000;

/** Pushes; gives the service's report, or the exit code where there is none. */
export async function pushToBucket(
  broker: Broker,
  { target, bucket, set, after, waitSeconds }: KvPush,
  output: ConsoleOutput,
): Promise<ValueObject | number> {
  const made = await ensureBucket(broker, bucket);
  if (made.kind !== "ok") throw new UsageError(`the bucket ${bucket}: ${made.reason}`);
  if (made.value) output.err(`sequitur: made the bucket ${bucket}`);
  // Heard from before the push on, so that no answer is missed.
  const answers = waitSeconds === null ? null : new Answers(broker, target.root);
  try {
    const bytes = packSet(set);
    const outcome = await pushSet(broker, bucket, bytes, { after, patienceMs: PATIENCE_MS });
    if (outcome.kind !== "pushed") {
      output.err(...refusalLines(outcome, bucket, set));
      return EXIT.usage;
    }
    output.err(`sequitur: pushed set ${outcome.number} into ${bucket} (${bytes.length} bytes)`);
    return answers === null ? EXIT.ok : await answers.of(outcome.number, waitSeconds ?? 0);
  } finally {
    answers?.close();
  }
}

/** Why nothing was pushed, and what to do. */
function refusalLines(
  outcome: Exclude<PushOutcome, { readonly kind: "pushed" }>,
  bucket: string,
  set: PackedSet,
): readonly string[] {
  switch (outcome.kind) {
    case "conflict":
      return [
        `sequitur: not pushed: ${outcome.other?.author || "somebody"} has pushed set ${outcome.number} meanwhile`,
        "look at `sequitur rules diff` again, then push again",
      ];
    case "too large":
      return [
        `sequitur: not pushed: the set has ${outcome.bytes} bytes packed, the server takes ${outcome.limit}`,
        ...greatestFiles(set.bundle),
        "raise max_payload of nats-server, keep great tables in a bucket of their own (`from kv`), or use a folder",
      ];
    case "refused":
      return [`sequitur: not pushed: the bucket ${bucket}: ${outcome.reason}`];
    case "unreachable":
      return [
        `sequitur: not known whether it was pushed: ${outcome.reason}`,
        "`sequitur rules history` tells once NATS is there; pushing again does no harm",
      ];
  }
}

/** What services say of sets, on the control subjects. */
class Answers {
  readonly #off: () => void;
  /** What was said of each set, by its number. */
  readonly #heard = new Map<number, ValueObject>();
  #told: () => void = () => undefined;

  constructor(broker: Broker, root: string) {
    this.#off = broker.subscribe(`${root}.control.*`, ({ data }) => {
      const body: unknown = JSON.parse(new TextDecoder().decode(data));
      if (!isObject(body as ValueObject)) return;
      const record = body as ValueObject;
      const origin = record["origin"];
      if (!isObject(origin ?? null) || (origin as ValueObject)["kind"] !== "kv") return;
      this.#heard.set(Number((origin as ValueObject)["mark"]), record);
      this.#told();
    });
  }

  /**
   * The report on the set of this number. Where a later one is told of instead, a service has never looked at this one,
   * and will not. Throws UsageError where nothing comes in time.
   */
  async of(number: number, seconds: number): Promise<ValueObject> {
    const endMs = performance.now() + seconds * 1000;
    for (;;) {
      const found = this.#heard.get(number);
      if (found !== undefined) return { outcome: "activated", ...found };
      const later = [...this.#heard.keys()].find((other) => other > number);
      if (later !== undefined) {
        return { outcome: "superseded", reason: `set ${later} came before it was taken` };
      }
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) {
        throw new UsageError(
          `no service has said within ${seconds} s what becomes of set ${number}`,
        );
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#told = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  close(): void {
    this.#off();
  }
}

/** The set to go back to: of this number, or the one before the newest. Throws UsageError where there is none. */
export async function setToRestore(
  broker: Broker,
  bucket: string,
  number: number | null,
): Promise<{ readonly number: number; readonly newest: number; readonly set: PackedSet }> {
  const numbers = await setNumbers(broker, bucket);
  if (numbers.kind !== "ok") throw new UsageError(`the bucket ${bucket}: ${numbers.reason}`);
  const newest = numbers.value.at(-1) ?? 0;
  const wanted = number ?? numbers.value.at(-2) ?? 0;
  const found = await setAt(broker, bucket, wanted);
  if (found.kind !== "ok") throw new UsageError(`the bucket ${bucket} has no set ${wanted}`);
  const unpacked = unpackSet(found.value.bytes);
  if ("error" in unpacked) throw new UsageError(`set ${wanted}: ${unpacked.error}`);
  return { number: wanted, newest, set: unpacked.set };
}
