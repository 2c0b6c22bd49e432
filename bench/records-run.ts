/**
 * Runs a workload of records through the engine in this process. Only what the mode is about is timed:
 *
 *   engine  columns in memory -> event objects -> engine -> matches (no alert is made)
 *   json    JSON texts in memory -> parser -> engine -> alert objects, taken every 1,000 events as the service does
 *
 * The generator works between the timed batches, so that a run of any length needs no more memory than its state.
 */

import { assert } from "../base/assert.ts";
import { stringifyJson } from "../base/json.ts";
import type { Value } from "../base/value.ts";
import { createEngine, type Engine, type Feed } from "../engine/engine.ts";
import { decodeMessage } from "../server/decode.ts";
import { heapAfterCollection } from "./heap.ts";
import { percentile } from "./percentile.ts";
import { newBatch, type RecordBatch } from "./records.ts";
import { rounded, type Sample } from "./result.ts";
import { planOf } from "./rule-plan.ts";
import { Tally } from "./tally.ts";
import type { Size, Variant, Workload } from "./workload.ts";

export interface RecordsRun {
  readonly workload: Workload;
  readonly variant: Variant;
  readonly size: Size;
  readonly mode: "engine" | "json";
  /** The run is given up after so many seconds. */
  readonly limitS: number;
  /** The same, where the process has grown to so many megabytes. */
  readonly limitMb: number;
  /** Collect before each sample, outside of the timed parts. */
  readonly liveMemory: boolean;
}

export interface RecordsFindings {
  readonly tally: Tally;
  readonly rules: number;
  readonly late: number;
  readonly events: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly dnf: string | null;
  readonly rssMb: number;
  readonly bytesPerRun: number | null;
  readonly samples: readonly Sample[];
  /** From the rules' text to an engine that can take its first event, in milliseconds. */
  readonly loadMs: number;
  /** How long the batches took, in milliseconds. */
  readonly batchMs: {
    readonly events: number;
    /** Hardly anything else took the machine's time. */
    readonly p10: number;
    readonly p50: number;
    readonly p999: number;
    readonly max: number;
    /** The first and the last of them. */
    readonly first: number;
    readonly last: number;
  };
}

/** The service's default. */
const COMMIT_EVENTS = 1000;
const EVENT_BYTES = 65_536;
const SAMPLES = 16;
/** With fewer, what else the heap holds would count. */
const LEAST_RUNS = 1000;
const MB = 2 ** 20;

export function runRecords(run: RecordsRun): RecordsFindings {
  return new RecordsRunner(run).run();
}

class RecordsRunner {
  readonly #run: RecordsRun;
  readonly #engine: Engine;
  readonly #feed: Feed;
  readonly #tally: Tally;
  readonly #rules: number;
  readonly #loadMs: number;
  readonly #samples: Sample[] = [];
  readonly #batchMs: number[] = [];
  #events = 0;
  #ms = 0;
  #cpuUs = 0;
  #rssMb = 0;

