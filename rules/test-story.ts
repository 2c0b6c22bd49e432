/** What happened in a test that failed: its alerts, what became of its events, and how far the rules came. */

import { formatDuration } from "../base/time.ts";
import type { EngineStatus } from "../engine/engine.ts";
import type { RuleStatus, StreamStatus } from "../engine/status.ts";
import type { TestDrive } from "./test-drive.ts";
import type { TestInputs } from "./test-input.ts";
import { describeAlert, plural } from "./test-verdict.ts";

const ALERTS_SHOWN = 20;
const LINES_SHOWN = 5;

/** Lines for a person, without indentation. */
export function tellStory(drive: TestDrive, inputs: TestInputs): readonly string[] {
  return [
    ...alertLines(drive, inputs.startMs),
    ...drive.status.streams.flatMap(streamLines),
    ...skippedLines(inputs.skipped),
    ...drive.status.rules.flatMap((rule) => ruleLines(rule, inputs.startMs)),
    ...advanceHint(drive.status, inputs),
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

function advanceHint({ rules }: EngineStatus, { inputs }: TestInputs): readonly string[] {
  const waits = rules.some(({ openStarts, openDeadlines }) => openStarts > 0 && openDeadlines > 0);
  if (!waits || inputs.some(({ kind }) => kind === "advance")) return [];
  return ["`advance` at the end of the test lets time pass, for what waits for a deadline"];
}
