/**
 * The JetStream streams that are read, as one set of rules after the other needs them. What a new set needs is found
 * and checked before the switch, opened at it; what nobody needs any more is closed behind it. A stream that is new
 * begins at its end, and so do subjects that are new in a stream that was read to its end: only a warm start looks at
 * what was before. Where it was not, they begin where the stream stands, as everything does that waits there.
 *
 * Owns the list of sources, which the loop, the committer and the idle watch read.
 */

import { crc32 } from "../../base/crc32.ts";
import type { Random } from "../../base/random.ts";
import type { RuleSetPlan, StreamPlan } from "../../dsl/plan.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Clock } from "../../io/clock.ts";
import type { Broker } from "../../io/nats.ts";
import { streamInfo } from "../../io/nats-streams.ts";
import type { StoreChange } from "../../state/store.ts";
import { readStreams } from "../read-streams.ts";
import { RefusalError } from "../refusal.ts";
import { openSource, type Source, type SourceEvents } from "../source.ts";
import { findSources, type StartupParts } from "../startup.ts";
import { feedRemoval, type StoredFeed } from "../stored-service.ts";

export interface WantedSource {
  readonly name: string;
  /** Where a source that is not read yet begins; null: it is read. */
  readonly begin: StoredFeed | null;
  readonly streams: readonly StreamPlan[];
  readonly filters: readonly string[];
}

export interface SourceSwitchParts {
  /** Changed in place. */
  readonly sources: Source[];
  readonly engine: Engine;
  readonly broker: Broker;
  readonly clock: Clock;
  readonly random: Random;
  readonly startup: StartupParts;
  readonly alertStream: string;
  readonly events: SourceEvents;
  /** A source was opened: runs it, and ends the process where it fails. */
  readonly onOpened: (source: Source) => void;
}

export class SourceSwitch {
  readonly #parts: SourceSwitchParts;
  /** What the last preparation answered to, and its answer: most reloads touch no stream. */
  #asked = "";
  #answer: readonly WantedSource[] | null = null;

  constructor(parts: SourceSwitchParts) {
    this.#parts = parts;
  }

  /** What a plan needs. Throws RefusalError where something is missing or does not fit. */
  async prepare(plan: RuleSetPlan): Promise<readonly WantedSource[]> {
    const streams = readStreams(plan);
    const asked = JSON.stringify(streams.map(({ name, subjects }) => [name, subjects]));
    if (this.#answer !== null && asked === this.#asked) {
      return this.#answer.map((one) => ({
        ...one,
        begin: null,
        streams: one.streams.flatMap(({ name }) => streams.find((now) => now.name === name) ?? []),
      }));
    }
    const { startup, alertStream, sources } = this.#parts;
    const found = await findSources({ ...startup, hurried: true }, streams, alertStream);
    const wanted: WantedSource[] = [];
    for (const { stored, streams: held, filters } of found) {
      const running = sources.find(({ name }) => name === stored.name);
      if (running !== undefined && running.created !== stored.created) {
        throw new RefusalError(3, `the JetStream stream ${stored.name} was made anew`);
      }
      const begin = running === undefined ? await this.#endOf(stored) : null;
      wanted.push({ name: stored.name, begin, streams: held, filters });
    }
    return wanted;
  }

  async #endOf(stored: StoredFeed): Promise<StoredFeed> {
    const info = await streamInfo(this.#parts.broker, stored.name);
    if (info.kind !== "ok") throw new RefusalError(3, `${stored.name}: ${info.reason}`);
    return { ...stored, position: info.value.lastSeq, storedMs: 0, checksum: 0 };
  }

  /** Before the engine's switch: feeds that nobody reads any more hold no time back. */
  endFeeds(wanted: readonly WantedSource[]): void {
    const { sources, engine } = this.#parts;
    for (const source of sources) {
      const streams = wanted.find(({ name }) => name === source.name)?.streams ?? [];
      for (const { stream, feed } of source.routes) {
        if (!streams.some(({ name }) => name === stream.name)) engine.endFeed(feed);
      }
    }
  }

  /**
   * Right after the engine's switch. Gives what is to be stored with it. `ends`: up to where each source has read all
   * that its filters let through.
   */
  apply(
    plan: RuleSetPlan,
    wanted: readonly WantedSource[],
    ends: ReadonlyMap<string, number>,
  ): readonly StoreChange[] {
    const { sources } = this.#parts;
    const before = [...sources];
    const changes: StoreChange[] = [];
    const after = wanted.map((one) =>
      this.#open(
        one,
        before.find(({ name }) => name === one.name),
        ends.get(one.name) ?? 0,
      ),
    );
    for (const source of before) {
      if (after.includes(source)) continue;
      source.close();
      if (!wanted.some(({ name }) => name === source.name)) changes.push(feedRemoval(source.name));
    }
    sources.splice(0, sources.length, ...after);
    for (const source of after) if (!before.includes(source)) this.#parts.onOpened(source);
    this.#asked = JSON.stringify(readStreams(plan).map(({ name, subjects }) => [name, subjects]));
    this.#answer = wanted;
    return changes;
  }

  #open(
    { name, begin, streams, filters }: WantedSource,
    running: Source | undefined,
    end: number,
  ): Source {
    const { engine, clock, events } = this.#parts;
    const nowMs = clock.monotonicMs();
    const routes = streams.map((stream) => ({
      stream,
      feed: engine.feed(stream.name, name, { broker: true }),
      lastMessageMs:
        running?.routes.find((route) => route.stream.name === stream.name)?.lastMessageMs ?? nowMs,
    }));
    if (running !== undefined && sameTexts(running.filters, filters)) {
      running.reroute(routes);
      return running;
    }
    const stored = running === undefined ? begin : standingAt(running, end);
    if (stored === null) throw new Error(`the source ${name} has no beginning`);
    return openSource(this.#parts, stored, routes, filters, events);
  }
}

/** Where other filters go on. */
function standingAt(source: Source, end: number): StoredFeed {
  const standing = source.standing(crc32);
  // What the message there was is not known: it was none of ours.
  return end <= source.position
    ? standing
    : { ...standing, position: end, storedMs: 0, checksum: 0 };
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}
