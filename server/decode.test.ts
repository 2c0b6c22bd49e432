import { expect, test } from "@jest/globals";
import { decodeMessage } from "./decode.ts";

const decode = (text: string, eventBytes = 1000) =>
  decodeMessage(new TextEncoder().encode(text), eventBytes).map((one) =>
    one.kind === "event" ? one.data : `fault ${one.text}`,
  );

test("one object, over one line or many", () => {
  expect(decode('{"a":1}')).toEqual([{ a: 1 }]);
  expect(decode('{\n  "a": {\n  "b": 1\n}\n}\n')).toEqual([{ a: { b: 1 } }]);
});

test("an array holds several, an empty one none", () => {
  expect(decode('[{"a":1},{"a":2}]')).toEqual([{ a: 1 }, { a: 2 }]);
  expect(decode('[\n{"a":1},\n{"a":2}\n]')).toEqual([{ a: 1 }, { a: 2 }]);
  expect(decode("[]")).toEqual([]);
});

test("lines hold several; blank ones do not count, a bad one is a fault of its own", () => {
  expect(decode('{"a":1}\r\n\n{"a":2}\n')).toEqual([{ a: 1 }, { a: 2 }]);
  expect(decode('{"a":1}\n{"a":\n{"a":3}')).toEqual([{ a: 1 }, 'fault {"a":', { a: 3 }]);
});

test("what is no JSON is one fault", () => {
  expect(decode("hello")).toEqual(["fault hello"]);
  expect(decode('{\n"a":\n')).toEqual(['fault {\n"a":\n']);
  expect(decode("")).toEqual(["fault "]);
});

test("nesting beyond the limit is told apart, in an array too", () => {
  const deep = `${'{"a":'.repeat(33)}1${"}".repeat(33)}`;
  expect(decodeMessage(new TextEncoder().encode(`${deep}\n{}`), 1000)[0]).toMatchObject({
    kind: "fault",
    tooDeep: true,
  });
  const allowed = `${'{"a":'.repeat(32)}1${"}".repeat(32)}`;
  expect(decodeMessage(new TextEncoder().encode(`[${allowed}]`), 1000)[0]?.kind).toBe("event");
});

test("sizes are told where they may matter: an array does not carry an event over the limit", () => {
  const big = { text: "ä".repeat(600) };
  const sizes = (text: string) =>
    decodeMessage(new TextEncoder().encode(text), 1000).map((one) =>
      one.kind === "event" ? one.bytes : -1,
    );
  const bytes = Buffer.byteLength(JSON.stringify(big));
  expect(sizes(JSON.stringify(big))).toEqual([bytes]);
  expect(sizes(JSON.stringify([{ a: 1 }, big]))).toEqual([7, bytes]);
  expect(sizes(`{"a":1}\n${JSON.stringify(big)}`)).toEqual([7, bytes]);
});
