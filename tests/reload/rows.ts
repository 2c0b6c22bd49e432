/**
 * The rows of the table in docs/RELOAD.md, each proven by a case: a set before and after the reload, what comes before
 * and after it, the verdict, and every alert. Events are numbered from 1; `reload` stands between them.
 */

import type { Choice, Verdict } from "../../engine/engine.ts";
import type { DataContent } from "../../engine/rule-data.ts";
import { listOf, tableOf } from "./reload-run.ts";

/** `12s B user=x n=3`: an event of type B; `s2:12s …`: of another stream; `reload`; `12s`: time alone. */
type Step = string;

export interface Row {
  /** As in the first column of the table. */
  readonly change: string;
  readonly before: string;
  readonly after: string;
  /** Further sets, each for a further `reload`. */
  readonly later?: readonly string[];
  readonly steps: readonly Step[];
  /** Of the rule `r`, or of the one named first. */
  readonly verdict: Verdict;
  /** Part of the reasons. */
  readonly because?: string;
  readonly choices?: readonly (readonly [string, Choice])[];
  readonly refused?: boolean;
  readonly dataBefore?: readonly (readonly [string, DataContent])[];
  readonly dataAfter?: readonly (readonly [string, DataContent])[];
  readonly alerts: readonly string[];
}

const S = `stream s from "x.s" { time at }\n`;
const AB = 'match by k within 1m { a: s where t == "A"  then b: s where t == "B" }';

function rule(body: string, head = "", name = "r", title = "a title"): string {
  return `rule ${name} "${title}" { severity low ${head} ${body} }\n`;
}

