/** Rule sets that change while the service runs: folder, HTTP, bucket; against a real nats-server. */

import { appendFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { createEntry, ensureBucket } from "../io/nats-kv.ts";
import {
  alerts,
  api,
  broker,
  cli,
  controls,
  ENVIRONMENT,
  edit,
  event,
  folderOf,
  makeFeed,
  pair,
  STREAM,
  status,
  triple,
} from "./reload-stage.ts";
import { awaitAlerts, Feeder, makeStream, ServiceProcess, until } from "./service-process.ts";

test("a folder: edits, half-written files, errors, deletion, renames, and a restart", async () => {
  await makeStream(broker, "EVENTS", ["events.auth"]);
  const first = STREAM + pair("r.kept", "login", "read") + pair("r.other", "login", "other");
  const folder = folderOf({ "a.seq": first });
  let service = new ServiceProcess(folder, ENVIRONMENT);
  await service.running();
  const feed = makeFeed();
  await feed.add(event(1, "ann", "login"), event(2, "bob", "login"));
  await service.stepped("EVENTS", 2);

  // The version changes with the metadata; another shape drains.
  const second = STREAM + pair("r.kept", "login", "read", "risk 7") + triple("r.other", "other");
  edit(folder, "a.seq", second);
  await until(
    () => controls("activate"),
    ({ length }) => length === 1,
  );
  await feed.add(event(3, "ann", "read"), event(4, "bob", "other"));
  await awaitAlerts(broker, 3);
  const [activation] = await controls("activate");
  expect(activation?.positions).toEqual({ EVENTS: 2 });
  expect(activation?.verdicts.map(({ rule, verdict }) => [rule, verdict])).toEqual([
    ["r.kept", "keep"],
    ["r.other", "drain"],
  ]);
  expect((await alerts()).map(({ rule }) => rule)).toEqual(["r.kept", "r.other"]);

  // An editor that writes slowly, in place: nothing is taken before it has ended.
  const third = second + pair("r.third", "login", "third");
  const path = join(folder.path, "rules", "a.seq");
  writeFileSync(path, "");
  for (let at = 0; at < third.length; at += 120) {
    appendFileSync(path, third.slice(at, at + 120));
    await sleep(60);
  }
  await until(
    () => controls("activate"),
    ({ length }) => length === 2,
  );
  expect(await controls("rules")).toEqual([]);
  expect((await controls("activate"))[1]?.verdicts).toMatchObject([
    { rule: "r.third", verdict: "new" },
  ]);

  // An error is told with its place, and what ran goes on.
  edit(folder, "a.seq", third.replace("severity high", "severity loud"));
  const refused = await until(
    () => controls("rules"),
    ({ length }) => length === 1,
  );
  expect(refused).toMatchObject([{ outcome: "invalid", problems: [{ file: "a.seq", line: 3 }] }]);
  expect(service.stderr).toContain("a.seq:3:12: error[E0502]");
  const broken = (await status(service))["ruleSet"];
  expect(broken).toMatchObject({ problem: { outcome: "invalid" } });
  await feed.add(event(5, "eve", "login"), event(6, "eve", "third"));
  await until(alerts, ({ length }) => length === 3);
  edit(folder, "a.seq", third);
  await until(
    () => status(service),
    ({ ruleSet }) => (ruleSet as { problem: unknown }).problem === null,
  );

  // So it does without the folder.
  renameSync(join(folder.path, "rules"), join(folder.path, "away"));
  const gone = await until(
    () => controls("rules"),
    ({ length }) => length === 2,
  );
  expect(gone[1]).toMatchObject({ outcome: "invalid", reason: expect.stringContaining("is gone") });
  await feed.add(event(7, "joe", "login"), event(8, "joe", "third"), event(9, "kim", "login"));
  await until(alerts, ({ length }) => length === 4);
  renameSync(join(folder.path, "away"), join(folder.path, "rules"));
  await service.said("can be read again");
  expect(await service.stop()).toEqual({ code: 0, signal: null });

  // While it is down a rule gets another name, and another file is there.
  const renamed = third.replace("rule r.third", "rule r.renamed").replace("risk 7", "risk 8");
  edit(
    folder,
    "a.seq",
    renamed.replace(/(rule r.renamed[^}]*?severity high)/, "$1\n  was r.third"),
  );
  edit(folder, "b.seq", pair("r.new", "read", "read"));
  service = new ServiceProcess(folder, ENVIRONMENT);
  await service.running();
  await feed.add(event(10, "kim", "third"));
  await until(alerts, ({ length }) => length === 5);
  expect(await service.stop()).toEqual({ code: 0, signal: null });
  const last = (await controls("activate")).at(-1);
  expect(last?.positions).toEqual({ EVENTS: 9 });
  expect(last?.verdicts).toMatchObject([
    { rule: "r.kept", verdict: "keep" },
    { rule: "r.new", verdict: "new" },
    { rule: "r.renamed", was: "r.third", verdict: "keep" },
  ]);
  expect((await alerts()).map(({ rule, title }) => [rule, title])).toEqual([
    ["r.kept", "ann"],
    ["r.other", "bob"],
    ["r.third", "eve"],
    ["r.third", "joe"],
    ["r.renamed", "kim"],
  ]);
});

