import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { exceedsFields, parseJson, stringifyJson } from "./json.ts";
import type { Value } from "./value.ts";

function parsed(text: string): Value {
  const result = parseJson(text);
  if ("error" in result) throw new Error(`${result.error}: ${text}`);
  return result.value;
}

const name = fc.oneof(
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "toJSON",
    "0",
    "\ud800",
    "\\",
    '"',
    "-1234567890123456789",
  ),
);
const scalar = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
  fc.bigInt({ min: 2n ** 53n + 1n, max: 2n ** 70n }),
  fc.bigInt({ min: -(2n ** 70n), max: -(2n ** 53n) - 1n }),
  name,
  // Any UTF-16 units, lone surrogates among them.
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 4 })
    .map((units) => String.fromCharCode(...units)),
);
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { maxLength: 4 }),
    fc
      .array(fc.tuple(name, tie("value")), { maxLength: 4 })
      .map((entries) => Object.fromEntries(entries)),
  ),
}));

test("what is written is read back, on the fast path and the exact one", () => {
  fc.assert(
    fc.property(value, (original) => {
      const text = stringifyJson(original);
      const again = parsed(text);
      expect(stringifyJson(again)).toBe(text);
      expect([1234567890123456789n, again]).toEqual(parsed(`[1234567890123456789,${text}]`));
    }),
    { numRuns: 2000 },
  );
});

/** Is it a number beyond 2^53 that JSON.stringify writes as an integer? */
function isGreat(part: unknown): part is number {
  return typeof part === "number" && Math.abs(part) > 2 ** 53 && Math.abs(part) < 1e21;
}

test("but for great integers it is JSON.parse and JSON.stringify", () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 6, stringUnit: "binary" }),
      fc.boolean(),
      (json, spaced) => {
        const text = JSON.stringify(json, null, spaced ? 2 : undefined);
        const expected = JSON.parse(text, (_, part) =>
          isGreat(part) ? BigInt(String(part)) : part,
        );
        expect(parsed(text)).toEqual(expected);
        expect(stringifyJson(parsed(text))).toBe(JSON.stringify(JSON.parse(text)));
      },
    ),
    { numRuns: 1000 },
  );
});

test("refuses what JSON.parse refuses, exact reading or not", () => {
  const pieces = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\\",
    "a",
    "1",
    "-",
    ".",
    "e",
    "12345678901234567",
    " ",
    "true",
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 8 }), (parts) => {
      const text = parts.join("");
      let accepted = true;
      try {
        JSON.parse(text);
      } catch {
        accepted = false;
      }
      expect("value" in parseJson(text)).toBe(accepted);
    }),
    { numRuns: 5000 },
  );
  expect(parseJson("{oops")).toEqual({ error: expect.stringMatching(/^not JSON: /) });
});

test("integers beyond 2^53 keep their digits, wherever they stand", () => {
  expect(parsed("9007199254740993")).toBe(9007199254740993n);
  expect(parsed("[-9007199254740993,1]")).toEqual([-9007199254740993n, 1]);
  expect(parsed('{"a": {"b":\t123456789012345678901234567890}}')).toEqual({
    a: { b: 123456789012345678901234567890n },
  });
  expect(parsed(`{"a":${"9".repeat(400)}}`)).toEqual({ a: BigInt("9".repeat(400)) });
});

test("a great integer is found at any offset and beside any other run of digits", () => {
  for (let shift = 0; shift < 40; shift++) {
    for (const filler of ["x", "7", " "]) {
      const text = `{"${filler.repeat(shift)}":["${filler.repeat(shift)}", 9007199254740993 ,${filler === "7" ? "7" : " 8"}]}`;
      const [first, great] = Object.values(parsed(text) as object)[0] as Value[];
      expect([first, great]).toEqual([filler.repeat(shift), 9007199254740993n]);
    }
  }
});

