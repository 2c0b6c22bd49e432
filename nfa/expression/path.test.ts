import { isDeepStrictEqual } from "node:util";
import { expect, test } from "@jest/globals";
import type { EventRecord } from "../../base/event.ts";
import { Random } from "../../base/random.ts";
import type { Value, ValueObject } from "../../base/value.ts";
import type { FieldPath } from "../../dsl/expr.ts";
import { NO_DATA } from "../history.ts";
import { compileEventValue, compilePath, readPath } from "./compiled.ts";

/** All three ways to read: plain, compiled, generated. */
function readers(path: FieldPath): readonly ((data: ValueObject) => Value)[] {
  const generated = compileEventValue(
    { kind: "field", event: { kind: "at hand" }, path },
    NO_DATA,
    { codegen: true },
  );
  return [(data) => readPath(data, path), compilePath(path), (data) => generated(eventOf(data))];
}

function eventOf(data: ValueObject): EventRecord {
  return {
    stream: "s",
    place: 0,
    feed: "s",
    seq: 1,
    index: 0,
    timeMs: 0,
    timeFrac: 0,
    id: "1",
    data,
  };
}

/** Event as JSON, path, value. */
const CASES: readonly (readonly [string, FieldPath, Value])[] = [
  ['{"a":1}', ["a"], 1],
  ['{"a":1}', [], { a: 1 }],
  ['{"a":1}', ["b"], null],
  ['{"source":{"ip":"x"}}', ["source", "ip"], "x"],
  ['{"source.ip":"x"}', ["source", "ip"], "x"],
  ['{"source.ip":"flat","source":{"ip":"nested"}}', ["source", "ip"], "nested"],
  ['{"source.ip":"flat","source":{"ip":null}}', ["source", "ip"], "flat"],
  ['{"source.ip":"flat","source":"text"}', ["source", "ip"], "flat"],
  ['{"a.b":{"c":1}}', ["a", "b", "c"], 1],
  ['{"a":{"b.c":1}}', ["a", "b", "c"], 1],
  ['{"a.b.c":1}', ["a", "b", "c"], 1],
  ['{"a":{"b.c":1},"a.b":{"c":2},"a.b.c":3}', ["a", "b", "c"], 1],
  ['{"a.b":{"c":2},"a.b.c":3}', ["a", "b", "c"], 2],
  ['{"a":{"b":{"x":1}},"a.b":{"c":2}}', ["a", "b", "c"], 2],
  ['{"a.b.c.d.e":5}', ["a", "b", "c", "d", "e"], 5],
  ['{"a":{"b.c":{"d.e":5}}}', ["a", "b", "c", "d", "e"], 5],
  ['{"a":{"b":{"c":{"d":{"e":5}}}}}', ["a", "b", "c", "d", "e"], 5],
  ['{"args":["x","y"]}', ["args", 0], "x"],
  ['{"args":["x","y"]}', ["args", -1], "y"],
  ['{"args":["x","y"]}', ["args", -3], null],
  ['{"args":["x","y"]}', ["args", 2], null],
  ['{"args":[[1,[2]]]}', ["args", 0, 1, -1], 2],
  ['{"e.args":[{"k.v":7}]}', ["e", "args", 0, "k", "v"], 7],
  ['{"args":"text"}', ["args", 0], null],
  ['{"args":{"0":"x"}}', ["args", 0], null],
  ['{"args":{"0":"x"}}', ["args", "0"], "x"],
  ['{"args":["x"]}', ["args", "0"], null],
  ['{"args":"xyz"}', ["args", "1"], null],
  ['{"a":"text"}', ["a", "length"], null],
  ['{"a":[1,2]}', ["a", "length"], null],
  ['{"a":{"length":9}}', ["a", "length"], 9],
  ['{"length":9}', ["length"], 9],
  ['{"0":9}', ["0"], 9],
  ['{"a":5}', ["a", "toFixed"], null],
  ['{"a":true}', ["a", "valueOf"], null],
  ['{"a":[1]}', ["a", "map"], null],
  ["{}", ["constructor"], null],
  ["{}", ["toString", "length"], null],
  ["{}", ["__proto__"], null],
  ['{"a":{}}', ["a", "__proto__"], null],
  ['{"__proto__":{"x":1}}', ["__proto__", "x"], 1],
  ['{"__proto__":{"x":1}}', ["x"], null],
  ['{"a":{"__proto__":{"x":1}}}', ["a", "x"], null],
  ['{"constructor":"c","hasOwnProperty":1}', ["hasOwnProperty"], 1],
  ['{"a":{"constructor":"c"}}', ["a", "constructor"], "c"],
  ['{"a":null}', ["a", "b"], null],
  ['{"@timestamp":1,"user-agent":{"os name":2}}', ["user-agent", "os name"], 2],
  ['{"a.b":1}', ["a.b"], 1],
  ['{"a":{"b":1}}', ["a.b"], null],
];

test.each(CASES)("L-2 in %s the path %p is %p", (json, path, expected) => {
  const values = readers(path).map((read) => read(JSON.parse(json)));
  expect(values).toEqual([expected, expected, expected]);
});

test("L-2 all ways to read agree on hostile data", () => {
  const names = [
    "a",
    "b",
    "a.b",
    "b.a",
    "length",
    "__proto__",
    "constructor",
    "0",
    "toString",
    "at",
  ];
  const random = new Random(21);
  const grow = (depth: number): Value => {
    const kind = depth === 0 ? random.below(4) : random.below(8);
    if (kind === 0) return null;
    if (kind === 1) return random.pick(["text", "", "0"]);
    if (kind === 2) return random.pick<Value>([0, 10n ** 20n, true]);
    if (kind === 3) return [];
    if (kind === 4) return [grow(depth - 1), grow(depth - 1)];
    return JSON.parse(
      `{${Array.from({ length: 4 }, () => `${JSON.stringify(random.pick(names))}:${jsonOf(grow(depth - 1))}`).join(",")}}`,
    );
  };
  const jsonOf = (value: Value): string =>
    JSON.stringify(value, (_, part) => (typeof part === "bigint" ? Number(part) : part));
  let found = 0;
  for (let i = 0; i < 1000; i++) {
    const path = [
      random.pick(names),
      ...Array.from({ length: random.below(5) }, () => random.pick([...names, 0, -1])),
    ];
    const reads = readers(path);
    for (let j = 0; j < 10; j++) {
      const data = JSON.parse(
        `{"a":${jsonOf(grow(3))},"a.b":${jsonOf(grow(2))},"b":${jsonOf(grow(3))}}`,
      );
      const [plain, compiled, generated] = reads.map((read) => read(data));
      const equal = isDeepStrictEqual(compiled, plain) && isDeepStrictEqual(generated, plain);
      if (!equal) expect({ data, path, compiled, generated }).toBe(plain);
      if (plain !== null) found++;
    }
  }
  expect(found).toBeGreaterThan(500);
});
