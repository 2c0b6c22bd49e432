/**
 * The plan: a checked rule set as plain data, the only thing that nfa/, engine/ and rules/ know of the language.
 * A plan is valid by construction: what the contract refuses, or what is not supported yet, never gets here.
 *
 * Invariants
 *  P1  Labels, sources and steps are referred to by index into the arrays of their rule.
 *  P2  Expressions refer only to labels that can have taken events where the expression is judged.
 *  P3  A plan holds no spans and no file names: equal meaning gives equal plans, and equal versions.
 */

import type { Value, ValueObject } from "../base/value.ts";
import type { Expr, FieldPath, Template } from "./expr.ts";

/** Declared type of a field; "any" where nothing is declared. */
export interface FieldsPlan {
  readonly fields: readonly { readonly name: string; readonly type: FieldTypePlan }[];
  /** Other fields may occur. */
  readonly open: boolean;
}
export type FieldTypePlan =
  | { readonly kind: "scalar"; readonly type: "text" | "number" | "boolean" | "any" }
  | { readonly kind: "object"; readonly fields: FieldsPlan }
  | { readonly kind: "list"; readonly item: FieldTypePlan };

export interface StreamPlan {
  readonly name: string;
  /** NATS subjects, wildcards allowed. */
  readonly subjects: readonly string[];
  /** Place in the rule set: orders events of equal times (M-1). */
  readonly place: number;
  /** Null: the broker's time, or the envelope's in a file. */
  readonly time: TimePlan | null;
  readonly delayMs: number;
  readonly idleMs: number;
  /** Null: the event's sequence is its identity, and nothing is looked for twice. */
  readonly id: { readonly path: FieldPath; readonly withinMs: number } | null;
  readonly late: "drop" | "accept";
  readonly fields: FieldsPlan | null;
}

/**
 * How to read an event's time: texts by `format` (null: RFC 3339) in `zone` (null: UTC), numbers by `unit`, and with a
 * declared unit and no format also texts of digits.
 */
export interface TimePlan {
  readonly path: FieldPath;
  readonly format: string | null;
  readonly zone: string | null;
  readonly unit: "s" | "ms" | "us" | "ns";
  /** `unit ms` is declared, and not merely taken where none is. Any other unit is always declared. */
  readonly declaredMs?: true;
}

/**
 * A source of a rule (M-1) under one mapping of keys: a stream, or an event with the filter of its declaration.
 * Steps that name the same source with the same keys share it.
 */
export interface SourcePlan {
  /** A stream's name, or another rule's whose alerts are the events. */
  readonly stream: string;
  /** The conditions of the event's declarations, outermost stream first, joined by `and`; null: every event. */
  readonly filter: Expr | null;
  /** One expression over the event at hand for each key part; none for `by all`. */
  readonly keys: readonly Expr[];
  /** For each key part, whether null is a value like any other under this mapping (`?`, M-2). */
  readonly nullable: readonly boolean[];
}

export interface QuantityPlan {
  /** The count's own minimum: 1 without a count, 0 for `0+`. */
  readonly min: number;
  /** Infinity: no upper bound. */
  readonly max: number;
  /** Nothing, or the count: `optional 3 A` takes none or three. */
  readonly optional: boolean;
  /** Between the events of the loop: as `then`, `next`, `then any`. */
  readonly contiguity: "relaxed" | "strict" | "any";
  readonly greedy: boolean;
  readonly shortest: boolean;
}

