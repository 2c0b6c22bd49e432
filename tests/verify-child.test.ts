/** The process that looks at a state file: before the service opens it, and beside the service that writes to it. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { Random } from "../base/random.ts";
import { stateFile } from "../state/lmdb-check.ts";
import { openLmdbStore } from "../state/lmdb-store.ts";
import type { Store } from "../state/store.ts";

const folder = mkdtempSync(join(tmpdir(), "sequitur-verify-"));
afterAll(() => rmSync(folder, { recursive: true }));
const random = new Random(3);

function commit(store: Store): void {
  store.commit(
    Array.from({ length: 30 }, () => ({
      space: "slots",
      key: new TextEncoder().encode(`k${random.below(3000)}`),
      value: random.below(4) === 0 ? null : new Uint8Array(random.below(3000)),
    })),
  );
}

function verify(depth: string, when: string) {
  const entry = join(process.cwd(), "dist/server/verify-child.js");
  const child = spawn(process.execPath, [entry, folder, depth, when]);
  let said = "";
  child.stdout.on("data", (bytes) => {
    said += String(bytes);
  });
  return once(child, "close").then(([code]) => ({ code: code as number, said }));
}

test("a file that is written to meanwhile is sound in its snapshot; a damaged one is told", async () => {
  const store = openLmdbStore(folder);
  for (let i = 0; i < 50; i++) commit(store);
  let done = false;
  const verdict = verify("all", "beside").finally(() => {
    done = true;
  });
  while (!done) {
    commit(store);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await verdict).toEqual({ code: 0, said: "" });
  await store.close();
  expect((await verify("shape", "before")).code).toBe(0);

  const bytes = readFileSync(stateFile(folder));
  for (let page = 2; page * 4096 < bytes.length; page++) bytes[page * 4096 + 3] = 0xff;
  writeFileSync(stateFile(folder), bytes);
  for (const when of ["before", "beside"]) {
    const { code, said } = await verify("all", when);
    expect([code, said]).toEqual([
      4,
      expect.stringMatching(/the state file is damaged: page \d+ /),
    ]);
  }
});
