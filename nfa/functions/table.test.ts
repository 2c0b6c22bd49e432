import { expect, test } from "@jest/globals";
import { Random } from "../../base/random.ts";
import { typeOf, type Value } from "../../base/value.ts";
import { FUNCTIONS, type ParameterType } from "../../dsl/catalogue.ts";
import { FUNCTION_NAMES, functionOf } from "./table.ts";

const CALLS = FUNCTIONS.filter((entry) => entry.node === "call");

test("X-5 the run time has exactly the functions of the catalogue", () => {
  expect([...FUNCTION_NAMES].sort()).toEqual(CALLS.map((entry) => entry.name).sort());
});

const BIG = 9007199254740993n;
const T = Date.UTC(2024, 1, 29, 23, 30, 15);

/** Function, arguments, result. */
const CASES: readonly (readonly [string, readonly Value[], Value])[] = [
  ["lower", ["ÄBC"], "äbc"],
  ["upper", ["straße"], "STRASSE"],
  ["trim", ["\t a b \n"], "a b"],
  ["length", ["a😀b"], 3],
  ["length", ["\ud83d"], 1],
  ["length", [[1, null]], 2],
  ["length", [5], null],
  ["substring", ["abcd", 1], "bcd"],
  ["substring", ["abcd", 1, -1], "bc"],
  ["substring", ["abcd", -2], "cd"],
  ["substring", ["abcd", -9, 9], "abcd"],
  ["substring", ["abcd", 3, 1], ""],
  ["substring", ["a😀b", 1, 2], "😀"],
  ["substring", ["abcd", 1, null], null],
  ["index_of", ["a=b=c", "="], 1],
  ["index_of", ["a=b=c", "=", 2], 3],
  ["index_of", ["a=b", "x"], null],
  ["index_of", ["😀=", "="], 1],
  ["index_of", ["😀=😀=", "=", 2], 3],
  ["between", ["u=ana;x", "u=", ";"], "ana"],
  ["between", ["u=ana", "u=", ";"], null],
  ["between", ["a[b]c]", "[", "]"], "b"],
  ["between", ["]a[b", "[", "]"], null],
  ["split", ["a,b,", ","], ["a", "b", ""]],
  ["split", ["a😀", ""], ["a", "😀"]],
  ["split", ["a", 1], null],
  ["join", [["a", null, 5, [1]], "-"], "a-5-[1]"],
  ["join", [[], "-"], ""],
  ["replace", ["a.b.c", ".", "$&"], "a$&b$&c"],
  ["replace", ["abc", "", "x"], "abc"],
  ["concat", ["a", 1, BIG, true, [1, "x"], { a: null }], `a1${BIG}true[1,"x"]{"a":null}`],
  ["concat", ["a", null], null],
  ["format", ["{} of {} {}", 3, null], "3 of null {}"],
  ["format", ["{}{}", "{}", "b", "c"], "{}b"],
  ["format", [null, 1], null],
  ["abs", [-3], 3],
  ["abs", [-BIG], BIG],
  ["floor", [-2.5], -3],
  ["ceil", [2.1], 3],
  ["ceil", [BIG], BIG],
  ["round", [2.345, 2], 2.35],
  ["round", [-2.5], -3],
  ["round", [0.5], 1],
  ["round", [1.005, 2], 1.01],
  ["round", [1e-7, 3], 0],
  ["round", [1.5e300, 2], 1.5e300],
  ["round", [2.5, 16], null],
  ["round", [2.5, 0.5], null],
  ["least", [3, BIG, -1], -1],
  ["greatest", [3, BIG, -1], BIG],
  ["greatest", [3, null], null],
  ["sqrt", [2], Math.SQRT2],
  ["sqrt", [-1], null],
  ["log", [1000, 10], 3],
  ["log", [8, 2], 3],
  ["log", [Math.E], 1],
  ["log", [0], null],
  ["log", [5, 1], null],
  ["log", [5, -2], null],
  ["pow", [2, 10], 1024],
  ["pow", [10, 400], null],
  ["pow", [-8, 1 / 3], null],
  ["hour", [T], 23],
  ["hour", [T, "Europe/Berlin"], 0],
  ["hour", [T, "Nowhere/Land"], null],
  ["hour", [-1], 23],
  ["hour", [9e15], null],
  ["hour", [T, null], null],
  ["day_of_week", [T], 4],
  ["day_of_week", [T, "Europe/Berlin"], 5],
  ["day_of_week", [0], 4],
  ["day_of_week", [-86_400_000 * 4], 7],
  ["date", [T], "2024-02-29"],
  ["date", [T, "Europe/Berlin"], "2024-03-01"],
  ["hours", [5_400_000], 1.5],
  ["minutes", [90_000], 1.5],
  ["seconds", [1500], 1.5],
  ["parse_time", ["2024-02-29T23:30:15Z"], T],
  ["parse_time", ["2024-03-01 00:30:15", "yyyy-MM-dd HH:mm:ss", "Europe/Berlin"], T],
  ["parse_time", ["yesterday"], null],
  ["parse_time", [5], null],
  ["cidr", ["10.1.2.3", "10.0.0.0/8"], true],
  ["cidr", ["11.1.2.3", "10.0.0.0/8", ["fd00::/8", "11.0.0.0/8"]], true],
  ["cidr", ["12.1.2.3", "10.0.0.0/8"], false],
  ["cidr", ["12.1.2.3", "10.0.0.0/8", "nonsense"], null],
  ["cidr", ["10.1.2.3", "10.0.0.0/8", "nonsense"], true],
  ["cidr", ["10.1.2.3", "10.0.0.0/8", null], null],
  ["cidr", ["host", "10.0.0.0/8"], null],
  ["cidr", ["host", []], null],
  ["cidr", ["10.1.2.3", []], false],
  ["is_private", ["192.168.1.1"], true],
  ["is_private", ["8.8.8.8"], false],
  ["is_private", ["x"], null],
  ["ip_version", ["::1"], 6],
  ["ip_version", ["1.2.3"], null],
  [
    "distance_km",
    [
      { lat: 0, lon: 0 },
      { lat: 0, lon: 0 },
    ],
    0,
  ],
  [
    "distance_km",
    [
      { lat: 91, lon: 0 },
      { lat: 0, lon: 0 },
    ],
    null,
  ],
  ["distance_km", [{ lat: 1 }, { lat: 0, lon: 0 }], null],
  ["entropy", [""], 0],
  ["entropy", ["aaaa"], 0],
  ["entropy", ["aabb"], 1],
  ["entropy", ["😀😀ab"], 1.5],
  ["levenshtein", ["kitten", "sitting"], 3],
  ["levenshtein", ["", "abc"], 3],
  ["levenshtein", ["a😀", "ab"], 1],
  ["levenshtein", ["a".repeat(1025), "a"], null],
  ["sha256", ["abc"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "unique",
    [[1, "1", 1n, null, null, [1], [1], { a: 1, b: 2 }, { b: 2, a: 1 }]],
    [1, "1", null, [1], { a: 1, b: 2 }],
  ],
  ["unique", ["aa"], null],
  ["type_of", [null], "null"],
  ["type_of", [BIG], "number"],
  ["type_of", [[]], "list"],
  ["to_number", [" 12.5e1 "], 125],
  ["to_number", ["+7"], 7],
  ["to_number", ["007"], 7],
  ["to_number", ["0x10"], null],
  ["to_number", ["1e999"], null],
  ["to_number", ["Infinity"], null],
  ["to_number", [""], null],
  ["to_number", ["9007199254740993"], BIG],
  ["to_number", ["9".repeat(1001)], null],
  ["to_number", [true], 1],
  ["to_number", [BIG], BIG],
  ["to_number", [[1]], null],
  ["to_number", ["ff", 16], 255],
  ["to_number", ["-0xFF", 16], -255],
  ["to_number", ["0x", 16], null],
  ["to_number", ["z", 36], 35],
  ["to_number", ["2", 2], null],
  ["to_number", ["1.5", 10], null],
  ["to_number", ["1", 1], null],
  ["to_number", ["1", null], null],
  ["to_text", [BIG], "9007199254740993"],
  ["to_text", [0.1], "0.1"],
  ["to_text", [{ a: ['"', BIG] }], `{"a":["\\"",9007199254740993]}`],
  ["to_text", [null], null],
];

test.each(CASES)("X-5 %s(%p) is %p", (name, args, expected) => {
  expect(functionOf(name)(...args)).toEqual(expected);
});

test("X-5 distance_km follows the great circle", () => {
  const distance = functionOf("distance_km");
  const berlin = { lat: 52.52, lon: 13.405 };
  const sydney = { lat: -33.8688, lon: 151.2093 };
  expect(distance(berlin, sydney)).toBeCloseTo(16094, -2);
  expect(distance({ lat: 0, lon: 0 }, { lat: 0, lon: 180 })).toBeCloseTo(Math.PI * 6371.0088, 6);
});

test("X-5 texts above a million units are null, and are not built", () => {
  const long = "a".repeat(60_000);
  expect(functionOf("replace")(long, "a", long)).toBe(null);
  expect(
    functionOf("join")(
      Array.from({ length: 1000 }, () => long),
      long,
    ),
  ).toBe(null);
  expect(functionOf("concat")(...Array.from({ length: 20 }, () => long))).toBe(null);
});

const SAMPLES: readonly Value[] = [
  null,
  true,
  false,
  0,
  -0,
  1,
  -1.5,
  1e308,
  -1e308,
  5e-324,
  BIG,
  10n ** 400n,
  "",
  "a",
  "10.0.0.1",
  "\ud800",
  "😀",
  [],
  [null, 1],
  ["a", ["b"]],
  {},
  { lat: 1, lon: "x" },
  JSON.parse('{"__proto__":1,"length":2}'),
];

/** Null is allowed everywhere; JSON data otherwise, with finite numbers. */
function isValue(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isValue);
  return value !== undefined;
}

