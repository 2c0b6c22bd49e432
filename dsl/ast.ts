/**
 * The tree of a rule file as it was written: names are not resolved, types not known, and every node has its span.
 * Made by the parser, read by the checker and (later) the formatter. Plain immutable data: unions on `kind`.
 * Grammar: docs/LANGUAGE.md.
 */

import type { Span } from "../base/diagnostic.ts";

/** A name as written; `quoted` when it stood in back quotes, which always makes it a field. */
export interface Name {
  readonly text: string;
  readonly quoted: boolean;
  readonly span: Span;
}

/** A dotted name such as `auth.bruteforce`. */
export interface DottedName {
  readonly text: string;
  readonly span: Span;
}

/** One segment of a path: a name, or an index into a list (negative counts from the end). */
export type PathSegment =
  | { readonly kind: "name"; readonly name: Name }
  | { readonly kind: "index"; readonly index: number; readonly span: Span };

/** `geo.lat`, `args[0]`, `` `user-agent`.os ``. At least one segment, the first one a name. */
export interface Path {
  readonly segments: readonly PathSegment[];
  readonly span: Span;
}

export interface Duration {
  readonly ms: number;
  readonly span: Span;
}

/** A text literal. `raw`: `r"…"`. Block texts have lost their common indentation. */
export interface Text {
  readonly value: string;
  readonly raw: boolean;
  readonly span: Span;
}

/** A title with `{expr}` parts: texts and expressions in the order written; `{{` has become `{`. */
export interface Template {
  readonly parts: readonly (string | Expr)[];
  readonly span: Span;
}

export type BinaryOperator =
  | "or"
  | "and"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "=~"
  | "in"
  | "like"
  | "matches"
  | "contains"
  | "starts with"
  | "ends with"
  | "??"
  | "+"
  | "-"
  | "*"
  | "/"
  | "%";

export type Expr =
  | { readonly kind: "null" | "true" | "false"; readonly span: Span }
  /** `value` is a bigint for integers beyond 2^53. */
  | { readonly kind: "number"; readonly value: number | bigint; readonly span: Span }
  | { readonly kind: "duration"; readonly ms: number; readonly span: Span }
  /** In bytes: `5MB` is 5,000,000. */
  | { readonly kind: "size"; readonly bytes: number; readonly span: Span }
  | { readonly kind: "text"; readonly text: Text; readonly span: Span }
  | { readonly kind: "list"; readonly items: readonly Expr[]; readonly span: Span }
  /** A path or a bare name: what it means is the checker's business. */
  | { readonly kind: "path"; readonly path: Path; readonly span: Span }
  /** `first(run).value`, `devices[x].owner`: what stands before is an expression, not a name. */
  | {
      readonly kind: "member";
      readonly of: Expr;
      readonly segment: PathSegment;
      readonly span: Span;
    }
  /** `x[e]` where e is not an integer literal: a look-up in a table. */
  | { readonly kind: "lookup"; readonly of: Expr; readonly key: Expr; readonly span: Span }
  | {
      readonly kind: "call";
      readonly name: Name;
      readonly args: readonly Expr[];
      readonly span: Span;
    }
  /** `any(x in xs: …)`, and likewise all, map, filter. */
  | {
      readonly kind: "lambda";
      readonly name: Name;
      readonly parameter: Name;
      readonly list: Expr;
      readonly body: Expr;
      readonly span: Span;
    }
  | { readonly kind: "not" | "negate"; readonly operand: Expr; readonly span: Span }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      /** `not in`, `not like` …: the whole test is negated. */
      readonly negated: boolean;
      /** `~in`, `~like` …: texts are compared without case. */
      readonly caseless: boolean;
      readonly left: Expr;
      readonly right: Expr;
      readonly operatorSpan: Span;
      readonly span: Span;
    }
  | {
      readonly kind: "if";
      readonly test: Expr;
      readonly then: Expr;
      readonly else: Expr;
      readonly span: Span;
    };

/** `user`, `user?`, `(lower(user)) as who`. */
export interface Key {
  readonly source:
    | { readonly kind: "path"; readonly path: Path }
    | { readonly kind: "expr"; readonly expr: Expr };
  /** `?`: null is a value like any other (M-2). */
  readonly nullable: boolean;
  readonly as: Name | null;
  readonly span: Span;
}

/** `by all` has `all: true` and no keys. */
export interface Keys {
  readonly all: boolean;
  readonly keys: readonly Key[];
  readonly span: Span;
}

/** `A or B`, at least one. */
export interface Sources {
  readonly names: readonly DottedName[];
  readonly span: Span;
}

export interface Step {
  readonly kind: "step";
  readonly sources: Sources;
  readonly by: Keys | null;
  readonly where: Expr | null;
  readonly each: Expr | null;
  readonly having: Expr | null;
  readonly span: Span;
}