test("a new rule with a window knows the past, without alerts of the past", async () => {
  await makeStream(broker, "EVENTS", ["events.auth"]);
  const folder = folderOf({ "a.seq": STREAM + pair("r.one", "none", "none") });
  const service = new ServiceProcess(folder, ENVIRONMENT);
  await service.running();
  const feed = makeFeed();
  const old = [event(1, "ann", "login"), event(2, "bob", "login"), event(3, "bob", "read")];
  await feed.add(...old);
  await service.stepped("EVENTS", 3);
  edit(folder, "b.seq", pair("r.warm", "login", "read"));
  await until(
    () => controls("activate"),
    ({ length }) => length === 1,
  );
  await feed.add(event(4, "ann", "read"), event(5, "bob", "read"));
  await until(alerts, ({ length }) => length === 1);
  await service.stepped("EVENTS", 5);
  expect(await service.stop()).toEqual({ code: 0, signal: null });
  expect((await controls("activate"))[0]).toMatchObject({
    positions: { EVENTS: 3 },
    history: { rules: ["r.warm"], from: { EVENTS: 1 }, messages: 3 },
  });
  expect(await alerts()).toMatchObject([{ rule: "r.warm", title: "ann" }]);
});

test("a bucket: pushed, refused, failing, broken, brought back; the exit code tells", async () => {
  await makeStream(broker, "EVENTS", ["events.auth"]);
  const settings = "rules: { kv: { bucket: RULES }, warmStart: false }\n";
  const one = STREAM + pair("r.one", "login", "read");
  const folder = folderOf({ "a.seq": one }, settings);
  const service = new ServiceProcess(folder, ENVIRONMENT);
  await service.said("a rule set in the bucket RULES");
  const push = (...words: readonly string[]) => cli(folder, "push", "rules", "--wait", ...words);
  expect(await push("--note", "the first")).toMatchObject({ code: 0 });
  await service.running();
  const feed = makeFeed();
  await feed.add(event(1, "ann", "login"), event(2, "ann", "read"));
  await until(alerts, ({ length }) => length === 1);

  edit(folder, "a.seq", one + triple("r.two", "read"));
  const second = await push("--after", "1");
  expect(second.err).toContain("set 2 ");
  expect(second).toMatchObject({ code: 0, out: expect.stringMatching(/^new +r.two /) });
  expect((await push("--after", "1")).err).toContain("has pushed set 2 meanwhile");

  const failing = `test "never" for r.one { 0s auth { user: "a", action: "login" } expect alert }\n`;
  edit(folder, "b.seq", failing);
  expect(await push()).toMatchObject({ code: 1, err: expect.stringContaining("never") });
  edit(folder, "b.seq", `rule r.bad { }`);
  expect(await push()).toMatchObject({ code: 2 });
  edit(
    folder,
    "b.seq",
    `stream other from "other" { time t  idle 10m }\n${pair("r.far", "a", "b").replaceAll("auth", "other")}`,
  );
  expect(await push()).toMatchObject({ code: 3, err: expect.stringContaining("other") });
  expect((await status(service))["ruleSet"]).toMatchObject({ problem: { outcome: "refused" } });
  // What is missing may come; then the set is taken.
  await makeStream(broker, "OTHER", ["other"]);
  await until(
    () => controls("activate"),
    ({ length }) => length === 2,
  );

  await createEntry(broker, "RULES", "set.5", new TextEncoder().encode("half a se"));
  const told = await until(
    () => controls("rules"),
    (all) => all.some(({ reason }) => /set 5/.test(reason)),
  );
  expect(told.map(({ outcome }) => outcome)).toEqual(["activated", "failed", "refused", "invalid"]);
  expect(await cli(folder, "rollback", "1", "--wait")).toMatchObject({
    code: 0,
    out: expect.stringMatching(/removed +r.far/),
  });
  const history = await cli(folder, "history");
  expect(history.out).toMatch(
    /^6 .*back to set 1\n5 .*no packed rule set.*\n4 .*\n3 .*\n2 .*\n1 .*the first\n$/,
  );
  expect(await service.stop()).toEqual({ code: 0, signal: null });
});

