import { expect, test } from "@jest/globals";
import type { StreamPlan } from "../dsl/plan.ts";
import { readEnvelope, unwrapFor } from "./envelope.ts";

const stream: StreamPlan = {
  name: "auth",
  subjects: ["events.auth.>"],
  place: 0,
  time: null,
  delayMs: 0,
  idleMs: 30_000,
  id: null,
  late: "drop",
  fields: null,
};

test("subject, data and time make an envelope", () => {
  const value = {
    subject: "events.auth.login",
    data: { user: "ana" },
    time: "2024-01-01T00:00:00Z",
  };
  expect(readEnvelope(value)).toEqual({
    subject: "events.auth.login",
    data: { user: "ana" },
    stampMs: Date.UTC(2024, 0, 1),
  });
  expect(readEnvelope({ subject: "a", data: 1, time: 1700000000000.5 })?.stampMs).toBe(
    1700000000000.5,
  );
  expect(readEnvelope({ subject: "a", data: 1 })?.stampMs).toBeNull();
  expect(readEnvelope({ subject: "a", data: 1, time: "yesterday" })?.stampMs).toBeNull();
});

test("anything else is none", () => {
  for (const value of [null, 1, [], { subject: "a" }, { data: {} }, { subject: 1, data: {} }]) {
    expect(readEnvelope(value)).toBeNull();
  }
  expect(readEnvelope({ subject: "a", data: {}, from: "b" })).toBeNull();
});

test("an event of a stream is unwrapped only where the subject is the stream's", () => {
  const mail = { subject: "Hello", data: "…" };
  expect(unwrapFor(stream, mail)).toEqual({ data: mail, stampMs: null });
  const wrapped = { subject: "events.auth.x", data: { user: "ana" } };
  expect(unwrapFor(stream, wrapped)).toMatchObject({ data: { user: "ana" } });
});
