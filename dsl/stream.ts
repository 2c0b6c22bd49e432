/** Stream declarations (D-1): their options, and the plan of each. */

import type { FieldType, PathSegment, StreamOption } from "./ast.ts";
import { type DeclarationOf, refuseReserved, suggestion } from "./declarations.ts";
import type { FieldPath } from "./expr.ts";
import type { FieldsPlan, FieldTypePlan, StreamPlan, TimePlan } from "./plan.ts";
import type { Reporter } from "./report.ts";
import { subjectProblem } from "./subject-form.ts";
import { formatProblem, isZone } from "./zone.ts";

const DEFAULT_IDLE_MS = 30_000;
const DEFAULT_ID_WITHIN_MS = 120_000;

type OptionOf<K extends StreamOption["kind"]> = Extract<StreamOption, { readonly kind: K }>;
type DurationOption = Extract<StreamOption, { readonly duration: unknown }>;

/** The options by kind; reports the second of a kind (E0504). */
function byKind(options: readonly StreamOption[], report: Reporter): Map<string, StreamOption> {
  const found = new Map<string, StreamOption>();
  for (const option of options) {
    if (found.has(option.kind)) {
      report.error("E0504", option.span, `the option \`${option.kind}\` is given twice`, {
        label: "given again",
      });
    } else found.set(option.kind, option);
  }
  return found;
}

/** The plan of a stream; `place` is its place in the rule set (M-1). */
export function streamPlan(
  declaration: DeclarationOf<"stream">,
  place: number,
  report: Reporter,
): StreamPlan {
  for (const subject of declaration.subjects) {
    const problem = subjectProblem(subject.value, true);
    if (problem === null) continue;
    report.error("E0505", subject.span, `\`${subject.value}\` is no subject that can be read`, {
      label: problem,
    });
  }
  const options = byKind(declaration.options, report);
  const time = options.get("time") as OptionOf<"time"> | undefined;
  const delay = options.get("delay") as DurationOption | undefined;
  const idle = options.get("idle") as DurationOption | undefined;
  const id = options.get("id") as OptionOf<"id"> | undefined;
  const late = options.get("late") as OptionOf<"late"> | undefined;
  const fields = options.get("fields") as OptionOf<"fields"> | undefined;
  return {
    name: declaration.name.text,
    subjects: declaration.subjects.map((subject) => subject.value),
    place,
    time: time === undefined ? null : timePlan(time, report),
    delayMs: delay?.duration.ms ?? 0,
    idleMs: idle?.duration.ms ?? DEFAULT_IDLE_MS,
    id:
      id === undefined
        ? null
        : {
            path: plainPath(id.path.segments, report),
            withinMs: id.within?.ms ?? DEFAULT_ID_WITHIN_MS,
          },
    late: late?.policy ?? "drop",
    fields: fields === undefined ? null : fieldsPlan(fields.fields, fields.open, report),
  };
}

/** The segments of a path outside of expressions. */
function plainPath(segments: readonly PathSegment[], report: Reporter): FieldPath {
  return segments.map((segment) => {
    if (segment.kind === "index") return segment.index;
    refuseReserved(report, segment.name.text, segment.name.span);
    return segment.name.text;
  });
}

const UNITS: readonly TimePlan["unit"][] = ["s", "ms", "us", "ns"];

function timePlan(option: OptionOf<"time">, report: Reporter): TimePlan {
  const { format, zone, unit } = option;
  const problem = format === null ? null : formatProblem(format.value);
  if (format !== null && problem !== null) {
    report.error("E0507", format.span, "this time format cannot be used", {
      label: problem,
      notes: ["a format is made of Luxon's tokens, such as `yyyy-MM-dd HH:mm:ss`"],
    });
  }
  if (zone !== null && !isZone(zone.value)) {
    report.error("E0507", zone.span, `there is no time zone \`${zone.value}\``, {
      label: "an IANA name such as `Europe/Berlin`",
    });
  }
  const known = UNITS.find((candidate) => candidate === unit?.text);
  if (unit !== null && known === undefined) {
    const remark = suggestion(unit, UNITS, "units");
    report.error("E0506", unit.span, `there is no unit \`${unit.text}\` of times`, remark);
  }
  return {
    path: plainPath(option.path.segments, report),
    format: format?.value ?? null,
    zone: zone?.value ?? null,
    unit: known ?? "ms",
    ...(known === "ms" ? { declaredMs: true } : {}),
  };
}

const SCALARS: ReadonlyMap<string, "text" | "number" | "boolean" | "any"> = new Map([
  ["string", "text"],
  ["text", "text"],
  ["number", "number"],
  ["boolean", "boolean"],
  ["any", "any"],
]);

function fieldsPlan(fields: readonly FieldType[], open: boolean, report: Reporter): FieldsPlan {
  const seen = new Set<string>();
  for (const field of fields) {
    refuseReserved(report, field.name.text, field.name.span);
    if (seen.has(field.name.text)) {
      report.error("E0201", field.name.span, `the field \`${field.name.text}\` is declared twice`, {
        label: "declared again",
      });
    }
    seen.add(field.name.text);
  }
  return {
    fields: fields.map((field) => ({ name: field.name.text, type: fieldType(field, report) })),
    open,
  };
}

function fieldType(field: FieldType, report: Reporter): FieldTypePlan {
  const { type } = field;
  const item: FieldTypePlan =
    type.kind === "object"
      ? { kind: "object", fields: fieldsPlan(type.fields, type.open, report) }
      : { kind: "scalar", type: SCALARS.get(type.name.text) ?? "any" };
  if (type.kind === "scalar" && !SCALARS.has(type.name.text)) {
    const names = [...SCALARS.keys()];
    const remark = suggestion(type.name, names, "types");
    report.error("E0506", type.name.span, `there is no type \`${type.name.text}\``, remark);
  }
  return type.list ? { kind: "list", item } : item;
}
