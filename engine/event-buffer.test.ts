import { expect, test } from "@jest/globals";
import { compareEvents } from "../base/event.ts";
import { Random } from "../base/random.ts";
import { EventBuffer } from "./event-buffer.ts";
import { Feed } from "./feed.ts";
import { FeedEvent } from "./feed-event.ts";
import { streamPlan } from "./testing/plans.ts";

const FEED = new Feed(streamPlan("s", 0), "f", 0);

function eventAt(timeMs: number, seq: number): FeedEvent {
  return new FeedEvent(FEED, seq, 0, timeMs, 0, null, {});
}

test("the least event leaves first, whatever comes in between", () => {
  for (let seed = 1; seed <= 16; seed++) {
    const random = new Random(seed);
    const span = random.pick([10, 500, 5000, 1_000_000]);
    const buffer = new EventBuffer(random.pick([0, 100, 10_000]));
    let waiting: FeedEvent[] = [];
    for (let seq = 0; seq < 500; seq++) {
      if (random.chance(0.55)) {
        const event = eventAt(random.below(span) - span / 2 + seq, seq);
        buffer.push(event);
        waiting.push(event);
        waiting.sort(compareEvents);
      } else {
        expect(buffer.peek()).toBe(waiting[0]);
        if (waiting.length === 0) continue;
        buffer.pop();
        waiting = waiting.slice(1);
      }
      expect(buffer.size).toBe(waiting.length);
    }
  }
});

test("a long run in order passes without the head growing", () => {
  const buffer = new EventBuffer(0);
  for (let seq = 0; seq < 5000; seq++) {
    buffer.push(eventAt(Math.floor(seq / 2500), seq));
    if (seq < 10) continue;
    expect(buffer.peek()?.seq).toBe(seq - 10);
    buffer.pop();
  }
  expect(buffer.size).toBe(10);
});
