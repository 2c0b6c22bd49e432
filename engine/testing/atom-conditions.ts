/**
 * Random conditions of all kinds that the rule index knows, and events that are close to fulfilling them: texts are put
 * together from the same few literals, in several cases, with Unicode's hard letters and halves of surrogate pairs.
 */

import type { Random } from "../../base/random.ts";
import type { Value, ValueObject } from "../../base/value.ts";
import type { Expr, FieldPath, TextTest } from "../../dsl/expr.ts";
import { compileRegex } from "../../dsl/regex.ts";

const FRAGMENTS = [
  ..."İiıIßsSſKkKςσΣaAbBǅΩΩ*?\\5 ",
  "SS",
  "ΟΔΟΣ",
  "\u{10400}",
  "\u{10428}",
  "\ud801",
  "\udc00",
  "cmd.exe",
  "CMD.EXE",
  "-enc",
  "i̇",
] as const;
const ADDRESSES = [
  "10.0.0.9",
  "10.1.2.3",
  "192.168.0.1",
  "::ffff:10.0.0.9",
  "fd00::1",
  "2001:db8::5",
];
const RANGES = [
  "10.0.0.0/8",
  "10.0.0.9",
  "0.0.0.0/0",
  "192.168.0.0/23",
  "fd00::/8",
  "::/0",
  "2001:db8::/33",
  "no range",
];
const OTHERS: readonly Value[] = [
  0,
  -0,
  5,
  1.5,
  -1,
  9007199254740992,
  9007199254740993n,
  5n,
  -(2n ** 70n),
  true,
  false,
  null,
];
const PATHS: readonly FieldPath[] = [
  ["a"],
  ["b"],
  ["c"],
  ["n", "a"],
  ["n", "b"],
  ["l", 0],
  ["__proto__"],
];
const TESTS: readonly TextTest[] = ["like", "matches", "contains", "starts with", "ends with"];

export class AtomWorld {
  readonly random: Random;
  readonly #literals: readonly string[];

  constructor(random: Random) {
    this.random = random;
    this.#literals = Array.from({ length: 8 }, () => this.#joined(1 + random.below(4)));
  }

