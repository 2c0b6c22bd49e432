/** Sets in a bucket of a real nats-server: numbers, two pushers, a full bucket, a lost connection, foreign values. */

import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { Random } from "../../base/random.ts";
import { createEntry, ensureBucket, entryAt, readBucket } from "../../io/nats-kv.ts";
import { connectTo } from "../../tests/service-process.ts";
import { openServiceStage } from "../../tests/service-stage.ts";
import { newestSet, pushSet, setNumbers } from "./kv-sets.ts";
import { type PackedSet, packSet, unpackSet } from "./set-package.ts";

const { broker, server } = await openServiceStage();

function setOf(author: string, text = "rule"): PackedSet {
  const bundle = { files: [{ file: "a.seq", text }], data: [], buckets: [] };
  return { bundle, author, note: "", createdMs: 1, choices: [["r", "drain"]], restores: null };
}

const NEVER_AFTER = { after: null, patienceMs: 5000 };

test("sets are numbered, the newest is found, also when it was deleted by hand", async () => {
  await ensureBucket(broker, "A");
  expect(await newestSet(broker, "A")).toEqual({ kind: "ok", value: null });
  for (const author of ["ann", "bob"]) {
    await pushSet(broker, "A", packSet(setOf(author)), NEVER_AFTER);
  }
  const found = await newestSet(broker, "A");
  if (found.kind !== "ok" || found.value === null) throw new Error("there are two sets");
  expect(found.value.number).toBe(2);
  expect(unpackSet(found.value.bytes)).toEqual({ set: setOf("bob") });
  broker.publish("$KV.A.set.2", new Uint8Array(), undefined, [["KV-Operation", "DEL"]]);
  for (;;) {
    const now = await newestSet(broker, "A");
    if (now.kind === "ok" && now.value?.number === 1) break;
    await sleep(5);
  }
  // Its number is not given again.
  const third = await pushSet(broker, "A", packSet(setOf("eve")), NEVER_AFTER);
  expect(third).toEqual({ kind: "pushed", number: 3 });
  expect(await setNumbers(broker, "A")).toEqual({ kind: "ok", value: [1, 2, 3] });
});

test("of pushers at once each gets a number of its own, or hears who was first", async () => {
  await ensureBucket(broker, "B");
  const other = await connectTo(server.url);
  const outcomes = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      pushSet(i % 2 === 0 ? broker : other, "B", packSet(setOf(`p${i}`)), {
        after: Math.floor(i / 2),
        patienceMs: 5000,
      }),
    ),
  );
  await other.close();
  for (let pair = 0; pair < 20; pair++) {
    const kinds = [outcomes[2 * pair]?.kind, outcomes[2 * pair + 1]?.kind].sort();
    expect(kinds).toEqual(["conflict", "pushed"]);
  }
  const lost = outcomes.find(({ kind }) => kind === "conflict");
  expect(lost).toMatchObject({ other: { author: expect.stringMatching(/^p\d+$/) } });
});

test("a full bucket and a set beyond the server's limits are refused, and nothing is written", async () => {
  await broker.api("STREAM.CREATE.KV_FULL", {
    name: "KV_FULL",
    subjects: ["$KV.FULL.>"],
    max_bytes: 2000,
    discard: "new",
    max_msgs_per_subject: 1,
  });
  const noise = Array.from({ length: 150 }, (_, i) => Math.sin(i)).join(" ");
  const big = packSet(setOf("ann", noise));
  expect(await pushSet(broker, "FULL", big, NEVER_AFTER)).toMatchObject({ kind: "pushed" });
  const full = await pushSet(broker, "FULL", big, NEVER_AFTER);
  expect(full).toEqual({ kind: "refused", reason: "maximum bytes exceeded (10077)" });
  const huge = await pushSet(broker, "FULL", new Uint8Array(1 << 20), NEVER_AFTER);
  expect(huge).toEqual({ kind: "too large", bytes: 1 << 20, limit: (1 << 20) - 1024 });
  expect(await setNumbers(broker, "FULL")).toEqual({ kind: "ok", value: [1] });
  const missing = await pushSet(broker, "NOWHERE", big, NEVER_AFTER);
  expect(missing).toEqual({ kind: "refused", reason: "there is no bucket NOWHERE" });
});

test("a connection lost during pushes: every set is there once, under the number that was told", async () => {
  await ensureBucket(broker, "C");
  const told: number[] = [];
  const pushing = (async () => {
    for (let i = 0; i < 30; i++) {
      const bytes = packSet(setOf(`push ${i}`));
      const pushed = await pushSet(broker, "C", bytes, { after: null, patienceMs: 20_000 });
      if (pushed.kind === "pushed") told.push(pushed.number);
      await sleep(10);
    }
  })();
  for (let kill = 0; kill < 2; kill++) {
    await sleep(120);
    await server.kill("SIGKILL");
    await sleep(50);
    await server.restart();
  }
  await pushing;
  expect(told).toHaveLength(30);
  expect(new Set(told).size).toBe(30);
  for (const [i, number] of told.entries()) {
    const found = await entryAt(broker, "C", `set.${number}`);
    if (found.kind !== "ok") throw new Error(found.reason);
    expect(unpackSet(found.value.data)).toEqual({ set: setOf(`push ${i}`) });
  }
});

test("a bucket is read whole: the last value of each key, without what was deleted", async () => {
  await ensureBucket(broker, "D");
  const text = (value: string) => new TextEncoder().encode(value);
  await createEntry(broker, "D", "one", text("1"));
  await createEntry(broker, "D", "empty", text(""));
  await createEntry(broker, "D", "gone", text("x"));
  expect(await createEntry(broker, "D", "one", text("2"))).toEqual({ kind: "exists" });
  broker.publish("$KV.D.gone", text(""), undefined, [["KV-Operation", "DEL"]]);
  broker.publish("$KV.D.one", text("3"));
  for (;;) {
    const found = await readBucket(broker, "D", new Random(1));
    if (found.kind !== "ok") throw new Error(found.reason);
    if (found.value.lastSeq < 5) continue;
    const entries = found.value.entries.map(({ key, data }) => [
      key,
      new TextDecoder().decode(data),
    ]);
    expect(entries).toEqual([
      ["empty", ""],
      ["one", "3"],
    ]);
    break;
  }
});

test("bytes that are no set, or not all of one, are told", () => {
  const bytes = packSet(setOf("ann"));
  expect(unpackSet(bytes)).toEqual({ set: setOf("ann") });
  for (let cut = 0; cut < bytes.length; cut += 7) {
    expect(unpackSet(bytes.subarray(0, cut))).toHaveProperty("error");
  }
  for (let i = 12; i < bytes.length - 8; i += 5) {
    const flipped = Uint8Array.from(bytes);
    flipped[i] = (flipped[i] ?? 0) ^ 0x10;
    expect(unpackSet(flipped)).toHaveProperty("error");
  }
});
