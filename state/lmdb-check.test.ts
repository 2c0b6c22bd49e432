import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Random } from "../base/random.ts";
import { type CheckDepth, checkStateFile, stateFile } from "./lmdb-check.ts";
import { openLmdbStore } from "./lmdb-store.ts";
import type { StoreChange } from "./store.ts";

const SPACES = ["meta", "slots", "outbox"];
const PAGE = 4096;

let folder: string;
let sound: Buffer;

/** A store with everything a state file can have: levels, long values, free pages, runs of them. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sequitur-check-"));
  const random = new Random(5);
  const store = openLmdbStore(folder);
  for (let i = 0; i < 40; i++) {
    store.commit(Array.from({ length: 1 + random.below(40) }, () => change(random)));
  }
  await store.close();
  sound = readFileSync(stateFile(folder));
});
afterAll(() => rmSync(folder, { recursive: true }));

function change(random: Random): StoreChange {
  const key = `k${random.below(250)}`.padEnd(6 + random.below(3) * 50, "x");
  const length = random.below(4) === 0 ? random.below(6000) : random.below(200);
  return {
    space: SPACES[random.below(3)] as string,
    key: new TextEncoder().encode(key),
    value: random.below(4) === 0 ? null : new Uint8Array(length).fill(random.below(256)),
  };
}

function codeOf(depth: CheckDepth = "all"): string {
  try {
    checkStateFile(folder, depth);
    return "sound";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

function withFile(bytes: Buffer, action: () => void): void {
  writeFileSync(stateFile(folder), bytes);
  action();
  writeFileSync(stateFile(folder), sound);
}

test("a sound file is sound at both depths, with the entries that a scan finds", async () => {
  const { bytes, entries } = checkStateFile(folder, "all");
  expect(bytes).toBe(sound.length);
  expect(checkStateFile(folder, "shape").entries).toEqual(entries);
  const copy = mkdtempSync(join(tmpdir(), "sequitur-check-"));
  cpSync(folder, copy, { recursive: true });
  const store = openLmdbStore(copy);
  for (const space of SPACES) expect([...store.scan(space)]).toHaveLength(entries.get(space) ?? 0);
  await store.close();
  rmSync(copy, { recursive: true });
});

/** Everything a reader of the file would get, as texts. */
function content(): string {
  const found = checkStateFile(folder, "all");
  return JSON.stringify([...found.entries]);
}

test("a flipped bit is told, or stands where nothing is read", () => {
  const random = new Random(6);
  const before = content();
  let told = 0;
  for (let i = 0; i < 250; i++) {
    const bytes = Buffer.from(sound);
    const page = random.below(bytes.length / PAGE);
    // Half of the flips hit what pages begin with.
    const at = page * PAGE + random.below(i % 2 === 0 ? PAGE : 64);
    bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
    withFile(bytes, () => {
      const code = codeOf();
      expect(["corrupt", "version", "sound"]).toContain(code);
      if (code === "sound") expect(content()).toBe(before);
      else told++;
    });
  }
  expect(told).toBeGreaterThan(40);
});

test("a page that is in use cannot be zeroed or replaced unseen", () => {
  const pages = sound.length / PAGE;
  let told = 0;
  for (let page = 0; page < pages; page++) {
    const zeroed = Buffer.from(sound);
    zeroed.fill(0, page * PAGE, (page + 1) * PAGE);
    const moved = Buffer.from(sound);
    moved.copy(moved, page * PAGE, ((page + 7) % pages) * PAGE, (((page + 7) % pages) + 1) * PAGE);
    const codes: string[] = [];
    for (const bytes of [zeroed, moved]) withFile(bytes, () => codes.push(codeOf()));
    expect(codes[0]).toBe(codes[1]);
    if (codes[0] === "corrupt") told++;
  }
  expect(told).toBeGreaterThan(pages / 10);
});

test("a file cut short, no file of LMDB, and one of another version are told at both depths", () => {
  for (const depth of ["all", "shape"] as const) {
    withFile(sound.subarray(0, sound.length / 2), () => expect(codeOf(depth)).toBe("corrupt"));
    withFile(sound.subarray(0, 100), () => expect(codeOf(depth)).toBe("corrupt"));
    withFile(Buffer.alloc(3 * PAGE, "text"), () => expect(codeOf(depth)).toBe("corrupt"));
    const other = Buffer.from(sound);
    other[28] = 1;
    withFile(other, () => expect(codeOf(depth)).toBe("version"));
  }
});
