/** Alerts are found by their id in the alert stream of a real nats-server. */

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Random } from "../../base/random.ts";
import type { Broker } from "../../io/nats.ts";
import { NatsServer } from "../../tests/nats-server.ts";
import { connectTo, makeStream } from "../../tests/service-process.ts";
import { findAlert } from "./alert-lookup.ts";
import { lookupResponse } from "./alert-route-texts.ts";
import type { AlertPlace } from "./alert-routes.ts";

let server: NatsServer;
let broker: Broker;
let place: AlertPlace;

/** More than one piece. */
const RECORDS = 5000;

beforeAll(async () => {
  server = await NatsServer.start();
  broker = await connectTo(server.url);
  await makeStream(broker, "ALERTS", ["alerts.>"]);
  for (let n = 1; n <= RECORDS; n++) {
    const alert = { id: `id-${n}`, rule: "r", severity: "low", mode: n === 3 ? "shadow" : "live" };
    broker.publish("alerts.low.r", new TextEncoder().encode(JSON.stringify(alert)));
  }
  await broker.api("STREAM.INFO.ALERTS");
  place = { broker, stream: "ALERTS", root: "alerts", random: new Random(1) };
});

afterAll(async () => {
  await broker.close();
  await server.stop();
});

const { signal } = new AbortController();

test.each([1, 3, 2500, RECORDS])("the alert of record %i is found by its id", async (n) => {
  const found = await findAlert(place, `id-${n}`, null, signal);
  expect(found).toMatchObject({ kind: "found", seq: n });
  const answer = lookupResponse(found, `id-${n}`);
  expect(await answer.json()).toMatchObject({ seq: n, alert: { id: `id-${n}` } });
});

test("one that is not there, or not before a record, is not found", async () => {
  expect(await findAlert(place, "other", null, signal)).toEqual({ kind: "none", from: 1 });
  expect(await findAlert(place, "id-40", 40, signal)).toEqual({ kind: "none", from: 1 });
  expect(await findAlert(place, "id-40", 41, signal)).toMatchObject({ kind: "found", seq: 40 });
});

test("where time is up the answer says where to go on", async () => {
  const found = await findAlert(place, "id-1", 100, AbortSignal.abort());
  expect(found).toEqual({ kind: "none", from: 100 });
  const answer = lookupResponse(found, "id-1");
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ detail: expect.stringContaining("before=100") });
});
