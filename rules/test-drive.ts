/**
 * Runs the inputs of a test through the production engine under virtual time, plainly or with the hardships of
 * a restart after every event, and every event delivered twice.
 *
 * At the end, what `delay` held back is judged: time moves to the last event's, as at the end of a replayed file, and
 * deadlines that were not passed stay open. Where the test uses `advance`, its last instant is completed instead, the
 * deadlines at that very instant included (T-5): `0s Paid  advance 2h` ends with the deadline at 2h.
 */

import type { RuleSetPlan } from "../dsl/plan.ts";
import {
  createEngine,
  type Engine,
  type EngineOptions,
  type EngineStatus,
  type Feed,
} from "../engine/engine.ts";
import { type AlertOutput, compareOutputs, type Output } from "../engine/outputs.ts";
import { SmallStore } from "./small-store.ts";
import type { TestInput } from "./test-input.ts";

export interface Hardship {
  /** A new engine goes on from the stored state after every n-th event; 0: never. */
  readonly restartEvery: number;
  /** Each event comes twice, as from a broker that did not hear the acknowledgement. */
  readonly twice: boolean;
}

export const NO_HARDSHIP: Hardship = { restartEvery: 0, twice: false };

export interface TestDrive {
  /** In the order of the outbox. */
  readonly alerts: readonly AlertOutput[];
  /** At the end. With restarts its counters speak of the last engine only. */
  readonly status: EngineStatus;
}

/** The feed of every stream in a test. */
const FEED = "test";

export function driveTest(
  plan: RuleSetPlan,
  inputs: readonly TestInput[],
  startMs: number,
  options: EngineOptions,
  hardship: Hardship,
): TestDrive {
  const driver = new Driver(plan, options, hardship);
  return driver.run(inputs, startMs);
}

class Driver {
  readonly #plan: RuleSetPlan;
  readonly #options: EngineOptions;
  readonly #hardship: Hardship;
  readonly #store: SmallStore | null;
  readonly #outputs: Output[] = [];
  #engine: Engine;
  #feeds: ReadonlyMap<string, Feed>;
  #sinceRestart = 0;

  constructor(plan: RuleSetPlan, options: EngineOptions, hardship: Hardship) {
    this.#plan = plan;
    this.#options = options;
    this.#hardship = hardship;
    this.#store = hardship.restartEvery > 0 ? new SmallStore() : null;
    this.#engine = createEngine(plan, options, this.#store);
    this.#feeds = this.#claimFeeds();
  }

  run(inputs: readonly TestInput[], startMs: number): TestDrive {
    let nowMs = startMs;
    let advanced = false;
    // A test without an event before its first `advance` begins at 0s all the same (E-2).
    if (inputs[0]?.kind === "advance") this.#engine.advance(startMs);
    for (const input of inputs) {
      if (input.kind === "advance") {
        nowMs += input.byMs;
        advanced = true;
        this.#engine.advance(nowMs);
      } else {
        for (let times = this.#hardship.twice ? 2 : 1; times > 0; times--) {
          const feed = this.#feeds.get(input.stream);
          if (feed === undefined) continue;
          this.#engine.accept(feed, input.seq, input.index, input.stampMs, input.data);
          if (this.#store !== null) this.#maybeRestart(this.#store);
        }
        nowMs = Math.max(nowMs, input.timeMs ?? nowMs);
      }
    }
    if (advanced) this.#engine.advance(nowMs + 1);
    else for (const feed of this.#feeds.values()) this.#engine.endFeed(feed);
    this.#outputs.push(...this.#engine.takeOutputs());
    const alerts = this.#outputs.filter((output) => output.kind === "alert");
    return { alerts: alerts.sort(compareOutputs), status: this.#engine.status() };
  }

  #maybeRestart(store: SmallStore): void {
    if (++this.#sinceRestart < this.#hardship.restartEvery) return;
    this.#sinceRestart = 0;
    this.#outputs.push(...this.#engine.takeOutputs());
    store.commit(this.#engine.takeChanges());
    this.#engine = createEngine(this.#plan, this.#options, store);
    this.#feeds = this.#claimFeeds();
  }

  #claimFeeds(): ReadonlyMap<string, Feed> {
    const options = { broker: false };
    return new Map(
      this.#plan.streams.map(({ name }) => [name, this.#engine.feed(name, FEED, options)]),
    );
  }
}
