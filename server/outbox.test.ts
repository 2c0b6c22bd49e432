import { expect, test } from "@jest/globals";
import type { Alert, AlertOutput } from "../engine/outputs.ts";
import { openMemoryStore } from "../state/memory-store.ts";
import { OUTBOX_SPACE, Outbox } from "./outbox.ts";
import {
  decodeRecord,
  encodeRecord,
  headersOf,
  type OutboxRecord,
  positionsText,
  readPositions,
  recordOf,
} from "./outbox-record.ts";

const LIMITS = { entries: 3, bytes: 100, keepMs: 1000, keepEntries: 4 };

function record(text: string): OutboxRecord {
  const payload = new TextEncoder().encode(text);
  return { subject: "alerts.high.r", id: "i", version: "v", positions: "F=1", rules: "x", payload };
}

test("numbers go on across a restart, and what was not acknowledged waits again", () => {
  const store = openMemoryStore();
  const first = new Outbox(store, 1, LIMITS);
  store.commit(first.stage([record("a"), record("b")]));
  expect(first.entries).toBe(0);
  first.committed();
  expect(first.entries).toBe(2);
  first.acknowledge(1, 0);
  expect([first.acked, first.entries, first.bytes]).toEqual([1, 1, 1]);

  const second = new Outbox(store, first.next, LIMITS);
  second.reload(1, 0);
  expect(second.waiting(2)).toMatchObject({ number: 2, subject: "alerts.high.r" });
  expect(second.waiting(3)).toBeUndefined();
  second.reload(0, 0);
  expect(second.entries).toBe(2);
});

test("a full outbox says so, by entries and by bytes", () => {
  const store = openMemoryStore();
  const outbox = new Outbox(store, 1, LIMITS);
  store.commit(outbox.stage([record("a"), record("b"), record("c")]));
  outbox.committed();
  expect(outbox.full).toBe(true);
  outbox.acknowledge(2, 0);
  expect(outbox.full).toBe(false);
  store.commit(outbox.stage([record("x".repeat(100))]));
  outbox.committed();
  expect(outbox.full).toBe(true);
});

test("acknowledged entries are removed when they are old or too many, never others", () => {
  const store = openMemoryStore();
  const outbox = new Outbox(store, 1, LIMITS);
  const kept = () => [...store.scan(OUTBOX_SPACE)].length;
  const prune = (nowMs: number) => {
    store.commit(outbox.stagePruning(nowMs));
    outbox.committed();
  };
  store.commit(outbox.stage(Array.from({ length: 8 }, () => record("a"))));
  outbox.committed();
  outbox.acknowledge(2, 100);
  prune(1000);
  expect(kept()).toBe(8);
  prune(1100);
  expect([kept(), outbox.firstStored]).toEqual([6, 3]);
  outbox.acknowledge(7, 1200);
  prune(1200);
  expect([kept(), outbox.firstStored]).toEqual([5, 4]);
  expect(outbox.stored(3)).toBeNull();
  expect(outbox.stored(4)?.number).toBe(4);
});

test("many acknowledged at once are removed slice by slice", () => {
  const store = openMemoryStore();
  const outbox = new Outbox(store, 1, { ...LIMITS, entries: 10_000, keepEntries: 10_000 });
  store.commit(outbox.stage(Array.from({ length: 2500 }, () => record("a"))));
  outbox.committed();
  outbox.acknowledge(2500, 0);
  for (const left of [1500, 500, 0]) {
    store.commit(outbox.stagePruning(5000));
    outbox.committed();
    expect([...store.scan(OUTBOX_SPACE)]).toHaveLength(left);
  }
});

test("under steady load entries are removed at their age, not when the load ends", () => {
  const store = openMemoryStore();
  const outbox = new Outbox(store, 1, { ...LIMITS, keepMs: 10_000, keepEntries: 1_000_000 });
  for (let nowMs = 0; nowMs < 40_000; nowMs += 100) {
    store.commit([...outbox.stage([record("a")]), ...outbox.stagePruning(nowMs)]);
    outbox.committed();
    outbox.acknowledge(outbox.next - 1, nowMs);
    // Ten a second: never one that is younger than it may be, and one second's more at most.
    if (nowMs < 11_100) continue;
    expect(outbox.next - outbox.firstStored).toBeGreaterThanOrEqual(100);
    expect(outbox.next - outbox.firstStored).toBeLessThanOrEqual(112);
  }
});

test("a commit that stores many removes more than it stores", () => {
  const store = openMemoryStore();
  const outbox = new Outbox(store, 1, { ...LIMITS, entries: 10_000 });
  for (let second = 0; second < 8; second++) {
    outbox.stageUnstored(Array.from({ length: 2000 }, () => record("a")));
    outbox.committed();
    outbox.acknowledge(outbox.next - 1, second * 1000);
    store.commit([...outbox.stage([]), ...outbox.stagePruning(second * 1000)]);
    outbox.committed();
  }
  expect([...store.scan(OUTBOX_SPACE)].length).toBeLessThanOrEqual(2 * 2000);
});

test("the stored form of version 1", () => {
  const bytes = encodeRecord(record("ä"));
  expect(Buffer.from(bytes).toString("hex")).toBe(
    "01000d616c657274732e686967682e72000169000176000346" + "3d310001780" + "2c3a4",
  );
  expect(decodeRecord(7, bytes)).toEqual({ ...record("ä"), number: 7 });
  bytes[0] = 9;
  expect(() => decodeRecord(7, bytes)).toThrow("outbox entry 7 has format 9");
});

test("an alert's subject is the rule's own or says severity and rule; that of a shadow rule says so, too", () => {
  const subject = (mode: Alert["mode"], to: string | null, rule = "auth.x"): string => {
    const alert = { id: "i", version: "v", severity: "high", rule, mode } as Alert;
    const output: AlertOutput = { kind: "alert", alert, to, timeMs: 0, rule, key: "", text: "{}" };
    return recordOf(output, "alerts", "F=1", "x").subject;
  };
  expect(subject("live", null)).toBe("alerts.high.auth.x");
  expect(subject("live", "alerts.pager")).toBe("alerts.pager");
  expect(subject("live", null, "a b*")).toBe("alerts.high.a_b_");
  expect(subject("shadow", null)).toBe("alerts.shadow.high.auth.x");
  expect(subject("shadow", "alerts.pager")).toBe("alerts.shadow.high.auth.x");
  expect(subject("shadow", null, "a b*")).toBe("alerts.shadow.high.a_b_");
});

test("positions are read as they were written", () => {
  const feeds = [
    { name: "A=B", position: 17 },
    { name: "C", position: 0 },
  ];
  expect(positionsText(feeds)).toBe("A=B=17, C=0");
  expect([...readPositions("A=B=17, C=0")]).toEqual([
    ["A=B", 17],
    ["C", 0],
  ]);
  expect(readPositions(positionsText([])).size).toBe(0);
});

test("headers tell the number, the positions, the rules, and of an alert its id and version", () => {
  expect(headersOf({ ...record("a"), number: 4 })).toEqual([
    ["Sequitur-Out", "4"],
    ["Sequitur-Pos", "F=1"],
    ["Sequitur-Rules", "x"],
    ["Sequitur-Id", "i"],
    ["Sequitur-Version", "v"],
  ]);
  expect(headersOf({ ...record("a"), id: "", number: 4 })).toHaveLength(3);
});
