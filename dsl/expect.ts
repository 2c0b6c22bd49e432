/** `expect` bodies (E-1, E-2): the source, its key, how often it is heard of, and where keys come from. */

import type { ExpectBody } from "./ast.ts";
import { type CheckedBody, requireKeys, requirePositive } from "./body.ts";
import { condition } from "./condition.ts";
import { isBroken, suggestion } from "./declarations.ts";
import { keyPlans, keySights } from "./keys.ts";
import type { ExpectPlan, SourcePlan } from "./plan.ts";
import { type Binding, type Checking, EMPTY_SCOPE, eventScope, type Scope } from "./scope.ts";
import type { Sources } from "./source.ts";
import { SourceTable } from "./source-table.ts";
import { refuse } from "./supported.ts";

export function checkExpect(body: ExpectBody, sources: Sources, checking: Checking): CheckedBody {
  const { report, refusals } = checking;
  const head = { ...body.span, end: body.span.start + "expect".length };
  refuse(report, refusals, "expect", head);
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
  checkTable(body, checking);
  const [source] = table.plans;
  const plan: ExpectPlan = {
    kind: "expect",
    source: source ?? NOTHING,
    where,
    everyMs: body.every?.ms ?? 0,
    table: body.from?.text ?? null,
  };
  // The time of the last event, and how long ago it was: the plan has no nodes for them yet.
  const unknown: Binding = { kind: "unknown" };
  const parameters = new Map([
    ["last", unknown],
    ["gap", unknown],
  ]);
  const scope: Scope = { ...EMPTY_SCOPE, keys: keySights(keys), parameters };
  return { plan, keys, scope, read: table.read };
}

const NOTHING: SourcePlan = { stream: "", filter: null, keys: [], nullable: [] };

function checkTable(body: ExpectBody, checking: Checking): void {
  const { from } = body;
  if (from === null) return;
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
