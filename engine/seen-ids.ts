/**
 * Identities of a stream's events seen of late (D-1, `id PATH within DUR`): what comes again within that much event
 * time is a duplicate, whichever of the two arrives first.
 *
 * Invariants
 *  I1  A time of an identity counts while it is at least the floor (least watermark - within) and within `within` of the
 *      event that asks; whether it was swept already never changes an answer.
 *  I2  Memory: the identities of `within` + `delay` of event time, and an eighth of `within` until the next sweep. Times
 *      of one identity that lie within `within` of each other are one span.
 */

/** First and last time of each span, ascending; between two spans lies more than `within`. */
type Spans = readonly number[];

export class SeenIds {
  readonly withinMs: number;
  /** Identity to the event times that it came with, in the order of arrival. A number is the one time. */
  readonly #times = new Map<string, number | Spans>();
  #floorMs = Number.NEGATIVE_INFINITY;
  #sweptMs = Number.NEGATIVE_INFINITY;
  /** Identities that changed since `takeChanged`. */
  readonly #changed: Set<string> | null;
  /** Restores the identity if it is stored; null: all are restored. */
  recall: ((id: string) => void) | null = null;

  constructor(withinMs: number, recordChanges: boolean) {
    this.withinMs = withinMs;
    this.#changed = recordChanges ? new Set() : null;
  }

  get size(): number {
    return this.#times.size;
  }

  get floorMs(): number {
    return this.#floorMs;
  }

  /** Event time has come so far on every feed of the stream. Never goes back. */
  advance(watermarkMs: number): void {
    const floorMs = watermarkMs - this.withinMs;
    if (floorMs <= this.#floorMs) return;
    this.#floorMs = floorMs;
    if (floorMs - this.#sweptMs >= this.withinMs / 8) this.#sweep();
  }

  /** Did the identity come within `within` of this time, before or after? If so it has come at this time, too. */
  isDuplicate(id: string, timeMs: number): boolean {
    this.recall?.(id);
    const seen = this.#times.get(id);
    if (seen === undefined) return false;
    if (typeof seen === "number") {
      if (seen < this.#floorMs || Math.abs(timeMs - seen) > this.withinMs) return false;
    } else if (!this.#isNear(seen, timeMs)) return false;
    if (timeMs !== seen) this.add(id, timeMs);
    return true;
  }

  #isNear(spans: Spans, timeMs: number): boolean {
    for (let i = 0; i < spans.length; i += 2) {
      const lastMs = spans[i + 1] as number;
      if (lastMs < this.#floorMs || timeMs > lastMs + this.withinMs) continue;
      return timeMs >= (spans[i] as number) - this.withinMs;
    }
    return false;
  }

  /** The identity has come at this time. */
  add(id: string, timeMs: number): void {
    const seen = this.#times.get(id);
    this.#times.delete(id);
    this.#times.set(id, seen === undefined ? timeMs : this.#joined(seen, timeMs));
    this.#changed?.add(id);
  }

  /** With one more time: spans that lie within `within` of it become one with it, those below the floor are left out. */
  #joined(seen: number | Spans, timeMs: number): number | Spans {
    const spans = typeof seen === "number" ? [seen, seen] : seen;
    const before: number[] = [];
    const after: number[] = [];
    let firstMs = timeMs;
    let lastMs = timeMs;
    for (let i = 0; i < spans.length; i += 2) {
      const from = spans[i] as number;
      const to = spans[i + 1] as number;
      if (to < this.#floorMs) continue;
      if (to < timeMs - this.withinMs) before.push(from, to);
      else if (from > timeMs + this.withinMs) after.push(from, to);
      else {
        firstMs = Math.min(firstMs, from);
        lastMs = Math.max(lastMs, to);
      }
    }
    if (before.length + after.length === 0 && firstMs === lastMs) return timeMs;
    return [...before, firstMs, lastMs, ...after];
  }

  /** `times`: as `takeChanged` gave them. */
  restore(id: string, times: readonly number[]): void {
    const [only] = times;
    this.#times.set(id, times.length === 1 && only !== undefined ? only : times);
  }

  restoreFloor(floorMs: number): void {
    this.#floorMs = floorMs;
    this.#sweptMs = floorMs;
  }

  /** Forgets from the front what can no longer count; what arrived out of order behind it waits for a later sweep. */
  #sweep(): void {
    this.#sweptMs = this.#floorMs;
    for (const [id, seen] of this.#times) {
      const lastMs = typeof seen === "number" ? seen : (seen.at(-1) as number);
      if (lastMs >= this.#floorMs) break;
      this.#times.delete(id);
      this.#changed?.add(id);
    }
  }

  /** Identities that came (with their time, or spans of times) or were forgotten (null) since the last call. */
  takeChanged(): readonly { readonly id: string; readonly times: readonly number[] | null }[] {
    if (this.#changed === null) return [];
    const changed = [...this.#changed].map((id) => {
      const seen = this.#times.get(id) ?? null;
      return { id, times: typeof seen === "number" ? [seen] : seen };
    });
    this.#changed.clear();
    return changed;
  }
}
