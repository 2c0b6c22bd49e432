/** Who pushes and waits hears what became of the set, from a service that a real nats-server stands for here. */

import { expect, test } from "@jest/globals";
import { openServiceStage } from "../../tests/service-stage.ts";
import { ConsoleOutput } from "../console-output.ts";
import { type KvPush, pushToBucket } from "./push-kv.ts";
import { exitCodeOf, outcomeLine } from "./report-text.ts";
import { findTarget } from "./rules-target.ts";

const { broker } = await openServiceStage();

const NOWHERE = { config: null, server: null, token: null, nats: null };

function push(bucket: string): KvPush {
  const bundle = { files: [{ file: "a.seq", text: "rule" }], data: [], buckets: [] };
  const set = { bundle, author: "ann", note: "", createdMs: 1, choices: [], restores: null };
  const target = findTarget({ ...NOWHERE, bucket });
  return { target, bucket, set, after: null, waitSeconds: 20 };
}

/** What a service says of the set of this number, again and again until somebody has heard it. */
async function whileSaying<T>(mark: string, body: object, work: Promise<T>): Promise<T> {
  const record = { ...body, origin: { kind: "kv", mark, author: "", note: "" } };
  const bytes = new TextEncoder().encode(JSON.stringify(record));
  const timer = setInterval(() => broker.publish("alerts.control.rules", bytes), 20);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

test.each([
  ["A", "1", { outcome: "refused", reason: "no stream" }, "refused", /cannot run as things are/],
  ["B", "2", { outcome: "activated", set: "abc" }, "superseded", /set 2 came before/],
  ["C", "1", { set: "abc", positions: {} }, "activated", /set abc is active/],
])("bucket %s: set %s is told of", async (bucket, mark, body, outcome, line) => {
  const result = pushToBucket(broker, push(bucket), new ConsoleOutput("never"));
  const report = await whileSaying(mark, body, result);
  if (typeof report === "number") throw new Error("there is a report");
  expect(report).toMatchObject({ outcome });
  expect(outcomeLine(report)).toMatch(line);
  expect(exitCodeOf(report)).toBe(outcome === "activated" ? 0 : 3);
});
