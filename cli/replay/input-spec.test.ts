import { expect, test } from "@jest/globals";
import type { StreamPlan } from "../../dsl/plan.ts";
import { inputSpecs } from "./input-spec.ts";

function stream(name: string, place: number): StreamPlan {
  return {
    name,
    subjects: [`events.${name}.>`],
    place,
    time: null,
    delayMs: 0,
    idleMs: 30_000,
    id: null,
    late: "drop",
    fields: null,
  };
}

const auth = stream("auth", 0);
const hosts = stream("hosts", 1);
const FILE = "package.json";

test("with a name, with the only stream, as envelopes", () => {
  expect(inputSpecs([`hosts=${FILE}`], [auth, hosts])).toEqual([{ path: FILE, stream: hosts }]);
  expect(inputSpecs([FILE], [auth])).toEqual([{ path: FILE, stream: auth }]);
  expect(inputSpecs([FILE], [auth, hosts])).toEqual([{ path: FILE, stream: null }]);
  expect(inputSpecs(["auth=-"], [auth, hosts])).toEqual([{ path: "-", stream: auth }]);
});

test.each([
  ["atuh=-", "no stream is called atuh; did you mean auth?"],
  ["zebra=-", "no stream is called zebra; there are auth, hosts"],
  ["auth=nowhere.ndjson", "nowhere.ndjson does not exist"],
])("%s is refused", (value, message) => {
  expect(() => inputSpecs([value], [auth, hosts])).toThrow(message);
});

test("a file can be given once", () => {
  expect(() => inputSpecs([`auth=${FILE}`, `hosts=${FILE}`], [auth, hosts])).toThrow("given twice");
});
