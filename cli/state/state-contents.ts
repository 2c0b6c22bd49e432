/** What a state folder holds, for people: partial matches by rule and key. */

import { ByteReader } from "../../base/bytes.ts";
import type { Value } from "../../base/value.ts";
import { META_KINDS, readTextKey, SPACES } from "../../engine/checkpoint/keys.ts";
import { readRule } from "../../engine/checkpoint/meta-records.ts";
import type { EntryListener } from "../../state/lmdb-check.ts";
import { type StoredRun, StoredRuns } from "./stored-runs.ts";

/** What a rule holds for one key. */
export interface StoredKey {
  /** The key's parts; none for a rule without a key. */
  readonly key: readonly Value[];
  /** Entries of the store, and their bytes. */
  readonly parts: number;
  readonly bytes: number;
  /** Null where the rule has no steps, or its text is not stored beside the state. */
  readonly runs: readonly StoredRun[] | null;
  /** Events that are remembered, and the times of the first and the last of them; null: none. */
  readonly events: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
}

export interface StoredRule {
  /** "" where the rule's state is being deleted. */
  readonly rule: string;
  readonly version: string;
  /** Is it the state of an older version that only ends what it began? */
  readonly draining: boolean;
  readonly keys: number;
  readonly parts: number;
  readonly bytes: number;
}

interface Tally {
  keys: number;
  parts: number;
  bytes: number;
  last: string | null;
}

interface Held {
  readonly parts: number;
  readonly bytes: number;
  readonly runs: readonly StoredRun[] | null;
  readonly events: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

const NOTHING_HELD: Held = {
  parts: 0,
  bytes: 0,
  runs: null,
  events: 0,
  firstMs: Number.POSITIVE_INFINITY,
  lastMs: Number.NEGATIVE_INFINITY,
};

/** Listens to the entries of a snapshot, which come in the order of spaces and keys. */
export class StateContents {
  readonly #names = new Map<number, Pick<StoredRule, "rule" | "version" | "draining">>();
  readonly #tallies = new Map<number, Tally>();
  readonly #shown: (rule: string) => boolean;
  readonly #keys = new Map<number, Map<string, Held>>();
  readonly #runs = new StoredRuns();

  /** Keys are remembered of the rules that `shown` names. */
  constructor(shown: (rule: string) => boolean = () => false) {
    this.#shown = shown;
  }

  readonly listen: EntryListener = (space, key, value) => {
    this.#runs.listen(space, key, value);
    if (space === SPACES.meta && key[0] === META_KINDS.rule) this.#rule(key, value);
    else if (space === SPACES.slots) this.#slot(key, value);
  };

  #rule(key: Uint8Array, value: Uint8Array): void {
    const reader = new ByteReader(key);
    reader.byte();
    const record = readRule(new ByteReader(value));
    this.#names.set(reader.uint32(), {
      rule: record?.name ?? "",
      version: record?.version ?? "",
      draining: (record?.draining ?? null) !== null,
    });
  }

  #slot(key: Uint8Array, value: Uint8Array): void {
    const number = new ByteReader(key).uint32();
    const text = readTextKey(key).text ?? new ByteReader(value).text();
    let tally = this.#tallies.get(number);
    if (tally === undefined) {
      tally = { keys: 0, parts: 0, bytes: 0, last: null };
      this.#tallies.set(number, tally);
    }
    // Parts of one key stand side by side.
    if (tally.last !== text) tally.keys++;
    tally.last = text;
    tally.parts++;
    tally.bytes += key.length + value.length;
    if (this.#shown(this.#names.get(number)?.rule ?? "")) this.#remember(number, text, key, value);
  }

  #remember(number: number, text: string, key: Uint8Array, value: Uint8Array): void {
    let keys = this.#keys.get(number);
    if (keys === undefined) {
      keys = new Map();
      this.#keys.set(number, keys);
    }
    const { rule = "", version = "" } = this.#names.get(number) ?? {};
    const { runs, eventTimes } = this.#runs.read(rule, version, key, value);
    const before = keys.get(text) ?? NOTHING_HELD;
    keys.set(text, {
      parts: before.parts + 1,
      bytes: before.bytes + key.length + value.length,
      runs: runs ?? before.runs,
      events: before.events + eventTimes.length,
      firstMs: eventTimes.reduce((a, b) => Math.min(a, b), before.firstMs),
      lastMs: eventTimes.reduce((a, b) => Math.max(a, b), before.lastMs),
    });
  }

  /** All rules that are stored, by name. */
  get rules(): readonly StoredRule[] {
    const rules = [...this.#names].map(([number, name]) => {
      const { keys = 0, parts = 0, bytes = 0 } = this.#tallies.get(number) ?? {};
      return { ...name, keys, parts, bytes };
    });
    return rules.sort((a, b) => (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0));
  }

  /** The keys that were remembered, those of a rule in the order of the store. */
  get keys(): readonly (StoredKey & { readonly rule: string })[] {
    return [...this.#keys].flatMap(([number, keys]) =>
      [...keys].map(([text, { firstMs, lastMs, ...held }]) => ({
        rule: this.#names.get(number)?.rule ?? "",
        key: keyParts(text),
        ...held,
        firstMs: Number.isFinite(firstMs) ? firstMs : null,
        lastMs: Number.isFinite(lastMs) ? lastMs : null,
      })),
    );
  }
}

/** The parts of a key's text (M-2): one part as it is, several each behind its length. */
export function keyParts(text: string): readonly Value[] {
  if (text === "") return [];
  if (!/^\d/.test(text)) return [partOf(text)];
  const parts: Value[] = [];
  for (let at = 0; at < text.length; ) {
    const colon = text.indexOf(":", at);
    const end = colon + 1 + Number(text.slice(at, colon));
    parts.push(partOf(text.slice(colon + 1, end)));
    at = end;
  }
  return parts;
}

function partOf(text: string): Value {
  const rest = text.slice(1);
  switch (text[0]) {
    case "t":
      return rest;
    case "n":
      return Number(rest);
    case "b":
      return rest === "1";
    case "o":
      return JSON.parse(rest) as Value;
    default:
      return null;
  }
}
