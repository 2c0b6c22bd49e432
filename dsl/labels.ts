/**
 * The steps of a pattern by name: which labels there are, which of them are lists, and that no way through the
 * pattern meets a name twice. Owns nothing; made before the conditions are checked, since those refer to steps.
 */

import type { Element, Keys, Sequence, TakingElement } from "./ast.ts";
import { refuseReserved } from "./declarations.ts";
import { isLoop } from "./quantity.ts";
import { insertion } from "./report.ts";
import { type Checking, REFUSED, type StepSight } from "./scope.ts";
import type { SourceTable } from "./source-table.ts";
import type { Shape } from "./type.ts";

/** A step that takes events: an element with its label. */
export interface LabelledStep {
  readonly label: number;
  /** Position in the text order of all steps. */
  readonly index: number;
  readonly sources: readonly number[];
  readonly shapes: readonly Shape[];
}

export interface Labels {
  /** In the order of the text. */
  readonly sights: readonly StepSight[];
  readonly byName: ReadonlyMap<string, StepSight>;
  readonly steps: ReadonlyMap<TakingElement, LabelledStep>;
}

interface Draft {
  readonly name: string;
  repeated: boolean;
  shapes: Shape[];
}

/** Alternatives that share a name often share their source too. */
function knowsShape(shapes: readonly Shape[], { owner, fields }: Shape): boolean {
  return shapes.some((known) => known.owner === owner && known.fields === fields);
}

/** The name by which a step goes: its label, else its sources'. */
export function stepName(element: TakingElement): string {
  if (element.label !== null) return element.label.text;
  return element.body.kind === "step"
    ? element.body.sources.names.map((name) => name.text).join(" or ")
    : "";
}

class Collector {
  readonly drafts: Draft[] = [];
  readonly steps = new Map<TakingElement, LabelledStep>();
  /** Names of what is in braces. */
  readonly refused: string[] = [];
  readonly #byName = new Map<string, number>();
  readonly #checking: Checking;
  readonly #table: SourceTable;
  readonly #by: Keys | null;

  constructor(checking: Checking, table: SourceTable, by: Keys | null) {
    this.#checking = checking;
    this.#table = table;
    this.#by = by;
  }

  /** Goes through a sequence; `taken` are the names met on the way, to which its own are added. */
  sequence(sequence: Sequence, taken: Set<string>, inLoop: boolean): void {
    for (const { element } of sequence.elements) this.#element(element, taken, inLoop);
  }

  #element(element: Element, taken: Set<string>, inLoop: boolean): void {
    if (element.kind === "no") return;
    const { body } = element;
    const looping = inLoop || isLoop(element.quantity);
    if (body.kind !== "step") this.#refuseLabel(element);
    switch (body.kind) {
      case "step":
        this.#step(element, taken, looping);
        return;
      case "group":
        this.sequence(body.sequence, taken, looping);
        return;
      case "all of":
        for (const part of body.parts) this.sequence(part, taken, looping);
        return;
      case "either": {
        // Alternatives may share names: each begins with those met before, and all are met behind.
        const branches = body.alternatives.map((alternative) => {
          const branch = new Set(taken);
          this.sequence(alternative, branch, looping);
          return branch;
        });
        for (const branch of branches) for (const name of branch) taken.add(name);
        return;
      }
    }
  }

  #refuseLabel(element: TakingElement): void {
    if (element.label === null) return;
    this.refused.push(element.label.text);
    this.#checking.report.error("E0316", element.label.span, "only a step has a name", {
      label: "this names something in braces",
      notes: [
        "the steps within the braces can be named, and `count(a, b)` counts the events of several",
      ],
    });
  }

  #step(element: TakingElement, taken: Set<string>, repeated: boolean): void {
    const { body } = element;
    if (body.kind !== "step") return;
    const name = stepName(element);
    this.#checkName(element, name, taken);
    taken.add(name);
    const by = this.#by === null ? null : (body.by ?? this.#by);
    const { indexes, shapes } = this.#table.add(body.sources, by);
    const known = this.#byName.get(name);
    const label = known ?? this.drafts.length;
    if (known === undefined) {
      this.#byName.set(name, label);
      this.drafts.push({ name, repeated, shapes: [...shapes] });
    } else {
      const draft = this.drafts[known];
      if (draft !== undefined) {
        draft.repeated ||= repeated;
        for (const shape of shapes) if (!knowsShape(draft.shapes, shape)) draft.shapes.push(shape);
      }
    }
    this.steps.set(element, { label, index: this.steps.size, sources: indexes, shapes });
  }

  #checkName(element: TakingElement, name: string, taken: ReadonlySet<string>): void {
    const { report } = this.#checking;
    const { label, body } = element;
    if (label !== null) refuseReserved(report, name, label.span);
    if (!taken.has(name) || body.kind !== "step") return;
    const free = freeName(name, taken);
    const fix =
      label === null
        ? insertion(element.span.file, element.span.start, `call it \`${free}\``, `${free}: `)
        : { title: `call it \`${free}\``, span: label.span, text: free };
    report.error("E0306", label?.span ?? body.sources.span, `two steps are called \`${name}\``, {
      label:
        label === null ? "a step without a name goes by its source's" : "the second of this name",
      notes: ["conditions and alerts speak of steps by name, so each has its own"],
      fix,
    });
  }
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  const words = name.replace(/[^\p{L}\p{N}_]+/gu, "_");
  const base = words.slice(0, 1).toLowerCase() + words.slice(1);
  let number = 2;
  while (taken.has(`${base}${number}`)) number++;
  return `${base}${number}`;
}

/** Collects the steps of a pattern, and adds their sources to the table. */
export function collectLabels(
  sequence: Sequence,
  by: Keys | null,
  table: SourceTable,
  checking: Checking,
): Labels {
  const collector = new Collector(checking, table, by);
  collector.sequence(sequence, new Set(), false);
  const sights = collector.drafts.map((draft, label) => ({ ...draft, label }));
  const refused = collector.refused.map((name): StepSight => {
    return { name, label: REFUSED, repeated: true, shapes: [] };
  });
  return {
    sights,
    byName: new Map([...refused, ...sights].map((sight) => [sight.name, sight])),
    steps: collector.steps,
  };
}

/** Labels of the steps within a sequence. */
export function labelsWithin(sequence: Sequence, labels: Labels): ReadonlySet<number> {
  const found = new Set<number>();
  const pending: Sequence[] = [sequence];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const { element } of next.elements) {
      if (element.kind === "no") continue;
      const step = labels.steps.get(element);
      if (step !== undefined) found.add(step.label);
      pending.push(...sequencesOf(element));
    }
  }
  return found;
}

/** The sequences directly within an element. */
export function sequencesOf(element: Element): readonly Sequence[] {
  if (element.kind === "no") return [];
  const { body } = element;
  switch (body.kind) {
    case "step":
      return [];
    case "group":
      return [body.sequence];
    case "either":
      return body.alternatives;
    case "all of":
      return body.parts;
  }
}
