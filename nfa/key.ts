/**
 * Keys (M-2): the values by which a rule's events are grouped, and their injective text, under which state is kept.
 * Two keys have the same text exactly when all their parts are the same value of the same type.
 */

import type { Value } from "../base/value.ts";
import { structureText } from "./functions/canonical.ts";

/** The key text of `by all`. */
export const KEY_ALL = "";

/** Text of a key with these parts. Parts are never lists: a list stands for its items. */
export function keyText(parts: readonly Value[]): string {
  if (parts.length === 1) return partText(parts[0] as Value);
  let text = KEY_ALL;
  for (const part of parts) {
    const t = partText(part);
    text += `${t.length}:${t}`;
  }
  return text;
}

/**
 * The last texts that were parts of keys, and their key texts: the rules that an event concerns ask for the same few,
 * one after the other, and a key text that was looked up before is found faster than one made anew.
 */
const MEMO_SIZE = 4;
const memoParts: string[] = new Array(MEMO_SIZE).fill("");
const memoTexts: string[] = new Array(MEMO_SIZE).fill("t");
let memoNext = 0;

function textPart(part: string): string {
  for (let i = 0; i < MEMO_SIZE; i++) if (memoParts[i] === part) return memoTexts[i] as string;
  const text = `t${part}`;
  memoParts[memoNext] = part;
  memoTexts[memoNext] = text;
  memoNext = (memoNext + 1) % MEMO_SIZE;
  return text;
}

function partText(part: Value): string {
  switch (typeof part) {
    case "string":
      return textPart(part);
    case "number":
      // A float beyond 2^53 that is a whole number is the same value as the bigint of an event's long integer.
      return Number.isInteger(part) && !Number.isSafeInteger(part)
        ? `n${BigInt(part)}`
        : `n${part}`;
    case "bigint":
      return `n${part}`;
    case "boolean":
      return part ? "b1" : "b0";
    default:
      return part === null ? "-" : `o${structureText(part)}`;
  }
}

/**
 * Every key that an event has: the parts' values, where a list stands for each of its distinct values that are not
 * null (M-2). Empty where a part is null and not nullable.
 */
export function keysOf(
  parts: readonly Value[],
  nullable: readonly boolean[],
): readonly (readonly Value[])[] {
  let keys: (readonly Value[])[] = [[]];
  for (let i = 0; i < parts.length; i++) {
    const values = alternatives(parts[i] as Value, nullable[i] === true);
    keys = keys.flatMap((key) => values.map((value) => [...key, value]));
  }
  return keys;
}

function alternatives(part: Value, nullable: boolean): readonly Value[] {
  if (part === null) return nullable ? [null] : [];
  if (!Array.isArray(part)) return [part];
  const distinct = new Map<string, Value>();
  for (const item of part as readonly Value[])
    if (item !== null) distinct.set(partText(item), item);
  return [...distinct.values()];
}
