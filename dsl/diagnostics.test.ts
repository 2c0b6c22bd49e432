/**
 * Diagnostics of the checker one by one: a rule text with `«` and `»` around the span that is expected, and the codes of
 * all diagnostics, in their order. What a mistake causes beyond itself would show as a further code. That every code is
 * told of some file is the business of tests/diagnostics.test.ts.
 */

import { expect, test } from "@jest/globals";
import { check } from "./check.ts";
import { parse } from "./parse.ts";

interface Case {
  readonly code: string;
  readonly text: string;
  /** What stands under the carets. */
  readonly label?: string;
  /** The text after the fix is applied holds this. */
  readonly fixed?: string;
}

const STREAMS = `
stream auth from "events.auth.>" { fields { user: string  ip: string  action: string  outcome: string  n: number  ok: boolean  tags: string[]  geo: { lat: number  lon: number }  } }
stream open from "events.open.>"
event Login = auth where action == "login"
`;

/** A rule around a match's block and clauses. */
function rule(block: string, clauses = ""): string {
  return `rule r "R" { severity low\n match by user within 5m { ${block} }\n ${clauses} }`;
}
/** A rule with one step and a condition. */
function where(condition: string): string {
  return rule(`a: auth where ${condition}`);
}
/** The same on a stream of which nothing is declared. */
function openWhere(condition: string): string {
  return rule(`a: open where ${condition}`);
}
function window(having: string, over = "x: open"): string {
  return `rule r "R" { severity low\n window 5m by user over ${over}\n having ${having} }`;
}
function having(condition: string): string {
  return rule("a: auth then b: 2+ auth", `having ${condition}`);
}
function testBlock(items: string): string {
  return `${rule("a: auth")}\ntest "t" for r { ${items} }`;
}

