import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, expect, test } from "@jest/globals";
import { LineFile } from "./line-file.ts";

const folder = mkdtempSync(join(tmpdir(), "sequitur-lines-"));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([true, false])("lines of several pieces come back, packed: %s", (packed) => {
  const path = join(folder, `lines-${packed}`);
  const file = new LineFile(path, packed);
  const lines = Array.from({ length: 40 }, (_, i) => `${String(i).repeat(50_000)}\n`);
  for (const line of lines) file.add(line);
  file.close();
  const bytes = readFileSync(path);
  expect((packed ? gunzipSync(bytes) : bytes).toString() === lines.join("")).toBe(true);
});

test("nothing is left of a file that is discarded, or that could not be made", () => {
  const path = join(folder, "gone");
  const file = new LineFile(path, false);
  file.add("x".repeat(2_000_000));
  expect(existsSync(path)).toBe(true);
  file.discard();
  expect(existsSync(path)).toBe(false);
  const nowhere = new LineFile(join(folder, "no", "such", "folder"), false);
  nowhere.add("x\n");
  expect(() => nowhere.close()).toThrow(/ENOENT/);
  nowhere.discard();
});