test("the API and its commands: put, check, list, show, switch off and on, bring back", async () => {
  await makeStream(broker, "EVENTS", ["events.auth"]);
  const one = STREAM + pair("r.one", "login", "read") + pair("r.two", "login", "read");
  const folder = folderOf({ "a.seq": one }, "rules: { warmStart: false }\n");
  const service = new ServiceProcess(folder, ENVIRONMENT);
  await service.running();
  const url = `${await service.httpUrl()}/api/v1/rules`;
  expect((await fetch(url)).status).toBe(401);
  expect((await fetch(url, { method: "PUT", body: "{}" })).status).toBe(401);
  const run = async (...words: readonly string[]) =>
    cli(folder, ...words, "--server", await service.httpUrl());
  const feed = makeFeed();
  await feed.add(event(1, "ann", "login"));
  await service.stepped("EVENTS", 1);

  const other = folderOf({ "a.seq": one.replace("rule r.two", "rule r.three") });
  const path = join(other.path, "rules");
  const diff = await run("diff", path);
  expect(diff.out).toMatch(/new +r.three .*\nremoved +r.two .*\n1 rule stays as it is\n$/);
  expect(await cli(folder, "diff", path, "--against", path)).toMatchObject({
    code: 0,
    out: "2 rules stay as they are\n",
  });
  expect(await controls("activate")).toEqual([]);
  const file = { file: "a.seq", text: one.replace("severity high", "severity loud") };
  expect(await api(service, "PUT", "rules", { files: [file] })).toMatchObject({
    status: 422,
    body: { outcome: "invalid", problems: [{ code: "E0502", line: 3 }] },
  });
  expect(await run("push", path, "--wait", "--note", "three")).toMatchObject({ code: 0 });

  expect(await run("disable", "r.one", "--reason", "too loud")).toMatchObject({ code: 0 });
  const list = await run("ls");
  expect(list.out).toMatch(/r.one +[0-9a-f]{16} +switched off +0 +0 +the beginning\n/);
  expect(list.out).toMatch(/r.three +[0-9a-f]{16} +live +0 +0 +EVENTS=1\n/);
  expect(list.out).toContain("off: r.one: too loud");
  const shown = await api(service, "GET", "rules/r.three");
  expect(shown.body["text"]).toMatch(/^rule r.three "Pair"/);
  expect(await api(service, "GET", "rules/r.four")).toMatchObject({ status: 404 });
  await feed.add(event(2, "ann", "read"), event(3, "ann", "login"), event(4, "ann", "read"));
  await until(alerts, ({ length }) => length === 1);
  expect(await api(service, "POST", "rules/r.one/enable")).toMatchObject({ status: 200 });
  await feed.add(event(5, "ann", "login"), event(6, "ann", "read"));
  await until(alerts, ({ length }) => length === 3);
  expect(await controls("disable")).toMatchObject([{ rule: "r.one", positions: { EVENTS: 1 } }]);
  expect(await controls("enable")).toMatchObject([{ rule: "r.one", positions: { EVENTS: 4 } }]);
  expect((await alerts()).map(({ rule }) => rule)).toEqual(["r.three", "r.one", "r.three"]);

  const back = await run("rollback");
  expect(back).toMatchObject({ code: 0, out: expect.stringMatching(/removed +r.three/) });
  expect((await run("history")).out.split("\n")[1]).toContain("three");
  expect(await api(service, "POST", "rules:rollback", { set: "ffff" })).toMatchObject({
    status: 404,
  });
  expect(await service.stop()).toEqual({ code: 0, signal: null });
});

