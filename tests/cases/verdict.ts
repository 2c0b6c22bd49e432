/** Outputs of the engine as lines of the notation of cases, beside those that a case expects. */

import { stringifyJson } from "../../base/json.ts";
import { formatDuration } from "../../base/time.ts";
import { isObject, type Value, type ValueObject } from "../../base/value.ts";
import type { Alert, Output } from "../../engine/outputs.ts";
import { START_MS } from "./program.ts";
import { CaseSyntaxError, DURATION, durationMs, LineReader } from "./values.ts";

/** An expected or found output: its head as a line, and what is said about its fields. */
interface Line {
  readonly head: string;
  /** Paths into the alert, with the values that are wanted. */
  readonly fields: ValueObject;
}

/** The expected lines in the canonical writing, in the order of their times. */
export function expectedLines(expected: readonly string[]): readonly Line[] {
  const lines = expected.filter((text) => text !== "none").map(readLine);
  return [...lines].sort((a, b) => a.order - b.order);
}

interface OrderedLine extends Line {
  readonly order: number;
  readonly rule: string;
}

const KINDS = /(?:window|missing|recovered|timeout)\b/;

function readLine(text: string): OrderedLine {
  const line = new LineReader(text);
  const other = line.take(/(late|future|dead) (\d+)/);
  if (other !== null) {
    const fields = line.done ? {} : (line.value() as ValueObject);
    return { head: other[0], fields, order: Number.POSITIVE_INFINITY, rule: "" };
  }
  if (line.take(/limit\b/) !== null)
    return { head: `limit ${line.rest}`, fields: {}, order: Number.POSITIVE_INFINITY, rule: "" };
  const kind = line.take(KINDS)?.[0] ?? "match";
  const rule = line.take(/[a-z][\w.]*(?=\s)/)?.[0] ?? "r";
  const key = line.take(/\[[^\]]*\]/)?.[0] ?? null;
  line.demand(/@/, "a time");
  const atMs = durationMs(line.demand(DURATION, "a time")[0]);
  const steps: [string, string][] = [];
  for (let step = readStep(line); step !== null; step = readStep(line)) steps.push(step);
  const fields = line.done ? {} : (line.value() as ValueObject);
  if (!line.done) throw new CaseSyntaxError(`what is this: ${line.rest}`);
  return { head: headOf({ kind, rule, key, atMs, steps }), fields, order: atMs, rule };
}

function readStep(line: LineReader): [string, string] | null {
  const found = line.take(/([\w]+):(\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)/);
  if (found === null) return null;
  const numbers = (found[2] ?? "").split(",").flatMap((part) => {
    const [from = 0, to = from] = part.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  return [found[1] ?? "", numbers.join(",")];
}

interface Head {
  readonly kind: string;
  readonly rule: string;
  readonly key: string | null;
  readonly atMs: number;
  readonly steps: readonly (readonly [string, string])[];
}

function headOf({ kind, rule, key, atMs, steps }: Head): string {
  const texts = steps.map(([label, numbers]) => `${label}:${numbers}`).sort();
  return [
    ...(kind === "match" ? [] : [kind]),
    ...(rule === "r" ? [] : [rule]),
    ...(key === null ? [] : [key]),
    `@${atMs < 0 ? `-${formatDuration(-atMs)}` : formatDuration(atMs)}`,
    ...texts,
  ].join(" ");
}

/** What the engine put out: a head each, and the whole as a value to look for fields in. */
export interface Found {
  readonly head: string;
  /** The head without steps: absence and windows are often expected without their evidence. */
  readonly short: string;
  readonly order: number;
  readonly rule: string;
  readonly body: ValueObject;
}

/** `numberOf` tells the number of an event by its position, or null where it is none of this key's. */
export function foundLines(
  outputs: readonly Output[],
  numberOf: (seq: number) => number | null,
): readonly Found[] {
  const found = outputs.map((output) => foundOf(output, numberOf));
  return [...found].sort((a, b) => a.order - b.order);
}

function foundOf(output: Output, numberOf: (seq: number) => number | null): Found {
  if (output.kind === "alert") return foundAlert(output.alert, output.to, numberOf);
  const body = JSON.parse(output.text) as ValueObject;
  const number = numberOf(Number(body["seq"]));
  const word = output.kind === "late" ? body["reason"] : output.kind;
  const head =
    output.kind === "control"
      ? `limit ${output.limit} dropped ${String(body["dropped"])}`
      : `${String(word)} ${number}`;
  return {
    head,
    short: head.replace(/ dropped .*/, ""),
    order: Number.POSITIVE_INFINITY,
    rule: "",
    body,
  };
}

function foundAlert(
  alert: Alert,
  to: string | null,
  numberOf: (seq: number) => number | null,
): Found {
  const parts = Object.values(alert.key).map((part) =>
    typeof part === "string" ? part : stringifyJson(part),
  );
  const key = parts.every((part) => part === "x") ? null : `[${parts.join(",")}]`;
  const atMs = Date.parse(alert.time) - START_MS;
  const steps = Object.entries(alert.events).map(
    ([label, events]) => [label, events.map(({ seq }) => numberOf(seq)).join(",")] as const,
  );
  const { kind, rule } = alert;
  return {
    head: headOf({ kind, rule, key, atMs, steps }),
    short: headOf({ kind, rule, key, atMs, steps: [] }),
    order: atMs,
    rule,
    body: { ...(alert as unknown as ValueObject), to },
  };
}

/** The two sides as texts: of each found output, the fields that its expected counterpart speaks of. */
export function sideBySide(
  expected: readonly Line[],
  found: readonly Found[],
): { readonly wanted: readonly string[]; readonly came: readonly string[] } {
  return {
    wanted: expected.map(({ head, fields }) => lineText(head, fields)),
    came: found.map(({ head, short, body }, i) => {
      const line = expected[i];
      const shown = line !== undefined && line.head === short ? short : head;
      const names = Object.keys(line?.fields ?? {});
      return lineText(shown, Object.fromEntries(names.map((path) => [path, fieldAt(body, path)])));
    }),
  };
}

function lineText(head: string, fields: ValueObject): string {
  return Object.keys(fields).length === 0 ? head : `${head} ${stringifyJson(fields)}`;
}

/** The value at a path such as `data.n`. Times are shown as counted from the start of the case: `"@2s"`. */
function fieldAt(body: ValueObject, path: string): Value {
  const counted = path === "start" || path === "end";
  const value = path.split(".").reduce<Value>(partOf, body);
  return counted ? `@${formatDuration(Date.parse(String(value)) - START_MS)}` : value;
}

/** A field of an object, or an item of a list. */
function partOf(value: Value, name: string): Value {
  if (Array.isArray(value)) return (value as readonly Value[])[Number(name)] ?? null;
  return isObject(value) && Object.hasOwn(value, name) ? (value[name] ?? null) : null;
}
