import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { Random } from "../base/random.ts";
import { check } from "./check.ts";
import { compileRules } from "./compile.ts";
import { parse } from "./parse.ts";
import type { MatchPlan, RuleSetPlan, TestPlan } from "./plan.ts";

/** The rules of the language's first page, and one that has nearly everything else. */
const RULES = `
stream auth from "events.auth.>" {
  time timestamp
  delay 10s
  idle 30s
}
stream orders from "events.orders.>" { time at }
stream hosts from "events.hosts.>" { time \`@timestamp\` }
stream flows from "events.flows.>" { time ts delay 1m }

event Login = auth where action == "login"
event Paid = orders where type == "paid"
event Shipped = orders where type == "shipped"
event Cancelled = orders where type == "cancelled"
event Temp = hosts where kind == "temperature"
event Heartbeat = hosts where kind == "heartbeat"

rule auth.bruteforce "Many failed logins, then a success" {
  severity high
  attack T1110.001
  match by user, ip within 5m {
    fails: 5+ Login where outcome == "failure"
    then ok: Login where outcome == "success"
  }
  alert "{count(fails)} failures, then {user} logged in from {ip}" {
    attempts: count(fails)
    began: time(first(fails))
  }
  once per user every 30m
}
rule travel.impossible "Two logins too far apart" {
  severity medium
  match by user within 6h {
    a: Login where outcome == "success" and exists(geo.lat)
    next b: Login where outcome == "success" and exists(geo.lat)
  }
  having distance_km(a.geo, b.geo) > 100
     and distance_km(a.geo, b.geo) / hours(time(b) - time(a)) > 900
}
rule card.testing "Small probes at many merchants, then a large charge" {
  severity high
  match by card within 2h {
    probes: 5+ orders where type == "auth" and amount < 2 having distinct(probes.merchant) >= 3 within 10m
    then hit: orders where type == "auth" and amount >= 200 and approved within 1h
  }
}
rule orders.unshipped "Paid, but not shipped in two hours" {
  severity low
  match by order_id within 2h {
    paid: Paid
    then no Shipped or Cancelled
  }
}
rule device.silent "A device stopped reporting" {
  severity medium
  expect Heartbeat by device every 2m from devices
  alert "{device} has been silent since {last}"
  on recovered alert "{device} is back after {gap}"
}
rule temp.rising "Five rising readings in a row" {
  severity low
  match by device within 10m {
    run: 5+ consecutive Temp each value > prev.value
  }
  having last(run).value - first(run).value >= 8
}
rule lateral.pivot "Logon to a host, a service there, a logon from it" {
  severity critical
  match by user, dst_host within 40m {
    into: Login where kind in [3, 10] and privileged
    then svc: hosts by user, host where action == "service-installed" within 10m
    then out: Login by user, src_host where dst_host != into.dst_host within 30m
  }
}
rule exfil.slow "Much data out, little at a time" {
  severity medium
  window 24h by src over flows where not cidr(dst, "10.0.0.0/8")
  having sum(bytes) >= 500MB and max(bytes) < 5MB
     and distinct(hour(time())) >= 12 and distinct(dst) <= 3
  once per src every 24h
}
table devices from "devices.csv" key device

rule odd.ends "Nearly everything else" {
  severity info
  mode shadow
  risk 10
  match longest by user?, (lower(ip)) as address within 1h gap 10m {
    first: optional Login where user in ["a", "b"]
    then either { x: Login where n > 1 } or { x: auth where n < 1 }
    then all of { p: auth } and { q: auth where n == 3 }
    then any 2+ any shortest { m: Login then no auth where n == 1 then k: auth where n == last(m).n } until n > 9
    then last: 1+ greedy auth or hosts where exists(n) or n == null
    next no Login
  } until Login where n == 100
  having count(last) > 1
  skip to first last
  limit 10 open per key
  on timeout after last alert "timed out" to "late"
}
exception calm for odd.ends on last where n == 1 until "2030-01-01" because "known"
test "five failures then success" for auth.bruteforce {
  0s Login { user: "ana", ip: "10.0.0.9", outcome: "failure" } x5 every 10s
  60s Login { user: "ana", ip: "10.0.0.9", outcome: "success" }
  advance 3h
  expect alert at 60s { attempts: 5 }
}
`;

function compiled(text: string): RuleSetPlan {
  const { tree, diagnostics } = parse("rules.seq", text);
  expect(diagnostics).toEqual([]);
  const checked = check([tree]);
  expect(checked.diagnostics.filter((d) => d.severity === "error")).toEqual([]);
  if (checked.plan === null) throw new Error("a plan");
  return checked.plan;
}

function matchPlan(plan: RuleSetPlan, name: string): MatchPlan {
  const body = plan.rules.find((rule) => rule.name === name)?.body;
  if (body?.kind !== "match") throw new Error("a match");
  return body;
}