test("a rule that cannot be switched off for now runs on, and so does the service", async () => {
  await makeStream(broker, "EVENTS", ["events.auth"]);
  await makeStream(broker, "OTHER", ["other"]);
  const far = `stream other from "other" { time t  idle 10m }
rule r.far "Far" { severity low  match by user within 1m { a: other } alert "{user}" }
`;
  const settings = "limits: { rule: { alertsPerMinute: 5, action: off } }\n";
  const rules = { "a.seq": STREAM + pair("r.one", "login", "read"), "b.seq": far };
  const service = new ServiceProcess(folderOf(rules, settings), ENVIRONMENT);
  await service.running();
  // What runs without the rule needs a stream that is away.
  await broker.api("STREAM.DELETE.EVENTS");
  const events = Array.from({ length: 10 }, (_, i) => event(i, `user${i}`, "x"));
  await new Feeder(broker, "OTHER", "other", events).send(events.length);
  const logged = await until(
    async () => service.stderr,
    (text) => text.includes("the rule cannot be switched"),
  );
  expect(logged).toContain("the rule cannot be switched");
  await sleep(200);
  expect((await status(service))["ruleSet"]).toMatchObject({ rules: 2 });
  expect(await service.stop()).toEqual({ code: 0, signal: null });
});

test("lists of a bucket, streams that come and go, and a rule over its budget", async () => {
  await makeStream(broker, "EVENTS", ["events.auth"]);
  await makeStream(broker, "OTHER", ["other"]);
  await ensureBucket(broker, "BAD");
  const text = (value: string) => new TextEncoder().encode(value);
  await createEntry(broker, "BAD", "eve", text(""));
  const listed = `list BAD from kv "BAD"
rule r.bad "Bad" { severity low  match by user within 1m { a: auth where user in BAD } alert "{user}" }
`;
  const settings = "limits: { rule: { alertsPerMinute: 20, action: off } }\n";
  const folder = folderOf({ "a.seq": STREAM + listed }, settings);
  const service = new ServiceProcess(folder, ENVIRONMENT);
  await service.running();
  const feed = makeFeed();
  await feed.add(event(1, "eve", "x"), event(2, "mallory", "x"));
  await until(alerts, ({ length }) => length === 1);
  await createEntry(broker, "BAD", "7", text("mallory"));
  const data = await until(
    () => controls("data"),
    ({ length }) => length === 1,
  );
  expect(data).toMatchObject([{ changed: ["BAD"], positions: { EVENTS: 2 } }]);
  await feed.add(event(3, "mallory", "x"));
  await until(alerts, ({ length }) => length === 2);

  const far = `stream other from "other" { time t  idle 10m }
rule r.far "Far" { severity low  match by user within 1m { a: other } alert "{user}" }
`;
  const others = new Feeder(broker, "OTHER", "other", [
    event(4, "before", "x"),
    ...Array.from({ length: 30 }, (_, i) => event(5 + i, `user${i}`, "x")),
  ]);
  await others.send(1);
  edit(folder, "b.seq", far);
  await until(
    () => controls("activate"),
    ({ length }) => length === 1,
  );
  await others.send(30);
  const [quota] = await until(
    () => controls("quota"),
    ({ length }) => length === 1,
  );
  expect(quota).toMatchObject({ rule: "r.far", budget: "alertsPerMinute", action: "off" });
  await feed.add(event(40, "eve", "x"));
  await until(alerts, (all) => all.filter(({ rule }) => rule === "r.bad").length === 3);
  const seen = (await alerts()).filter(({ rule }) => rule === "r.far");
  expect(seen.map(({ title }) => title)).not.toContain("before");
  rmSync(join(folder.path, "rules", "b.seq"));
  const gone = await until(
    () => controls("activate"),
    ({ length }) => length === 2,
  );
  expect(Object.keys(gone[1]?.positions ?? {})).toEqual(["EVENTS"]);

  // A subject that is new in a stream which is read already: what is old there is not judged.
  await makeStream(broker, "WEB", ["web.a", "web.b"]);
  const web = (
    letter: string,
  ): string => `stream ${letter} from "web.${letter}" { time t  idle 10m }
rule r.${letter} "Web" { severity low  match by user within 1m { a: ${letter} } alert "{user}" }
`;
  edit(folder, "c.seq", web("a"));
  await until(
    () => controls("activate"),
    ({ length }) => length === 3,
  );
  broker.publish("web.b", text(event(50, "old", "x")));
  // The service is told that nothing of its own is there.
  await sleep(2000);
  edit(folder, "c.seq", web("a") + web("b"));
  const wider = await until(
    () => controls("activate"),
    ({ length }) => length === 4,
  );
  expect(wider[3]?.positions["WEB"]).toBe(1);
  broker.publish("web.b", text(event(51, "young", "x")));
  const webs = await until(alerts, (all) => all.some(({ rule }) => rule === "r.b"));
  expect(webs.filter(({ rule }) => rule === "r.b").map(({ title }) => title)).toEqual(["young"]);
  expect(await service.stop()).toEqual({ code: 0, signal: null });
});