export interface StepPlan {
  readonly kind: "step";
  /** Index into `MatchPlan.labels`. */
  readonly label: number;
  /** Position of this step in the text order of all steps of the pattern, from 0: the element's identity. */
  readonly index: number;
  /** Indexes into `MatchPlan.sources`: any of them (M-7). */
  readonly sources: readonly number[];
  readonly where: Expr | null;
  readonly each: Expr | null;
  readonly having: Expr | null;
  readonly quantity: QuantityPlan;
  readonly until: Expr | null;
  readonly withinMs: number | null;
}
export interface NoPlan {
  readonly kind: "no";
  readonly sources: readonly number[];
  readonly where: Expr | null;
  readonly withinMs: number | null;
}
export interface GroupPlan {
  readonly kind: "group";
  readonly sequence: SequencePlan;
  readonly quantity: QuantityPlan;
  readonly until: Expr | null;
  readonly withinMs: number | null;
}
export interface EitherPlan {
  readonly kind: "either";
  readonly alternatives: readonly SequencePlan[];
  readonly quantity: QuantityPlan;
  readonly until: Expr | null;
  readonly withinMs: number | null;
}
export interface AllOfPlan {
  readonly kind: "all of";
  readonly parts: readonly SequencePlan[];
  readonly contiguity: "relaxed" | "strict" | "any";
  readonly quantity: QuantityPlan;
  readonly until: Expr | null;
  readonly withinMs: number | null;
}
export type ElementPlan = StepPlan | NoPlan | GroupPlan | EitherPlan | AllOfPlan;

export type LinkPlan = "then" | "then any" | "next";

/** The first link of a sequence is "then" and has no meaning, save inside a looping group, where the group's contiguity rules. */
export interface SequencePlan {
  readonly items: readonly { readonly link: LinkPlan; readonly element: ElementPlan }[];
}

export type SkipPlan =
  | { readonly kind: "none" | "to next" | "past last" | "past all" }
  | { readonly kind: "to first" | "to last"; readonly label: number };

/** Steps and `no`s of one pattern (its `until` among them), or entries of one window: each has a bit of an integer. */
export const PARTS_MAX = 31;

export interface MatchPlan {
  readonly kind: "match";
  readonly mode: "match" | "all" | "longest" | "latest";
  readonly withinMs: number;
  readonly gapMs: number | null;
  readonly sources: readonly SourcePlan[];
  /** Names of steps in the order of the text; alternatives may share one. */
  readonly labels: readonly string[];
  /** For each label, whether it can take more than one event: then it is a list in expressions and in evidence alike. */
  readonly repeated: readonly boolean[];
  readonly sequence: SequencePlan;
  readonly until: { readonly sources: readonly number[]; readonly where: Expr | null } | null;
  readonly having: Expr | null;
  readonly skip: SkipPlan;
}

export interface WindowPlan {
  readonly kind: "window";
  readonly shape:
    | { readonly kind: "sliding"; readonly sizeMs: number }
    | { readonly kind: "tumbling"; readonly sizeMs: number; readonly offsetMs: number }
    | { readonly kind: "session"; readonly gapMs: number }
    | { readonly kind: "count"; readonly events: number };
  readonly sources: readonly SourcePlan[];
  /** One per entry of `over`; unnamed ones go by their source's name. */
  readonly labels: readonly string[];
  /** The entries: which sources, and the condition after `where`. */
  readonly over: readonly {
    readonly label: number;
    readonly source: number;
    readonly where: Expr | null;
  }[];
  readonly having: Expr;
}

/**
 * Alerts read two values behind the key parts: the time of the last event before the silence (`last`), and how long
 * the silence was (`gap`, in ms). The source's name stands for the last event itself, or for the one that ended the
 * silence.
 */
export interface ExpectPlan {
  readonly kind: "expect";
  /** The source's name: the label of its events. */
  readonly label: string;
  readonly source: SourcePlan;
  readonly where: Expr | null;
  readonly everyMs: number;
  readonly table: string | null;
}

/** What an alert says. Expressions see the labels, the keys and tables; no event is at hand. */
export interface AlertPlan {
  readonly title: Template;
  /** Null: the key. */
  readonly data: readonly { readonly name: string; readonly value: Expr }[] | null;
  /** A subject below the alert stream's; null: by severity and rule. */
  readonly to: string | null;
}

export interface LimitsPlan {
  readonly openPerKey: number;
  readonly open: number;
  readonly eventsPerMatch: number;
  readonly matchesPerEvent: number;
}

