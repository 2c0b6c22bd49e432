/** Whole files and every construct of the grammar once (sections 1 to 9). */

import { expect, test } from "@jest/globals";
import type { Declaration, RuleFile } from "./ast.ts";
import { parse } from "./parse.ts";

const EIGHT_RULES = `
stream auth from "events.auth.>" {
  time  timestamp                 # event time: RFC 3339 text or an epoch number
  delay 10s                       # events may come up to this late
  idle  30s                       # after this much silence the stream no longer holds time back
}
stream orders from "events.orders.>" { time at }
stream hosts  from "events.hosts.>"  { time \`@timestamp\` }
stream flows  from "events.flows.>"  { time ts  delay 1m }

event Login     = auth   where action == "login"
event Paid      = orders where type == "paid"
event Shipped   = orders where type == "shipped"
event Cancelled = orders where type == "cancelled"
event Temp      = hosts  where kind == "temperature"
event Heartbeat = hosts  where kind == "heartbeat"

rule auth.bruteforce "Many failed logins, then a success" {
  severity high
  attack   T1110.001
  match by user, ip within 5m {
    fails:   5+ Login where outcome == "failure"
    then ok: Login where outcome == "success"
  }
  alert "{count(fails)} failures, then {user} logged in from {ip}" {
    attempts: count(fails)
    began:    time(first(fails))
  }
  once per user every 30m
}

rule travel.impossible "Two logins too far apart" {
  severity medium
  match by user within 6h {
    a:      Login where outcome == "success" and exists(geo.lat)
    next b: Login where outcome == "success" and exists(geo.lat)
  }
  having distance_km(a.geo, b.geo) > 100
     and distance_km(a.geo, b.geo) / hours(time(b) - time(a)) > 900
}

rule card.testing "Small probes at many merchants, then a large charge" {
  severity high
  match by card within 2h {
    probes:   5+ orders where type == "auth" and amount < 2 having distinct(probes.merchant) >= 3 within 10m
    then hit: orders where type == "auth" and amount >= 200 and approved  within 1h
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
    into:     Login where kind in [3, 10] and privileged
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

test "five failures then success" for auth.bruteforce {
  0s  Login { user: "ana", ip: "10.0.0.9", outcome: "failure" } x5 every 10s
  60s Login { user: "ana", ip: "10.0.0.9", outcome: "success" }
  expect alert at 60s { attempts: 5 }
}
test "silence" for orders.unshipped { 0s Paid { order_id: 7 }  advance 3h  expect alert at 2h }
test "no alert from elsewhere" for auth.bruteforce { 0s Login { user: "ana", ip: "1.1.1.1", outcome: "failure" } x9  expect none }
test "real file" for auth.bruteforce { from "attack.ndjson"  expect 3 alerts }
`;

function clean(source: string): RuleFile {
  const { tree, diagnostics } = parse("f.seq", source);
  expect(diagnostics).toEqual([]);
  expect(tree.broken).toEqual([]);
  return tree;
}

/** The one declaration of a source, which must be of that kind. */
function only<K extends Declaration["kind"]>(kind: K, source: string) {
  const { declarations } = clean(source);
  const [declaration] = declarations;
  if (declaration === undefined || declaration.kind !== kind || declarations.length !== 1) {
    throw new Error(`not one ${kind}`);
  }
  return declaration as Extract<Declaration, { kind: K }>;
}

function rule(content: string) {
  return only("rule", `rule a.b "t" { ${content} }`);
}

function match(block: string) {
  const { body } = rule(`match by x within 5m { ${block} }`);
  if (body?.kind !== "match") throw new Error("no match");
  return body;
}

/** Elements in short: link, label, count, words, body. */
function elements(block: string): string[] {
  return match(block).sequence.elements.map(({ link, element }) => {
    const before = link === null ? "" : `${link.kind} `;
    if (element.kind === "no") {
      return `${before}no ${element.sources.names.map(({ text }) => text).join("|")}`;
    }
    const { label, quantity, body } = element;
    const count = quantity?.count ?? null;
    const words = [
      ...(label === null ? [] : [`${label.text}:`]),
      ...(quantity?.optional === true ? ["optional"] : []),
      ...(count === null ? [] : [`${count.min}-${count.max ?? "*"}`]),
      ...(quantity?.contiguity ? [quantity.contiguity] : []),
      ...(quantity?.preference ? [quantity.preference] : []),
      body.kind === "step"
        ? body.sources.names.map(({ text }) => text).join("|")
        : `<${body.kind}>`,
    ];
    return before + words.join(" ");
  });
}

