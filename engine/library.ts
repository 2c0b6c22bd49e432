/**
 * The library's face of the engine (see README): compile rules, give events, get alerts. Pure and synchronous; it runs
 * in a browser. Thin: everything that decides is in engine.ts.
 */

import { ByteReader, ByteWriter, RecordError } from "../base/bytes.ts";
import type { Diagnostic } from "../base/diagnostic.ts";
import { subjectMatches } from "../base/subject.ts";
import { isObject, type Value, type ValueObject } from "../base/value.ts";
import { compileRules } from "../dsl/compile.ts";
import type { RuleSetPlan } from "../dsl/plan.ts";
import { openMemoryStore } from "../state/memory-store.ts";
import type { Store, StoreChange } from "../state/store.ts";
import { SPACES } from "./checkpoint/keys.ts";
import {
  createEngine as createReducer,
  type Engine,
  type EngineOptions,
  type Feed,
} from "./engine.ts";
import type { Alert } from "./outputs.ts";
import type { EngineStatus } from "./status.ts";

/** An event with the stream, or the NATS subject, that it came on. Without `time` the stream's time field tells. */
export interface EventEnvelope {
  readonly stream?: string;
  readonly subject?: string;
  /** Milliseconds since 1970. */
  readonly time?: number;
  readonly data: ValueObject;
}

/** Compiles one rule file. `rules` is null where a diagnostic is an error. */
export function compile(text: string): {
  readonly rules: RuleSetPlan | null;
  readonly diagnostics: readonly Diagnostic[];
} {
  const { plan, diagnostics } = compileRules([{ file: "rules.seq", text }]);
  return { rules: plan, diagnostics };
}

/**
 * An engine in memory. With a snapshot of an engine of the same rules it goes on from there.
 * Throws CheckpointError or RecordError for a snapshot that this version did not write.
 */
export function createEngine(
  rules: RuleSetPlan,
  snapshot: Uint8Array | null = null,
  options: EngineOptions = {},
): LibraryEngine {
  const store = openMemoryStore();
  if (snapshot !== null) store.commit(readSnapshot(snapshot));
  return new LibraryEngine(rules, store, options);
}

/** The one feed of each stream. */
const FEED_NAME = "library";

export class LibraryEngine {
  readonly #engine: Engine;
  readonly #store: Store;
  readonly #feeds: readonly Feed[];
  #unroutable = 0;

  constructor(rules: RuleSetPlan, store: Store, options: EngineOptions) {
    this.#store = store;
    this.#engine = createReducer(rules, options, store);
    this.#feeds = rules.streams.map(({ name }) =>
      this.#engine.feed(name, FEED_NAME, { broker: false }),
    );
  }

  /**
   * Takes events in the order of their arrival and gives the alerts that they decided. Events are envelopes, or bare
   * data where the rules read one stream. A rule over several streams decides what no stream can still change: a
   * stream without events holds it back until `advanceTo`.
   */
  ingest(events: Iterable<EventEnvelope | ValueObject>): readonly Alert[] {
    for (const event of events) this.#take(event);
    return this.#decided();
  }

  #take(event: EventEnvelope | ValueObject): void {
    if (!isEnvelope(event)) {
      const [only, another] = this.#feeds;
      if (only === undefined || another !== undefined) this.#unroutable++;
      else this.#accept(only, null, event);
      return;
    }
    const { stream, subject, time, data } = event;
    let found = false;
    for (const feed of this.#feeds) {
      const { name, subjects } = feed.stream;
      const fits =
        stream === undefined
          ? subjects.some((pattern) => subjectMatches(pattern, subject ?? ""))
          : name === stream;
      if (!fits) continue;
      found = true;
      this.#accept(feed, time ?? null, data);
    }
    if (!found) this.#unroutable++;
  }

  #accept(feed: Feed, timeMs: number | null, data: Value): void {
    this.#engine.accept(feed, feed.lastSeq + 1, 0, timeMs, data);
  }

  /** No event below `timeMs` comes any more on any stream: decides what waited for that. */
  advanceTo(timeMs: number): readonly Alert[] {
    this.#engine.advance(timeMs);
    return this.#decided();
  }

  /** Lets time run on until nothing waits. */
  flush(): readonly Alert[] {
    this.#engine.flush();
    return this.#decided();
  }

  #decided(): readonly Alert[] {
    this.#store.commit(this.#engine.takeChanges());
    return this.#engine
      .takeOutputs()
      .flatMap((output) => (output.kind === "alert" ? [output.alert] : []));
  }

  /** Everything that `createEngine` needs to go on from here, as bytes. */
  snapshot(): Uint8Array {
    const writer = new ByteWriter();
    for (const space of SPACE_NAMES) {
      for (const { key, value } of this.#store.scan(space)) {
        writer.text(space);
        writer.uint(key.length);
        writer.raw(key);
        writer.uint(value.length);
        writer.raw(value);
      }
    }
    return writer.take();
  }

  status(): EngineStatus {
    return this.#engine.status();
  }

  /** Events that belong to no stream of the rules. */
  get unroutable(): number {
    return this.#unroutable;
  }
}

const SPACE_NAMES = [
  SPACES.meta,
  SPACES.slots,
  SPACES.due,
  SPACES.once,
  SPACES.events,
  SPACES.waiting,
  SPACES.ids,
];

function isEnvelope(event: EventEnvelope | ValueObject): event is EventEnvelope {
  const { stream, subject, data } = event as { stream?: Value; subject?: Value; data?: Value };
  return (typeof stream === "string" || typeof subject === "string") && isObject(data);
}

function readSnapshot(bytes: Uint8Array): readonly StoreChange[] {
  const reader = new ByteReader(bytes);
  const changes: StoreChange[] = [];
  while (!reader.done) {
    const space = reader.text();
    if (!SPACE_NAMES.some((name) => name === space)) {
      throw new RecordError("a snapshot has an unknown space");
    }
    const key = reader.raw(reader.uint());
    changes.push({ space, key, value: reader.raw(reader.uint()) });
  }
  return changes;
}