  constructor(run: RecordsRun) {
    const startMs = performance.now();
    const plan = planOf(run.workload.name, run.variant.rules);
    this.#run = run;
    this.#rules = plan.rules.length;
    this.#tally = new Tally(plan);
    const options = run.variant.engine ?? {};
    const counted = { ...options, createMatcher: this.#tally.createMatcher };
    this.#engine = createEngine(plan, run.mode === "engine" ? counted : options);
    this.#feed = this.#engine.feed(run.workload.stream, "bench", { broker: false, trusted: true });
    this.#loadMs = performance.now() - startMs;
  }

  run(): RecordsFindings {
    const { workload, variant, size } = this.#run;
    const batch = newBatch(workload.batch);
    const source = variant.open(size);
    const emptyHeap = heapAfterCollection();
    const sampleEvery = Math.ceil(size.events / SAMPLES);
    let dnf: string | null = null;
    for (let n = source.fill(batch); n > 0 && dnf === null; n = source.fill(batch)) {
      this.#offer(batch, n);
      if (this.#events >= (this.#samples.length + 1) * sampleEvery) this.#sample();
      dnf = this.#exhausted();
    }
    const bytesPerRun = dnf === null ? this.#bytesPerRun(emptyHeap) : null;
    this.#timed(() => {
      this.#engine.endFeed(this.#feed);
      this.#engine.flush();
      this.#take();
    });
    const { streams } = this.#engine.status();
    const times = Float64Array.from(this.#batchMs);
    const first = rounded(times[0] ?? 0, 3);
    const last = rounded(times[times.length - 1] ?? 0, 3);
    return {
      tally: this.#tally,
      rules: this.#rules,
      late: streams.reduce((sum, { late }) => sum + late, 0),
      events: this.#events,
      seconds: this.#ms / 1000,
      cpuSeconds: this.#cpuUs / 1e6,
      dnf,
      rssMb: this.#rssMb,
      bytesPerRun,
      samples: this.#samples,
      loadMs: Math.round(this.#loadMs),
      batchMs: {
        events: workload.batch,
        p10: rounded(percentile(times, 0.1), 3),
        p50: rounded(percentile(times, 0.5), 3),
        p999: rounded(percentile(times, 0.999), 3),
        max: rounded(percentile(times, 1), 3),
        first,
        last,
      },
    };
  }

  #offer(batch: RecordBatch, size: number): void {
    if (this.#run.mode === "engine") {
      const { dataOf, madeBefore } = this.#run.workload;
      const made =
        madeBefore === true ? Array.from({ length: size }, (_, at) => dataOf(batch, at)) : null;
      this.#batchMs.push(this.#timed(() => this.#acceptRecords(batch, size, made)));
    } else {
      const texts = this.#textsOf(batch, size);
      this.#batchMs.push(this.#timed(() => this.#acceptTexts(texts)));
    }
  }

  #acceptRecords(batch: RecordBatch, size: number, made: readonly Value[] | null): void {
    const { dataOf } = this.#run.workload;
    for (let at = 0; at < size; at++) {
      const data = made === null ? dataOf(batch, at) : (made[at] as Value);
      this.#engine.accept(this.#feed, this.#events++, 0, null, data);
    }
    // Messages about limits, if any.
    this.#engine.takeOutputs();
  }

  #textsOf(batch: RecordBatch, size: number): readonly Uint8Array[] {
    return Array.from({ length: size }, (_, at) =>
      Buffer.from(stringifyJson(this.#run.workload.dataOf(batch, at))),
    );
  }

  #acceptTexts(texts: readonly Uint8Array[]): void {
    for (const text of texts) {
      const [event] = decodeMessage(text, EVENT_BYTES);
      assert(event?.kind === "event", "a generated record is JSON");
      this.#engine.accept(this.#feed, this.#events++, 0, null, event.data, event.bytes);
      if (this.#events % COMMIT_EVENTS === 0) this.#take();
    }
  }

  #take(): void {
    for (const output of this.#engine.takeOutputs()) {
      if (output.kind === "alert") this.#tally.addAlert(output.alert);
    }
  }

  /** Milliseconds that the work took. */
  #timed(work: () => void): number {
    const cpu = process.cpuUsage();
    const startMs = performance.now();
    work();
    const ms = performance.now() - startMs;
    const { user, system } = process.cpuUsage(cpu);
    this.#ms += ms;
    this.#cpuUs += user + system;
    return ms;
  }

  #sample(): void {
    const [status] = this.#engine.status().rules;
    if (this.#run.liveMemory) heapAfterCollection();
    const { heapUsed, rss } = process.memoryUsage();
    this.#samples.push({
      events: this.#events,
      rss_mb: Math.round(rss / MB),
      heap_mb: Math.round(heapUsed / MB),
      open_starts: status?.openStarts ?? 0,
      open_runs: status?.openRuns ?? 0,
    });
  }

  #exhausted(): string | null {
    const { limitS, limitMb } = this.#run;
    this.#rssMb = Math.max(this.#rssMb, process.memoryUsage.rss() / MB);
    const after = `at ${this.#events} events`;
    if (this.#ms > limitS * 1000) return `${after}: ${limitS} s have passed`;
    if (this.#rssMb > limitMb) return `${after}: ${limitMb} MB are taken`;
    return null;
  }

  #bytesPerRun(emptyHeap: number): number | null {
    const runs = this.#engine.status().rules.reduce((sum, { openRuns }) => sum + openRuns, 0);
    if (runs < LEAST_RUNS) return null;
    return Math.round((heapAfterCollection() - emptyHeap) / runs);
  }
}