const CASES: readonly Case[] = [
  // Names
  { code: "E0201", text: `stream «auth» from "other.>"` },
  { code: "E0201", text: `let X = 1\nlet «X» = 2` },
  {
    code: "E0201",
    text: `${rule("a: auth")}\nrule «r» "R" { severity low match by user within 1m { auth } }`,
  },
  { code: "E0201", text: `fn f(a, «a») = 1` },
  { code: "E0201", text: `stream s from "s" { fields { a: string «a»: number } }` },
  {
    code: "E0201",
    text: `rule r "R" { severity low match by user, «user» within 1m { auth } }`,
    fixed: "user, user as user2",
  },
  { code: "E0202", text: rule("a: «Logn»"), label: "did you mean `Login`?", fixed: "a: Login" },
  { code: "E0202", text: `event E = «autj» where user == "a"` },
  { code: "E0202", text: `${rule("a: auth")}\nevent E = «r»` },
  { code: "E0203", text: rule("a: auth", "skip to first «b»") },
  {
    code: "E0203",
    text: `${rule("a: auth")} test "t" for «rr» { expect none }`,
    label: "there are the rules `r`",
  },
  { code: "E0203", text: `exception e for «rr» where user == "a" because "b"` },
  {
    code: "E0203",
    text: `${rule("a: auth")} exception e for r on «bb» where user == "a" because "b"`,
  },
  {
    code: "E0204",
    text: where(`«outcom» == "failure"`),
    label: "did you mean `outcome`?",
    fixed: `outcome == "failure"`,
  },
  { code: "E0204", text: where("geo.«lad» > 1"), fixed: "geo.lat > 1" },
  { code: "E0204", text: where("user.«name» == 1"), label: "no such part" },
  {
    code: "E0204",
    text: `rule r "R" { severity low match by «usr» within 1m { a: auth then b: auth } }`,
  },
  { code: "E0204", text: having("a.«outcom» == null") },
  { code: "E0204", text: having("count(b.«outcom») > 1") },
  {
    code: "E0205",
    text: having("«outcome» == null"),
    label: "whose field is this?",
    fixed: "having a.outcome ==",
  },
  {
    code: "E0205",
    text: rule("a: auth", `alert "{«usr»}"`),
    label: "did you mean `user`?",
    fixed: `alert "{user}"`,
  },
  { code: "E0205", text: rule("a: auth", `once per «ip» every 5m`), fixed: "once per a.ip every" },
  { code: "E0205", text: having("sum(b.n * «n») > 1") },
  { code: "E0206", text: rule("a: auth where ip == «b».ip then b: auth"), label: "a later step" },
  {
    code: "E0206",
    text: rule("a: auth where ip == «a».ip"),
    label: "the step itself",
    fixed: "ip == `a`.ip",
  },
  {
    code: "E0206",
    text: rule("either { a: auth } or { b: auth where ip == «a».ip }"),
    label: "on another branch",
  },
  { code: "E0206", text: rule("a: auth where count(«b») > 1 then b: 2+ auth") },
  { code: "E0207", text: `table T from "t.csv" key k\n${openWhere("x == «T»")}` },
  { code: "E0207", text: `list L from "t.csv"\n${openWhere("length(«L») > 1")}` },
  { code: "E0208", text: openWhere("«x»[y].z == 1") },
  {
    code: "E0208",
    text: `table devices from "d.csv" key device\nrule r "R" { severity low expect open by device every 2m from «device» }`,
    fixed: "from devices",
  },
  { code: "E0209", text: openWhere("x.«__proto__» == 1") },
  { code: "E0209", text: rule("«constructor»: auth") },
  { code: "E0209", text: `stream «prototype» from "x"` },
  { code: "E0209", text: rule("a: auth", `alert { «__proto__»: user }`) },
  { code: "E0209", text: testBlock("0s auth { geo: { «__proto__»: 1 } } expect none") },
  {
    code: "E0210",
    text: `let BAD = nope == "x"\n${where("«BAD»")}`,
    label: "stream `auth` has no field `nope`",
  },
  { code: "E0210", text: `fn up(x) = upper(x)\n${where(`«up»(n) == "a"`)}` },
  { code: "E0211", text: `let A = B + 1\nlet B = «A» + 1` },
  { code: "E0211", text: `fn f(x) = «f»(x)` },
  { code: "E0211", text: `event «A» = B\nevent B = A` },
  { code: "E0212", text: `fn «lower»(x) = x` },

  // Patterns
  {
    code: "E0301",
    text: `rule r "R" { severity low «match» by user { a: auth } }`,
    fixed: "by user within 1h {",
  },
  { code: "E0302", text: rule(`«no» Login then a: auth`), fixed: "no Login within 10m then" },
  {
    code: "E0303",
    text: `rule r "R" { severity low «match» by user within 1m { optional auth } }`,
  },
  {
    code: "E0303",
    text: `rule r "R" { severity low «match all» by user within 1m { a: 0+ auth then b: optional auth } }`,
  },
  { code: "E0304", text: `«rule r "R"» { severity low }` },
  { code: "E0304", text: `«rule r "R"» { severity low window 5m by user over open }` },
  { code: "E0304", text: `rule r "R" { severity low «expect» open by user }` },
  {
    code: "E0305",
    text: `rule r "R" { severity low «match» within 1m { a: auth } }`,
    fixed: "match by all within",
  },
  { code: "E0305", text: `rule r "R" { severity low «window» 5m over open having count() > 1 }` },
  { code: "E0306", text: rule("auth then «auth»"), fixed: "auth then auth2: auth" },
  { code: "E0306", text: rule("a: auth then «a»: Login"), fixed: "then a2: Login" },
  { code: "E0306", text: window("count() > 1", "open, «open»") },
  { code: "E0307", text: rule("a: auth then b: auth «by user, ip»") },
  { code: "E0307", text: rule("a: auth then b: auth by user as «who»") },
  { code: "E0308", text: rule("a: auth", `«on recovered alert "x"»`) },
  {
    code: "E0308",
    text: `rule r "R" { severity low window 5m by user over open having count() > 1 «skip none» }`,
  },
  { code: "E0309", text: rule("a: auth", `alert "x" «alert "y"»`) },
  { code: "E0309", text: rule("a: auth", `limit 5 open «limit 6 open»`) },
  {
    code: "E0310",
    text: rule("a: auth where n > «prev».n"),
    label: "`a` takes one event, so there is none before it",
    fixed: "a: 2+ auth each n > prev.n",
  },
  {
    code: "E0310",
    text: rule("a: 3+ auth where n > «prev».n"),
    fixed: "a: 3+ auth each n > prev.n",
  },
  { code: "E0310", text: having("«prev».n > 1") },
  { code: "E0311", text: rule("a: auth each «n > 1»"), fixed: "a: 2+ auth each" },
  { code: "E0311", text: rule("a: auth having «count(a) > 1»") },
  { code: "E0312", text: rule("a: «consecutive» auth"), fixed: "a: 1+ consecutive auth" },
  { code: "E0312", text: rule("a: «greedy» auth") },
  { code: "E0312", text: rule("a: «shortest» auth") },
  { code: "E0313", text: rule("a: «0» auth then b: auth") },
  { code: "E0313", text: rule("a: «5..2» auth"), fixed: "a: 2..5 auth" },
  { code: "E0313", text: rule("a: «2000+» auth") },
  { code: "E0313", text: rule("a: «20+» auth", "limit 10 events per match") },
  { code: "E0314", text: rule("a: auth then no Login within «1m» then b: auth") },
  {
    code: "E0315",
    text: rule("a: auth «then any» no Login then b: auth"),
    fixed: "a: auth then no Login",
  },
  { code: "E0316", text: rule("«g»: 2+ { a: auth }") },
  {
    code: "E0317",
    text: `rule r "R" { severity low match latest by user within 1m { a: auth then b: «2+» auth } }`,
  },
  {
    code: "E0317",
    text: `rule r "R" { severity low match latest by user within 1m { a: auth «next» b: auth } }`,
  },
  { code: "E0318", text: rule("a: auth until «n > 1» then b: auth") },
  { code: "E0319", text: rule("a: auth", "«limit 0 open»") },
  {
    code: "E0319",
    text: `rule r "R" { severity low window every «0s» by user over open having count() > 1 }`,
  },

  // Expressions
  { code: "E0401", text: where("«n + 1»"), label: "this is a number" },
  { code: "E0401", text: where(`ok and «"text"»`), label: "this is a text" },
  { code: "E0401", text: having("«a»") },
  { code: "E0402", text: where(`«n == "5"»`), label: "a number and a text" },
  { code: "E0402", text: where(`«n in ["a", "b"]»`) },
  { code: "E0402", text: where(`«ok» < true`) },
  { code: "E0402", text: having(`«b.user == "x"»`), label: "a list and a text" },
  { code: "E0403", text: where("«n < null»") },
  { code: "E0404", text: where(`«user» + 1 == 2`) },
  { code: "E0404", text: where("-«user» == 2") },
  { code: "E0404", text: where(`user in «"text"»`) },
  { code: "E0404", text: where(`«n» like "a*"`) },
  { code: "E0404", text: where(`user starts with «5»`) },
  { code: "E0404", text: where(`«tags» contains "a"`) },
  { code: "E0404", text: where(`lower(«n») == "a"`) },
  { code: "E0404", text: where(`any(x in «user»: x == "a")`) },
  { code: "E0404", text: having("sum(«b.user») > 1") },
  {
    code: "E0405",
    text: where(`«lowr»(user) == "a"`),
    label: "did you mean `lower`?",
    fixed: "where lower(user)",
  },
  { code: "E0406", text: where(`«lower(user, ip)» == "a"`), label: "`lower(text)`" },
  { code: "E0406", text: where(`«between(user)» == "a"`) },
  { code: "E0406", text: having(`time(«nth(b)») > 1`) },
  { code: "E0406", text: having("«percentile(b.n)» > 1") },
  { code: "E0406", text: `fn f(x, y) = x\n${where(`«f(user)» == "a"`)}` },
  { code: "E0407", text: where(`cidr(ip, «"10.0.0.0/99"»)`) },
  { code: "E0407", text: where(`cidr(ip, «["10.0.0.0/8", "x"]»)`) },
  { code: "E0407", text: where(`hour(time(), «"Berlin"»)  > 1`) },
  { code: "E0407", text: where(`parse_time(user, «"HH:mm"») > 1`) },
  { code: "E0407", text: where("to_number(user, «99») > 1") },
  { code: "E0407", text: having("percentile(b.n, «101») > 1") },
  { code: "E0407", text: having("last(b, «-1»).n > 1") },
  { code: "E0408", text: where(`«n${" + n".repeat(300)} > 1»`) },
  {
    code: "E0408",
    text: `fn f(x) = x + x\n${where(`«${"f(".repeat(16)}n${")".repeat(16)} > 1»`)}`,
  },
  { code: "E0409", text: having("time(«b») > 1"), label: "which one?", fixed: "time(last(b)) >" },
  { code: "E0409", text: having("«time()» > 1") },
  { code: "E0409", text: having("time(«1») > 1") },
  { code: "E0409", text: having("first(«user»).n > 1") },
  { code: "E0410", text: having("«count()» > 1") },
  { code: "E0410", text: having("sum(«b») > 1") },
  { code: "E0410", text: having("sum(«1») > 1") },
  { code: "E0410", text: window("sum(«count()») > 1") },
  { code: "E0411", text: where(`user matches «"(a"»`), label: "missing closing ): `(a`" },
  { code: "E0411", text: where(`user matches «"(?=a)"»`) },
  { code: "E0412", text: where("user matches «ip»") },
  { code: "E0412", text: `list L = [1, «lower("A")»]` },

  // Declarations
  {
    code: "E0501",
    text: `rule r "R" { severity low «sevrity» low match by user within 1m { a: auth } }`,
    fixed: "low severity low",
  },
  {
    code: "E0502",
    text: `rule r "R" { severity «hihg» match by user within 1m { a: auth } }`,
    fixed: "severity high",
  },
  {
    code: "E0502",
    text: `rule r "R" { severity low risk «101» match by user within 1m { a: auth } }`,
  },
  {
    code: "E0502",
    text: `rule r "R" { severity low mode «on» match by user within 1m { a: auth } }`,
  },
  {
    code: "E0502",
    text: `rule r "R" { severity low owner "a", «"b"» match by user within 1m { a: auth } }`,
  },
  {
    code: "E0502",
    text: `rule r "R" { severity low was «r» match by user within 1m { a: auth } }`,
  },
  {
    code: "E0503",
    text: `«rule r "R"» { match by user within 1m { a: auth } }`,
    fixed: "{\n  severity medium",
  },
  {
    code: "E0504",
    text: `rule r "R" { severity low «severity» high match by user within 1m { a: auth } }`,
  },
  { code: "E0504", text: `stream s from "s" { delay 1s «delay 2s» }` },
  { code: "E0505", text: `stream s from «"a..b"»` },
  { code: "E0505", text: rule("a: auth", `alert "x" to «"a.*"»`) },
  { code: "E0506", text: `stream s from "s" { time ts unit «sec» }` },
  { code: "E0506", text: `stream s from "s" { fields { a: «strin» } }`, fixed: "a: string" },
  {
    code: "E0507",
    text: `stream s from "s" { time ts format «"HH:mm"» }`,
    label: "it has no year (`yyyy`)",
  },
  { code: "E0507", text: `stream s from "s" { time ts zone «"Berlin"» }` },
  {
    code: "E0507",
    text: `${rule("a: auth")} exception e for r where user == "a" until «"soon"» because "b"`,
  },
  { code: "E0508", text: rule("a: auth", `alert { x: user «x»: user }`) },

  // Tests
  { code: "E0601", text: testBlock("«0s auth { } x0» expect none") },
  { code: "E0601", text: testBlock("0s auth { n: 1 «n»: 2 } expect none") },
  { code: "E0601", text: testBlock("0s «r» { n: 1 } expect none") },
  {
    code: "E0602",
    text: `${rule("a: auth")}\ntest «"t"» for r { 0s auth { } x100001 expect none }`,
  },
  { code: "E0603", text: `${rule("a: auth")} test «"t"» for r { 0s auth { } }` },
  { code: "E0603", text: testBlock("«expect none» expect alert") },
  { code: "E0603", text: testBlock("«expect timeout»") },
  { code: "E0603", text: testBlock("expect 1 alerts «expect 2 alerts»") },

  // Warnings
  { code: "W0401", text: where("«1 == 1»") },
  { code: "W0401", text: where("n > 1 and «true»") },
  { code: "W0401", text: where("«n > 1 and false»") },
  { code: "W0401", text: where("«n == 1 and n == 2»") },
  { code: "W0402", text: rule(`a: Login where «action == "logout"»`) },
  { code: "W0403", text: where(`user «matches "^adm"»`), fixed: `user starts with "adm"` },
  {
    code: "W0403",
    text: where(`user «~matches "a.*b"»`),
    fixed: `user ~like "*a*b*"`,
  },
  { code: "W0404", text: rule("a: auth then b: auth within «6m»") },
  {
    code: "W0405",
    text: `rule r "R" { severity low match by user within 5m { a: 2+ open then b: open where ip == «a.ip» } }`,
    fixed: "last(a).ip",
  },
  {
    code: "W0501",
    text: `rule r "R" { severity low attack «X1» match by user within 1m { a: auth } }`,
  },
  {
    code: "W0502",
    text: `rule r "R" { severity critical «status draft» match by user within 1m { a: auth } }`,
  },
  { code: "W0601", text: testBlock("0s «open» { } expect none") },
];

