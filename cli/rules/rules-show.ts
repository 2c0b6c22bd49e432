/** `sequitur rules ls`, `show`, `enable` and `disable`: the rules of a running service. */

import type { ValueObject } from "../../base/value.ts";
import type { ConsoleOutput } from "../console-output.ts";
import { EXIT, UsageError } from "../exit-code.ts";
import { defaultAuthor } from "./own-set.ts";
import { objects, outcomeLine, positionsText, problemLines, text } from "./report-text.ts";
import { ask } from "./rules-client.ts";
import { findTarget, type TargetFlags } from "./rules-target.ts";

export interface ListOptions extends TargetFlags {
  readonly json: boolean;
}

export async function listCommand(options: ListOptions, output: ConsoleOutput): Promise<number> {
  const { body } = await ask(findTarget(options), "GET", "rules");
  if (options.json) {
    await output.out(`${JSON.stringify(body, null, 2)}\n`);
    return EXIT.ok;
  }
  const head = ["RULE", "VERSION", "MODE", "OPEN", "ALERTS", "SINCE"];
  const rows = objects(body["rules"]).map((rule) => [
    text(rule["rule"]),
    text(rule["version"]),
    rule["off"] === null ? text(rule["mode"]) : "switched off",
    text(rule["openStarts"]),
    text(rule["alerts"]),
    positionsText(rule["since"]),
  ]);
  for (const line of table([head, ...rows])) await output.out(`${line}\n`);
  for (const line of aroundLines(body)) await output.out(`${line}\n`);
  return EXIT.ok;
}

/** Columns as wide as they must be. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** The set, what drains, what is on its way, what was not taken. */
function aroundLines(body: ValueObject): readonly string[] {
  const lines: string[] = [];
  const [active] = objects([body["active"] ?? null]);
  const [origin] = objects([active?.["origin"] ?? null]);
  const from = [text(origin?.["kind"]), text(origin?.["author"]), text(origin?.["note"])];
  const said = from.filter((one) => one !== "").join(", ");
  lines.push(
    "",
    `set ${text(active?.["set"])} (${said}) since ${positionsText(active?.["positions"])}`,
  );
  for (const one of objects(body["draining"])) {
    const version = `${text(one["name"])} ${text(one["version"])}`;
    lines.push(`draining: ${version}, ${text(one["open"])} open`);
  }
  for (const rule of objects(body["rules"])) {
    const [off] = objects([rule["off"] ?? null]);
    if (off === undefined) continue;
    const until = text(off["until"]);
    const end = until === "" ? "" : `, until ${until}`;
    lines.push(`off: ${text(rule["rule"])}: ${text(off["reason"])}${end}`);
  }
  const [history] = objects([body["history"] ?? null]);
  if (history !== undefined) {
    lines.push(
      `building from history: ${text(history["messages"])} messages of about ${text(history["of"])}`,
    );
  } else if (body["step"] !== null) lines.push(`a set is on its way: ${text(body["step"])}`);
  const [problem] = objects([body["problem"] ?? null]);
  if (problem !== undefined) lines.push(...problemLines(problem), outcomeLine(problem));
  return lines;
}

export interface ShowOptions extends TargetFlags {
  readonly rule: string;
  readonly json: boolean;
}

export async function showCommand(options: ShowOptions, output: ConsoleOutput): Promise<number> {
  const { status, body } = await ask(findTarget(options), "GET", pathOf(options.rule));
  if (status !== 200) throw new UsageError(text(body["detail"]));
  if (options.json) {
    await output.out(`${JSON.stringify(body, null, 2)}\n`);
    return EXIT.ok;
  }
  const place = body["file"] === null ? "" : `# ${text(body["file"])}:${text(body["line"])}\n`;
  const facts = [
    `version ${text(body["version"])}`,
    `since ${positionsText(body["since"])}`,
    `tier ${text(body["tier"])}`,
    `open ${text(body["openStarts"])}`,
    `alerts ${text(body["alerts"])}`,
  ];
  await output.out(`# ${facts.join(", ")}\n${place}${text(body["text"])}\n`);
  return EXIT.ok;
}

function pathOf(rule: string): string {
  return `rules/${encodeURIComponent(rule)}`;
}

export interface SwitchOptions extends TargetFlags {
  readonly action: "enable" | "disable";
  readonly rules: readonly string[];
  readonly reason: string;
}

export async function switchCommand(
  options: SwitchOptions,
  output: ConsoleOutput,
): Promise<number> {
  const { action, rules, reason } = options;
  for (const rule of rules) {
    const body = { reason, by: defaultAuthor() };
    const answer = await ask(findTarget(options), "POST", `${pathOf(rule)}/${action}`, body);
    if (answer.status !== 200) throw new UsageError(text(answer.body["detail"]));
    output.err(`sequitur: ${rule} is ${action}d`);
  }
  return EXIT.ok;
}
