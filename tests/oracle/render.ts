/** Writes a pattern as the rule file that means the same, in the grammar of the language. */

import type {
  Condition,
  Element,
  Key,
  MatchUntil,
  No,
  Pattern,
  Quantity,
  Sequence,
  Skip,
  Step,
  Term,
} from "./pattern.ts";

/** The whole file: streams (event time in the field `at`, epoch milliseconds), events, and the rule `oracle.case`. */
export function renderPattern(pattern: Pattern): string {
  const lines = pattern.streams.map((name) => `stream ${name} from "test.${name}" { time at }`);
  for (const { name, stream, filter } of pattern.events)
    lines.push(`event ${name} = ${stream}${clause("where", filter)}`);
  lines.push('rule oracle.case "Oracle case" {', "  severity low");
  lines.push(`  match ${header(pattern)} {`);
  lines.push(...sequenceLines(pattern.sequence, "    "));
  lines.push(`  }${pattern.until ? ` until ${matchUntilText(pattern.until)}` : ""}`);
  if (pattern.having) lines.push(`  having ${conditionText(pattern.having)}`);
  if (pattern.skip) lines.push(`  skip ${skipText(pattern.skip)}`);
  lines.push("}");
  return `${lines.join("\n")}\n`;
}

function header(pattern: Pattern): string {
  const mode = pattern.mode === "match" ? "" : `${pattern.mode} `;
  const keys = pattern.key === null ? "all" : keyText(pattern.key);
  const gap = pattern.gapMs === null ? "" : ` gap ${durationText(pattern.gapMs)}`;
  return `${mode}by ${keys} within ${durationText(pattern.withinMs)}${gap}`;
}

function sequenceLines(sequence: Sequence, indent: string): string[] {
  return sequence.flatMap(({ link, element }, i) => {
    const [first = "", ...rest] = elementLines(element, indent);
    const linked = i === 0 ? first : `${link} ${first}`;
    return [`${indent}${linked}`, ...rest];
  });
}

/** The first line comes without its indent, because a link may stand before it. */
function elementLines(element: Element, indent: string): string[] {
  switch (element.kind) {
    case "step":
      return [stepText(element)];
    case "no":
      return [noText(element)];
    case "group":
      return bracesLines(element, "", "", [element.sequence], indent);
    case "either":
      return bracesLines(element, "either ", "or", element.alternatives, indent);
    case "all of": {
      const contiguity = element.contiguity === "relaxed" ? "" : `${element.contiguity} `;
      return bracesLines(element, `all of ${contiguity}`, "and", element.parts, indent);
    }
  }
}

function bracesLines(
  element: Exclude<Element, Step | No>,
  opening: string,
  separator: string,
  sequences: readonly Sequence[],
  indent: string,
): string[] {
  const lines: string[] = [];
  for (const [i, sequence] of sequences.entries()) {
    if (i === 0) lines.push(`${quantityText(element.quantity)}${opening}{`);
    else lines.push(`${indent}} ${separator} {`);
    lines.push(...sequenceLines(sequence, `${indent}  `));
  }
  lines.push(`${indent}}${clause("until", element.until)}${withinText(element.withinMs)}`);
  return lines;
}

function stepText(step: Step): string {
  return [
    `${step.label}: ${quantityText(step.quantity)}${step.sources.join(" or ")}`,
    step.by ? ` by ${keyText(step.by)}` : "",
    clause("where", step.where),
    clause("each", step.each),
    clause("having", step.having),
    clause("until", step.until),
    withinText(step.withinMs),
  ].join("");
}

function noText(no: No): string {
  return `no ${no.sources.join(" or ")}${no.by ? ` by ${keyText(no.by)}` : ""}${clause("where", no.where)}${withinText(no.withinMs)}`;
}

function quantityText(quantity: Quantity): string {
  const words: string[] = [];
  const { min, max } = quantity;
  if (quantity.optional) words.push("optional");
  if (max === null) words.push(`${min}+`);
  else if (min !== max) words.push(`${min}..${max}`);
  else if (min !== 1) words.push(`${min}`);
  if (quantity.contiguity !== "relaxed") words.push(quantity.contiguity);
  if (quantity.greedy) words.push("greedy");
  if (quantity.shortest) words.push("shortest");
  return words.map((word) => `${word} `).join("");
}

function matchUntilText(until: MatchUntil): string {
  return `${until.sources.join(" or ")}${until.by ? ` by ${keyText(until.by)}` : ""}${clause("where", until.where)}`;
}

function skipText(skip: Skip): string {
  return skip.kind === "to first" || skip.kind === "to last"
    ? `${skip.kind} ${skip.step}`
    : skip.kind;
}

function keyText(key: Key): string {
  return `${key.field}${key.nullable ? "?" : ""}`;
}

function clause(word: string, condition: Condition | null): string {
  return condition === null ? "" : ` ${word} ${conditionText(condition)}`;
}

function withinText(withinMs: number | null): string {
  return withinMs === null ? "" : ` within ${durationText(withinMs)}`;
}

function durationText(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

function conditionText(condition: Condition): string {
  switch (condition.kind) {
    case "compare":
      return `${termText(condition.left)} ${condition.operator} ${termText(condition.right)}`;
    case "not":
      return `not (${conditionText(condition.part)})`;
    default:
      return `(${condition.parts.map(conditionText).join(` ${condition.kind} `)})`;
  }
}

function termText(term: Term): string {
  switch (term.kind) {
    case "constant":
      return JSON.stringify(term.value);
    case "field":
      return term.field;
    case "prev":
      return `prev.${term.field}`;
    case "step":
      return `${term.step}.${term.field}`;
    case "first":
    case "last":
      return `${term.kind}(${term.step}).${term.field}`;
    case "sum":
      return `sum(${term.step}.${term.field})`;
    case "count":
      return `count(${term.step})`;
  }
}
