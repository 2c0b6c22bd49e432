import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { CursorWriter, readCursor, writeCursor } from "./cursor-file.ts";
import { startOf } from "./webhooks.ts";

const folder = mkdtempSync(join(tmpdir(), "sequitur-cursor-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a cursor is what was written, and nothing else is one", async () => {
  const path = join(folder, "a", "x.json");
  expect(readCursor(path)).toBeNull();
  await writeCursor(path, { created: "then", seq: 7 });
  expect(readCursor(path)).toEqual({ created: "then", seq: 7 });
  expect(readdirSync(join(folder, "a"))).toEqual(["x.json"]);
  for (const text of [
    "",
    "{",
    "{}",
    '{"format":1,"created":"x","seq":-1}',
    '{"format":2}',
    "null",
  ]) {
    writeFileSync(path, text);
    expect(() => readCursor(path)).toThrow("is no cursor of format 1");
  }
});

test("of many positions the last one is written, also at the end; a disk that refuses is tried again", async () => {
  const path = join(folder, "b", "x.json");
  const told: (string | null)[] = [];
  mkdirSync(join(path, "in the way"), { recursive: true });
  const writer = new CursorWriter(path, 5, (reason) => told.push(reason));
  for (let seq = 1; seq <= 1000; seq++) writer.save({ created: "c", seq });
  while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(told[0]).toMatch(/^its position cannot be written \(E[A-Z]+\)$/);
  rmSync(path, { recursive: true });
  while (told.at(-1) !== null) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(readCursor(path)).toEqual({ created: "c", seq: 1000 });
  writer.save({ created: "c", seq: 1001 });
  await writer.close();
  expect(readCursor(path)).toEqual({ created: "c", seq: 1001 });
});

test("where a webhook goes on: behind its position, never behind the end, anew in a new stream", async () => {
  const path = join(folder, "c.json");
  const end = { created: "now", seq: 50 };
  expect(startOf({ name: "w", from: "new" }, path, end)).toEqual({ created: "now", seq: 50 });
  expect(startOf({ name: "w", from: "first" }, path, end)).toEqual({ created: "now", seq: 0 });
  await writeCursor(path, { created: "now", seq: 40 });
  expect(startOf({ name: "w", from: "new" }, path, end).seq).toBe(40);
  await writeCursor(path, { created: "now", seq: 60 });
  expect(startOf({ name: "w", from: "new" }, path, end).seq).toBe(50);
  await writeCursor(path, { created: "before", seq: 40 });
  expect(startOf({ name: "w", from: "new" }, path, end)).toEqual({ created: "now", seq: 0 });
  writeFileSync(path, "?");
  expect(() => startOf({ name: "w", from: "new" }, path, end)).toThrow("remove it to begin anew");
});
