import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { FolderWatch, folderSignature } from "./rule-folder-watch.ts";

let base: string;
let folder: string;
let told: string[];
let watch: FolderWatch;

function begin(more: readonly string[] = []): void {
  const found = folderSignature(folder);
  if (found.kind !== "ok") throw new Error(found.reason);
  watch = new FolderWatch(
    {
      path: folder,
      more: () => more,
      onChange: () => told.push("change"),
      onTrouble: (reason) => told.push(reason === null ? "fine" : "trouble"),
      settleMs: 60,
      everyMs: 200,
    },
    more.length === 0 ? found.text : null,
  );
}

async function until(wanted: readonly string[]): Promise<void> {
  const endMs = performance.now() + 20_000;
  while (JSON.stringify(told) !== JSON.stringify(wanted)) {
    if (performance.now() > endMs) break;
    await sleep(10);
  }
  expect(told).toEqual(wanted);
}

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "sequitur-watch-"));
  folder = join(base, "rules");
  mkdirSync(folder);
  writeFileSync(join(folder, "a.seq"), "one");
  told = [];
});

afterEach(async () => {
  await watch.close();
  rmSync(base, { recursive: true });
});

test("new, changed, renamed and deleted files are told, each once; what is the same is not", async () => {
  begin();
  await sleep(300);
  expect(told).toEqual([]);
  mkdirSync(join(folder, "deep"));
  writeFileSync(join(folder, "deep", "b.seq"), "two");
  await until(["change"]);
  writeFileSync(join(folder, "a.seq"), "other");
  await until(["change", "change"]);
  renameSync(join(folder, "a.seq"), join(folder, "c.seq"));
  await until(["change", "change", "change"]);
  rmSync(join(folder, "c.seq"));
  await until(["change", "change", "change", "change"]);
});

test("a file that grows is not told before it rests, an empty one not while it is young", async () => {
  begin();
  await sleep(100);
  for (let i = 0; i < 12; i++) {
    appendFileSync(join(folder, "a.seq"), "more");
    await sleep(20);
    expect(told).toEqual([]);
  }
  await until(["change"]);
  writeFileSync(join(folder, "a.seq"), "");
  await sleep(500);
  expect(told).toEqual(["change"]);
  writeFileSync(join(folder, "a.seq"), "full again");
  await until(["change", "change"]);
});

test("a folder that goes away is trouble, and a change when it comes back", async () => {
  begin();
  await sleep(100);
  rmSync(folder, { recursive: true });
  await until(["trouble"]);
  mkdirSync(folder);
  writeFileSync(join(folder, "a.seq"), "one");
  await until(["trouble", "fine", "change"]);
  writeFileSync(join(folder, "a.seq"), "changed");
  await until(["trouble", "fine", "change", "change"]);
});

test("files elsewhere count, and a caller may ask for the same again", async () => {
  const elsewhere = join(base, "list.txt");
  writeFileSync(elsewhere, "x");
  begin([elsewhere]);
  await until(["change"]);
  writeFileSync(elsewhere, "x and y");
  await until(["change", "change"]);
  watch.again();
  await until(["change", "change", "change"]);
});
