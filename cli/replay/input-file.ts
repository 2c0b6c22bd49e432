/**
 * One input file on its way into the engine: what is read next, and how far its feeds have come. Each stream that the
 * file feeds has a feed of its own, called by the file's path.
 *
 * An item is what is taken at once: a line with all its events, or with `--sort` one event, for which the whole file is
 * read beforehand. The position, as stored, is the last item taken.
 */

import { crc32 } from "../../base/crc32.ts";
import type { RuleSetPlan, StreamPlan } from "../../dsl/plan.ts";
import type { Engine, Feed } from "../../engine/engine.ts";
import { readLines } from "../../io/file-source.ts";
import { timeReader } from "../../rules/time-reader.ts";
import type { InputSpec } from "./input-spec.ts";
import { ItemBatches } from "./item-batches.ts";
import { LineDecoder, MAX_LINE_BYTES } from "./line-decoder.ts";
import type { ProblemLog } from "./problem-log.ts";
import { greatest, type InputItem, type ReplayInput } from "./replay-input.ts";

/** How far a file was read. */
export interface InputPosition {
  /** Items taken. */
  readonly items: number;
  /** The last line taken, and the checksum of its text: the file must still have it there. */
  readonly lineNumber: number;
  readonly byteOffset: number;
  readonly checksum: number;
  readonly sorted: boolean;
}

const encoder = new TextEncoder();

export class InputFile implements ReplayInput {
  readonly spec: InputSpec;
  readonly #feeds = new Map<string, Feed>();
  readonly #batches: ItemBatches;
  #last: InputItem | null = null;
  #taken: number;
  readonly #sorted: boolean;

  constructor(
    spec: InputSpec,
    plan: RuleSetPlan,
    engine: Engine,
    problems: ProblemLog,
    options: { readonly sorted: boolean; readonly position: InputPosition | null },
  ) {
    this.spec = spec;
    const { sorted, position } = options;
    this.#sorted = sorted;
    this.#taken = position?.items ?? 0;
    const streams = spec.stream === null ? plan.streams : [spec.stream];
    for (const stream of streams) {
      this.#feeds.set(stream.name, engine.feed(stream.name, spec.path, { broker: false }));
    }
    const decoder = new LineDecoder(spec, plan.streams, problems);
    const items = readItems(spec.path, decoder, sorted ? null : position);
    this.#batches = new ItemBatches(sorted ? sortedFrom(items, streams, this.#taken) : items);
  }

  get name(): string {
    return this.spec.path;
  }

  get watermarkMs(): number {
    return greatest(this.feeds(), (feed) => feed.watermarkMs);
  }

  get highestMs(): number {
    return greatest(this.feeds(), (feed) => feed.highestMs);
  }

  feeds(): Iterable<Feed> {
    return this.#feeds.values();
  }

  feedOf(stream: StreamPlan): Feed | undefined {
    return this.#feeds.get(stream.name);
  }

  take(): InputItem | undefined {
    const item = this.#batches.take();
    if (item === undefined) return undefined;
    this.#taken++;
    this.#last = item;
    return item;
  }

  /** Throws FileError. */
  load(): Promise<boolean> {
    return this.#batches.load();
  }

  /** Null where nothing was taken since the start. */
  position(): InputPosition | null {
    if (this.#last === null) return null;
    const { lineNumber, byteOffset, text } = this.#last;
    const checksum = crc32(encoder.encode(text));
    return { items: this.#taken, lineNumber, byteOffset, checksum, sorted: this.#sorted };
  }
}

/** The file is not the one that the stored position speaks of. */
export class ChangedFileError extends Error {
  override readonly name = "ChangedFileError";
  readonly code = "changed";
}

/** Lines as items, from behind the position, where the line at the position is still the same. */
async function* readItems(
  path: string,
  decoder: LineDecoder,
  position: InputPosition | null,
): AsyncGenerator<readonly InputItem[]> {
  const from = position === null ? {} : { from: position };
  let expected = position;
  for await (const lines of readLines(path, { maxLineBytes: MAX_LINE_BYTES, ...from })) {
    const items: InputItem[] = [];
    for (const fileLine of lines) {
      const { lineNumber, byteOffset } = fileLine;
      const text = fileLine.line ?? "";
      if (expected !== null) {
        if (crc32(encoder.encode(text)) !== expected.checksum) throw changed(path);
        expected = null;
        continue;
      }
      items.push({ lineNumber, byteOffset, text, events: decoder.decode(fileLine) });
    }
    yield items;
  }
  if (expected !== null) throw changed(path);
}

function changed(path: string): ChangedFileError {
  return new ChangedFileError(`${path} is not the file that the state was made from`);
}

/** All events by (time, line), those without a time behind the one before them; those already taken are left out. */
export async function* sortedFrom(
  batches: AsyncIterable<readonly InputItem[]>,
  streams: readonly StreamPlan[],
  taken: number,
): AsyncGenerator<readonly InputItem[]> {
  const readers = new Map(streams.map((stream) => [stream, timeReader(stream, true)]));
  const timed: { readonly item: InputItem; readonly timeMs: number }[] = [];
  let lastMs = Number.NEGATIVE_INFINITY;
  for await (const batch of batches) {
    for (const item of batch) {
      for (const event of item.events) {
        lastMs = readers.get(event.stream)?.(event.data, event.stampMs) ?? lastMs;
        timed.push({ item: { ...item, events: [event] }, timeMs: lastMs });
      }
    }
  }
  timed.sort((a, b) => a.timeMs - b.timeMs || 0);
  yield timed.slice(taken).map(({ item }) => item);
}
