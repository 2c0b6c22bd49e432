import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { openLmdbStore } from "./lmdb-store.ts";
import { openMemoryStore } from "./memory-store.ts";
import type { Store, StoreChange, StoreEntry, StoreRange } from "./store.ts";

/** Keys that crowd: few bytes, many prefixes of one another, now and then of the greatest length. */
const key = fc.oneof(
  { weight: 8, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 3, max: 4 }) },
  { weight: 2, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 20 }) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 509, maxLength: 511 }) },
);
const value = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(null));
const space = fc.constantFrom("meta", "slots", "outbox");
const change: fc.Arbitrary<StoreChange> = fc.record({ space, key, value });
const range: fc.Arbitrary<StoreRange> = fc.record(
  { from: key, to: key, limit: fc.nat(6) },
  { requiredKeys: [] },
);
const step = fc.oneof(
  fc.record({ kind: fc.constant("commit" as const), changes: fc.array(change, { maxLength: 12 }) }),
  fc.record({ kind: fc.constant("get" as const), space, key }),
  fc.record({ kind: fc.constant("scan" as const), space, range }),
);

function apply(store: Store, one: typeof step extends fc.Arbitrary<infer T> ? T : never): unknown {
  switch (one.kind) {
    case "commit":
      return store.commit(one.changes);
    case "get":
      return plain(store.get(one.space, one.key));
    case "scan":
      return entries(store.scan(one.space, one.range));
  }
}

function plain(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString("hex");
}

function entries(scan: Iterable<StoreEntry>): unknown {
  return Array.from(scan, (entry) => [plain(entry.key), plain(entry.value)]);
}

test("memory and LMDB give the same answers to the same commits, gets and scans", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sequitur-store-"));
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const memory = openMemoryStore();
      const path = join(folder, String(run++));
      const lmdb = openLmdbStore(path, { mapBytes: 1 << 24 });
      try {
        for (const one of steps) expect(apply(lmdb, one)).toEqual(apply(memory, one));
        for (const name of ["meta", "slots", "outbox"]) {
          expect(entries(lmdb.scan(name))).toEqual(entries(memory.scan(name)));
        }
      } finally {
        await lmdb.close();
        rmSync(path, { recursive: true });
      }
    }),
    { numRuns: 60 },
  );
  rmSync(folder, { recursive: true });
});

test("a scan longer than its slices goes on in order, in memory and on disk", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sequitur-store-"));
  const changes: StoreChange[] = [];
  for (let i = 0; i < 3000; i++) {
    const n = (i * 7919) % 3000;
    const size = n % 500 === 0 ? 600_000 : 8;
    changes.push({
      space: "slots",
      key: Uint8Array.of(n >> 8, n & 255),
      value: new Uint8Array(size),
    });
  }
  for (const store of [openMemoryStore(), openLmdbStore(folder)]) {
    store.commit(changes);
    const seen = Array.from(store.scan("slots"), (entry) => Buffer.from(entry.key).readUInt16BE());
    expect(seen).toEqual(Array.from({ length: 3000 }, (_, i) => i));
    await store.close();
  }
  rmSync(folder, { recursive: true });
});

test("what breaks the contract crashes", () => {
  const store = openMemoryStore();
  const none = Uint8Array.of(1);
  expect(() => store.get("meta", new Uint8Array())).toThrow("a key has 1 to 511 bytes, not 0");
  expect(() => store.get("meta", new Uint8Array(512))).toThrow("a key has 1 to 511 bytes, not 512");
  expect(() => store.get("Meta", none)).toThrow("a space is called");
  for (let i = 0; i < 32; i++) store.get(`s${i}`, none);
  expect(() => store.get("one-more", none)).toThrow("at most 32 spaces");
  store.commit([
    { space: "s1", key: Uint8Array.of(1), value: none },
    { space: "s1", key: Uint8Array.of(2), value: none },
  ]);
  expect(() => {
    for (const entry of store.scan("s1")) store.commit([{ space: "s1", ...entry }]);
  }).toThrow("no commit happens while a scan is being read");
  void store.close();
  expect(() => store.get("s1", none)).toThrow("a closed store is not used");
});

test("handed out bytes are the caller's own", () => {
  const store = openMemoryStore();
  const mine = Uint8Array.of(7);
  store.commit([{ space: "meta", key: mine, value: mine }]);
  mine[0] = 8;
  const got = store.get("meta", Uint8Array.of(7));
  expect(plain(got)).toBe("07");
  got?.fill(9);
  expect(plain(store.get("meta", Uint8Array.of(7)))).toBe("07");
});
