/**
 * The rules of W10: single events in the shape of Sigma and EQL rule sets. 2 to 4 positive atoms on different fields and
 * 0 to 2 `not (…)` blocks; equalities 45 % (half without case), wildcards 35 %, other text tests 12 %, ranges 4 %, tests
 * for null 4 %. Each rule has a value of its own that hardly any event has, so that rules hit rarely.
 */

import { Random } from "../../base/random.ts";
import { inFiles } from "../package-folder.ts";
import { type Atom, textOfAtom } from "./atoms.ts";
import { EVENT_IDS, IP_FIELDS, TEXT_FIELDS, USERS, WORD_FIELDS } from "./fields.ts";

export interface W10Rule {
  readonly name: string;
  readonly positive: readonly Atom[];
  /** None of these blocks may hold; one holds where one of its atoms does. */
  readonly negative: readonly (readonly Atom[])[];
}

const LONGEST_LIST = 30;

const known = new Map<number, readonly W10Rule[]>();

/** The same number gives the same rules. */
export function w10Rules(count: number): readonly W10Rule[] {
  const before = known.get(count);
  if (before !== undefined) return before;
  const random = new Random(10);
  const rules = Array.from({ length: count }, (_, index) => ruleOf(random, index));
  known.set(count, rules);
  return rules;
}

/** As files. */
export function w10Texts(count: number): readonly string[] {
  const stream = 'stream winlog from "bench.winlog" { time ts }';
  return [stream, ...inFiles(w10Rules(count).map(textOfRule))];
}

function textOfRule({ name, positive, negative }: W10Rule): string {
  const blocks = negative.map((atoms) => `not (${atoms.map(textOfAtom).join(" or ")})`);
  const condition = [...positive.map(textOfAtom), ...blocks].join("\n      and ");
  return `rule ${name} "${name}" {
  severity low
  match by all within 1s { e: winlog where ${condition} }
}
`;
}

function ruleOf(random: Random, index: number): W10Rule {
  const wanted = 2 + random.below(3);
  const positive: Atom[] = [textAtom(random, index)];
  while (positive.length < wanted) {
    const atom = anyAtom(random, index);
    if (positive.every(({ field }) => field !== atom.field)) positive.push(atom);
  }
  const negative = Array.from({ length: random.below(3) }, () =>
    Array.from({ length: 1 + random.below(2) }, () => commonAtom(random)),
  );
  return { name: `w10.r${String(index).padStart(5, "0")}`, positive, negative };
}

function anyAtom(random: Random, index: number): Atom {
  const draw = random.unit();
  // The text atom that each rule has makes up for the difference to the shares.
  if (draw < 0.68) return equalAtom(random);
  if (draw < 0.88) return textAtom(random, index);
  if (draw < 0.94) return commonAtom(random);
  return { kind: random.chance(0.8) ? "exists" : "missing", field: random.pick(TEXT_FIELDS) };
}

function equalAtom(random: Random): Atom {
  if (random.chance(0.5)) {
    const values = [...new Set(listOf(random, () => random.pick(EVENT_IDS)))].slice(0, 4);
    return { kind: "equals", field: "event_id", values, folded: false };
  }
  const { field, words } = random.pick(WORD_FIELDS);
  const values = [...new Set(listOf(random, () => random.pick(words)))];
  return { kind: "equals", field, values, folded: random.chance(0.8) };
}

/** Values that only this rule has. */
function textAtom(random: Random, index: number): Atom {
  const field = random.pick(TEXT_FIELDS);
  const name = `tool${index}x${random.below(1000)}`;
  const values = listOf(random, (i) => `${name}${String.fromCharCode(97 + (i % 26))}`);
  const draw = random.unit();
  if (draw < 0.45) return { kind: "like", field, values: values.map((v) => `*\\${v}.exe`) };
  if (draw < 0.68) return { kind: "like", field, values: values.map((v) => `*-${v}*`) };
  if (draw < 0.75) return { kind: "like", field, values: values.map((v) => `*\\${v}*.dll`) };
  if (draw < 0.88) return { kind: "contains", field, values: values.map((v) => ` /${v}`) };
  if (draw < 0.94) return { kind: "starts with", field, values: values.map((v) => `d:\\${v}`) };
  return { kind: "ends with", field, values: values.map((v) => `.${v}`) };
}

/** What many events have. */
function commonAtom(random: Random): Atom {
  if (random.chance(0.4)) {
    const range = `10.${random.below(256)}.0.0/16` as const;
    return { kind: "cidr", field: random.pick(IP_FIELDS), range };
  }
  const values = listOf(random, () => random.pick(USERS));
  return { kind: "equals", field: "user.name", values: [...new Set(values)], folded: true };
}

/** One value mostly, sometimes up to thirty. */
function listOf<T>(random: Random, make: (i: number) => T): readonly T[] {
  const long = random.chance(0.3);
  return Array.from({ length: long ? 2 + random.below(LONGEST_LIST - 1) : 1 }, (_, i) => make(i));
}
