/** What happened in a test that failed: its alerts, what became of its events, and how far the rules came. */

import { formatDuration } from "../base/time.ts";
import type { RulePlan, SequencePlan } from "../dsl/plan.ts";
import { bodiesOf } from "../dsl/plan-walk.ts";
import type { EngineStatus } from "../engine/engine.ts";
import type { RuleStatus, StreamStatus } from "../engine/status.ts";
import type { TestDrive } from "./test-drive.ts";
import type { TestInputs } from "./test-input.ts";
import type { TestProgress } from "./test-progress.ts";
import { describeAlert, plural } from "./test-verdict.ts";

const ALERTS_SHOWN = 20;
const LINES_SHOWN = 5;

/** Lines for a person; what belongs to the line above is indented. `rules`: those that ran. */
export function tellStory(
  rules: readonly RulePlan[],
  drive: TestDrive,
  inputs: TestInputs,
  progress: TestProgress,
): readonly string[] {
  return [
    ...alertLines(drive, inputs.startMs),
    ...drive.status.streams.flatMap(streamLines),
    ...skippedLines(inputs.skipped),
    ...drive.status.rules.flatMap((rule) => [
      ...ruleLines(rule, inputs.startMs),
      ...progress.linesOf(rule.rule, inputs.startMs),
    ]),
    ...advanceHint(rules, drive.status, inputs),
  ];
}

function alertLines({ alerts }: TestDrive, startMs: number): readonly string[] {
  if (alerts.length === 0) return ["no alert came"];
  const lines = alerts.slice(0, ALERTS_SHOWN).map((alert) => describeAlert(alert, startMs));
  const rest = alerts.length - lines.length;
  return rest > 0 ? [...lines, `… and ${plural(rest, "alert")} more`] : lines;
}

function streamLines(stream: StreamStatus): readonly string[] {
  const facts = [
    stream.events > 0 ? `${plural(stream.events, "event")} taken` : "",
    stream.late + stream.lateForRule > 0 ? `${stream.late + stream.lateForRule} late` : "",
    stream.duplicates > 0 ? `${plural(stream.duplicates, "duplicate")} dropped` : "",
    ...stream.rejected.map(({ reason, count }) =>
      count > 0 ? `${count} refused (${reason})` : "",
    ),
  ].filter((fact) => fact !== "");
  return facts.length === 0 ? [] : [`stream ${stream.stream}: ${facts.join(", ")}`];
}

function skippedLines(skipped: readonly string[]): readonly string[] {
  const lines = skipped.slice(0, LINES_SHOWN);
  const rest = skipped.length - lines.length;
  return rest > 0 ? [...lines, `… and ${plural(rest, "line")} more`] : lines;
}

function ruleLines(rule: RuleStatus, startMs: number): readonly string[] {
  const facts = [
    rule.matches === 1 ? "1 match" : `${rule.matches} matches`,
    rule.excepted > 0 ? `${rule.excepted} excepted` : "",
    rule.suppressed > 0 ? `${rule.suppressed} withheld by \`once\`` : "",
    rule.openStarts > 0 ? `${plural(rule.openStarts, "start")} still open` : "no start open",
    rule.timeMs === null ? "its time never began" : `its time is ${at(rule.timeMs - startMs)}`,
  ].filter((fact) => fact !== "");
  return [`rule ${rule.rule}: ${facts.join(", ")}`];
}

function at(ms: number): string {
  return Number.isFinite(ms)
    ? ms < 0
      ? `-${formatDuration(-ms)}`
      : formatDuration(ms)
    : "not begun";
}

function advanceHint(
  rules: readonly RulePlan[],
  { rules: states }: EngineStatus,
  { inputs }: TestInputs,
): readonly string[] {
  const waits = states.some(
    ({ rule, openStarts, openDeadlines }) =>
      openStarts > 0 &&
      openDeadlines > 0 &&
      rules.some((one) => one.name === rule && decidesAtDeadlines(one)),
  );
  if (!waits || inputs.some(({ kind }) => kind === "advance")) return [];
  return ["`advance` at the end of the test lets time pass, for what waits for a deadline"];
}

/** May time alone decide something, without an event? */
function decidesAtDeadlines({ body, timeout }: RulePlan): boolean {
  switch (body.kind) {
    case "match":
      return timeout !== null || body.mode === "longest" || mayEndWithNo(body.sequence);
    case "window":
      return body.shape.kind === "tumbling" || body.shape.kind === "session";
    case "expect":
      return true;
  }
}

function mayEndWithNo({ items }: SequencePlan): boolean {
  for (const { element } of [...items].reverse()) {
    if (element.kind === "no" || bodiesOf(element).some(mayEndWithNo)) return true;
    const { optional, min } = element.quantity;
    if (!optional && min > 0) return false;
  }
  return false;
}
