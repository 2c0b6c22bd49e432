import { expect, test } from "@jest/globals";
import type { EventRecord } from "../../base/event.ts";
import type { Value, ValueObject } from "../../base/value.ts";
import { compileRules } from "../../dsl/compile.ts";
import { NO_DATA } from "../history.ts";
import type { Match, Matcher, MatcherHost, MatcherOptions } from "../matcher.ts";
import { createMatcher } from "./matcher.ts";

class Host implements MatcherHost {
  readonly matches: string[] = [];
  readonly limits: string[] = [];
  readonly armed: { key: string; deadlineMs: number }[] = [];
  readonly data = NO_DATA;

  report(match: Match): void {
    const events = match.taken.map(({ step, event }) => `${step}:${event.seq}`).join(" ");
    this.matches.push(`${match.kind} @${match.decidedMs} ${events}`);
  }

  arm(key: string, deadlineMs: number): void {
    this.armed.push({ key, deadlineMs });
  }

  limitReached(limit: string, count: number): void {
    this.limits.push(`${limit} ${count}`);
  }

  skipMissed(): void {
    this.limits.push("skip missed");
  }
}

/** A matcher for the body of a rule over the stream `s` with events A, B, C, D by `type`. */
function matcherOf(
  body: string,
  options: MatcherOptions = { codegen: true },
): { matcher: Matcher; host: Host } {
  const events = ["A", "B", "C", "D"].map((name) => `event ${name} = s where type == "${name}"`);
  const text = `stream s from "s" { time at }\n${events.join("\n")}\nrule r "r" { severity low ${body} }`;
  const { plan, diagnostics } = compileRules([{ file: "r.seq", text }]);
  const rule = plan?.rules[0];
  if (rule === undefined) throw new Error(diagnostics.map((d) => d.message).join("; "));
  const host = new Host();
  return { matcher: createMatcher(rule, host, options), host };
}

function event(seq: number, type: string, timeMs: number, fields: ValueObject = {}): EventRecord {
  const data: Record<string, Value> = { type, k: "x", at: timeMs, ...fields };
  return {
    stream: "s",
    place: 0,
    feed: "f",
    seq,
    index: 0,
    timeMs,
    timeFrac: 0,
    id: String(seq),
    data,
  };
}

/** Fires what is armed, in order, up to a time that has passed. */
function passTime(matcher: Matcher, host: Host, timeMs: number): void {
  for (;;) {
    host.armed.sort((a, b) => a.deadlineMs - b.deadlineMs);
    const [first] = host.armed;
    if (first === undefined || first.deadlineMs >= timeMs) return;
    host.armed.shift();
    matcher.expire(first.key, first.deadlineMs);
  }
}

const BURST = "match by k within 1h { a: 5+ A  then b: B }";

test.each([
  [true, 2 * 200],
  [false, 200 * 200],
])(
  "with dominance %p a burst of 200 events leaves at most %p partial matches",
  (dominance, most) => {
    const { matcher, host } = matcherOf(BURST, { codegen: true, dominance });
    for (let i = 1; i <= 200; i++) matcher.offer(event(i, "A", i));
    expect(matcher.openRuns()).toBeLessThanOrEqual(most);
    // The plain form is not bounded by the fast one's bound: the fast path really ran.
    expect(matcher.openRuns() > 2 * 200).toBe(!dominance);
    matcher.offer(event(201, "B", 201));
    const all = Array.from({ length: 200 }, (_, i) => `0:${i + 1}`).join(" ");
    expect(host.matches).toEqual([`match @201 ${all} 1:201`]);
  },
);

test("nothing is left once time has passed (X3)", () => {
  const { matcher, host } = matcherOf(
    "match all by k within 10s { a: A  then any b: 1+ B  then c: C }",
  );
  for (let i = 1; i <= 9; i++) matcher.offer(event(i, i % 3 === 1 ? "A" : "B", i * 100));
  expect(matcher.openRuns()).toBeGreaterThan(0);
  expect(matcher.takeChanged()).toEqual(["tx"]);
  expect(matcher.encode("tx").map((part) => part.part)).toEqual([0]);
  passTime(matcher, host, Number.POSITIVE_INFINITY);
  expect([matcher.openRuns(), matcher.openStarts()]).toEqual([0, 0]);
  expect(matcher.takeChanged()).toEqual(["tx"]);
  expect(matcher.encode("tx").map((part) => part.bytes)).toEqual([null]);
});

