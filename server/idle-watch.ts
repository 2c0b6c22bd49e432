/**
 * Decides what does not follow from the events: that a feed is idle, and what the wall clock says in silence (T-4).
 * Every such decision is recorded with the positions at which it applies, so that a replay decides the same.
 *
 * A feed is idle only if the server said that nothing waits, nothing waits here, and it was silent for `idle`: an
 * empty fetch alone, or a pause of our own, is no silence. Both silence and the wall clock count up to the moment at
 * which the server was asked: what it stored later may be on its way, and must not find that time has passed it.
 */

import { formatTime } from "../base/time.ts";
import type { Engine } from "../engine/engine.ts";
import type { Committer } from "./committer.ts";
import type { Route, Source } from "./source.ts";

export class IdleWatch {
  readonly #engine: Engine;
  readonly #committer: Committer;
  readonly #sources: readonly Source[];
  #lastTickMs: number;

  constructor(engine: Engine, committer: Committer, sources: readonly Source[]) {
    this.#engine = engine;
    this.#committer = committer;
    this.#sources = sources;
    this.#lastTickMs = committer.silentTickMs ?? Number.NEGATIVE_INFINITY;
  }

  /** Decides what is due now; true where there is something to commit. */
  decide(): boolean {
    let decided = false;
    let wallMs = Number.POSITIVE_INFINITY;
    for (const source of this.#sources) {
      for (const route of source.routes) {
        if (!route.feed.idle && source.silenceMs(route) > route.stream.idleMs) {
          this.#recordSilence();
          this.#committer.decide({ kind: "idle", body: bodyOf(source, route) });
          this.#engine.feedIdle(route.feed, true);
          decided = true;
        }
        if (!route.feed.idle) continue;
        wallMs = Math.min(wallMs, source.completeAt?.wallMs ?? Number.NEGATIVE_INFINITY);
      }
    }
    if (!Number.isFinite(wallMs) || wallMs <= this.#lastTickMs) return decided;
    this.#lastTickMs = wallMs;
    if (this.#engine.tick(wallMs)) {
      this.#record(wallMs);
      return true;
    }
    this.#committer.silentTickMs = wallMs;
    return decided;
  }

  /** A message is about to be stepped on an idle feed, which wakes by it. */
  wake(source: Source, route: Route): void {
    this.#recordSilence();
    this.#committer.decide({ kind: "wake", body: bodyOf(source, route) });
  }

  /**
   * What is late for a rule may depend on the time that silence has reached, and which rules it has reached depends on
   * which feeds are idle: it is told before either changes.
   */
  #recordSilence(): void {
    const { silentTickMs } = this.#committer;
    if (silentTickMs !== null) this.#record(silentTickMs);
  }

  #record(timeMs: number): void {
    this.#committer.decide({ kind: "tick", body: { time: formatTime(timeMs) } });
    this.#committer.silentTickMs = null;
  }
}

function bodyOf(source: Source, route: Route): { readonly feed: string; readonly stream: string } {
  return { feed: source.name, stream: route.stream.name };
}
