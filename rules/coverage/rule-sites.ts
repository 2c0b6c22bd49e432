/**
 * The places of a rule that its tests can reach: steps, the ways around and through them, and what can come of a match.
 * Made from the rule's tree, which knows the lines, beside its plan, whose objects the matchers work with.
 *
 * Invariants
 *  C1  A site stands for an object of the plan (by identity) and a kind; the list is in the order of the text.
 */

import { unreachable } from "../../base/assert.ts";
import type { Span } from "../../base/diagnostic.ts";
import type { Declaration, MatchBody, Sequence, TakingElement, WindowBody } from "../../dsl/ast.ts";
import { sequencesOf, stepName } from "../../dsl/labels.ts";
import type { ElementPlan, MatchPlan, RulePlan, SequencePlan, WindowPlan } from "../../dsl/plan.ts";
import { bodiesOf } from "../../dsl/plan-walk.ts";

export type SiteKind =
  /** A step, an entry of a window, or the source of an `expect` took an event. */
  | "taken"
  /** An element that may take nothing was passed over, and the pattern went on behind it. */
  | "passed"
  /** An alternative of `either` was gone through to its end. */
  | "alternative"
  /** An event came that a `no` forbids, and a partial match ended by it. */
  | "forbidden"
  /** An `until` came true for a partial match. */
  | "until"
  | "having true"
  | "having false"
  /** An exception kept an event from its step, or a match from alerting. */
  | "exception"
  /** A partial match ran out of time and was told. */
  | "timeout"
  /** A window's condition came true. */
  | "condition"
  /** An `expect` told of a silence. */
  | "silence"
  /** An `expect` told that the silence is over. */
  | "recovery";

export interface Site {
  readonly kind: SiteKind;
  /** What a test would have to bring about, as a clause: "`fails` takes an event". */
  readonly text: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export type RuleDeclaration = Extract<Declaration, { readonly kind: "rule" }>;
export type ExceptionDeclaration = Extract<Declaration, { readonly kind: "exception" }>;

/** The line of a span's first character, from 1. */
export type LineOf = (span: Span) => number;

/** The sites of one rule. */
export class RuleSites {
  readonly rule: string;
  readonly #sites: Site[] = [];
  readonly #byObject = new Map<object, Map<SiteKind, Site>>();
  readonly #lineOf: LineOf;

  constructor(
    plan: RulePlan,
    tree: RuleDeclaration,
    exceptions: readonly ExceptionDeclaration[],
    lineOf: LineOf,
  ) {
    this.rule = plan.name;
    this.#lineOf = lineOf;
    const { body } = tree;
    if (body?.kind === "match" && plan.body.kind === "match") this.#addMatch(body, plan.body);
    if (body?.kind === "window" && plan.body.kind === "window") this.#addWindow(body, plan.body);
    if (body?.kind === "expect" && plan.body.kind === "expect") {
      this.#add(plan.body, "taken", `\`${body.source.text}\` is heard of`, body.source.span);
      this.#add(plan.body, "silence", "the silence is told", body.span);
    }
    this.#addClauses(plan, tree);
    for (const { name, span } of exceptions) {
      const one = plan.exceptions.find((exception) => exception.name === name.text);
      if (one !== undefined) this.#add(one, "exception", `exception \`${name.text}\` fits`, span);
    }
  }

  /** In the order of the text; exceptions last. */
  get all(): readonly Site[] {
    return this.#sites;
  }

  /** The site of an object of the rule's plan. */
  find(object: object, kind: SiteKind): Site | undefined {
    return this.#byObject.get(object)?.get(kind);
  }

  #add(object: object, kind: SiteKind, text: string, span: Span): void {
    const site: Site = { kind, text, file: span.file, line: this.#lineOf(span) };
    this.#sites.push(site);
    const known = this.#byObject.get(object);
    if (known === undefined) this.#byObject.set(object, new Map([[kind, site]]));
    else known.set(kind, site);
  }

  #addHaving(object: object, of: string, span: Span): void {
    this.#add(object, "having true", `\`having\`${of} is true`, span);
    this.#add(object, "having false", `\`having\`${of} is not true`, span);
  }

  #addMatch(body: MatchBody, plan: MatchPlan): void {
    this.#addSequence(body.sequence, plan.sequence);
    if (plan.until !== null && body.until !== null) {
      this.#add(plan, "until", "`until` of the match fits", body.until.span);
    }
  }

  #addSequence(sequence: Sequence, plan: SequencePlan): void {
    for (const [index, { element }] of sequence.elements.entries()) {
      const item = plan.items[index]?.element;
      if (item === undefined) continue;
      if (element.kind === "take" && item.kind !== "no") this.#addElement(element, item);
      if (element.kind !== "no" || item.kind !== "no") continue;
      const names = element.sources.names.map(({ text }) => text).join(" or ");
      this.#add(item, "forbidden", `\`no ${names}\` ends it`, element.span);
    }
  }

  #addElement(element: TakingElement, plan: Exclude<ElementPlan, { kind: "no" }>): void {
    const { body, quantity, until } = element;
    const name = nameOf(element);
    if (body.kind === "step") this.#add(plan, "taken", `${name} takes an event`, body.span);
    if (plan.quantity.optional || plan.quantity.min === 0) {
      this.#add(plan, "passed", `${name} is passed over`, quantity?.span ?? element.span);
    }
    const sequences = sequencesOf(element);
    for (const [index, inner] of bodiesOf(plan).entries()) {
      const tree = sequences[index];
      if (tree === undefined) continue;
      if (plan.kind === "either") {
        this.#add(inner, "alternative", `alternative ${index + 1} is gone through`, tree.span);
      }
      this.#addSequence(tree, inner);
    }
    if (plan.until !== null && until !== null) {
      this.#add(plan, "until", `\`until\` of ${name} ends it`, until.span);
    }
    if (plan.kind === "step" && plan.having !== null && body.kind === "step") {
      this.#addHaving(plan, ` of ${name}`, body.having?.span ?? body.span);
    }
  }

  #addWindow(body: WindowBody, plan: WindowPlan): void {
    for (const [index, { label, source, span }] of body.over.entries()) {
      const entry = plan.over[index];
      const name = label?.text ?? source.text;
      if (entry !== undefined) this.#add(entry, "taken", `\`${name}\` takes an event`, span);
    }
  }

  #addClauses(plan: RulePlan, { clauses }: RuleDeclaration): void {
    for (const clause of clauses) {
      switch (clause.kind) {
        case "having":
          if (plan.body.kind === "window") {
            this.#add(plan.body, "condition", "the condition comes true", clause.span);
          } else this.#addHaving(plan.body, "", clause.span);
          break;
        case "on timeout":
          this.#add(plan.body, "timeout", "`on timeout` is told", clause.span);
          break;
        case "on recovered":
          this.#add(plan.body, "recovery", "`on recovered` is told", clause.span);
          break;
        case "alert":
        case "once":
        case "skip":
        case "limit":
          break;
        default:
          unreachable(clause);
      }
    }
  }
}

function nameOf(element: TakingElement): string {
  const { body } = element;
  switch (body.kind) {
    case "step":
      return `\`${stepName(element)}\``;
    case "group":
      return "the group";
    case "either":
    case "all of":
      return `\`${body.kind}\``;
    default:
      return unreachable(body);
  }
}
