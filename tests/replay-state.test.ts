/** `replay --state`: goes on where the last commit was, after the end and after `kill -9`. */

import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Random } from "../base/random.ts";
import { runCli } from "./cli-process.ts";

const RULES = `stream auth from "events.auth.>" { time at unit s  delay 3s }
rule auth.three "Three events" {
  severity low
  match by user within 1h { seen: 3 auth }
}
rule auth.silent "Nothing for ten seconds" {
  severity info
  match by user within 10s { seen: auth  then no auth }
}
`;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sequitur-state-"));
  writeFileSync(join(folder, "rules.seq"), RULES);
  for (const [name, seed] of [
    ["a", 1],
    ["b", 2],
  ] as const) {
    const random = new Random(seed);
    const lines = Array.from({ length: 6_000 }, (_, i) =>
      JSON.stringify({
        at: 1_700_000_000 + i - random.below(5),
        user: `${name}${random.below(9)}`,
      }),
    );
    writeFileSync(join(folder, `${name}.ndjson`), lines.join("\n"));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function replay(args: readonly string[], options: Parameters<typeof runCli>[1] = {}) {
  const inputs = ["--input", "a.ndjson", "--input", "b.ndjson"];
  return runCli(["replay", "rules.seq", ...inputs, ...args], { cwd: folder, ...options });
}

/** Ids of the alerts in whole lines. */
function ids(stdout: string): string[] {
  const lines = stdout
    .slice(0, stdout.lastIndexOf("\n") + 1)
    .split("\n")
    .slice(0, -1);
  return lines.map((line) => (JSON.parse(line) as { id: string }).id);
}

test("after the end the same command prints nothing new", async () => {
  const plain = await replay([]);
  expect(ids(plain.stdout).length).toBeGreaterThan(2_000);
  const first = await replay(["--state", "done"]);
  expect(first.stdout).toBe(plain.stdout);
  const again = await replay(["--state", "done"]);
  expect(again).toMatchObject({ exitCode: 0, stdout: "" });
});

test.each(["unsorted", "sorted"])(
  "kill -9 loses nothing and repeats at most a batch (%s)",
  async (form) => {
    const flags = form === "sorted" ? ["--sort"] : [];
    const wanted = ids((await replay(flags)).stdout);
    const random = new Random(7);
    const found: string[] = [];
    let kills = 0;
    for (;;) {
      const lines = 1 + random.below(1_000);
      const result = await replay([...flags, "--state", `killed-${form}`], {
        killWhen: (stdout) => kills < 5 && stdout.split("\n").length > lines,
      });
      found.push(...ids(result.stdout));
      if (result.signal === null) {
        expect(result.exitCode).toBe(0);
        break;
      }
      kills++;
    }
    expect(kills).toBeGreaterThan(2);
    // Written twice are only alerts of a batch whose writing was interrupted: the first time each comes in order.
    expect([...new Set(found)]).toEqual(wanted);
    expect(found.length - wanted.length).toBeLessThan(kills * 1_000);
  },
);

test("a file that was changed, or has grown since the end, is refused", async () => {
  writeFileSync(join(folder, "c.ndjson"), '{"at":1,"user":"x"}\n{"at":2,"user":"x"}\n');
  const args = ["replay", "rules.seq", "--input", "c.ndjson", "--state", "c"];
  expect(await runCli(args, { cwd: folder })).toMatchObject({ exitCode: 0 });
  appendFileSync(join(folder, "c.ndjson"), '{"at":3,"user":"x"}\n');
  const grown = await runCli(args, { cwd: folder });
  expect(grown.stderr).toBe(
    "sequitur: --state: c.ndjson has grown since the replay of it was completed\n",
  );
  expect(grown.exitCode).toBe(3);
  writeFileSync(join(folder, "c.ndjson"), '{"at":1,"user":"y"}\n{"at":2,"user":"y"}\n');
  const changed = await runCli(args, { cwd: folder });
  expect(changed.stderr).toBe("sequitur: c.ndjson is not the file that the state was made from\n");
  expect(changed.exitCode).toBe(3);
});
