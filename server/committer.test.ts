import { expect, test } from "@jest/globals";
import { compileRules } from "../dsl/compile.ts";
import { createEngine } from "../engine/engine.ts";
import { systemClock } from "../io/clock.ts";
import { openMemoryStore } from "../state/memory-store.ts";
import { type Store, StoreError } from "../state/store.ts";
import { Committer } from "./committer.ts";
import { createLog } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { OUTBOX_SPACE, Outbox } from "./outbox.ts";
import { readStoredAlerts } from "./stored-service.ts";

const RULES = `
stream s from "s" { time at }
rule r "R" { severity high  match by k within 1s { a: s } }
`;

function setUp(refusals: number, checkpointMs: number | null = null) {
  const { plan } = compileRules([{ file: "r.seq", text: RULES }]);
  if (plan === null) throw new Error("the rules are valid");
  const store = openMemoryStore();
  let left = refusals;
  const refusing: Store = {
    get: (space, key) => store.get(space, key),
    scan: (space, range) => store.scan(space, range),
    close: () => store.close(),
    commit: (changes) => {
      if (left-- > 0) throw new StoreError("disk-full", "the disk has no room");
      return store.commit(changes);
    },
  };
  const engine = createEngine(plan, {}, store);
  const outbox = new Outbox(store, 1);
  const log = createLog();
  log.level = "silent";
  const metrics = new Metrics({
    engine: () => engine.status(),
    severities: new Map(),
    pending: () => [],
    outbox: () => ({ entries: outbox.entries, bytes: outbox.bytes, acked: outbox.acked }),
    connected: () => true,
    webhooks: () => [],
  });
  const alerts = { stream: "A", created: "c", base: 0 };
  const committer = new Committer({
    engine,
    store: refusing,
    outbox,
    sources: [],
    clock: systemClock,
    log,
    metrics,
    root: "alerts",
    rules: "x",
    checkpointMs,
    alerts,
  });
  return { engine, store, outbox, committer, metrics };
}

test("a disk that refuses is tried again with the same data; nothing is handed out before", async () => {
  const { engine, store, outbox, committer, metrics } = setUp(2);
  const feed = engine.feed("s", "F", { broker: true });
  engine.accept(feed, 1, 0, 1000, { at: 1000, k: "a" });
  committer.decide({ kind: "gap", body: { feed: "F" } });
  const committing = committer.commit(new AbortController().signal);
  expect(outbox.entries).toBe(0);
  expect(committer.trouble).toBe("the disk has no room");
  await committing;
  expect(committer.trouble).toBeNull();
  expect(outbox.entries).toBe(2);
  expect([...store.scan(OUTBOX_SPACE)]).toHaveLength(2);
  // The decision is numbered before the alert.
  expect(outbox.waiting(1)?.subject).toBe("alerts.control.gap");
  expect(outbox.waiting(2)?.subject).toBe("alerts.high.r");
  expect(readStoredAlerts(store)).toEqual({
    stream: "A",
    created: "c",
    base: 0,
    next: 3,
  });
  expect((await metrics.render()).text).toContain("sequitur_commit_failures_total 2");
});

test("the stop signal ends the waiting for a disk", async () => {
  const { engine, committer, outbox } = setUp(1000);
  engine.accept(engine.feed("s", "F", { broker: true }), 1, 0, 1000, { at: 1000, k: "a" });
  const stop = new AbortController();
  const committing = committer.commit(stop.signal);
  stop.abort();
  await expect(committing).rejects.toMatchObject({ name: "AbortError" });
  expect(outbox.entries).toBe(0);
});

test("between two checkpoints nothing is written, and the next one writes all of it", async () => {
  const { engine, store, outbox, committer } = setUp(0, 3_600_000);
  const feed = engine.feed("s", "F", { broker: true });
  const { signal } = new AbortController();
  for (let n = 1; n <= 3; n++) {
    engine.accept(feed, n, 0, n, { at: n, k: `k${n}` });
    await committer.commit(signal);
    expect(outbox.entries).toBe(n);
  }
  // The first commit of a process is a checkpoint.
  expect([...store.scan(OUTBOX_SPACE)]).toHaveLength(1);
  expect(readStoredAlerts(store)?.next).toBe(2);
  const third = outbox.stored(3);
  expect(third).toMatchObject({ number: 3 });
  const nowMs = systemClock.monotonicMs();
  outbox.acknowledge(2, nowMs);
  outbox.reload(1, nowMs);
  expect([outbox.entries, outbox.waiting(3)]).toEqual([2, third]);
  // What cannot be decided again is written at once, with all before it.
  committer.decide({ kind: "gap", body: {} });
  await committer.commit(signal);
  expect([...store.scan(OUTBOX_SPACE)]).toHaveLength(4);
  expect(readStoredAlerts(store)?.next).toBe(5);
  expect(outbox.stored(3)).toEqual(third);
  engine.accept(feed, 4, 0, 4, { at: 4, k: "k4" });
  await committer.commit(signal);
  await committer.save(signal);
  expect([...store.scan(OUTBOX_SPACE)]).toHaveLength(5);
  expect(committer.isDue).toBe(false);
});