test("the first page compiles, rules by name", () => {
  const plan = compiled(RULES);
  expect(plan.rules.map((rule) => rule.name)).toEqual([
    "auth.bruteforce",
    "card.testing",
    "device.silent",
    "exfil.slow",
    "lateral.pivot",
    "odd.ends",
    "orders.unshipped",
    "temp.rising",
    "travel.impossible",
  ]);
  expect(plan.streams.map((stream) => [stream.name, stream.place, stream.delayMs])).toEqual([
    ["auth", 0, 10_000],
    ["orders", 1, 0],
    ["hosts", 2, 0],
    ["flows", 3, 60_000],
  ]);
  expect(plan.tables).toEqual([
    { name: "devices", key: "device", from: { kind: "file", file: "devices.csv" } },
  ]);
});

test("steps that name the same source with the same keys share it", () => {
  const plan = compiled(RULES);
  expect(matchPlan(plan, "auth.bruteforce").sources).toHaveLength(1);
  const pivot = matchPlan(plan, "lateral.pivot");
  expect(pivot.sources.map((source) => source.stream)).toEqual(["auth", "hosts", "auth"]);
  expect(pivot.sources[2]?.keys).toEqual([
    { kind: "field", event: { kind: "at hand" }, path: ["user"] },
    { kind: "field", event: { kind: "at hand" }, path: ["src_host"] },
  ]);
  expect(plan.rules.find((rule) => rule.name === "lateral.pivot")?.streams).toEqual([
    "auth",
    "hosts",
  ]);
});

test("labels, quantities, bounds and skips", () => {
  const plan = compiled(RULES);
  const card = matchPlan(plan, "card.testing");
  expect([card.labels, card.repeated, card.skip]).toEqual([
    ["probes", "hit"],
    [true, false],
    { kind: "past last" },
  ]);
  expect(card.sequence.items[0]?.element).toMatchObject({
    kind: "step",
    quantity: { min: 5, max: Number.POSITIVE_INFINITY, optional: false, contiguity: "relaxed" },
    withinMs: 600_000,
  });
  const odd = matchPlan(plan, "odd.ends");
  expect(odd.labels).toEqual(["first", "x", "p", "q", "m", "k", "last"]);
  expect(odd.repeated).toEqual([false, false, false, false, true, true, true]);
  expect(odd.skip).toEqual({ kind: "to first", label: 6 });
  expect(odd.sequence.items.map((item) => `${item.link} ${item.element.kind}`)).toEqual([
    "then step",
    "then either",
    "then all of",
    "then any group",
    "then step",
    "next no",
  ]);
  const rule = plan.rules.find((candidate) => candidate.name === "odd.ends");
  expect(rule?.keys).toEqual([
    { name: "user", nullable: true },
    { name: "address", nullable: false },
  ]);
  expect(rule).toMatchObject({ mode: "shadow", timeout: { after: 6 }, limits: { openPerKey: 10 } });
});

test("each mapping of keys says itself where null is a value", () => {
  const plan = compiled(`
    stream s from "s"
    rule r "R" { severity low match by x?, y within 1m { a: s then b: s by x, z? } }
  `);
  expect(matchPlan(plan, "r").sources.map((source) => source.nullable)).toEqual([
    [true, false],
    [false, true],
  ]);
});

test("`match all` skips nothing by itself, and chains of events are one filter", () => {
  const plan = compiled(`
    stream s from "s"
    event A = s where a == 1
    event B = A where b == 2 and c == 3
    rule r "R" { severity low match all by all within 1m { x: B } }
  `);
  const { skip, sources } = matchPlan(plan, "r");
  expect(skip).toEqual({ kind: "none" });
  const { filter, keys } = sources[0] ?? { filter: null, keys: null };
  expect(keys).toEqual([]);
  expect(filter?.kind === "and" ? filter.operands.length : 0).toBe(3);
});

function testOf(items: string): TestPlan {
  const plan = compiled(`
    stream s from "s" { time at }
    event A = s where kind == "a" and host.name =~ "H" and n in [7, 8] and flag and user.id == 5
    rule r "R" { severity low match by x within 1m { a: A } alert "seen" { who: a.user.id } }
    let U = "ana"
    test "t" for r { ${items} expect alert at 3s { who: U } }
  `);
  const [made] = plan.tests;
  if (made === undefined) throw new Error("a test");
  return made;
}

test("an event of a test gets what its filter's equalities say, unless written", () => {
  const { inputs } = testOf(`
    0s A { x: 1 }
    1s A { kind: "b", host: { ip: "i" }, user: U, n: null }
    2s A { "host.name": "h", items: [1, { a: 5MB }] }
    3s s { x: 1 }
  `);
  expect(inputs.map((input) => input.kind === "event" && input.event.data)).toEqual([
    { x: 1, kind: "a", host: { name: "H" }, n: 7, user: { id: 5 } },
    { kind: "b", host: { ip: "i", name: "H" }, user: "ana", n: null },
    { "host.name": "h", items: [1, { a: 5_000_000 }], kind: "a", n: 7, user: { id: 5 } },
    { x: 1 },
  ]);
});

