/** `sequitur test`: coverage and its threshold, and `--watch` over real files. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { runCli } from "./cli-process.ts";

const STREAM = 'stream s from "s.>" { time at }\n';
const rule = (name: string, kind: string): string => `rule ${name} "A rule" {
  severity low
  match by u within 1m {
    a: s where kind == "${kind}"
    then b: optional s where kind == "b"
    then c: s where kind == "c"
  }
}
`;
const passing = (name: string, kind: string): string => `test "found" for ${name} {
  0s s { kind: "${kind}", u: 1 }
  1s s { kind: "c", u: 1 }
  expect alert
}
`;

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sequitur-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

test("coverage: a table, JSON, and a threshold for each rule", async () => {
  write("a.seq", `${STREAM}${rule("r.one", "a")}${passing("r.one", "a")}`);
  write("b.seq", rule("r.two", "x"));
  const options = { cwd: folder };
  const table = await runCli(["test", ".", "--coverage"], options);
  expect(table.exitCode).toBe(0);
  expect(table.stdout.split("\n\n")[1]).toBe(
    [
      "coverage",
      "r.one  75%  3 of 4   1 test",
      "    never  `b` takes an event  (a.seq:6)",
      "r.two   0%  0 of 4  0 tests",
      "    never  `a` takes an event  (b.seq:4)",
      "    never  `b` takes an event  (b.seq:5)",
      "    never  `b` is passed over  (b.seq:5)",
      "    never  `c` takes an event  (b.seq:6)",
      "all    37%  3 of 8   1 test",
      "",
    ].join("\n"),
  );
  const json = await runCli(["test", ".", "--json", "--min-coverage", "75"], options);
  expect(json.exitCode).toBe(1);
  expect(json.stderr).toBe("sequitur: the tests of r.two reach 0%, not 75%\n");
  const { coverage, passed } = JSON.parse(json.stdout);
  expect(passed).toBe(1);
  expect(coverage[0]).toMatchObject({
    ...{ rule: "r.one", tests: 1, percent: 75, reached: 3, total: 4 },
    missed: [{ kind: "taken", text: "`b` takes an event", file: "a.seq", line: 6 }],
  });
  const chosen = await runCli(["test", ".", "--run", "r.one", "--min-coverage", "75"], options);
  expect(chosen.exitCode).toBe(0);
  expect(chosen.stdout).not.toContain("r.two");
  const refused = await runCli(["test", ".", "--min-coverage", "101"], options);
  expect(refused.exitCode).toBe(3);
});

class Watching {
  readonly #process: ChildProcess;
  stdout = "";
  stderr = "";

  constructor(...flags: readonly string[]) {
    const main = `${process.cwd()}/dist/cli/main.js`;
    this.#process = spawn(process.execPath, [main, "test", ".", "--watch", ...flags], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process.stdout?.on("data", (bytes) => {
      this.stdout += String(bytes);
    });
    this.#process.stderr?.on("data", (bytes) => {
      this.stderr += String(bytes);
    });
  }

  /** Waits for the end of a round whose output has the text; gives stdout since the last such wait, and forgets it. */
  async round(text: string): Promise<string> {
    const end = performance.now() + 30_000;
    while (!(`${this.stdout}${this.stderr}`.includes(text) && this.stderr.endsWith("ends it\n"))) {
      if (performance.now() > end) throw new Error(`${this.stdout}\n${this.stderr}`);
      await sleep(10);
    }
    const said = this.stdout;
    this.stdout = "";
    this.stderr = "";
    return said;
  }

  async end(signal: NodeJS.Signals): Promise<unknown> {
    this.#process.kill(signal);
    return (await once(this.#process, "close"))[0];
  }
}

test("watch: tests of what changes run again, half a file is not judged, a signal ends it", async () => {
  write("a.seq", `${STREAM}${rule("r.one", "a")}${passing("r.one", "a")}`);
  write("b.seq", `${rule("r.two", "x")}${passing("r.two", "x")}`);
  const watching = new Watching();
  try {
    expect(await watching.round("2 passed")).toContain("ok    r.one: found\nok    r.two: found\n");
    write("b.seq", `${rule("r.two", "y")}${passing("r.two", "x")}`);
    const failed = await watching.round("0 passed, 1 failed; 1 unchanged\n");
    expect(failed).toContain("FAIL  r.two: found  (b.seq:9)");
    expect(failed).not.toContain("r.one");
    // An editor that writes piece by piece: none of the pieces is told of.
    const text = `${STREAM}${rule("r.one", "a")}${passing("r.one", "a")}# more\n`;
    for (let at = 0; at < text.length; at += 40) {
      write("a.seq", text.slice(0, at + 40));
      await sleep(30);
    }
    const again = await watching.round("1 passed, 0 failed; 1 unchanged, of which 1 fails\n");
    expect(again).toBe("ok    r.one: found\n1 passed, 0 failed; 1 unchanged, of which 1 fails\n");
    write("b.seq", "rule");
    await watching.round("the rules have");
    write("b.seq", `${rule("r.two", "x")}${passing("r.two", "x")}`);
    expect(await watching.round("0 failed")).toContain("1 passed, 0 failed; 1 unchanged\n");
    expect(watching.stdout).not.toContain("\u001b");
  } finally {
    expect(await watching.end("SIGINT")).toBe(130);
  }
});

test.each([
  [["--watch", "--json", "."], "--watch goes with neither"],
  [["--watch", "-"], "standard input is read once"],
])("%j is refused", async (flags, message) => {
  const { exitCode, stderr } = await runCli(["test", ...flags], { cwd: folder, input: "" });
  expect(exitCode).toBe(3);
  expect(stderr).toContain(message);
});