export interface Quantity {
  readonly optional: boolean;
  /** Null where no count is written (then it is once). */
  readonly count: {
    readonly min: number /** Null: no upper bound. */;
    readonly max: number | null;
  } | null;
  readonly contiguity: "consecutive" | "any" | null;
  readonly preference: "greedy" | "shortest" | null;
  readonly span: Span;
}

export interface Group {
  readonly kind: "group";
  readonly sequence: Sequence;
  readonly span: Span;
}
export interface Either {
  readonly kind: "either";
  readonly alternatives: readonly Sequence[];
  readonly span: Span;
}
export interface AllOf {
  readonly kind: "all of";
  readonly contiguity: "consecutive" | "any" | null;
  readonly parts: readonly Sequence[];
  readonly span: Span;
}

/** An element that takes events. */
export interface TakingElement {
  readonly kind: "take";
  readonly label: Name | null;
  readonly quantity: Quantity | null;
  readonly body: Step | Group | Either | AllOf;
  readonly until: Expr | null;
  readonly within: Duration | null;
  readonly span: Span;
}
/** `no X`: takes nothing (M-5). */
export interface NoElement {
  readonly kind: "no";
  readonly sources: Sources;
  readonly by: Keys | null;
  readonly where: Expr | null;
  readonly within: Duration | null;
  readonly span: Span;
}
export type Element = TakingElement | NoElement;

export type LinkKind = "then" | "then any" | "next";

/** Elements with the link that stands before each; the first one's is null. */
export interface Sequence {
  readonly elements: readonly {
    readonly link: { readonly kind: LinkKind; readonly span: Span } | null;
    readonly element: Element;
  }[];
  readonly span: Span;
}

export type MatchMode = "match" | "all" | "longest" | "latest";

export interface MatchBody {
  readonly kind: "match";
  readonly mode: MatchMode;
  /** Null where `by` is missing (an error). */
  readonly by: Keys | null;
  /** Null where `within` is missing (an error). */
  readonly within: Duration | null;
  readonly gap: Duration | null;
  readonly sequence: Sequence;
  readonly until: {
    readonly sources: Sources;
    readonly by: Keys | null;
    readonly where: Expr | null;
    readonly span: Span;
  } | null;
  /** The word `match` and the mode: where messages about the whole block point. */
  readonly headSpan: Span;
  readonly span: Span;
}

export interface WindowBody {
  readonly kind: "window";
  readonly shape:
    | { readonly kind: "sliding"; readonly size: Duration }
    | { readonly kind: "tumbling"; readonly size: Duration; readonly offset: Duration | null }
    | { readonly kind: "session"; readonly gap: Duration }
    | { readonly kind: "count"; readonly events: number };
  readonly by: Keys | null;
  readonly over: readonly {
    readonly label: Name | null;
    readonly source: DottedName;
    readonly where: Expr | null;
    readonly span: Span;
  }[];
  readonly span: Span;
}

export interface ExpectBody {
  readonly kind: "expect";
  readonly source: DottedName;
  readonly where: Expr | null;
  readonly by: Keys | null;
  readonly every: Duration | null;
  readonly from: Name | null;
  readonly span: Span;
}

export interface DataField {
  readonly name: Name;
  readonly value: Expr;
  readonly span: Span;
}
export interface AlertClause {
  /** Null where `{ … }` or `to` follows at once: the rule's own title. */
  readonly title: Template | null;
  readonly data: readonly DataField[] | null;
  readonly to: Text | null;
  readonly span: Span;
}

export type SkipTarget =
  | { readonly kind: "none" | "to next" | "past last" | "past all" }
  | { readonly kind: "to first" | "to last"; readonly step: Name };

/** What stands after metadata and body, in any order; the checker refuses the second of a kind. */
export type Clause =
  | { readonly kind: "having"; readonly expr: Expr; readonly span: Span }
  | { readonly kind: "alert"; readonly alert: AlertClause; readonly span: Span }
  | {
      readonly kind: "on timeout";
      readonly after: Name | null;
      readonly alert: AlertClause;
      readonly span: Span;
    }
  | { readonly kind: "on recovered"; readonly alert: AlertClause; readonly span: Span }
  | {
      readonly kind: "once";
      readonly per: readonly Expr[];
      readonly every: Duration;
      readonly span: Span;
    }
  | { readonly kind: "skip"; readonly target: SkipTarget; readonly span: Span }
  | {
      readonly kind: "limit";
      readonly count: number;
      readonly what: "open per key" | "open" | "events per match" | "matches per event";
      readonly span: Span;
    };

/** `severity high`, `attack T1110.001, T1078`, `owner "team"`: the values as texts, with their spans. */
export interface Metadata {
  readonly name: Name;
  readonly values: readonly { readonly text: string; readonly span: Span }[];
  readonly span: Span;
}