  #joined(count: number): string {
    return Array.from({ length: count }, () => this.random.pick(FRAGMENTS)).join("");
  }

  /** One of the literals, in some case, often with something around it. */
  text(): string {
    if (this.random.chance(0.15)) return this.random.pick(ADDRESSES);
    const literal = this.random.pick(this.#literals);
    const around = () => (this.random.chance(0.4) ? this.random.pick(FRAGMENTS) : "");
    const odd = literal.replaceAll("s", "ſ").replaceAll("k", "\u212a");
    const inCase = [literal, literal.toUpperCase(), literal.toLowerCase(), odd];
    return around() + this.random.pick(inCase) + around();
  }

  value(): Value {
    if (this.random.chance(0.7)) return this.text();
    if (this.random.chance(0.8)) return this.random.pick(OTHERS);
    return this.random.chance(0.5) ? [this.text(), 5, null] : { a: this.text() };
  }

  /** The data of an event: some fields missing, names nested or with dots. */
  data(): ValueObject {
    const entries = PATHS.filter(() => this.random.chance(0.8)).flatMap(
      (path): [string, Value][] => {
        const [name, part] = path;
        if (typeof part === "number") return [["l", [this.value(), this.value()]]];
        if (part === undefined) return [[String(name), this.value()]];
        return [
          this.random.chance(0.5)
            ? [`${name}.${part}`, this.value()]
            : ["n", { [part]: this.value() }],
        ];
      },
    );
    return Object.fromEntries(entries);
  }

  condition(depth: number): Expr {
    const kind = depth <= 0 ? 9 : this.random.below(10);
    if (kind < 5) return { kind: "and", operands: this.#some(() => this.condition(depth - 1)) };
    if (kind < 7) return { kind: "or", operands: this.#some(() => this.condition(depth - 1)) };
    if (kind < 8) return { kind: "not", operand: this.condition(depth - 1) };
    return this.#leaf();
  }

  #some<T>(make: () => T): T[] {
    return Array.from({ length: 1 + this.random.below(3) }, make);
  }

  #leaf(): Expr {
    const field: Expr = {
      kind: "field",
      event: { kind: "at hand" },
      path: this.random.pick(PATHS),
    };
    const wanted: Expr = { kind: "const", value: this.random.chance(0.9) ? this.value() : null };
    const [left, right] = this.random.chance(0.8) ? [field, wanted] : [wanted, field];
    const caseless = this.random.chance(0.6);
    switch (this.random.below(12)) {
      case 0:
        return { kind: "compare", operator: this.random.chance(0.8) ? "==" : "!=", left, right };
      case 1:
        return { kind: "same text", left, right };
      case 2:
      case 3:
        return { kind: "in", item: field, list: this.#list(() => this.value()), caseless };
      case 4:
        return { kind: "exists", operand: field };
      case 5: {
        const ranges = this.#some(
          (): Expr =>
            this.random.chance(0.7)
              ? { kind: "const", value: this.random.pick(RANGES) }
              : this.#list(() => this.random.pick(RANGES)),
        );
        return { kind: "call", name: "cidr", args: [field, ...ranges] };
      }
      case 6:
        return this.random.chance(0.5) ? field : { kind: "const", value: this.random.chance(0.5) };
      default:
        return this.#textTest(field, caseless);
    }
  }

  #textTest(left: Expr, caseless: boolean): Expr {
    const test = this.random.pick(TESTS);
    const pattern = (): string => {
      if (test === "matches") return this.regex(caseless);
      return test === "like" && this.random.chance(0.8) ? this.#wildcard() : this.#part();
    };
    const right: Expr = this.random.chance(0.6)
      ? { kind: "const", value: pattern() }
      : this.#list(pattern);
    return { kind: "text test", test, caseless, left, right };
  }

  /** A list of constants, in either form, seldom with what is no text. */
  #list(make: () => Value): Expr {
    const items = Array.from({ length: this.random.below(5) }, () =>
      this.random.chance(0.05) ? this.random.pick(OTHERS) : make(),
    );
    if (this.random.chance(0.5)) return { kind: "const", value: items };
    return { kind: "list", items: items.map((value) => ({ kind: "const", value })) };
  }

  /** A piece of a literal, which may cut a pair in two. */
  #part(): string {
    const literal = this.random.pick(this.#literals);
    const from = this.random.below(literal.length);
    return literal.slice(from, from + this.random.below(literal.length + 1));
  }

  #wildcard(): string {
    const pieces = this.#some(() => this.#part());
    const between = () => this.random.pick(["*", "*", "?", "?*", ""]);
    return between() + pieces.map((piece) => piece + between()).join("");
  }

  /** An expression that RE2 takes. */
  regex(caseless: boolean): string {
    for (;;) {
      const pattern = this.#alternatives(2);
      if (compileRegex(pattern, caseless).error === null) return pattern;
    }
  }

  #alternatives(depth: number): string {
    const branches = this.random.chance(0.7) ? 1 : 2;
    return Array.from({ length: branches }, () =>
      this.#some(() => this.#regexItem(depth) + this.#quantity()).join(""),
    ).join("|");
  }

  #quantity(): string {
    if (this.random.chance(0.6)) return "";
    return this.random.pick(["*", "+", "?", "{0}", "{0,2}", "{1,}", "{2}", "{,2}", "+?", "*?"]);
  }

  #regexItem(depth: number): string {
    if (depth > 0 && this.random.chance(0.3)) {
      const opening = this.random.pick(["(", "(?:", "(?i:", "(?P<x>", "(?i)(", "(?s-i:"]);
      return `${opening}${this.#alternatives(depth - 1)})`;
    }
    if (this.random.chance(0.25))
      return this.random.pick([
        ".",
        "\\w",
        "[a-k]",
        "[^]s]",
        "[[:alpha:]k]",
        "\\.",
        "\\pL",
        "\\x6b",
        "\\Qk*\\E",
        "^",
        "$",
        "\\b",
        "\\s",
        "[\\]s]",
      ]);
    return this.#part().replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  }
}