test("the contract's eight rules and their tests", () => {
  const tree = clean(EIGHT_RULES);
  const kinds = tree.declarations.map((declaration) => declaration.kind);
  const count = (kind: string) => kinds.filter((found) => found === kind).length;
  expect([count("stream"), count("event"), count("rule"), count("table"), count("test")]).toEqual([
    4, 6, 8, 1, 4,
  ]);
});

test("D-1: all options of a stream", () => {
  const stream = only(
    "stream",
    `stream s from "a.>", "b", {
      time at.\`x y\` format "yyyy" zone "Europe/Paris" unit ns,
      delay 10s  idle 1m
      id event.id within 5m
      late accept
      fields { user: string, geo: { lat: number *  }, args: string[]  open: { a: number }[] * }
    }`,
  );
  expect(stream.subjects.map(({ value }) => value)).toEqual(["a.>", "b"]);
  expect(stream.options).toMatchObject([
    {
      kind: "time",
      format: { value: "yyyy" },
      zone: { value: "Europe/Paris" },
      unit: { text: "ns" },
    },
    { kind: "delay", duration: { ms: 10_000 } },
    { kind: "idle", duration: { ms: 60_000 } },
    { kind: "id", within: { ms: 300_000 } },
    { kind: "late", policy: "accept" },
    {
      kind: "fields",
      open: true,
      fields: [
        { name: { text: "user" }, type: { kind: "scalar", name: { text: "string" }, list: false } },
        { name: { text: "geo" }, type: { kind: "object", open: true, list: false } },
        { name: { text: "args" }, type: { kind: "scalar", list: true } },
        { name: { text: "open" }, type: { kind: "object", open: false, list: true } },
      ],
    },
  ]);
  expect(only("stream", 'stream s from "a"').options).toEqual([]);
});

test("D-2, D-3, D-4: events, lists, tables, values and functions", () => {
  expect(only("event", "event A = b.c")).toMatchObject({ source: { text: "b.c" }, where: null });
  expect(only("list", 'list a = [1, "x",]')).toMatchObject({
    from: { kind: "items", items: [{}, {}] },
  });
  expect(only("list", 'list a from "f.csv" column c').from).toMatchObject({
    kind: "file",
    file: { value: "f.csv" },
    column: { text: "c" },
  });
  expect(only("list", 'list a from kv "b"').from).toMatchObject({ kind: "kv" });
  expect(only("table", 'table a from kv "b" key id')).toMatchObject({
    from: { kind: "kv", bucket: { value: "b" } },
    key: { text: "id" },
  });
  expect(only("let", "let COLD = 45").value).toMatchObject({ kind: "number", value: 45 });
  const fn = only("fn", "fn f(a, b,) = a + b");
  expect(fn.parameters.map(({ text }) => text)).toEqual(["a", "b"]);
  expect(only("fn", "fn f() = 1").parameters).toEqual([]);
});

test("D-5: exceptions, with and without a step and a date", () => {
  expect(
    only("exception", 'exception a.b for c.d on s where x until "2026-01-01" because "why"'),
  ).toMatchObject({
    name: { text: "a.b" },
    rule: { text: "c.d" },
    step: { text: "s" },
    until: { value: "2026-01-01" },
    because: { value: "why" },
  });
  expect(only("exception", 'exception a for b where until.x because "y"')).toMatchObject({
    step: null,
    until: null,
  });
});

test("D-6: metadata as texts", () => {
  const { metadata } = rule(`
    description """
      one
        two
      """
    severity high risk 70 attack T1110.001, T1078
    references "https://x", r"C:\\d"  was old.name`);
  expect(
    metadata.map(({ name, values }) => [name.text, ...values.map(({ text }) => text)]),
  ).toEqual([
    ["description", "one\n  two\n"],
    ["severity", "high"],
    ["risk", "70"],
    ["attack", "T1110.001", "T1078"],
    ["references", "https://x", "C:\\d"],
    ["was", "old.name"],
  ]);
});

test("a comma may end metadata before the next line", () => {
  const { metadata } = rule('attack T1110,\n  severity high\n  references "a",\n "b"\n mode off');
  expect(metadata.map(({ name, values }) => [name.text, values.length])).toEqual([
    ["attack", 1],
    ["severity", 1],
    ["references", 2],
    ["mode", 1],
  ]);
});

