import { expect, test } from "@jest/globals";
import { openMemoryStore } from "../state/memory-store.ts";
import {
  alertsChange,
  feedChange,
  readSilentTick,
  readStoredAlerts,
  readStoredFeeds,
  silentTickChange,
} from "./stored-service.ts";

const feed = { name: "EVENTS", created: "c", position: 300, storedMs: 1000, checksum: 7 };

test("what was stored is read back, the feeds by name", () => {
  const store = openMemoryStore();
  expect(readStoredAlerts(store)).toBeNull();
  expect(readStoredFeeds(store)).toEqual([]);
  const other = { ...feed, name: "AUDIT" };
  const alerts = { stream: "ALERTS", created: "2026", base: -3, next: 12 };
  store.commit([feedChange(feed), feedChange(other), alertsChange(alerts)]);
  expect(readStoredFeeds(store)).toEqual([other, feed]);
  expect(readStoredAlerts(store)).toEqual(alerts);
});

test("the time that silence has reached is kept until a record tells it", () => {
  const store = openMemoryStore();
  expect(readSilentTick(store)).toBeNull();
  store.commit([silentTickChange(1_772_323_200_123), feedChange(feed)]);
  expect(readSilentTick(store)).toBe(1_772_323_200_123);
  expect(readStoredFeeds(store)).toEqual([feed]);
  store.commit([silentTickChange(null)]);
  expect(readSilentTick(store)).toBeNull();
});

test("the stored form of version 1, and the refusal of another", () => {
  const change = feedChange(feed);
  const bytes = change.value as Uint8Array;
  expect(Buffer.from(bytes).toString("hex")).toBe("01000163ac02408f40000000000000000007");
  bytes[0] = 2;
  const store = openMemoryStore();
  store.commit([change]);
  expect(() => readStoredFeeds(store)).toThrow("format 2, this version reads 1");
});
