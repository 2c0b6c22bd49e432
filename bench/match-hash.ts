/**
 * Count and hash of a run's matches, by which engines are shown to have found the same ones.
 *
 * The words of a match (rule index, key, time of the first and of the last event; a time as two words, the high one
 * first) go through murmur3's finaliser, chained: h = fmix32(h ^ word), from 0x9e3779b9. `hash` is the sum modulo 2^32
 * and the XOR of these over all matches, as 16 hexadecimal digits: neither depends on the order. `hashFull` goes on
 * with (element index, time) of every event of the match.
 */

const FIRST = 0x9e3779b9;
const HIGH = 2 ** 32;

/** An event of a match: the index of its element (of labels alike, one), and its time. */
export interface HashedEvent {
  readonly element: number;
  readonly timeMs: number;
}

/** Murmur3's finaliser. */
function fmix32(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}

function withTime(h: number, timeMs: number): number {
  return fmix32(fmix32(h ^ Math.floor(timeMs / HIGH)) ^ (timeMs % HIGH));
}

export class MatchHash {
  count = 0;
  #sum = 0;
  #xor = 0;
  #fullSum = 0;
  #fullXor = 0;
  #complete = true;

  /**
   * Adds a match. `key`: the key as one word, 0 without one. `events`: all of them by element, then by time; null
   * where not all are known, and there is no `hashFull` then.
   */
  add(
    rule: number,
    key: number,
    firstMs: number,
    lastMs: number,
    events: readonly HashedEvent[] | null,
  ): void {
    this.count++;
    let h = fmix32(fmix32(FIRST ^ rule) ^ key);
    h = withTime(withTime(h, firstMs), lastMs);
    this.#sum = (this.#sum + h) | 0;
    this.#xor ^= h;
    if (events === null) this.#complete = false;
    for (const { element, timeMs } of events ?? []) h = withTime(fmix32(h ^ element), timeMs);
    this.#fullSum = (this.#fullSum + h) | 0;
    this.#fullXor ^= h;
  }

  get hash(): string {
    return hex(this.#sum) + hex(this.#xor);
  }

  get hashFull(): string | null {
    return this.#complete ? hex(this.#fullSum) + hex(this.#fullXor) : null;
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
