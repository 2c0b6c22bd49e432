/** The built command: exit codes, what goes to stdout and what to stderr, and every flag of `check`, `test`, `replay`. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { runCli } from "./cli-process.ts";

const RULES = `stream auth from "events.auth.>" { time at  delay 10s }
stream hosts from "events.hosts.>" { time at }

event Failed = auth where outcome == "failure"

rule auth.twice "Two failed logins" {
  severity high
  match by user within 1m { fails: 2 Failed }
  alert "{user} failed twice" { times: count(fails) }
}
rule host.after "A login, then an installation" {
  severity low
  match by user within 1h {
    login:   auth where outcome == "success"
    then no hosts where action == "allowed"
  }
}

test "two are enough" for auth.twice {
  0s Failed { user: "ana" } x2 every 5s
  expect alert at 5s { times: 2 }
}
test "one is not" for auth.twice { 0s Failed { user: "ana" }  expect none }
`;

const WARNED = `stream auth from "events.auth.>" { time at }
rule auth.odd "Odd" {
  severity low
  attack nonsense
  match by user within 1m { a: auth }
}
`;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sequitur-cli-"));
  write("rules.seq", RULES);
  write("warned.seq", WARNED);
  write("broken.seq", RULES.replace("within 1m", "").replace("{user}", "{usr}"));
  write("failing.seq", RULES.replace("expect alert at 5s", "expect alert at 7s"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, content);
  return path;
}

function at(second: number): string {
  return new Date(Date.UTC(2024, 0, 1) + second * 1000).toISOString();
}

function failure(second: number, user = "ana"): string {
  return JSON.stringify({ at: at(second), user, outcome: "failure" });
}

function run(args: readonly string[], options: Parameters<typeof runCli>[1] = {}) {
  return runCli(args, { cwd: folder, ...options });
}

function json(text: string): unknown[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
}

describe("use", () => {
  test("version and help go to stdout", async () => {
    const version = await run(["--version"]);
    expect(version).toMatchObject({ exitCode: 0, stderr: "" });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const help = await run(["--help"]);
    expect(help.exitCode).toBe(0);
    for (const command of ["check", "test", "replay", "run", "demo"]) {
      expect(help.stdout).toContain(command);
    }
  });

  test.each([
    [["chekc"], "unknown command 'chekc' (Did you mean check?)"],
    [["check"], "missing required argument 'path'"],
    [
      ["check", "--frmat", "json", "rules.seq"],
      "unknown option '--frmat' (Did you mean --format?)",
    ],
    [
      ["check", "--format", "xml", "rules.seq"],
      "option '--format <format>' argument 'xml' is invalid.",
    ],
    [["check", "nowhere.seq"], "nowhere.seq does not exist"],
    [["replay", "rules.seq"], "required option '--input <[name=]file>' not specified"],
    [["replay", "rules.seq", "--input", "auth=nowhere"], "--input: nowhere does not exist"],
    [
      ["replay", "rules.seq", "--input", "atuh=rules.seq"],
      "no stream is called atuh; did you mean auth?",
    ],
    [
      ["replay", "rules.seq", "--input", "auth=rules.seq", "--rate", "fast"],
      "--rate: fast is neither",
    ],
    [
      ["replay", "rules.seq", "--input", "-", "--state", "s"],
      "--state needs files that can be read again",
    ],
    [["test", "rules.seq", "--run", "("], "--run: Invalid regular expression"],
    [["test", "rules.seq", "--run", "zzz"], "--run: no test is called zzz"],
    [["run", "-c", "nowhere.yaml"], "nowhere.yaml"],
  ])("%j is one line and 3", async (args, message) => {
    const { exitCode, stdout, stderr } = await run(args);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: "" });
  });
});

describe("check", () => {
  test("rules without a fault", async () => {
    const result = await run(["check", "rules.seq"]);
    expect(result).toMatchObject({ exitCode: 0, stdout: "" });
    expect(result.stderr).toBe("1 file with 2 rules and 2 tests: no problems\n");
  });

  test("every error with its place, on stdout, and 2", async () => {
    const { exitCode, stdout } = await run(["check", "broken.seq"]);
    expect(exitCode).toBe(2);
    expect(stdout).toMatch(/error\[E0301\].*\n.*:8:3\n/);
    expect(stdout).toContain("broken.seq:8:");
    expect(stdout).toContain("broken.seq:9:");
  });

  test("standard input and folders", async () => {
    expect(await run(["check", "-"], { input: RULES })).toMatchObject({ exitCode: 0 });
    write("set/a/one.seq", RULES);
    write("set/two.seq", RULES.split("\n")[0] ?? "");
    const result = await run(["check", "set"]);
    expect(result.stderr).toMatch(/^2 files with 2 rules/);
    expect(result.exitCode).toBe(0);
    mkdirSync(join(folder, "empty"), { recursive: true });
    expect(await run(["check", "empty"])).toMatchObject({ exitCode: 3 });
  });

  test("warnings are 0, and 1 under --deny-warnings", async () => {
    const result = await run(["check", "warned.seq"]);
    expect(result.stdout).toContain("warning[W0501]");
    expect(result.exitCode).toBe(0);
    expect(await run(["check", "warned.seq", "--deny-warnings"])).toMatchObject({ exitCode: 1 });
  });

  test("--format json, github, sarif", async () => {
    const [asJson, asGithub, asSarif] = await Promise.all(
      ["json", "github", "sarif"].map((form) => run(["check", "warned.seq", "--format", form])),
    );
    expect(JSON.parse(asJson?.stdout ?? "")).toMatchObject([
      {
        code: "W0501",
        severity: "warning",
        file: "warned.seq",
        line: 4,
        column: 10,
        endColumn: 18,
      },
    ]);
    expect(asGithub?.stdout).toMatch(
      /^::warning file=warned.seq,line=4,endLine=4,col=10,endColumn=18,title=W0501::/,
    );
    expect(JSON.parse(asSarif?.stdout ?? "")).toMatchObject({
      version: "2.1.0",
      runs: [{ results: [{ ruleId: "W0501", level: "warning" }] }],
    });
  });

  test("colour only when asked for, and never under NO_COLOR", async () => {
    const colored = await run(["--color", "always", "check", "warned.seq"]);
    expect(colored.stdout).toContain("\u001b[");
    const plain = await run(["check", "warned.seq"], { env: { NO_COLOR: "1" } });
    expect(plain.stdout).not.toContain("\u001b[");
  });
});

describe("test", () => {
  test("all pass", async () => {
    const { exitCode, stdout } = await run(["test", "rules.seq", "--harder"]);
    expect(stdout).toBe(
      "ok    auth.twice: two are enough\nok    auth.twice: one is not\n2 passed, 0 failed\n",
    );
    expect(exitCode).toBe(0);
  });

  test("a failure says what happened instead, and is 1", async () => {
    const { exitCode, stdout } = await run(["test", "failing.seq", "--run", "enough$"]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain("FAIL  auth.twice: two are enough  (failing.seq:19)");
    expect(stdout).toContain("expected an alert at 7s with { times: 2 }");
    expect(stdout).toContain('5s  auth.twice  "ana failed twice"  {"times":2}');
    expect(stdout).toContain("0 passed, 1 failed");
  });

  test("--min-tests: a rule without tests of its own is a finding", async () => {
    const { exitCode, stdout, stderr } = await run(["test", "rules.seq", "--min-tests", "2"]);
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining("2 passed, 0 failed")]);
    expect(stderr).toBe("sequitur: host.after has 0 of 2 tests\n");
    const wrong = await run(["test", "rules.seq", "--min-tests", "two"]);
    expect([wrong.exitCode, wrong.stderr]).toEqual([3, expect.stringContaining("whole number")]);
  });

  test("--json and --junit", async () => {
    const { stdout } = await run(["test", "failing.seq", "--json", "--junit", "report.xml"]);
    const { passed, failed, tests } = JSON.parse(stdout) as Record<string, unknown>;
    expect({ passed, failed }).toEqual({ passed: 1, failed: 1 });
    expect(tests).toMatchObject([
      { title: "two are enough", rule: "auth.twice", passed: false, alerts: 1 },
      { title: "one is not", passed: true },
    ]);
    const xml = readFileSync(join(folder, "report.xml"), "utf8");
    expect(xml).toContain('<testsuite name="failing.seq" tests="2" failures="1"');
    expect(xml).toContain('<failure message="expected an alert at 7s with { times: 2 }">');
  });

  test("broken rules are 2", async () => {
    const { exitCode, stdout, stderr } = await run(["test", "broken.seq"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain("E0301");
  });
});

describe("replay", () => {
  test("a named stream, from a file and from standard input, compressed or not", async () => {
    const lines = `${failure(0)}\n${failure(5)}\n`;
    write("two.ndjson", lines);
    write("two.ndjson.gz", gzipSync(lines));
    const results = await Promise.all([
      run(["replay", "rules.seq", "--input", "auth=two.ndjson"]),
      run(["replay", "rules.seq", "--input", "auth=two.ndjson.gz"]),
      run(["replay", "rules.seq", "--input", "auth=-"], { input: lines }),
    ]);
    for (const { exitCode, stdout, stderr } of results) {
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(json(stdout)).toMatchObject([
        { rule: "auth.twice", title: "ana failed twice", time: at(5).replace(".000", "") },
      ]);
    }
  });

  test("envelopes are routed by subject", async () => {
    const envelope = (second: number, subject: string) =>
      JSON.stringify({ subject, data: JSON.parse(failure(second)) as unknown });
    write(
      "mixed.ndjson",
      [
        envelope(0, "events.auth.x"),
        envelope(2, "events.hosts.x"),
        envelope(5, "events.auth.y"),
      ].join("\n"),
    );
    const { stdout, stderr } = await run(["replay", "rules.seq", "--input", "mixed.ndjson"]);
    expect(json(stdout)).toMatchObject([{ events: { fails: [{ seq: 1 }, { seq: 3 }] } }]);
    expect(stderr).toBe("");
  });

  test("an array and several objects in a line are several events", async () => {
    write("array.ndjson", `[${failure(0)},${failure(5)}]\n`);
    write("row.ndjson", `${failure(0)} ${failure(5)}\n`);
    for (const name of ["array.ndjson", "row.ndjson"]) {
      const { stdout } = await run(["replay", "rules.seq", "--input", `auth=${name}`]);
      const [alert] = json(stdout) as { events: { fails: { seq: number; index?: number }[] } }[];
      expect(alert?.events.fails.map(({ seq, index }) => [seq, index])).toEqual([
        [1, undefined],
        [1, 1],
      ]);
    }
  });

  test("bad lines are counted and reported with their place, and the rest goes on", async () => {
    const big = JSON.stringify({ at: at(1), user: "ana", pad: "x".repeat(70_000) });
    const bad = [
      "{",
      "7",
      '{"user":"ana"}',
      '{"at":"soon"}',
      big,
      "",
      ...Array(5).fill("nonsense"),
    ];
    write("bad.ndjson", `${[failure(0), ...bad, failure(5)].join("\n")}\n`);
    const { exitCode, stdout, stderr } = await run([
      "replay",
      "rules.seq",
      "--input",
      "auth=bad.ndjson",
      "--stats",
    ]);
    expect(exitCode).toBe(0);
    expect(json(stdout)).toHaveLength(1);
    expect(stderr).toContain("bad.ndjson:2: not JSON: ");
    expect(stderr).toContain("bad.ndjson:3: not an object");
    expect(stderr).toContain("bad.ndjson:4: no time: ");
    expect(stderr).toContain('bad.ndjson:5: bad time: "soon" is not RFC 3339');
    expect(stderr).toContain("bad.ndjson:6: too large");
    expect(stderr).toContain("bad.ndjson: 6 times: not JSON");
    expect(stderr.match(/not JSON: /g)).toHaveLength(3);
    expect(stderr).toContain('{"reason":"not JSON","count":6}');
  });

  test("late events go to --late, and are counted", async () => {
    write("late.ndjson", [failure(60), failure(0), failure(49), failure(50)].join("\n"));
    const { stdout, stderr } = await run([
      "replay",
      "rules.seq",
      "--input",
      "auth=late.ndjson",
      "--late",
      "late-out.ndjson",
    ]);
    expect(json(stdout)).toMatchObject([{ start: at(50).replace(".000", "") }]);
    expect(stderr).toContain("auth: 2 late events");
    expect(json(readFileSync(join(folder, "late-out.ndjson"), "utf8"))).toEqual([
      {
        stream: "auth",
        file: "late.ndjson",
        line: 1,
        lateness_ms: 50_000,
        time: at(0).replace(".000", ""),
        data: JSON.parse(failure(0)) as unknown,
      },
      {
        stream: "auth",
        file: "late.ndjson",
        line: 2,
        lateness_ms: 1_000,
        time: at(49).replace(".000", ""),
        data: JSON.parse(failure(49)) as unknown,
      },
    ]);
    const sorted = await run(["replay", "rules.seq", "--input", "auth=late.ndjson", "--sort"]);
    expect(sorted.stderr).toBe("");
    expect(json(sorted.stdout)).toHaveLength(2);
  });

  test("what waits is told, and --flush lets time run on", async () => {
    write("login.ndjson", JSON.stringify({ at: at(0), user: "ana", outcome: "success" }));
    const args = ["replay", "rules.seq", "--input", "auth=login.ndjson"];
    const ended = await run(args);
    expect(ended).toMatchObject({ exitCode: 0, stdout: "" });
    expect(ended.stderr).toContain(
      "still waiting at 2024-01-01T00:00:00Z: 1 open start of host.after; --flush",
    );
    const flushed = await run([...args, "--flush"]);
    expect(json(flushed.stdout)).toMatchObject([
      { rule: "host.after", time: at(3600).replace(".000", "") },
    ]);
    expect(flushed.stderr).toBe("");
  });

  test("several files are read together, in the order of their times", async () => {
    const hour = (user: string, minutes: readonly number[]) =>
      minutes
        .map((minute) => JSON.stringify({ at: at(minute * 60), user, outcome: "success" }))
        .join("\n");
    write("users.ndjson", hour("ana", [0, 10, 20, 300]));
    write("hosts.ndjson", JSON.stringify({ at: at(25 * 60), user: "ana", action: "allowed" }));
    const args = ["--input", "auth=users.ndjson", "--input", "hosts=hosts.ndjson"];
    const one = await run(["replay", "rules.seq", ...args, "--flush"]);
    const other = await run([
      "replay",
      "rules.seq",
      ...args.slice(2),
      ...args.slice(0, 2),
      "--flush",
    ]);
    expect(json(one.stdout)).toMatchObject([
      { rule: "host.after", start: at(300 * 60).replace(".000", "") },
    ]);
    expect(other.stdout).toBe(one.stdout);
  });

  test("--output human", async () => {
    const input = `${failure(0)}\n${failure(5)}\n`;
    const { stdout } = await run(
      ["replay", "rules.seq", "--input", "auth=-", "--output", "human"],
      { input },
    );
    expect(stdout).toBe(
      [
        "2024-01-01T00:00:05Z  HIGH      auth.twice",
        "  ana failed twice",
        "  key    user=ana",
        "  fails  2024-01-01T00:00:00Z  auth #1 … 2024-01-01T00:00:05Z  auth #2  (2 events)",
        "",
        "",
      ].join("\n"),
    );
  });

  test("--rate keeps the pace of the events", async () => {
    const input = `${failure(0)}\n${failure(5)}\n`;
    const startMs = performance.now();
    const { stdout } = await run(["replay", "rules.seq", "--input", "auth=-", "--rate", "10x"], {
      input,
    });
    expect(performance.now() - startMs).toBeGreaterThan(500);
    expect(json(stdout)).toHaveLength(1);
  });

  test("rules with errors are 2", async () => {
    const { exitCode, stdout, stderr } = await run(["replay", "broken.seq", "--input", "auth=-"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain("E0301");
  });

  test("a closed pipe ends quietly", async () => {
    const lines = Array.from({ length: 40_000 }, (_, i) => failure(i, `user${i % 7}`));
    write("many.ndjson", lines.join("\n"));
    const { exitCode, stderr } = await run(["replay", "rules.seq", "--input", "auth=many.ndjson"], {
      closeWhen: (stdout) => stdout.length > 0,
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });
});

test("demo ends with a summary, and finds what the samples must report", async () => {
  const { exitCode, stdout, stderr } = await runCli(["demo"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toMatch(/\d+ alerts of \d+ rules/);
  expect(stdout).toContain("exactly those of the samples' expected.json");
});