test("section 4: links, labels and quantities", () => {
  expect(
    elements("a: 5+ A then b: 2 B next 3..5 C then any D then any any: E then optional 0+ any F"),
  ).toEqual(
    ["a: 5-* A", "then b: 2-2 B", "next 3-5 C", "then any D", "then any any: E"].concat(
      "then optional 0-* any F",
    ),
  );
  expect(elements("5+ consecutive greedy A or b.c then optional shortest B then 2 any C")).toEqual([
    "5-* consecutive greedy A|b.c",
    "then optional shortest B",
    "then 2-2 any C",
  ]);
});

test("section 4: a word is a source or a label where the grammar needs no word (L-2)", () => {
  expect(elements("then: A then next: B next first: C then no: D then within: E")).toEqual([
    "then: A",
    "then next: B",
    "next first: C",
    "then no: D",
    "then within: E",
  ]);
  expect(elements("optional where x then any where y then no then either or all")).toEqual([
    "optional",
    "then any",
    "then no",
    "then either|all",
  ]);
});

test("section 4: groups, alternatives, all of, no", () => {
  expect(
    elements(
      `{ A next B } then g: 2+ { A then C } until x within 5m
       then either { A } or { B then C } or { D }
       then all of any { A } and { B }
       next no X or Y by z where q within 5s`,
    ),
  ).toEqual(["<group>", "then g: 2-* <group>", "then <either>", "then <all of>", "next no X|Y"]);
});

test("section 4: the parts of a step, and where each expression ends", () => {
  const [first, second] = match(
    "a: 2+ A by x, y where p or q each v > prev.v having count(a) > 2 until r within 5m then b: B where if c then d else e",
  ).sequence.elements;
  expect(first?.element).toMatchObject({
    body: {
      by: { keys: [{}, {}] },
      where: { operator: "or" },
      each: { operator: ">" },
      having: { operator: ">" },
    },
    until: { kind: "path" },
    within: { ms: 300_000 },
  });
  expect(second?.element).toMatchObject({ body: { where: { kind: "if" } } });
});

test("section 4: the head, keys and the end of a match", () => {
  const { body } = rule(
    "match latest by user?, (lower(host)) as h, in.x, within.y, within 5m gap 1m { A } until A or B by z where w",
  );
  expect(body).toMatchObject({
    mode: "latest",
    within: { ms: 300_000 },
    gap: { ms: 60_000 },
    by: {
      all: false,
      keys: [
        { source: { kind: "path" }, nullable: true, as: null },
        { source: { kind: "expr" }, nullable: false, as: { text: "h" } },
        { source: { kind: "path" } },
        { source: { kind: "path" } },
      ],
    },
    until: { sources: { names: [{ text: "A" }, { text: "B" }] }, by: {}, where: {} },
  });
  expect(rule("match all by all within 1s { A }").body).toMatchObject({
    mode: "all",
    by: { all: true },
  });
  expect(rule("match by all.x within 1s { A }").body).toMatchObject({ by: { all: false } });
  expect(rule("match { A }").body).toMatchObject({ mode: "match", by: null, within: null });
});

test("section 5: the four windows, one or several sources", () => {
  const body = (text: string) => rule(text).body;
  expect(body("window 24h by src over flows where not x")).toMatchObject({
    shape: { kind: "sliding", size: { ms: 86_400_000 } },
    over: [{ label: null, source: { text: "flows" }, where: { kind: "not" } }],
  });
  expect(
    body("window every 1h offset 5m by x over a: A where p, b: flows,\n having count(a) > 3"),
  ).toMatchObject({
    shape: { kind: "tumbling", offset: { ms: 300_000 } },
    over: [{ label: { text: "a" } }, { label: { text: "b" } }],
  });
  expect(body("window gap 30m by x over A")).toMatchObject({ shape: { kind: "session" } });
  expect(body("window 100 events by x over A")).toMatchObject({
    shape: { kind: "count", events: 100 },
  });
});

test("section 6: expect", () => {
  expect(rule("expect A where p by x every 2m from devices").body).toMatchObject({
    kind: "expect",
    source: { text: "A" },
    where: {},
    by: {},
    every: { ms: 120_000 },
    from: { text: "devices" },
  });
});