/** Defaults of A-3. */
export const DEFAULT_LIMITS: LimitsPlan = {
  openPerKey: 1_000,
  open: 1_000_000,
  eventsPerMatch: 1_000,
  matchesPerEvent: 1_000,
};

/** A known good case of a rule (D-5). It is no part of the rule's version: state and ids stay as they are. */
export interface ExceptionPlan {
  readonly name: string;
  /**
   * The step that events which it fits cannot take: its condition is in the plan of that step already, as
   * `not (where is true)`. Null: finished matches that it fits do not alert.
   */
  readonly label: number | null;
  readonly where: Expr;
  /** The last millisecond of event time, or of the decision, at which it holds; null: for good. */
  readonly untilMs: number | null;
  readonly because: string;
}

export interface RulePlan {
  readonly name: string;
  readonly title: string;
  /** Hash of the rule's meaning, metadata included: 16 hexadecimal digits (see dsl/version.ts). */
  readonly version: string;
  readonly severity: "info" | "low" | "medium" | "high" | "critical";
  readonly mode: "live" | "shadow" | "off";
  /** The remaining metadata, in the order written. */
  readonly metadata: readonly { readonly name: string; readonly values: readonly string[] }[];
  readonly was: string | null;
  /** Key parts by the names that alerts show; empty for `by all`. */
  readonly keys: readonly { readonly name: string; readonly nullable: boolean }[];
  /** Names of the streams (and rules) that the rule reads, each once, in the order of their places. */
  readonly streams: readonly string[];
  readonly body: MatchPlan | WindowPlan | ExpectPlan;
  readonly alert: AlertPlan;
  readonly timeout: { readonly after: number | null; readonly alert: AlertPlan } | null;
  readonly recovered: AlertPlan | null;
  readonly once: { readonly per: readonly Expr[]; readonly everyMs: number } | null;
  readonly limits: LimitsPlan;
  /** In the order of the text. */
  readonly exceptions: readonly ExceptionPlan[];
}

/** An event of a test, at a time relative to the test's start. */
export interface TestEventPlan {
  readonly atMs: number;
  /** Stream that gets it. */
  readonly stream: string;
  readonly data: ValueObject;
}
export type TestExpectation =
  | {
      readonly kind: "alert";
      readonly atMs: number | null;
      readonly data: readonly { readonly name: string; readonly value: Value }[] | null;
    }
  | { readonly kind: "alerts"; readonly count: number }
  | { readonly kind: "none" | "timeout" };
export interface TestPlan {
  readonly title: string;
  /** Null: the alerts of all rules of the file count. */
  readonly rule: string | null;
  /** Repetitions written out. */
  readonly inputs: readonly (
    | { readonly kind: "event"; readonly event: TestEventPlan }
    | { readonly kind: "advance"; readonly byMs: number }
    /** Relative to the rule file. */
    | { readonly kind: "from"; readonly file: string }
  )[];
  readonly expectations: readonly TestExpectation[];
  /** For messages: where the test stands. */
  readonly file: string;
  readonly line: number;
}

export interface RuleSetPlan {
  readonly streams: readonly StreamPlan[];
  /** In ascending order of name: the order of alerts and deadlines of one instant (T-5). */
  readonly rules: readonly RulePlan[];
  readonly tests: readonly TestPlan[];
  /** Lists and tables with literal contents; those from files and buckets are loaded beside the plan. */
  readonly lists: readonly {
    readonly name: string;
    readonly from:
      | { readonly kind: "items"; readonly items: readonly Value[] }
      | { readonly kind: "file"; readonly file: string; readonly column: string | null }
      | { readonly kind: "kv"; readonly bucket: string };
  }[];
  readonly tables: readonly {
    readonly name: string;
    readonly key: string;
    readonly from:
      | { readonly kind: "file"; readonly file: string }
      | { readonly kind: "kv"; readonly bucket: string };
  }[];
}
