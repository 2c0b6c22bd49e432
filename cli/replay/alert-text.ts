/** An alert for people: when, how bad, which rule, what, for which key, and its evidence, one line for each step. */

import { stringifyJson } from "../../base/json.ts";
import type { Value, ValueObject } from "../../base/value.ts";
import type { Alert, Evidence } from "../../engine/outputs.ts";
import type { Paint, Style } from "../console-output.ts";

const SEVERITY_STYLES: Readonly<Record<Alert["severity"], Style>> = {
  info: "dim",
  low: "cyan",
  medium: "yellow",
  high: "red",
  critical: "magenta",
};

/** Everything about the alert: lines with their ends, and an empty one behind. */
export function alertText(alert: Alert, paint: Paint): string {
  const steps = Object.keys(alert.events);
  const width = Math.max(3, ...steps.map((step) => step.length)) + 2;
  const lines = [
    `  ${"key".padEnd(width)}${keyText(alert.key)}`,
    ...steps.map((step) => `  ${step.padEnd(width)}${evidenceText(alert.events[step] ?? [])}`),
  ];
  return `${alertHead(alert, paint)}${lines.join("\n")}\n\n`;
}

/** Its first two lines: when, how bad, which rule; and the title. */
export function alertHead(alert: Alert, paint: Paint): string {
  const { severity, rule, title, time, kind, mode, suppressed, truncated } = alert;
  const remarks = [
    kind === "match" ? "" : kind,
    mode === "shadow" ? "shadow" : "",
    suppressed > 0 ? `${suppressed} withheld before` : "",
    truncated > 0 ? `${truncated} more events` : "",
  ].filter((remark) => remark !== "");
  const remark = remarks.length === 0 ? "" : `  (${remarks.join(", ")})`;
  const label = paint(SEVERITY_STYLES[severity], severity.toUpperCase().padEnd(8));
  return `${time}  ${label}  ${rule}${remark}\n  ${paint("bold", oneLine(title))}\n`;
}

/** The key's parts by name. */
export function keyText(object: ValueObject): string {
  const entries = Object.entries(object);
  if (entries.length === 0) return "(all)";
  return entries.map(([name, value]) => `${name}=${scalar(value)}`).join("  ");
}

/** Any value on one line. */
export function scalar(value: Value): string {
  return typeof value === "string" ? oneLine(value) : stringifyJson(value);
}

function evidenceText(events: readonly Evidence[]): string {
  const [first] = events;
  const last = events.at(-1);
  if (first === undefined || last === undefined) return "";
  if (events.length === 1) return `${first.time}  ${placeOf(first)}`;
  return `${first.time}  ${placeOf(first)} … ${last.time}  ${placeOf(last)}  (${events.length} events)`;
}

/** Where the event stands: in a file, the line's number counted from 1. */
export function placeOf({ stream, seq, index }: Evidence): string {
  return index === undefined ? `${stream} #${seq}` : `${stream} #${seq}[${index}]`;
}

/** Events may hold anything; what could steer a terminal is shown as a picture of it. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\ufffd";
  });
}