test("repetitions are written out, expectations are values", () => {
  const { inputs, expectations, line } = testOf(`5s s {} x3 every 10s advance 1m 9s s {} x2`);
  expect(inputs.map((input) => (input.kind === "event" ? input.event.atMs : input.kind))).toEqual([
    5000,
    15_000,
    25_000,
    "advance",
    9000,
    9000,
  ]);
  expect(expectations).toEqual([
    { kind: "alert", atMs: 3000, data: [{ name: "who", value: "ana" }] },
  ]);
  expect(line).toBe(6);
});

function versionOf(text: string): string | undefined {
  return compiled(text).rules[0]?.version;
}

test("a version changes with the rule's meaning and its streams, and with nothing else", () => {
  const stream = `stream s from "s" { delay 1s }`;
  const rule = `rule r "R" { severity low match by x within 1m { a: s where n > 5 } }`;
  const version = versionOf(`${stream} ${rule}`);
  expect(version).toMatch(/^[0-9a-f]{16}$/);
  const first = `stream a from "a"`;
  expect(versionOf(`${first} ${stream}\n# comment\n ${rule.replace("n > 5", "(n > 2 + 3)")}`)).toBe(
    version,
  );
  expect(versionOf(`${stream} ${rule.replace("5", "6")}`)).not.toBe(version);
  expect(versionOf(`${stream} ${rule.replace("1m", "2m")}`)).not.toBe(version);
  expect(versionOf(`${stream.replace("1s", "2s")} ${rule}`)).not.toBe(version);
});

test("files share their names, and alike declarations are one", () => {
  const stream = `stream s from "s"`;
  const { plan, diagnostics } = compileRules([
    { file: "a.seq", text: `${stream}\nlet X = 1` },
    {
      file: "b.seq",
      text: `${stream} # again\nrule r "R" { severity low match by x within 1m { a: s where n == X } }`,
    },
  ]);
  expect(diagnostics).toEqual([]);
  expect([plan?.streams.length, plan?.rules.length]).toEqual([1, 1]);
});

test("a declaration with an error of syntax makes no other name unknown", () => {
  const { plan, diagnostics } = compileRules([
    { file: "a.seq", text: `stream s from from\nlet X = = 2` },
    {
      file: "b.seq",
      text: `event A = s where a == X
        rule r "R" { severity low match by x within 1m { a: A then b: s where n == X } }
        test "t" for r { 0s A {} expect none }`,
    },
  ]);
  expect(plan).toBeNull();
  expect(diagnostics.map((d) => `${d.code.slice(0, 3)} ${d.span.file}`)).toEqual([
    "E01 a.seq",
    "E01 a.seq",
  ]);
});

test("the eight rules have no errors", () => {
  const { diagnostics } = compileRules([{ file: "rules.seq", text: RULES }]);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
});

/** Words of the rules, taken out, doubled, swapped or replaced by others. */
function mutated(text: string, random: Random): string {
  const words = text.split(/(?<=\s)|(?=[{}(),.:])/);
  for (let n = 1 + random.below(4); n > 0; n--) {
    const at = random.below(words.length);
    const other = random.below(words.length);
    const word = words[other] ?? "";
    switch (random.below(4)) {
      case 0:
        words.splice(at, 1);
        break;
      case 1:
        words.splice(at, 0, word);
        break;
      case 2:
        words[at] = word;
        break;
      default:
        words[other] = words[at] ?? "";
        words[at] = word;
    }
  }
  return words.join("");
}

test("the checker never throws, and gives a plan exactly when nothing is wrong", () => {
  const seed = 20_240_701;
  const random = new Random(seed);
  for (let i = 0; i < 120; i++) {
    const text = mutated(RULES, random);
    try {
      const { tree } = parse("rules.seq", text);
      const { plan, diagnostics } = check([tree]);
      expect(plan === null).toBe(diagnostics.some((d) => d.severity === "error"));
    } catch (cause) {
      throw new Error(`seed ${seed}, text ${i}:\n${text}`, { cause });
    }
  }
});

test.each(["aws-iam", "windows-dcsync", "windows-remote-service"])("sample %s compiles", (name) => {
  const text = readFileSync(new URL(`../samples/${name}/rules.seq`, import.meta.url), "utf8");
  const { plan, diagnostics } = compileRules([{ file: "rules.seq", text }]);
  expect(diagnostics).toEqual([]);
  expect(plan?.rules.length).toBeGreaterThan(0);
  expect(plan?.tests.length).toBeGreaterThan(0);
});
