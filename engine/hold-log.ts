/**
 * Account of the events that wait in reorder buffers: an event may wait in the buffers of several order groups, and
 * is stored once while it waits anywhere when a commit is made.
 */

import type { FeedEvent } from "./feed-event.ts";

export class HoldLog {
  /** Events that wait somewhere. */
  count = 0;
  readonly #record: boolean;
  #added: FeedEvent[] = [];
  #removed: FeedEvent[] = [];

  constructor(recordChanges: boolean) {
    this.#record = recordChanges;
  }

  /** One more group holds the event back. */
  hold(event: FeedEvent): void {
    if (event.waits++ > 0) return;
    this.count++;
    if (this.#record && !event.waitingStored) this.#added.push(event);
  }

  /** One group fewer holds the event back. */
  release(event: FeedEvent): void {
    if (--event.waits > 0) return;
    this.count--;
    if (event.waitingStored) this.#removed.push(event);
  }

  /** A stored event turned out to wait nowhere any more: the rules that it waited for are gone. */
  discard(event: FeedEvent): void {
    if (event.waits === 0 && event.waitingStored) this.#removed.push(event);
  }

  /** Events to store and to delete since the last call. */
  takeChanges(): { readonly added: readonly FeedEvent[]; readonly removed: readonly FeedEvent[] } {
    const added = this.#added.filter((event) => event.waits > 0 && !event.waitingStored);
    const removed = this.#removed.filter((event) => event.waits === 0);
    for (const event of added) event.waitingStored = true;
    for (const event of removed) event.waitingStored = false;
    this.#added = [];
    this.#removed = [];
    return { added, removed };
  }
}