export interface FieldType {
  readonly name: Name;
  readonly type:
    | {
        readonly kind: "scalar";
        readonly name: Name /** `string[]`: a list of them. */;
        readonly list: boolean;
      }
    | {
        readonly kind: "object";
        readonly fields: readonly FieldType[];
        readonly open: boolean;
        readonly list: boolean;
      };
  readonly span: Span;
}

export type StreamOption =
  | {
      readonly kind: "time";
      readonly path: Path;
      readonly format: Text | null;
      readonly zone: Text | null;
      readonly unit: Name | null;
      readonly span: Span;
    }
  | { readonly kind: "delay" | "idle"; readonly duration: Duration; readonly span: Span }
  | {
      readonly kind: "id";
      readonly path: Path;
      readonly within: Duration | null;
      readonly span: Span;
    }
  | { readonly kind: "late"; readonly policy: "drop" | "accept"; readonly span: Span }
  | {
      readonly kind: "fields";
      readonly fields: readonly FieldType[] /** `*` stands among them. */;
      readonly open: boolean;
      readonly span: Span;
    };

/** What an event of a test holds: JSON whose leaves are constant expressions (a `let`, `"…"`, `5MB`). */
export type TestValue =
  | TestObject
  | { readonly kind: "items"; readonly items: readonly TestValue[]; readonly span: Span }
  | { readonly kind: "constant"; readonly expr: Expr; readonly span: Span };
export interface TestObject {
  readonly kind: "object";
  /** A name may also be written as a text. */
  readonly fields: readonly { readonly name: Name; readonly value: TestValue }[];
  readonly span: Span;
}

/** A line of a test block. Times are relative to the test's start. */
export type TestItem =
  | {
      readonly kind: "event";
      readonly at: Duration;
      readonly source: DottedName;
      /** The event's fields; null where none are written. */
      readonly data: TestObject | null;
      readonly repeat: { readonly count: number; readonly every: Duration | null } | null;
      readonly span: Span;
    }
  | { readonly kind: "advance"; readonly by: Duration; readonly span: Span }
  | { readonly kind: "from"; readonly file: Text; readonly span: Span }
  | {
      readonly kind: "expect alert";
      readonly at: Duration | null;
      readonly data: readonly DataField[] | null;
      readonly span: Span;
    }
  | { readonly kind: "expect alerts"; readonly count: number; readonly span: Span }
  | { readonly kind: "expect none" | "expect timeout"; readonly span: Span };

export type Declaration =
  | {
      readonly kind: "stream";
      readonly name: Name;
      readonly subjects: readonly Text[];
      readonly options: readonly StreamOption[];
      readonly span: Span;
    }
  | {
      readonly kind: "event";
      readonly name: Name;
      readonly source: DottedName;
      readonly where: Expr | null;
      readonly span: Span;
    }
  | {
      readonly kind: "list";
      readonly name: Name;
      readonly from:
        | { readonly kind: "items"; readonly items: readonly Expr[] }
        | { readonly kind: "file"; readonly file: Text; readonly column: Name | null }
        | { readonly kind: "kv"; readonly bucket: Text };
      readonly span: Span;
    }
  | {
      readonly kind: "table";
      readonly name: Name;
      readonly from:
        | { readonly kind: "file"; readonly file: Text }
        | { readonly kind: "kv"; readonly bucket: Text };
      readonly key: Name;
      readonly span: Span;
    }
  | { readonly kind: "let"; readonly name: Name; readonly value: Expr; readonly span: Span }
  | {
      readonly kind: "fn";
      readonly name: Name;
      readonly parameters: readonly Name[];
      readonly body: Expr;
      readonly span: Span;
    }
  | {
      readonly kind: "exception";
      readonly name: DottedName;
      readonly rule: DottedName;
      readonly step: Name | null;
      readonly where: Expr;
      readonly until: Text | null;
      readonly because: Text;
      readonly span: Span;
    }
  | {
      readonly kind: "rule";
      readonly name: DottedName;
      readonly title: Text;
      readonly metadata: readonly Metadata[];
      readonly body: MatchBody | WindowBody | ExpectBody | null;
      readonly clauses: readonly Clause[];
      /** Of the head `rule NAME "title"`. */
      readonly headSpan: Span;
      readonly span: Span;
    }
  | {
      readonly kind: "test";
      readonly title: Text;
      readonly rule: DottedName | null;
      readonly items: readonly TestItem[];
      readonly span: Span;
    };

/**
 * A declaration with an error of syntax, which is not in the tree. That it was there is known, so that nothing else need
 * call its name unknown.
 */
export interface BrokenDeclaration {
  /** Its first word: `rule`, `stream` … */
  readonly kind: string;
  /** Null where the name itself is missing or damaged; a test has none. */
  readonly name: string | null;
  readonly span: Span;
}

/** One rule file. */
export interface RuleFile {
  readonly file: string;
  readonly text: string;
  readonly declarations: readonly Declaration[];
  readonly broken: readonly BrokenDeclaration[];
}
