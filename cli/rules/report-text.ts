/** What became of a rule set, for people: from the JSON of the API and of the control subject. */

import { isObject, type Value, type ValueObject } from "../../base/value.ts";
import type { Paint, Style } from "../console-output.ts";
import { EXIT } from "../exit-code.ts";

const STYLES: Readonly<Record<string, Style>> = {
  keep: "green",
  drain: "yellow",
  replay: "cyan",
  reset: "red",
  new: "cyan",
  removed: "red",
};

export function objects(value: Value | undefined): readonly ValueObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function text(value: Value | undefined): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** One line for each rule that does not stay as it is, and one for the rest. */
export function verdictLines(report: ValueObject, paint: Paint): readonly string[] {
  const verdicts = objects(report["verdicts"]);
  const width = Math.max(0, ...verdicts.map((one) => text(one["rule"]).length));
  const lines = verdicts.map((one) => {
    const verdict = text(one["verdict"]);
    const was = text(one["was"]);
    const reasons = Array.isArray(one["reasons"]) ? one["reasons"].map(text) : [];
    const why = [...(was === "" ? [] : [`was ${was}`]), ...reasons].join("; ");
    const name = text(one["rule"]).padEnd(width);
    return `${paint(STYLES[verdict] ?? "dim", verdict.padEnd(8))} ${name}  ${why}`.trimEnd();
  });
  const same = Number(report["same"] ?? 0);
  if (same > 0) lines.push(same === 1 ? "1 rule stays as it is" : `${same} rules stay as they are`);
  for (const one of objects(report["refused"])) {
    lines.push(`${text(one["rule"])}: the choice is not followed: ${text(one["reason"])}`);
  }
  return lines;
}

/** What is wrong, each with its place. */
export function problemLines(report: ValueObject): readonly string[] {
  return objects(report["problems"])
    .filter((one) => one["severity"] === "error")
    .map((one) => text(one["text"]));
}

/** One sentence: what became of it. */
export function outcomeLine(report: ValueObject): string {
  const set = text(report["set"]);
  const reason = text(report["reason"]);
  switch (report["outcome"]) {
    case "activated":
    case "data":
      return `set ${set} is active since ${positionsText(report["positions"])}`;
    case "unchanged":
      return `set ${set} runs already`;
    case "accepted":
      return "the set was sent; `sequitur rules ls` tells what becomes of it";
    case "refused":
      return `the set is valid, and cannot run as things are (${reason}); what ran before goes on`;
    case "superseded":
      return `the set is not taken (${reason})`;
    default:
      return `the set is not taken (${reason}); what ran before goes on`;
  }
}

export function positionsText(positions: Value | undefined): string {
  if (!isObject(positions)) return "the beginning";
  const entries = Object.entries(positions);
  if (entries.length === 0) return "the beginning";
  return entries.map(([name, position]) => `${name}=${text(position)}`).join(", ");
}

export function exitCodeOf(report: ValueObject): number {
  switch (report["outcome"]) {
    case "activated":
    case "data":
    case "unchanged":
    case "accepted":
      return EXIT.ok;
    case "invalid":
      return EXIT.invalidRules;
    case "failed":
      return EXIT.findings;
    default:
      return EXIT.usage;
  }
}
