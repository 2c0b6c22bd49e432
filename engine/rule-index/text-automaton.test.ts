/** The automata and tries find what plain searches find. A failure prints its seed. */

import { expect, test } from "@jest/globals";
import { Random } from "../../base/random.ts";
import { Beginnings, Endings, TextAutomaton } from "./text-automaton.ts";

const ALPHABETS = ["ab", "abcé", "ab\u4e2d\ud83d\ude00", "abcdefghijklmnop "];

function found(
  finder: { find(text: string, sink: { addLiteral(index: number): void }): void },
  text: string,
): readonly number[] {
  const all: number[] = [];
  finder.find(text, { addLiteral: (index) => all.push(index) });
  return all.sort((a, b) => a - b);
}

test("each literal that a text contains, begins or ends with is named once", () => {
  for (let seed = 1; seed <= 120; seed++) {
    const random = new Random(seed);
    const alphabet = random.pick(ALPHABETS);
    const text = (longest: number) =>
      Array.from(
        { length: 1 + random.below(longest) },
        () => alphabet[random.below(alphabet.length)],
      ).join("");
    const literals = [...new Set(Array.from({ length: 1 + random.below(40) }, () => text(6)))];
    const where = (holds: (literal: string) => boolean) =>
      literals.flatMap((literal, i) => (holds(literal) ? [i] : []));
    const contains = new TextAutomaton(literals);
    const starts = new Beginnings(literals);
    const ends = new Endings(literals);
    for (const subject of ["", ...Array.from({ length: 20 }, () => text(30))]) {
      const all = {
        contains: found(contains, subject),
        starts: found(starts, subject),
        ends: found(ends, subject),
      };
      expect({ seed, subject, ...all }).toEqual({
        seed,
        subject,
        contains: where((literal) => subject.includes(literal)),
        starts: where((literal) => subject.startsWith(literal)),
        ends: where((literal) => subject.endsWith(literal)),
      });
    }
  }
});

test("a long text of a literal's beginnings takes no longer than its length", () => {
  const literals = Array.from({ length: 2000 }, (_, i) => `${"a".repeat(i + 1)}b`);
  const automaton = new TextAutomaton(literals);
  expect(found(automaton, "a".repeat(1_000_000))).toEqual([]);
  expect(found(automaton, `${"a".repeat(3000)}b`.repeat(50))).toHaveLength(2000);
});
