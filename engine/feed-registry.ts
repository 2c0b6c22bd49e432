/**
 * All feeds of an engine, by stream and name. A feed keeps its number for as long as its state is stored.
 *
 * Invariants
 *  K1  One feed for each (stream, name); numbers are never given twice.
 */

import { assert } from "../base/assert.ts";
import type { StreamPlan } from "../dsl/plan.ts";
import { Feed } from "./feed.ts";

export class FeedRegistry {
  readonly #byName = new Map<string, Feed>();
  #gone: number[] = [];
  readonly #byNumber: (Feed | undefined)[] = [];

  /** All feeds in the order of their numbers. */
  *feeds(): Iterable<Feed> {
    for (const feed of this.#byNumber) if (feed !== undefined) yield feed;
  }

  /** The feed of this name, made where there was none. */
  get(stream: StreamPlan, name: string): Feed {
    return this.#byName.get(nameOf(stream, name)) ?? this.add(stream, name, this.#byNumber.length);
  }

  add(stream: StreamPlan, name: string, number: number): Feed {
    assert(this.#byNumber[number] === undefined, "a feed's number is its own");
    const feed = new Feed(stream, name, number);
    while (this.#byNumber.length < number) this.#byNumber.push(undefined);
    this.#byNumber[number] = feed;
    this.#byName.set(nameOf(stream, name), feed);
    return feed;
  }

  /** The number belongs to a stored feed whose stream is no longer in the plan. */
  reserve(number: number): void {
    while (this.#byNumber.length <= number) this.#byNumber.push(undefined);
  }

  /** Streams are declared anew: `planOf` gives the declaration for a stream of this name, or null where it is gone. */
  follow(planOf: (stream: string) => StreamPlan | null): void {
    this.#byName.clear();
    for (const feed of this.feeds()) {
      const stream = planOf(feed.stream.name);
      if (stream === null) {
        this.#byNumber[feed.number] = undefined;
        this.#gone.push(feed.number);
        continue;
      }
      if (stream.name !== feed.stream.name) feed.changed = true;
      feed.stream = stream;
      this.#byName.set(nameOf(stream, feed.name), feed);
    }
  }

  /** Numbers of feeds whose streams are gone, since the last call. */
  takeGone(): readonly number[] {
    const gone = this.#gone;
    this.#gone = [];
    return gone;
  }

  byNumber(number: number): Feed | undefined {
    return this.#byNumber[number];
  }
}

function nameOf(stream: StreamPlan, name: string): string {
  return `${stream.name}\n${name}`;
}
