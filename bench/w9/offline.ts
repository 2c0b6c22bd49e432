/**
 * W9 without a broker: JSON texts in memory -> parser -> engine -> alert objects, in one process. It says what the
 * service must find, and what the engine alone can do.
 */

import { assert } from "../../base/assert.ts";
import { createEngine, type Engine, type EngineOptions, type Feed } from "../../engine/engine.ts";
import { decodeMessage } from "../../server/decode.ts";
import { percentile } from "../percentile.ts";
import { rounded } from "../result.ts";
import { Tally } from "../tally.ts";
import type { Kind } from "./event-fields.ts";
import { type W9Size, w9Events } from "./generator.ts";
import { STREAM_OF } from "./lines.ts";
import { planOfW9 } from "./rules.ts";

/** Name of the JetStream stream: the feed of all six. */
export const SOURCE_STREAM = "SEC";

export interface OfflineFindings {
  readonly tally: Tally;
  readonly rules: number;
  readonly late: number;
  readonly dropped: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly rssMb: number;
  readonly openStarts: number;
  readonly alertsByRule: ReadonlyMap<string, number>;
  readonly batchMs: {
    readonly events: number;
    readonly p50: number;
    readonly p999: number;
    readonly max: number;
  };
}

/** Events between two times that outputs are taken: the service's default. */
const COMMIT_EVENTS = 1000;
const EVENT_BYTES = 65_536;
const MB = 2 ** 20;

/** `options`: the plain forms of the engine, for tests. */
export function runOffline(size: W9Size, options: EngineOptions = {}): OfflineFindings {
  const plan = planOfW9();
  const engine = createEngine(plan, options);
  const feeds = new Map<Kind, Feed>();
  for (const [kind, stream] of Object.entries(STREAM_OF) as [Kind, string][])
    feeds.set(kind, engine.feed(stream, SOURCE_STREAM, { broker: false }));
  const run = new OfflineRun(engine, feeds, new Tally(plan));
  for (const { kind, timeMs, data } of w9Events(size)) {
    run.add(kind, timeMs, Buffer.from(JSON.stringify(data)));
  }
  run.work();
  return run.findings(plan.rules.length);
}

interface Record {
  readonly feed: Feed;
  readonly timeMs: number;
  readonly payload: Uint8Array;
}

class OfflineRun {
  readonly #engine: Engine;
  readonly #feeds: ReadonlyMap<Kind, Feed>;
  readonly #tally: Tally;
  readonly #byRule = new Map<string, number>();
  readonly #batchMs: number[] = [];
  #batch: Record[] = [];
  #seq = 0;
  #ms = 0;
  #cpuUs = 0;
  #rssMb = 0;

  constructor(engine: Engine, feeds: ReadonlyMap<Kind, Feed>, tally: Tally) {
    this.#engine = engine;
    this.#feeds = feeds;
    this.#tally = tally;
  }

  add(kind: Kind, timeMs: number, payload: Uint8Array): void {
    this.#batch.push({ feed: this.#feeds.get(kind) as Feed, timeMs, payload });
    if (this.#batch.length === COMMIT_EVENTS) this.work();
  }

  /** The timed part. */
  work(): void {
    const cpu = process.cpuUsage();
    const startMs = performance.now();
    for (const { feed, timeMs, payload } of this.#batch) {
      const [event] = decodeMessage(payload, EVENT_BYTES);
      assert(event?.kind === "event", "a generated event is JSON");
      this.#engine.accept(feed, ++this.#seq, 0, timeMs, event.data, event.bytes);
    }
    for (const output of this.#engine.takeOutputs()) {
      if (output.kind !== "alert") continue;
      this.#tally.addAlert(output.alert);
      this.#byRule.set(output.rule, (this.#byRule.get(output.rule) ?? 0) + 1);
    }
    const ms = performance.now() - startMs;
    const { user, system } = process.cpuUsage(cpu);
    this.#batchMs.push(ms);
    this.#ms += ms;
    this.#cpuUs += user + system;
    this.#rssMb = Math.max(this.#rssMb, process.memoryUsage.rss() / MB);
    this.#batch = [];
  }

  findings(rules: number): OfflineFindings {
    const { streams, rules: statuses } = this.#engine.status();
    const times = Float64Array.from(this.#batchMs);
    const limits = statuses.flatMap((status) => status.limits);
    return {
      tally: this.#tally,
      rules,
      late: streams.reduce((sum, { late }) => sum + late, 0),
      dropped: limits.reduce((sum, { dropped }) => sum + dropped, 0),
      seconds: this.#ms / 1000,
      cpuSeconds: this.#cpuUs / 1e6,
      rssMb: this.#rssMb,
      openStarts: statuses.reduce((sum, { openStarts }) => sum + openStarts, 0),
      alertsByRule: this.#byRule,
      batchMs: {
        events: COMMIT_EVENTS,
        p50: rounded(percentile(times, 0.5), 3),
        p999: rounded(percentile(times, 0.999), 3),
        max: rounded(percentile(times, 1), 3),
      },
    };
  }
}
