/**
 * What the files of one set declare, by name (D-7). Owns the tables that names are looked up in.
 *
 * Invariants
 *  D1  Sources (streams, events, rules) share one space of names; values (list, table, let, fn) share another.
 *  D2  Of declarations that are alike the first one counts; of those that differ too, after an error.
 */

import type { Span } from "../base/diagnostic.ts";
import { nearest } from "../base/edit-distance.ts";
import { alike } from "./alike.ts";
import type { Declaration, DottedName, Name, RuleFile } from "./ast.ts";
import { CALLABLE_NAMES } from "./catalogue.ts";
import { type Remark, type Reporter, replacement } from "./report.ts";

export type DeclarationOf<K extends Declaration["kind"]> = Extract<Declaration, { kind: K }>;
export type SourceDeclaration = DeclarationOf<"stream" | "event" | "rule">;
export type ValueDeclaration = DeclarationOf<"list" | "table" | "let" | "fn">;

export interface Declarations {
  readonly sources: ReadonlyMap<string, SourceDeclaration>;
  readonly values: ReadonlyMap<string, ValueDeclaration>;
  readonly streams: readonly DeclarationOf<"stream">[];
  readonly rules: readonly DeclarationOf<"rule">[];
  readonly exceptions: readonly DeclarationOf<"exception">[];
  readonly tests: readonly DeclarationOf<"test">[];
  readonly broken: BrokenNames;
}

/** Names of declarations with errors of syntax: they are there, but nothing is known of them. */
export interface BrokenNames {
  readonly names: ReadonlySet<string>;
  /** One has lost its name: any unknown name may be it. */
  readonly nameless: boolean;
}

/** Is the name that of a declaration whose errors are told already? */
export function isBroken(declarations: Declarations, name: string): boolean {
  return declarations.broken.nameless || declarations.broken.names.has(name);
}

function brokenNames(files: readonly RuleFile[]): BrokenNames {
  const broken = files.flatMap((file) => file.broken).filter(({ kind }) => kind !== "test");
  const names = new Set(broken.flatMap(({ name }) => (name === null ? [] : [name])));
  return { names, nameless: broken.some(({ name }) => name === null) };
}

/** Names that reach into JavaScript's prototypes; nothing of an author's may be called so. */
const RESERVED: ReadonlySet<string> = new Set(["__proto__", "prototype", "constructor"]);

/** Reports a reserved name. True where it is one. */
export function refuseReserved(report: Reporter, text: string, span: Span): boolean {
  if (!RESERVED.has(text)) return false;
  report.error("E0209", span, `\`${text}\` cannot be used as a name`, {
    label: "reserved",
    notes: ["JavaScript objects keep their inner workings under this name"],
  });
  return true;
}

const KINDS: Record<Declaration["kind"], string> = {
  stream: "stream",
  event: "event",
  list: "list",
  table: "table",
  let: "`let`",
  fn: "function",
  exception: "exception",
  rule: "rule",
  test: "test",
};

/** "an event", "a stream": for messages. */
export function kindWithArticle(kind: Declaration["kind"]): string {
  return kind === "event" || kind === "exception" ? `an ${KINDS[kind]}` : `a ${KINDS[kind]}`;
}

/** Puts a declaration into its table, or says why not. */
function enter<D extends SourceDeclaration | ValueDeclaration>(
  table: Map<string, D>,
  declaration: D,
  report: Reporter,
): boolean {
  const name = declaration.name.text;
  if (refuseReserved(report, name, declaration.name.span)) return false;
  const before = table.get(name);
  if (before === undefined) {
    table.set(name, declaration);
    return true;
  }
  const where = `${before.name.span.file}:${report.line(before.name.span)}`;
  if (before.kind === "rule" && declaration.kind === "rule") {
    report.error("E0201", declaration.name.span, `there are two rules called \`${name}\``, {
      label: "declared again",
      notes: [`the first one is at ${where}`],
    });
  } else if (!alike(before, declaration)) {
    report.error(
      "E0201",
      declaration.name.span,
      `\`${name}\` is declared twice, in different ways`,
      {
        label: `declared again as ${kindWithArticle(declaration.kind)}`,
        notes: [
          `it is ${kindWithArticle(before.kind)} at ${where}; files of one set share their names`,
        ],
      },
    );
  }
  return false;
}

/** Reads the declarations of all files, in the order of files and places. */
export function collect(files: readonly RuleFile[], report: Reporter): Declarations {
  const sources = new Map<string, SourceDeclaration>();
  const values = new Map<string, ValueDeclaration>();
  const streams: DeclarationOf<"stream">[] = [];
  const rules: DeclarationOf<"rule">[] = [];
  const exceptions: DeclarationOf<"exception">[] = [];
  const tests: DeclarationOf<"test">[] = [];
  for (const declaration of files.flatMap((file) => file.declarations)) {
    switch (declaration.kind) {
      case "stream":
        if (enter(sources, declaration, report)) streams.push(declaration);
        break;
      case "rule":
        if (enter(sources, declaration, report)) rules.push(declaration);
        break;
      case "event":
        enter(sources, declaration, report);
        break;
      case "fn":
        refuseBuiltIn(declaration.name, report);
        enter(values, declaration, report);
        break;
      case "list":
      case "table":
      case "let":
        enter(values, declaration, report);
        break;
      case "exception":
        exceptions.push(declaration);
        break;
      case "test":
        tests.push(declaration);
        break;
    }
  }
  const broken = brokenNames(files);
  return { sources, values, streams, rules, exceptions, tests, broken };
}

function refuseBuiltIn(name: Name, report: Reporter): void {
  if (!CALLABLE_NAMES.includes(name.text)) return;
  report.error("E0212", name.span, `\`${name.text}\` is a built-in function`, {
    label: "choose another name",
    notes: ["a rule must mean the same in every file, whatever else is declared"],
  });
}

/** The remark for an unknown name: "did you mean", or what there is. */
export function suggestion(
  name: { readonly text: string; readonly span: Span },
  candidates: readonly string[],
  what: string,
): Remark {
  const near = nearest(name.text, candidates);
  if (near !== null) {
    return { label: `did you mean \`${near}\`?`, fix: replacement(name.span, near) };
  }
  if (candidates.length === 0) return { notes: [`there are no ${what}`] };
  return { notes: [`there are the ${what} ${listed(candidates)}`] };
}

/** At most ten names, the rest counted. */
export function listed(names: readonly string[]): string {
  const shown = names
    .slice(0, 10)
    .map((name) => `\`${name}\``)
    .join(", ");
  return names.length <= 10 ? shown : `${shown} and ${names.length - 10} more`;
}

/** Looks up a stream, event or rule; reports E0202 where there is none. */
export function findSource(
  declarations: Declarations,
  name: DottedName,
  report: Reporter,
): SourceDeclaration | null {
  const found = declarations.sources.get(name.text);
  if (found !== undefined) return found;
  if (isBroken(declarations, name.text)) return null;
  report.error(
    "E0202",
    name.span,
    `there is no stream, event or rule called \`${name.text}\``,
    suggestion(name, [...declarations.sources.keys()], "names"),
  );
  return null;
}
