/** `sequitur backtest` over the CloudTrail pack: a changed threshold, expectations, and what it refuses. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { runCli } from "./cli-process.ts";

const RULES = "samples/aws-iam/rules.seq";
const EVENTS = "samples/aws-iam/events.ndjson.gz";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sequitur-backtest-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test("a changed threshold: what is removed, what has changed, and the sums", async () => {
  const before = readFileSync(RULES, "utf8");
  // The login came 4 seconds after the profile; two of the roles got their policy within a minute, none within a second.
  const changed = write(
    "changed.seq",
    before
      .replaceAll("as user within 5m", "as user within 1s")
      .replaceAll("within 60s", "within 1s"),
  );
  expect(changed).not.toBe(before);
  const args = ["backtest", changed, "--input", EVENTS, "--against", RULES];
  const { exitCode, stdout } = await runCli([...args, "--output", "ndjson"]);
  expect(exitCode).toBe(0);
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const summary = lines.at(-1);
  const count = (kind: string): number => lines.filter((line) => line.kind === kind).length;
  expect(summary).toMatchObject({ kind: "summary", events: 2900, against: { alerts: 17 } });
  expect(summary.against).toEqual({
    alerts: 17,
    same: summary.alerts - count("added") - count("changed"),
    added: count("added"),
    removed: count("removed"),
    changed: count("changed"),
  });
  expect(17 - summary.against.removed + summary.against.added).toBe(summary.alerts);
  const removed = lines.filter(({ kind }) => kind === "removed").map(({ alert }) => alert.rule);
  expect(removed).toContain("aws.iam.profile_then_login");
  const aspects = lines.filter(({ kind }) => kind === "changed").map((line) => line.aspects);
  expect(aspects).toContainEqual(["time"]);
  const human = await runCli(args);
  expect(human.stdout).toContain("2900 events over 55m32s");
  expect(human.stdout).toMatch(/^- .*aws\.iam\.profile_then_login/m);
  expect(human.stdout).toMatch(/^~ .*\(time\)$/m);
});

test("expected counts hold or are told, alerts of a replay are such counts", async () => {
  const args = ["backtest", RULES, "--input", EVENTS, "--expect"];
  const replayed = await runCli(["replay", RULES, "--input", EVENTS]);
  const asReplayed = await runCli([...args, write("alerts.ndjson", replayed.stdout)]);
  expect([asReplayed.exitCode, asReplayed.stderr]).toEqual([
    0,
    expect.not.stringContaining("expected,"),
  ]);
  const other = await runCli([
    ...args,
    write("counts.json", '{"aws.iam.admin_user": 2, "x.y": 0}'),
  ]);
  expect(other.exitCode).toBe(1);
  expect(other.stderr).toContain("aws.iam.admin_user: 2 alerts expected, 1 came");
  expect(other.stderr).toContain("x.y: 0 alerts expected, but there is no such rule");
});

test.each([
  [["--against", RULES], "-", "standard input does not allow"],
  [["--expect", "nowhere.json"], EVENTS, "nowhere.json cannot be read"],
  [["--expect", RULES], EVENTS, "is neither an object of rules and numbers"],
])("%j over %s is refused", async (flags, input, message) => {
  const { exitCode, stderr } = await runCli(["backtest", RULES, "--input", input, ...flags]);
  expect(exitCode).toBe(3);
  expect(stderr).toContain(message);
});