test("at `limit N open per key` the oldest start goes (A-3)", () => {
  const { matcher, host } = matcherOf(
    "match all by k within 10s { a: A  then b: B } limit 2 open per key",
  );
  for (let i = 1; i <= 4; i++) matcher.offer(event(i, "A", i));
  matcher.offer(event(5, "B", 5));
  expect(host.matches).toEqual(["match @5 0:3 1:5", "match @5 0:4 1:5"]);
  expect(host.limits).toEqual(["open per key 1", "open per key 1"]);
});

test("at `limit N open` the oldest start of all keys goes (A-3)", () => {
  const { matcher, host } = matcherOf("match all by k within 10s { a: A  then b: B } limit 2 open");
  for (const [i, k] of ["x", "y", "z"].entries()) matcher.offer(event(i + 1, "A", i + 1, { k }));
  for (const [i, k] of ["x", "y", "z"].entries()) matcher.offer(event(i + 4, "B", i + 4, { k }));
  expect(host.matches).toEqual(["match @5 0:2 1:5", "match @6 0:3 1:6"]);
  expect(host.limits).toEqual(["open 1"]);
});

test("a partial match ends at `limit N events per match`, of matches the latest starts are kept (A-3)", () => {
  const long = matcherOf("match by k within 10s { a: 2+ A  then b: B } limit 3 events per match");
  for (let i = 1; i <= 4; i++) long.matcher.offer(event(i, "A", i));
  long.matcher.offer(event(5, "B", 5));
  expect(long.host.limits[0]).toBe("events per match 1");
  const many = matcherOf("match all by k within 10s { a: A  then b: B } limit 2 matches per event");
  for (let i = 1; i <= 4; i++) many.matcher.offer(event(i, "A", i));
  many.matcher.offer(event(5, "B", 5));
  expect(many.host.matches).toEqual(["match @5 0:3 1:5", "match @5 0:4 1:5"]);
  expect(many.host.limits).toEqual(["matches per event 2"]);
});

test("`on timeout` reports the partial match that came furthest, at its deadline (M-17)", () => {
  const { matcher, host } = matcherOf(
    'match by k within 10s { a: A  then b: B  then c: C } on timeout after b alert "late"',
  );
  matcher.offer(event(1, "A", 0));
  matcher.offer(event(2, "A", 1000, { k: "y" }));
  matcher.offer(event(3, "B", 2000));
  passTime(matcher, host, Number.POSITIVE_INFINITY);
  expect(host.matches).toEqual(["timeout @10000 0:1 1:3"]);
});

test("a start that had a match does not time out (M-17)", () => {
  const { matcher, host } = matcherOf(
    'match all by k within 10s { a: A  then any b: B } on timeout alert "late"',
  );
  matcher.offer(event(1, "A", 0));
  matcher.offer(event(2, "B", 1));
  passTime(matcher, host, Number.POSITIVE_INFINITY);
  expect(host.matches).toEqual(["match @1 0:1 1:2"]);
});

test("`preceding(n)` sees the key's input for as long as `within` (X-4)", () => {
  const body = "match by k within 10s { a: A where preceding(2).n == 1 }";
  const { matcher, host } = matcherOf(body);
  matcher.offer(event(1, "B", 0, { n: 1 }));
  matcher.offer(event(2, "C", 1, { n: 2, k: "y" }));
  matcher.offer(event(3, "A", 2, { n: 3 }));
  matcher.offer(event(4, "A", 3, { n: 1 }));
  expect(host.matches).toEqual([]);
  matcher.offer(event(5, "A", 4, { n: 5 }));
  matcher.offer(event(6, "A", 10_003, { n: 6 }));
  expect(host.matches).toEqual(["match @10003 0:6"]);
  expect(matcher.takeChanged().flatMap((key) => matcher.encode(key))).toHaveLength(1);
  passTime(matcher, host, Number.POSITIVE_INFINITY);
  expect(
    matcher.takeChanged().flatMap((key) => matcher.encode(key).map((part) => part.bytes)),
  ).toEqual([null]);
});

test("what began and ended between two commits is not stored, and not deleted either", () => {
  const { matcher, host } = matcherOf("match by k within 1s { a: A  then b: B }");
  for (let n = 0; n < 3000; n++) {
    matcher.offer(event(2 * n, "A", n, { k: `k${n}` }));
    matcher.offer(event(2 * n + 1, "B", n, { k: `k${n}` }));
  }
  expect(host.matches).toHaveLength(3000);
  expect(matcher.takeChanged()).toEqual([]);
});
