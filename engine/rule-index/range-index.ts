/** Which of many address ranges an address is in: the ranges of each prefix length are found by the prefix. */

import { type Address, addressOf, parseCidr } from "../../dsl/cidr.ts";
import type { Candidates } from "./candidates.ts";

interface PrefixLength {
  readonly version: 4 | 6;
  readonly bits: number;
  readonly byPrefix: Map<number | string, number[]>;
}

export class RangeIndex {
  readonly #lengths: PrefixLength[] = [];

  /** A text that is no range contains nothing. */
  add(range: string, position: number): void {
    const parsed = parseCidr(range);
    if (parsed.error !== null) return;
    const { network, bits } = parsed;
    const { byPrefix } = this.#lengthOf(network.version, bits);
    const prefix = prefixOf(network, bits);
    const positions = byPrefix.get(prefix);
    if (positions === undefined) byPrefix.set(prefix, [position]);
    else if (positions[positions.length - 1] !== position) positions.push(position);
  }

  #lengthOf(version: 4 | 6, bits: number): PrefixLength {
    const known = this.#lengths.find((one) => one.version === version && one.bits === bits);
    if (known !== undefined) return known;
    const made: PrefixLength = { version, bits, byPrefix: new Map() };
    this.#lengths.push(made);
    return made;
  }

  /** O(different prefix lengths). */
  find(text: string, candidates: Candidates): void {
    const address = addressOf(text);
    if (address === null) return;
    for (const { version, bits, byPrefix } of this.#lengths) {
      if (version !== address.version) continue;
      const positions = byPrefix.get(prefixOf(address, bits));
      if (positions !== undefined) candidates.add(positions);
    }
  }
}

/** The first bits of an address: a number for IPv4, a text for IPv6. */
function prefixOf({ version, bytes }: Address, bits: number): number | string {
  if (version === 4) return maskedWord(bytes, 0, bits);
  return `${maskedWord(bytes, 0, bits)},${maskedWord(bytes, 4, bits - 32)},${maskedWord(bytes, 8, bits - 64)},${maskedWord(bytes, 12, bits - 96)}`;
}

/** Four bytes as a number, of which the first `bits` bits count. */
function maskedWord(bytes: readonly number[], at: number, bits: number): number {
  if (bits <= 0) return 0;
  let word = 0;
  for (let i = 0; i < 4; i++) word = (word << 8) | (bytes[at + i] ?? 0);
  return bits >= 32 ? word : word & (-1 << (32 - bits));
}