export const ROWS: readonly Row[] = [
  {
    change: "nothing, or only comments, white space, tests",
    before: S + rule(AB),
    after: `# again\n${S}${rule(AB)}test "t" for r { expect none }\n`,
    steps: ["1s A", "reload", "2s B", "3s A", "4s B"],
    verdict: "same",
    alerts: ["r v1 @2s a:1 b:2", "r v1 @4s a:3 b:4"],
  },
  {
    change: "title, metadata, what an alert says",
    before: S + rule(AB),
    after: S + rule(`${AB} alert "now {k}" { n: a.n }`, 'owner "me"', "r", "another title"),
    steps: ["1s A", "reload", "2s B"],
    verdict: "keep",
    because: "title or metadata",
    alerts: ["r v2 @2s a:1 b:2"],
  },
  {
    change: "severity",
    before: S + rule(AB),
    after: `${S}rule r "a title" { severity high ${AB} }`,
    steps: ["1s A", "reload", "2s B"],
    verdict: "keep",
    because: "severity",
    alerts: ["r v2 @2s high a:1 b:2"],
  },
  {
    change: "names of steps and keys",
    before: S + rule(AB),
    after: S + rule(AB.replace("a: ", "first: ").replace("by k", "by k as host")),
    steps: ["1s A", "reload", "2s B"],
    verdict: "keep",
    because: "other names",
    alerts: ["r v2 @2s b:2 first:1"],
  },
  {
    change: "`having` after the block",
    before: S + rule(`${AB} having b.n > 5`),
    after: S + rule(`${AB} having b.n > 2`),
    steps: ["1s A", "reload", "2s B n=3"],
    verdict: "keep",
    because: "conditions",
    alerts: ["r v2 @2s a:1 b:2"],
  },
  {
    change: "a condition or threshold of a step",
    before: S + rule(AB.replace('"A"', '"A" and n > 1').replace('"B"', '"B" and n > 1')),
    after: S + rule(AB.replace('"A"', '"A" and n > 5').replace('"B"', '"B" and n > 5')),
    steps: ["1s A n=2", "reload", "2s B n=2", "3s B n=6", "4s A n=2", "5s B n=6"],
    verdict: "keep",
    because: "conditions",
    // What the old threshold let pass stays; the new one judges from the reload on.
    alerts: ["r v2 @3s a:1 b:3"],
  },
  {
    change: "the filter of an event, `let` or `fn` that the rule uses",
    before: `${S}event A = s where t == "A"\nlet far = n > 1\n${rule('match by k within 1m { a: A  then b: s where t == "B" and far }')}`,
    after: `${S}event A = s where t == "X"\nlet far = n > 5\n${rule('match by k within 1m { a: A  then b: s where t == "B" and far }')}`,
    steps: ["1s A", "reload", "2s B n=2", "3s B n=6", "4s A", "5s B n=6", "6s X", "7s B n=6"],
    verdict: "keep",
    because: "admit",
    alerts: ["r v2 @3s a:1 b:3", "r v2 @7s a:6 b:7"],
  },
  {
    change: "a condition that asks for what the old version did not keep",
    before: S + rule('match by k within 1m { a: 2+ s where t == "A"  then b: s where t == "B" }'),
    after:
      S +
      rule(
        'match by k within 1m { a: 2+ s where t == "A"  then b: s where t == "B" and n == count(a) }',
      ),
    steps: ["1s A", "2s A", "reload", "3s A", "4s B n=2", "5s A", "6s B n=2"],
    verdict: "drain",
    because: "only the longest",
    alerts: ["r v1 @4s a:1,2,3 b:4", "r v2 @6s a:3,5 b:6"],
  },
  {
    change: "`once`: another DUR",
    before: S + rule(`${AB} once per k every 10s`),
    after: S + rule(`${AB} once per k every 1m`),
    steps: ["1s A", "2s B", "3s A", "4s B", "5s A", "reload", "13s B", "14s A", "63s B"],
    verdict: "keep",
    because: "withholds for another time",
    alerts: ["r v1 @2s a:1 b:2", "r v2 @63s suppressed 2 a:7 b:8"],
  },
  {
    change: "`once`: other values, added, or removed",
    before: S + rule(`${AB} once per k every 1h`),
    after: S + rule(`${AB} once per k, a.n every 1h`),
    steps: ["1s A", "2s B", "3s A", "reload", "4s B", "5s A", "6s B"],
    verdict: "keep",
    because: "begins anew",
    alerts: ["r v1 @2s a:1 b:2", "r v2 @4s a:3 b:4"],
  },
  {
    change: "`limit`",
    before: S + rule(`${AB} limit 5 open per key`),
    after: S + rule(`${AB} limit 1 open per key`),
    steps: ["1s A n=1", "reload", "2s A", "3s B"],
    verdict: "keep",
    because: "limits",
    alerts: ["control open per key", "r v2 @3s a:2 b:3"],
  },
  {
    change: "`mode`: live to shadow, or back",
    before: S + rule(AB),
    after: S + rule(AB, "mode shadow"),
    steps: ["1s A", "reload", "2s B"],
    verdict: "keep",
    because: "shadow",
    alerts: ["r v2 @2s shadow a:1 b:2"],
  },
  {
    change: "`mode off`",
    before: S + rule(AB),
    after: S + rule(AB, "mode off"),
    later: [S + rule(AB)],
    steps: ["1s A", "reload", "2s B", "reload", "3s B", "4s A", "5s B"],
    verdict: "removed",
    because: "off",
    alerts: ["r v1 @5s a:4 b:5"],
  },
  {
    change: "`within`, `gap`, or an element's `within`",
    before: S + rule(AB),
    after: S + rule(AB.replace("1m", "10s")),
    steps: ["1s A", "reload", "20s B", "21s A", "40s B", "41s A", "45s B"],
    verdict: "drain",
    because: "`within` changed",
    alerts: ["r v1 @20s a:1 b:2", "r v2 @45s a:5 b:6"],
  },
  {
    change: "keys",
    before: S + rule(AB),
    after: S + rule(AB.replace("by k", "by n")),
    steps: ["1s A n=1", "reload", "2s B n=2", "3s A n=3", "4s B n=3"],
    verdict: "drain",
    because: "its keys changed",
    alerts: ["r v1 @2s a:1 b:2", "r v2 @4s a:3 b:4"],
  },
  {
    change: "steps, links, quantities, `no`",
    before: S + rule(AB),
    after:
      S +
      rule(
        'match by k within 1m { a: s where t == "A"  then b: s where t == "B"  then c: s where t == "C" }',
      ),
    steps: ["1s A", "reload", "2s B", "3s C", "4s A", "5s B", "6s C"],
    verdict: "drain",
    because: "its steps changed",
    alerts: ["r v1 @2s a:1 b:2", "r v2 @6s a:4 b:5 c:6"],
  },
  {
    change:
      "`skip`, `until` after the block, `on timeout after`: added, removed, or another one; the kind of `match`",
    before: S + rule(AB),
    after: S + rule(AB.replace("match by", "match all by")),
    steps: ["1s A", "reload", "2s A", "3s B"],
    verdict: "drain",
    because: "its kind changed",
    alerts: ["r v1 @3s a:1 b:3", "r v2 @3s a:2 b:3"],
  },
  {
    change: "the condition of an `until`; `on timeout` without `after`, and what it tells",
    before: S + rule(`${AB} until s where t == "X" on timeout alert "late"`),
    after: S + rule(`${AB} until s where t == "Y" on timeout alert "too late"`),
    steps: ["1s A k=x", "2s A k=y", "reload", "3s X k=x", "3s Y k=y", "4s B k=x", "4s B k=y"],
    verdict: "keep",
    alerts: ["r v2 @4s a:1 b:5"],
  },
  {
    change: "which streams a step reads",
    before: `${S}stream s2 from "x.s2" { time at }\n${rule(AB)}`,
    after: `${S}stream s2 from "x.s2" { time at }\n${rule(AB.replace("b: s", "b: s2"))}`,
    steps: ["1s A", "reload", "2s B", "3s A", "s2:4s B", "5s C"],
    verdict: "drain",
    because: "what its steps read changed",
    alerts: ["r v1 @2s a:1 b:2", "r v2 @4s a:3 b:4"],
  },
  {
    change: "a stream or rule that it read is gone",
    before: `${S}stream s2 from "x.s2" { time at }\n${rule(AB.replace("b: s", "b: s2"))}`,
    after: S + rule(AB),
    steps: ["1s A", "s2:1s C", "reload", "2s B", "3s A", "4s B"],
    verdict: "reset",
    because: "`s2`, which is gone",
    alerts: ["r v2 @4s a:4 b:5"],
  },
  {
    change: "a window's condition over what it keeps",
    before: S + rule('window 1m by k over s where t == "A" having count() >= 5'),
    after: S + rule('window 1m by k over s where t == "A" having count() >= 3'),
    steps: ["1s A", "2s A", "reload", "3s A"],
    verdict: "keep",
    because: "conditions",
    alerts: ["r v2 @3s window s:1,2,3"],
  },
  {
    change: "a window's condition over what it did not keep",
    before: S + rule('window 1m by k over s where t == "A" having count() >= 3'),
    after: S + rule('window 1m by k over s where t == "A" having count() >= 2 and sum(n) >= 5'),
    steps: ["1s A n=1", "2s A n=1", "reload", "3s A n=3", "4s A n=3", "70s A n=9"],
    verdict: "drain",
    because: "did not keep",
    alerts: ["r v1 @3s window s:1,2,3", "r v2 @4s window s:3,4"],
  },
  {
    change: "a window's kind or size",
    before: S + rule('window 1m by k over s where t == "A" having count() >= 3'),
    after: S + rule('window 10s by k over s where t == "A" having count() >= 2'),
    steps: ["1s A", "2s A", "reload", "50s A", "51s A", "62s A", "200s A", "201s A", "202s A"],
    verdict: "drain",
    because: "its window changed",
    alerts: ["r v1 @50s window s:1,2,3", "r v2 @51s window s:3,4", "r v2 @201s window s:6,7"],
  },
  {
    change: "a window of the last events, in its shape",
    before: S + rule('window 3 events by k over s where t == "A" having count() >= 3'),
    after: S + rule('window 2 events by k over s where t == "A" having count() >= 2'),
    steps: ["1s A", "2s A", "reload", "3s A", "4s A"],
    verdict: "reset",
    because: "no end in time",
    alerts: ["r v2 @4s window s:3,4"],
  },
  {
    change: "`expect`: its condition, or the table's name",
    before: S + rule('expect s where t == "A" by k every 10s'),
    after: S + rule('expect s where t == "A" or t == "B" by k every 10s'),
    steps: ["1s A", "reload", "9s B", "30s C"],
    verdict: "keep",
    because: "conditions",
    alerts: ["r v2 @19s missing s:2"],
  },
  {
    change: "`expect`: `every`, keys, with or without a table",
    before: S + rule('expect s where t == "A" by k every 10s'),
    after: S + rule('expect s where t == "A" by k every 30s'),
    steps: ["1s A k=x", "1s A k=y", "reload", "5s A k=y", "12s C", "60s C"],
    verdict: "drain",
    because: "`every` changed",
    alerts: ["r v1 @11s missing s:1", "r v2 @35s missing s:3"],
  },
  {
    change: "a list's or table's contents",
    before: `${S}list bad from "bad.txt"\n${rule(AB.replace('"B"', '"B" and n in bad'))}`,
    after: `${S}list bad from "bad.txt"\n${rule(AB.replace('"B"', '"B" and n in bad'))}`,
    dataBefore: [["bad", listOf([1])]],
    dataAfter: [["bad", listOf([2])]],
    steps: ["1s A", "reload", "2s B n=1", "3s B n=2"],
    verdict: "same",
    alerts: ["r v1 @3s a:1 b:3"],
  },
  {
    change: "the rows of the table of an `expect`",
    before: `${S}table hosts from "hosts.csv" key k\n${rule("expect s by k every 10s from hosts")}`,
    after: `${S}table hosts from "hosts.csv" key k\n${rule("expect s by k every 10s from hosts")}`,
    dataBefore: [["hosts", tableOf(["x", "y"])]],
    dataAfter: [["hosts", tableOf(["y", "z"])]],
    steps: ["1s A k=y", "reload", "2s A k=y", "40s A k=w"],
    verdict: "same",
    alerts: ["r v1 @12s missing s:2", "r v1 @12s missing", "r v1 @50s missing s:3"],
  },
  {
    change: "exceptions",
    before: S + rule(AB),
    after: `${S}${rule(AB)}exception e for r on b where n == 1 because "known"\nexception f for r where a.n == 7 because "known"\n`,
    steps: ["1s A", "1s A k=y n=7", "reload", "2s B n=1", "3s B n=2", "4s B k=y"],
    verdict: "keep",
    because: "exceptions",
    alerts: ["r v1 @3s a:1 b:4"],
  },
  {
    change: "renamed with `was`",
    before: S + rule(`${AB} once per k every 1h`),
    after: S + rule(`${AB} once per k every 1h`, "was r", "n"),
    later: [S + rule(`${AB} once per k every 1h`, "was n", "o")],
    steps: ["1s A", "2s B", "3s A k=y", "4s A", "reload", "5s B", "reload", "6s B k=y"],
    verdict: "keep",
    because: "it was `r`",
    alerts: ["r v1 @2s a:1 b:2", "o v3 @6s a:3 b:6"],
  },
  {
    change: "renamed with `was`, in another shape",
    before: S + rule(AB),
    after: S + rule(AB.replace("1m", "10s"), "was r", "n"),
    steps: ["1s A", "reload", "20s B", "21s A", "25s B"],
    verdict: "drain",
    because: "`within` changed",
    alerts: ["r v1 @20s a:1 b:2", "n v2 @25s a:3 b:4"],
  },
  {
    change: "renamed without `was`",
    before: S + rule(AB),
    after: S + rule(AB, "", "n"),
    steps: ["1s A", "reload", "2s B", "3s A", "4s B"],
    verdict: "removed",
    because: "no such rule any more",
    alerts: ["n v2 @4s a:3 b:4"],
  },
  {
    change: "a rule that is new",
    before: S + rule(AB, "", "q"),
    after: S + rule(AB, "", "q") + rule(AB),
    steps: ["1s A", "reload", "2s B", "3s A", "4s B"],
    verdict: "new",
    because: "no such rule",
    alerts: ["q v1 @2s a:1 b:2", "q v1 @4s a:3 b:4", "r v2 @4s a:3 b:4"],
  },
  {
    change: "a rule that is deleted",
    before: S + rule(AB, "", "q") + rule(AB),
    after: S + rule(AB, "", "q"),
    steps: ["1s A", "reload", "2s B"],
    verdict: "removed",
    because: "no such rule any more",
    alerts: ["q v1 @2s a:1 b:2"],
  },
  {
    change: "taken back to an earlier text",
    before: S + rule(AB),
    after: S + rule(AB.replace("1m", "10s")),
    later: [S + rule(AB)],
    steps: ["1s A", "reload", "2s A k=y", "reload", "3s A k=z", "4s B", "5s B k=y", "6s B k=z"],
    verdict: "drain",
    because: "`within` changed",
    alerts: ["r v1 @4s a:1 b:4", "r v2 @5s a:2 b:5", "r v1 @6s a:3 b:6"],
  },
  {
    change: "a stream's `delay`, `idle`, `late`, subjects or fields",
    before: S + rule(AB),
    after: `stream s from "x.s", "x.more" { time at  delay 5s }\n${rule(AB)}`,
    steps: ["1s A", "reload", "4s B", "3s C", "20s C"],
    verdict: "keep",
    because: "another `delay`",
    alerts: ["r v2 @4s a:1 b:2"],
  },
  {
    change: "a stream's `id`",
    before: `stream s from "x.s" { time at  id u }\n${rule(AB)}`,
    after: `stream s from "x.s" { time at  id w }\n${rule(AB)}`,
    steps: ["1s A u=1 w=1", "reload", "2s B u=1 w=1"],
    verdict: "keep",
    because: "identities seen before are forgotten",
    alerts: ["r v2 @2s a:1 b:2"],
  },
  {
    change: "a stream's `time`",
    before: `stream s from "x.s" { time at  delay 10s }\n${rule(AB)}`,
    after: `stream s from "x.s" { time when  delay 10s }\n${rule(AB)}`,
    steps: [
      "1s A k=x",
      "2s B k=x",
      "3s A",
      "reload",
      "900s B when=946684801000",
      "900s A when=946684802000",
      "900s B when=946684803000",
      "900s C when=946684833000",
    ],
    verdict: "reset",
    because: "event times otherwise",
    // What waited is judged first.
    alerts: ["r v1 @2s a:1 b:2", "r v2 @3s a:5 b:6"],
  },
  {
    change: "the order of streams in the files",
    before: `${S}stream s2 from "x.s2" { time at }\n${rule(AB.replaceAll("s where", "s or s2 where"))}`,
    after: `stream s2 from "x.s2" { time at }\n${S}${rule(AB.replaceAll("s where", "s or s2 where"))}`,
    steps: ["s2:1s C", "1s A", "reload", "2s B", "s2:2s B", "s2:3s C", "3s C", "s2:9s C", "9s C"],
    verdict: "keep",
    because: "another order",
    // Of equal times the events of the stream come first that stands first.
    alerts: ["r v2 @2s a:2 b:4"],
  },
  {
    change: "a rule below it changes",
    before: S + rule(AB, "", "low") + rule("match by k within 1m { x: low  then y: low }"),
    after:
      S +
      rule(AB.replace("1m", "30s"), "", "low") +
      rule("match by k within 1m { x: low  then y: low }"),
    steps: ["1s A k=x", "2s B k=x", "3s A k=x", "reload", "20s B k=x"],
    verdict: "keep",
    because: "a rule below it",
    alerts: ["low v1 @2s a:1 b:2", "low v1 @20s a:3 b:4", "r v2 @20s x:0 y:1"],
  },
  {
    change: "drain, reset or replay is chosen",
    before: S + rule(AB),
    after: S + rule(`${AB} having b.n > 0`),
    choices: [["r", "reset"]],
    steps: ["1s A", "reload", "2s B n=1", "3s A", "4s B n=1"],
    verdict: "reset",
    because: "was chosen",
    alerts: ["r v2 @4s a:3 b:4"],
  },
  {
    change: "something weaker than what is safe is chosen",
    before: S + rule(AB),
    after: S + rule(AB.replace("1m", "10s")),
    choices: [["r", "keep"]],
    refused: true,
    steps: ["1s A", "reload", "20s B"],
    verdict: "drain",
    because: "`within` changed",
    alerts: ["r v1 @20s a:1 b:2"],
  },
];
