/** What a backtest reads: files, and ranges of JetStream streams. Owns the connection to the broker. */

import type { Engine } from "../../engine/engine.ts";
import type { Broker } from "../../io/nats.ts";
import type { RuleSet } from "../../rules/rule-set.ts";
import type { ConsoleOutput } from "../console-output.ts";
import { UsageError } from "../exit-code.ts";
import type { ProblemLog } from "../replay/problem-log.ts";
import type { ReplayInput } from "../replay/replay-input.ts";
import { StreamInput } from "../replay/stream-input.ts";
import { findRange, rangeEnd, type StreamRange } from "../replay/stream-range.ts";
import { connectTarget, findTarget } from "../rules/rules-target.ts";

export interface BacktestInputOptions {
  /** Values of `--input`. */
  readonly inputs: readonly string[];
  /** Names of JetStream streams. */
  readonly streams: readonly string[];
  readonly from: string | null;
  readonly to: string | null;
  readonly config: string | null;
  readonly nats: string | null;
}

/** What was read of a stream. */
export interface ReadRange {
  readonly stream: string;
  readonly fromSeq: number;
  readonly toSeq: number;
  /** Messages between the ends that the stream did not hold. */
  readonly gaps: number;
  readonly shortfalls: readonly string[];
}

/** Throws UsageError where the flags do not go together. */
export function checkInputs(options: BacktestInputOptions): void {
  const { inputs, streams, from, to } = options;
  if (inputs.length + streams.length === 0) {
    throw new UsageError("what is to be read? --input FILE, or --stream NAME");
  }
  if (streams.length === 0 && (from !== null || to !== null)) {
    throw new UsageError("--from and --to say what to read of a --stream");
  }
  if (new Set(streams).size < streams.length) throw new UsageError("--stream: a name stands twice");
  const ends = [rangeEnd("--from", from), rangeEnd("--to", to)];
  if (streams.length > 1 && ends.some((end) => end?.kind === "seq")) {
    throw new UsageError("--from and --to: a sequence is of one stream; name a time for several");
  }
}

export class BacktestInput {
  readonly #options: BacktestInputOptions;
  readonly #output: ConsoleOutput;
  #broker: Broker | null = null;
  #ranges: readonly StreamRange[] = [];
  readonly #gaps = new Map<string, number>();

  constructor(options: BacktestInputOptions, output: ConsoleOutput) {
    this.#options = options;
    this.#output = output;
  }

  /** Connects, where streams are to be read, and settles what of them. Throws UsageError. */
  async open(): Promise<void> {
    const { streams, config, nats } = this.#options;
    if (streams.length === 0) return;
    const target = findTarget({ config, nats, server: null, token: null, bucket: null });
    const broker = await connectTarget(target, this.#output, "sequitur backtest");
    this.#broker = broker;
    const from = rangeEnd("--from", this.#options.from);
    const to = rangeEnd("--to", this.#options.to);
    const ranges: StreamRange[] = [];
    for (const stream of streams) ranges.push(await findRange(broker, stream, from, to));
    this.#ranges = ranges;
    for (const { stream, shortfalls } of ranges) {
      this.#output.err(...shortfalls.map((text) => `sequitur: the stream ${stream}: ${text}`));
    }
  }

  /** The ranges, for one run of a rule set. */
  openRanges(
    set: RuleSet,
    engine: Engine,
    problems: ProblemLog,
    sorted: boolean,
  ): readonly ReplayInput[] {
    const broker = this.#broker;
    if (broker === null) return [];
    return this.#ranges.map((range) => {
      const onGaps = (count: number): void => this.#tellGaps(range, count);
      return new StreamInput(broker, range, set.plan, engine, { sorted, problems, onGaps });
    });
  }

  /** Throws UsageError where a second reading found other messages than the first. */
  #tellGaps({ stream }: StreamRange, count: number): void {
    const before = this.#gaps.get(stream);
    this.#gaps.set(stream, count);
    if (before === undefined) {
      if (count > 0) this.#output.err(`sequitur: the stream ${stream}: ${missing(count)}`);
    } else if (before !== count) {
      throw new UsageError(
        `the stream ${stream} lost messages between the two readings: the rules did not see the same`,
      );
    }
  }

  /** What was read; once all runs are over. */
  ranges(): readonly ReadRange[] {
    return this.#ranges.map(({ stream, fromSeq, toSeq, shortfalls }) => ({
      stream,
      fromSeq,
      toSeq,
      gaps: this.#gaps.get(stream) ?? 0,
      shortfalls,
    }));
  }

  async close(): Promise<void> {
    await this.#broker?.close();
  }
}

function missing(count: number): string {
  return count === 1
    ? "1 message of the range is not there"
    : `${count} messages of the range are not there`;
}