test("X-5 no argument makes a function throw, or give what is no value", () => {
  const random = new Random(5);
  for (const name of FUNCTION_NAMES) {
    for (let i = 0; i < 400; i++) {
      const args = Array.from({ length: 1 + random.below(3) }, () => random.pick(SAMPLES));
      const needed = CALLS.find((entry) => entry.name === name)?.parameters.filter(
        (p) => !p.optional,
      );
      while (args.length < (needed?.length ?? 0)) args.push(random.pick(SAMPLES));
      const result = functionOf(name)(...args);
      expect([name, args, isValue(result)]).toEqual([name, args, true]);
    }
  }
});

test("X-5 where the catalogue says so, a null or a wrong type gives null", () => {
  let checked = 0;
  for (const entry of CALLS) {
    if (entry.nulls !== "null") continue;
    entry.parameters.forEach((parameter, position) => {
      for (const sample of SAMPLES) {
        if (sample !== null && takes(parameter.types, sample)) continue;
        const args = entry.parameters.map((p) => sampleOf(p.types[0] ?? "any"));
        args[position] = sample;
        expect([entry.name, args, functionOf(entry.name)(...args)]).toEqual([
          entry.name,
          args,
          null,
        ]);
        checked++;
      }
    });
  }
  expect(checked).toBeGreaterThan(500);
});

function takes(types: readonly ParameterType[], value: Value): boolean {
  return types.includes("any") || types.some((type) => type === typeOf(value));
}

function sampleOf(type: ParameterType): Value {
  if (type === "number") return 2;
  if (type === "list") return [];
  if (type === "object") return { lat: 1, lon: 1 };
  return "10.0.0.1";
}
