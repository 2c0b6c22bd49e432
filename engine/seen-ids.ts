/**
 * Identities of a stream's events seen of late (D-1, `id PATH within DUR`): what comes again within that much event
 * time is a duplicate.
 *
 * Invariants
 *  I1  An identity counts while its time is at least the floor (least watermark - within) and no older than `within`
 *      before the event that asks; whether it was swept already never changes an answer.
 *  I2  Memory: the identities of `within` + `delay` of event time, and an eighth of `within` until the next sweep.
 */

export class SeenIds {
  readonly withinMs: number;
  /** Identity to the latest event time that it came with, in the order of arrival. */
  readonly #times = new Map<string, number>();
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

  /** Was the identity seen? If so its time is renewed. */
  isDuplicate(id: string, timeMs: number): boolean {
    this.recall?.(id);
    const seenMs = this.#times.get(id);
    if (seenMs === undefined || seenMs < this.#floorMs) return false;
    if (timeMs - seenMs > this.withinMs) return false;
    if (timeMs > seenMs) this.add(id, timeMs);
    return true;
  }

  add(id: string, timeMs: number): void {
    this.#times.delete(id);
    this.#times.set(id, timeMs);
    this.#changed?.add(id);
  }

  restore(id: string, timeMs: number): void {
    this.#times.set(id, timeMs);
  }

  restoreFloor(floorMs: number): void {
    this.#floorMs = floorMs;
    this.#sweptMs = floorMs;
  }

  /** Forgets from the front what can no longer count; what arrived out of order behind it waits for a later sweep. */
  #sweep(): void {
    this.#sweptMs = this.#floorMs;
    for (const [id, timeMs] of this.#times) {
      if (timeMs >= this.#floorMs) break;
      this.#times.delete(id);
      this.#changed?.add(id);
    }
  }

  /** Identities that were added, renewed (with their time) or forgotten (null) since the last call. */
  takeChanged(): readonly { readonly id: string; readonly timeMs: number | null }[] {
    if (this.#changed === null) return [];
    const changed = [...this.#changed].map((id) => ({ id, timeMs: this.#times.get(id) ?? null }));
    this.#changed.clear();
    return changed;
  }
}
