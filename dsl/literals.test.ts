import { expect, test } from "@jest/globals";
import { badEscapes, readNumber, scanText, textValue } from "./literals.ts";

test.each([
  ["250ms", 250],
  ["90s", 90_000],
  ["1h30m", 5_400_000],
  ["7d", 604_800_000],
  ["2w", 1_209_600_000],
  ["0s", 0],
])("the duration %s", (image, ms) => {
  expect(readNumber(image)).toEqual({ kind: "duration", ms });
});

test.each([
  ["10KB", 10_000],
  ["5MB", 5_000_000],
  ["1GB", 1e9],
  ["10KiB", 10_240],
  ["1.5MiB", 1_572_864],
])("the size %s", (image, bytes) => {
  expect(readNumber(image)).toEqual({ kind: "size", bytes });
});

test("numbers, and integers that a float would round", () => {
  expect(readNumber("5")).toEqual({ kind: "integer", value: 5 });
  expect(readNumber("9007199254740993")).toEqual({ kind: "integer", value: 9007199254740993n });
  expect(readNumber("2.5e-3")).toEqual({ kind: "decimal", value: 0.0025 });
});

test.each(["5x", "30m1h", "5m5m", "1e999", "9".repeat(101), "99999999999999w", "1.5h"])(
  "%s is no literal",
  (image) => {
    expect(readNumber(image).kind).toBe("bad");
  },
);

test("where texts end, closed or not", () => {
  expect(scanText('"a\\"b" c', 0)).toMatchObject({ form: "plain", end: 6, closed: true });
  expect(scanText('"ab\ncd"', 0)).toMatchObject({ end: 3, closed: false });
  expect(scanText('r"C:\\" x', 0)).toMatchObject({ form: "raw", end: 6, closed: true });
  expect(scanText('"""a\n"b"\n"""', 0)).toMatchObject({ form: "block", end: 12, closed: true });
  expect(scanText('"""a\nrule x', 0)).toMatchObject({ form: "block", end: 4, closed: false });
  expect(scanText("x", 0)).toBeNull();
});

test("JSON escapes, raw texts as they are, blocks without their indentation", () => {
  expect(textValue('a\\n\\u0041\\"\\/', "plain")).toBe('a\nA"/');
  expect(textValue("a\\n", "raw")).toBe("a\\n");
  expect(textValue("\n    a\n      b\n\n    c\n  ", "block")).toBe("a\n  b\n\nc\n");
});

test("backslashes that begin no escape", () => {
  expect(badEscapes("C:\\Users\\n\\\\x\\u12")).toEqual([2, 13]);
  expect(badEscapes("fine\\t")).toEqual([]);
});
