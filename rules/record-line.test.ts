import { expect, test } from "@jest/globals";
import { readRecordLine } from "./record-line.ts";

const read = (line: string) => readRecordLine(line, 32);

test.each([
  ['{"a":1}', [{ a: 1 }]],
  ['[{"a":1},{"a":2}]', [{ a: 1 }, { a: 2 }]],
  ["[]", []],
  ["  ", []],
  ['{"a":1}{"a":2}', [{ a: 1 }, { a: 2 }]],
  ['{"a":"}{\\""} {"b":{"c":[]}}\t', [{ a: '}{"' }, { b: { c: [] } }]],
  ["7", [7]],
])("%s", (line, values) => {
  expect(read(line)).toEqual({ kind: "values", values });
});

test.each(["{", '{"a":1}}', '{"a":1} x {"a":2}', '{"a":1},{"a":2}', '{"a":1}{"a":}', "x", '"{}{}'])(
  "%s is unreadable",
  (line) => {
    expect(read(line)).toMatchObject({ kind: "unreadable" });
  },
);

test("an event may be as deep in an array as by itself", () => {
  const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
  expect(readRecordLine(`[${deep(3)}]`, 3)).toMatchObject({ kind: "values" });
  expect(readRecordLine(deep(6), 3)).toMatchObject({ kind: "unreadable" });
});