test("section 8: every clause, in any order", () => {
  const { clauses } = rule(`
    having a > 1
    on timeout after s alert "x"
    alert "{a.b} is {{here}} \\"{c}\\"" { x: a, in: b  or: c  not: d, } to "sub"
    on recovered alert { y: 1 }
    once per user, lower(x), every 1d
    skip none skip to next skip past last skip past all skip to first a skip to last b
    limit 5 open per key limit 6 open limit 7 events per match limit 8 matches per event`);
  expect(clauses.map(({ kind }) => kind)).toEqual(
    ["having", "on timeout", "alert", "on recovered", "once"].concat(
      Array.from({ length: 6 }, () => "skip"),
      Array.from({ length: 4 }, () => "limit"),
    ),
  );
  expect(clauses[1]).toMatchObject({ after: { text: "s" }, alert: { title: { parts: ["x"] } } });
  expect(clauses[2]).toMatchObject({
    alert: {
      title: { parts: [{ kind: "path" }, ' is {here} "', { kind: "path" }, '"'] },
      data: ["x", "in", "or", "not"].map((text) => ({ name: { text } })),
      to: { value: "sub" },
    },
  });
  expect(clauses[4]).toMatchObject({ per: [{}, {}], every: { ms: 86_400_000 } });
  expect(clauses.slice(5, 11)).toMatchObject([
    { target: { kind: "none" } },
    { target: { kind: "to next" } },
    { target: { kind: "past last" } },
    { target: { kind: "past all" } },
    { target: { kind: "to first", step: { text: "a" } } },
    { target: { kind: "to last", step: { text: "b" } } },
  ]);
  expect(clauses.slice(11)).toMatchObject([
    { count: 5, what: "open per key" },
    { count: 6, what: "open" },
    { count: 7, what: "events per match" },
    { count: 8, what: "matches per event" },
  ]);
});

test("expressions in titles have their places in the file", () => {
  const source = 'rule a "t" { alert "é {x == \\"y\\" or z} {count(z)}" }';
  const { declarations } = clean(source);
  const [declaration] = declarations;
  const clause = declaration?.kind === "rule" ? declaration.clauses[0] : undefined;
  const parts = clause?.kind === "alert" ? (clause.alert.title?.parts ?? []) : [];
  const places = parts.map((part) =>
    typeof part === "string" ? part : source.slice(part.span.start, part.span.end),
  );
  expect(places).toEqual(["é ", 'x == \\"y\\" or z', " ", "count(z)"]);
});

test("section 9: every line of a test", () => {
  const { items, rule: tested } = only(
    "test",
    `test "t" for a.b {
      0s A
      1m B.c { "x-y": 1, \`q r\`: [1, { a: 2 }, [],], n: null  s: 5MB  o: {} } x5 every 1s
      5s C x3
      advance 3h
      from "f.ndjson.gz"
      expect alert  expect alert at 5s { a: 1 }  expect 1 alert  expect 3 alerts
      expect none  expect timeout
    }`,
  );
  expect(tested?.text).toBe("a.b");
  expect(items).toMatchObject([
    { kind: "event", data: null, repeat: null },
    {
      kind: "event",
      source: { text: "B.c" },
      repeat: { count: 5, every: { ms: 1000 } },
      data: {
        fields: [
          { name: { text: "x-y", quoted: true } },
          { name: { text: "q r", quoted: true }, value: { kind: "items", items: [{}, {}, {}] } },
          { name: { text: "n" }, value: { kind: "constant", expr: { kind: "null" } } },
          { name: { text: "s" } },
          { name: { text: "o" }, value: { kind: "object", fields: [] } },
        ],
      },
    },
    { kind: "event", repeat: { count: 3, every: null } },
    { kind: "advance", by: { ms: 10_800_000 } },
    { kind: "from", file: { value: "f.ndjson.gz" } },
    { kind: "expect alert", at: null, data: null },
    { kind: "expect alert", at: { ms: 5000 }, data: [{ name: { text: "a" } }] },
    { kind: "expect alerts", count: 1 },
    { kind: "expect alerts", count: 3 },
    { kind: "expect none" },
    { kind: "expect timeout" },
  ]);
});

test("words that begin declarations are also fields, tags and names", () => {
  clean(
    'rule a "t" {\n  tags rule\n  owner "x"\n match by rule within 1m { A where\n event == table and list in\n test } }',
  );
  clean("event event = stream where event == 1\nlet let = list");
});

test("an empty file is a file", () => {
  expect(clean("").declarations).toEqual([]);
  expect(clean("# nothing\n").declarations).toEqual([]);
});
