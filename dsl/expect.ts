/** `expect` bodies (E-1, E-2): the source, its key, how often it is heard of, and where keys come from. */

import type { ExpectBody } from "./ast.ts";
import { type CheckedBody, requireKeys, requirePositive } from "./body.ts";
import { condition } from "./condition.ts";
import { isBroken, suggestion } from "./declarations.ts";
import type { Expr } from "./expr.ts";
import { keyPlans, keySights } from "./keys.ts";
import type { ExpectPlan, SourcePlan } from "./plan.ts";
import { type Checking, EMPTY_SCOPE, eventScope, type Scope, type StepSight } from "./scope.ts";
import type { Sources } from "./source.ts";
import { SourceTable } from "./source-table.ts";

export function checkExpect(body: ExpectBody, sources: Sources, checking: Checking): CheckedBody {
  const { report } = checking;
  const head = { ...body.span, end: body.span.start + "expect".length };
  requireKeys(body, head, checking);
  if (body.every === null) {
    report.error("E0304", head, "this `expect` says not how often", {
      label: "no `every`",
      notes: ["`every 2m` alerts when a key has been silent for longer than two minutes"],
    });
  } else requirePositive(body.every.ms, body.every.span, "the time between events", checking);
  const keys = keyPlans(body.by, checking);
  const table = new SourceTable(checking, sources);
  const { shapes } = table.add({ names: [body.source], span: body.source.span }, body.by);
  const where = condition(body.where, eventScope(shapes), checking);
  checkTable(body, keys.length, checking);
  const [source] = table.plans;
  const plan: ExpectPlan = {
    kind: "expect",
    label: body.source.text,
    source: source ?? NOTHING,
    where,
    everyMs: body.every?.ms ?? 0,
    table: body.from?.text ?? null,
  };
  const sight: StepSight = { name: body.source.text, label: 0, repeated: false, shapes };
  const scope: Scope = {
    ...EMPTY_SCOPE,
    steps: new Map([[sight.name, sight]]),
    visible: new Set([sight.label]),
    keys: keySights(keys),
    parameters: new Map([
      ["last", { kind: "given", expr: { kind: "key", index: keys.length, standsFor: LAST } }],
      ["gap", { kind: "given", expr: { kind: "key", index: keys.length + 1 } }],
    ]),
  };
  return { plan, keys, scope, judging: [], read: table.read };
}

/** What `last` is: a time. */
const LAST: Expr = { kind: "time", event: { kind: "step", label: 0 } };

const NOTHING: SourcePlan = { stream: "", filter: null, keys: [], nullable: [] };

function checkTable(body: ExpectBody, keys: number, checking: Checking): void {
  const { from } = body;
  if (from === null) return;
  if (keys !== 1 && body.by !== null) {
    checking.report.error("E0307", body.by.span, "with `from` a table there is one key", {
      label: keys === 0 ? "`all` is no key" : `${keys} parts`,
      notes: ["each row of the table is awaited under the table's own key"],
    });
  }
  const { values } = checking.declarations;
  if (values.get(from.text)?.kind === "table") return;
  if (isBroken(checking.declarations, from.text)) return;
  const tables = [...values.values()].filter((value) => value.kind === "table");
  const remark = suggestion(
    from,
    tables.map((table) => table.name.text),
    "tables",
  );
  checking.report.error("E0208", from.span, `there is no table \`${from.text}\``, remark);
}
