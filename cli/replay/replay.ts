/**
 * Events from files, or from streams, through the production engine. Every input is a feed; the next line is always taken
 * from the input whose watermark is lowest (of equals the first named), so no input runs far ahead of the others and the
 * order follows from the inputs alone.
 *
 * With a state folder each batch is one commit: engine, positions, outputs (replay-store.ts). A run that was killed goes
 * on behind the last commit; after a complete run the same command finds nothing left to do.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { createEngine, type Engine, type EngineStatus, type Output } from "../../engine/engine.ts";
import type { RuleSet } from "../../rules/rule-set.ts";
import type { Store } from "../../state/store.ts";
import { UsageError } from "../exit-code.ts";
import { InputFile } from "./input-file.ts";
import type { InputSpec } from "./input-spec.ts";
import type { ProblemLog } from "./problem-log.ts";
import type { InputItem, ReplayInput } from "./replay-input.ts";
import { type ReplayOutput, ReplayStore } from "./replay-store.ts";

export interface ReplayRequest {
  readonly set: RuleSet;
  readonly inputs: readonly InputSpec[];
  /** Opens what is read beside the files. With a store there must be none. */
  readonly openMore?: (engine: Engine) => readonly ReplayInput[];
  readonly problems: ProblemLog;
  /** Takes what was decided, in order, once it is committed. */
  readonly write: (outputs: readonly ReplayOutput[]) => Promise<void>;
  /** Null: nothing is kept. */
  readonly store: Store | null;
  readonly flush: boolean;
  readonly sort: boolean;
  /** How many times faster than the events' own time; null: as fast as it goes. */
  readonly rate: number | null;
  /** Called now and then with the number of events read. */
  readonly onProgress: (events: number) => void;
}

export interface ReplayResult {
  /** Events read in this run. */
  readonly events: number;
  /** Event times of the first event and of the greatest; null where there was none. */
  readonly span: { readonly firstMs: number; readonly lastMs: number } | null;
  /** From the first line to the last output. */
  readonly seconds: number;
  readonly status: EngineStatus;
}

/** Events of a commit. */
const BATCH_EVENTS = 1000;

export async function replay(request: ReplayRequest): Promise<ReplayResult> {
  const replayer = new Replayer(request);
  return replayer.run();
}

class Replayer {
  readonly #request: ReplayRequest;
  readonly #engine: Engine;
  readonly #store: ReplayStore | null;
  readonly #files: readonly InputFile[];
  readonly #inputs: readonly ReplayInput[];
  #open: ReplayInput[];
  #events = 0;
  #firstMs = Number.POSITIVE_INFINITY;
  #sinceCommit = 0;
  #pace: { readonly wallMs: number; readonly eventMs: number } | null = null;

  constructor(request: ReplayRequest) {
    this.#request = request;
    const { set, inputs, problems, sort, store } = request;
    this.#store = store === null ? null : new ReplayStore(store);
    this.#engine = createEngine(set.plan, { data: set.data }, store);
    this.#files = inputs.map((spec) => {
      const position = this.#store?.position(spec.path, sort) ?? null;
      return new InputFile(spec, set.plan, this.#engine, problems, { sorted: sort, position });
    });
    this.#inputs = [...this.#files, ...(request.openMore?.(this.#engine) ?? [])];
    this.#open = [...this.#inputs];
  }

  async run(): Promise<ReplayResult> {
    const startMs = performance.now();
    if (this.#store !== null) await this.#write(this.#store.unwritten());
    for (let file = this.#next(); file !== undefined; file = this.#next()) {
      const item = file.take();
      if (item !== undefined) await this.#accept(file, item);
      else if (!(await file.load())) this.#end(file);
    }
    if (this.#request.flush) this.#engine.flush();
    await this.#commit();
    const seconds = (performance.now() - startMs) / 1000;
    return { events: this.#events, span: this.#span(), seconds, status: this.#engine.status() };
  }

  #span(): ReplayResult["span"] {
    if (!Number.isFinite(this.#firstMs)) return null;
    const lastMs = Math.max(...this.#inputs.map(({ highestMs }) => highestMs));
    return { firstMs: this.#firstMs, lastMs };
  }

  /** Of the inputs that are not at their end the one with the lowest watermark. */
  #next(): ReplayInput | undefined {
    if (this.#open.length < 2) return this.#open[0];
    return this.#open.reduce((a, b) => (b.watermarkMs < a.watermarkMs ? b : a));
  }

  async #accept(file: ReplayInput, item: InputItem): Promise<void> {
    for (const { stream, index, stampMs, data, bytes } of item.events) {
      const feed = file.feedOf(stream);
      if (feed === undefined) continue;
      if (feed.ended) {
        throw new UsageError(
          `--state: ${file.name} has grown since the replay of it was completed`,
        );
      }
      this.#engine.accept(feed, item.lineNumber + 1, index, stampMs, data, bytes);
      this.#events++;
      this.#sinceCommit++;
      // Until it has an event, a feed is at -Infinity.
      if (feed.highestMs < this.#firstMs && Number.isFinite(feed.highestMs)) {
        this.#firstMs = feed.highestMs;
      }
    }
    if (this.#request.rate !== null) {
      await this.#keepPace(file.highestMs, this.#request.rate);
      await this.#commit();
    } else if (this.#sinceCommit >= BATCH_EVENTS) await this.#commit();
  }

  /** Waits until the wall clock is where the event's time is. */
  async #keepPace(eventMs: number, rate: number): Promise<void> {
    if (!Number.isFinite(eventMs)) return;
    const wallMs = performance.now();
    this.#pace ??= { wallMs, eventMs };
    const dueMs = this.#pace.wallMs + (eventMs - this.#pace.eventMs) / rate;
    if (dueMs - wallMs >= 1) await sleep(dueMs - wallMs);
  }

  #end(file: ReplayInput): void {
    for (const feed of file.feeds()) this.#engine.endFeed(feed);
    this.#open = this.#open.filter((other) => other !== file);
  }

  async #commit(): Promise<void> {
    this.#sinceCommit = 0;
    const outputs = this.#engine.takeOutputs().flatMap((output) => this.#replayOutput(output));
    this.#store?.commit(this.#engine, outputs, this.#files);
    await this.#write(outputs);
    this.#request.onProgress(this.#events);
  }

  async #write(outputs: readonly ReplayOutput[]): Promise<void> {
    if (outputs.length === 0) return;
    await this.#request.write(outputs);
    this.#store?.written();
  }

  /** Alerts and late events are written; what is no event goes to the log of problems. */
  #replayOutput(output: Output): readonly ReplayOutput[] {
    const { kind, text } = output;
    if (kind === "alert" || kind === "late") return [{ kind, text }];
    if (kind === "dead") {
      const dead = JSON.parse(text) as DeadRecord;
      const { feed, seq, index = 0, reason, detail = "" } = dead;
      // The detail repeats the reason: "bad time: …".
      const rest = detail.startsWith(`${reason}: `) ? detail.slice(reason.length + 2) : detail;
      this.#request.problems.add(feed, seq, index, reason, rest);
    }
    return [];
  }
}

/** The parts of a dead record that are reported. */
interface DeadRecord {
  readonly feed: string;
  readonly seq: number;
  readonly index?: number;
  readonly reason: string;
  readonly detail?: string;
}