function unmarked(text: string): {
  readonly source: string;
  readonly start: number;
  readonly end: number;
} {
  const marked = `${STREAMS}${text}`;
  const start = marked.indexOf("«");
  return { source: marked.replace("«", "").replace("»", ""), start, end: marked.indexOf("»") - 1 };
}

const ROWS = CASES.map((item) => [item.code, item.text.replace(/\s+/g, " "), item] as const);

test.each(ROWS)("%s %s", (_, __, item) => {
  const { source, start, end } = unmarked(item.text);
  const parsed = parse("rules.seq", source);
  expect(parsed.diagnostics).toEqual([]);
  const { plan, diagnostics } = check([parsed.tree]);
  const shown = diagnostics.map((d) => `${d.code} ${source.slice(d.span.start, d.span.end)}`);
  expect(shown).toEqual([
    `${item.code} ${start < 0 ? shown[0]?.slice(6) : source.slice(start, end)}`,
  ]);
  const [found] = diagnostics;
  expect(plan === null).toBe(item.code.startsWith("E"));
  expect(found?.severity).toBe(item.code.startsWith("E") ? "error" : "warning");
  if (start >= 0) expect([found?.span.start, found?.span.end]).toEqual([start, end]);
  if (item.label !== undefined)
    expect([found?.label, ...(found?.notes ?? [])]).toContain(item.label);
  if (item.fixed !== undefined) {
    const fix = found?.fix;
    const text = `${source.slice(0, fix?.span.start)}${fix?.text}${source.slice(fix?.span.end)}`;
    expect(text).toContain(item.fixed);
  }
});

test("messages are sentences without a full stop, and fixes are within the file", () => {
  for (const item of CASES) {
    const { source } = unmarked(item.text);
    for (const d of check([parse("rules.seq", source).tree]).diagnostics) {
      expect(d.message).toMatch(/[^.]$/);
      expect(d.span.start).toBeLessThanOrEqual(d.span.end);
      expect(d.fix === null || d.fix.span.end <= source.length).toBe(true);
    }
  }
});
