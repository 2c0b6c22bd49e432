/** Arguments whose values are known when a rule is compiled, and cannot be right: zones, ranges, formats, bases. */

import { typeOf, type Value } from "../base/value.ts";
import type * as ast from "./ast.ts";
import type { FunctionEntry } from "./catalogue.ts";
import { parseCidr } from "./cidr.ts";
import type { Checking, Typed } from "./scope.ts";
import { formatProblem, isZone } from "./zone.ts";

type Call = Extract<ast.Expr, { kind: "call" }>;

/** Reports E0407 for a constant argument that can never be right. */
export function checkArgumentValues(
  entry: FunctionEntry,
  call: Call,
  args: readonly Typed[],
  checking: Checking,
): boolean {
  let good = true;
  for (const [i, arg] of args.entries()) {
    const written = call.args[i];
    if (arg.expr.kind !== "const" || arg.expr.value === null || written === undefined) continue;
    const parameter = entry.parameters[i]?.name ?? entry.parameters.at(-1)?.name ?? "";
    const problem = problemOf(`${entry.name} ${parameter}`, parameter, arg.expr.value);
    if (problem === null) continue;
    checking.report.error("E0407", written.span, problem.message, { label: problem.label });
    good = false;
  }
  return good;
}

interface Problem {
  readonly message: string;
  readonly label: string;
}

function problemOf(place: string, parameter: string, value: Value): Problem | null {
  if (parameter === "zone") return zoneProblem(String(value));
  switch (place) {
    case "parse_time format": {
      const label = formatProblem(String(value));
      return label === null ? null : { message: "this format cannot be used", label };
    }
    case "cidr ranges":
      return rangeProblem(value);
    case "to_number base":
      return within(value, 2, 36, "a base");
    case "round digits":
      return within(value, 0, 15, "the number of digits");
    default:
      return null;
  }
}

function zoneProblem(zone: string): Problem | null {
  if (isZone(zone)) return null;
  return {
    message: `there is no time zone \`${zone}\``,
    label: "an IANA name such as `Europe/Berlin`",
  };
}

function rangeProblem(value: Value): Problem | null {
  const items = typeOf(value) === "list" ? (value as readonly Value[]) : [value];
  for (const item of items) {
    if (typeof item !== "string")
      return { message: "a range is a text", label: 'such as "10.0.0.0/8"' };
    const range = parseCidr(item);
    if (range.error !== null) {
      return { message: `\`${item}\` is no range of addresses`, label: range.error };
    }
  }
  return null;
}

function within(value: Value, least: number, most: number, what: string): Problem | null {
  const fits =
    typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
  if (fits) return null;
  return { message: `${what} is a whole number from ${least} to ${most}`, label: "out of range" };
}