test("great integers are the same beside texts that look like their marks, and in places of all kinds", () => {
  const great = 12345678901234567890n;
  for (const [text, value] of [
    [`[${great},"\\u000012345678901234567890"]`, [great, "\u000012345678901234567890"]],
    [
      `{"a":{"b":[1,{"c":-${great}}]},"d":"${great}"}`,
      { a: { b: [1, { c: -great }] }, d: `${great}` },
    ],
    [`{"${great}":${great},"x\\"":[${great}]}`, { [`${great}`]: great, 'x"': [great] }],
    [`[${great}.5,${great}e2,${great}]`, [Number(great), Number(great * 100n), great]],
  ] as const)
    expect(parseJson(text)).toEqual({ value });
  const parsed = parseJson(`{"__proto__":${great}}`);
  expect("value" in parsed && Object.entries(parsed.value as object)).toEqual([
    ["__proto__", great],
  ]);
});

test("numbers that a float holds stay numbers", () => {
  expect(parsed("[9007199254740992,-9007199254740992,9007199254740991]")).toEqual([
    9007199254740992, -9007199254740992, 9007199254740991,
  ]);
  const floats = ["12345678901234567890.5", "12345678901234567890e0", "0.12345678901234567"];
  expect(parsed(`[${floats.join(",")}]`)).toEqual(floats.map(Number));
});

test("a number too great for a float is null, never infinite", () => {
  expect(parsed("[1e400,-1E+400,1e-400,2e307]")).toEqual([null, null, 0, 2e307]);
  expect(parsed(`[${"9".repeat(400)}.5,1]`)).toEqual([null, 1]);
});

test("digits within texts and names are left alone", () => {
  const text = String.raw`{"a\"b,12345678901234567890":":12345678901234567890\\","c":12345678901234567890}`;
  expect(parsed(text)).toEqual({
    'a"b,12345678901234567890': ":12345678901234567890\\",
    c: 12345678901234567890n,
  });
});

test("names of the prototype are own properties, and the last of equal names counts", () => {
  for (const big of ["1", "12345678901234567890"]) {
    const object = parsed(`{"__proto__":{"x":1},"a":1,"b":${big},"a":2}`) as object;
    expect(Object.keys(object)).toEqual(["__proto__", "a", "b"]);
    expect(Object.hasOwn(object, "__proto__")).toBe(true);
    expect((object as { x?: unknown }).x).toBeUndefined();
    expect((object as { a?: unknown }).a).toBe(2);
  }
});

test("lone surrogates survive", () => {
  const original = { "\udc00": "\ud800x" };
  expect(stringifyJson(original)).toBe(String.raw`{"\udc00":"\ud800x"}`);
  expect(parsed(stringifyJson(original))).toEqual(original);
  expect(stringifyJson(["\ud800", 2n ** 60n])).toBe(String.raw`["\ud800",1152921504606846976]`);
});

test("nesting beyond the limit is refused before parsing, however deep", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  expect(parseJson(nested(32))).toHaveProperty("value");
  expect(parseJson(nested(33))).toEqual({ error: "nested deeper than 32" });
  expect(parseJson(nested(3), 2)).toEqual({ error: "nested deeper than 2" });
  expect(parseJson("1", 0)).toEqual({ value: 1 });
  expect(parseJson('{"a":'.repeat(1_000_000))).toEqual({ error: "nested deeper than 32" });
  expect(parseJson(`[${"[],{},".repeat(100)}1]`)).toHaveProperty("value");
  const brackets = JSON.stringify({ a: '[[["\\'.repeat(50) });
  expect(parsed(brackets)).toEqual(JSON.parse(brackets));
});

test("fields are counted over the whole value", () => {
  const wide = Object.fromEntries(Array.from({ length: 512 }, (_, i) => [`f${i}`, i]));
  expect(exceedsFields(wide)).toBe(false);
  expect(exceedsFields({ ...wide, one: 1 })).toBe(true);
  const deep = { a: [{ b: 1 }, [{ c: { d: null } }]], e: [1, 2, 3] };
  expect(exceedsFields(deep, 5)).toBe(false);
  expect(exceedsFields(deep, 4)).toBe(true);
  expect(exceedsFields([1, "x", null], 0)).toBe(false);
});
