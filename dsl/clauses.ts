/** The clauses behind a rule's body: which body has which, and each at most once. */

import type { Clause } from "./ast.ts";
import type { DeclarationOf } from "./declarations.ts";
import { DEFAULT_LIMITS, type LimitsPlan } from "./plan.ts";
import type { Checking } from "./scope.ts";

export type ClauseOf<K extends Clause["kind"]> = Extract<Clause, { kind: K }>;
type BodyKind = "match" | "window" | "expect";

/** The clauses of a rule, each kind once. */
export interface Clauses {
  readonly having: ClauseOf<"having"> | null;
  readonly alert: ClauseOf<"alert"> | null;
  readonly timeout: ClauseOf<"on timeout"> | null;
  readonly recovered: ClauseOf<"on recovered"> | null;
  readonly once: ClauseOf<"once"> | null;
  readonly skip: ClauseOf<"skip"> | null;
  readonly limits: LimitsPlan;
}

const BODIES: Record<Clause["kind"], readonly BodyKind[]> = {
  having: ["match", "window"],
  alert: ["match", "window", "expect"],
  "on timeout": ["match"],
  "on recovered": ["expect"],
  once: ["match", "window", "expect"],
  skip: ["match"],
  limit: ["match"],
};

const LIMITS: Record<ClauseOf<"limit">["what"], keyof LimitsPlan> = {
  "open per key": "openPerKey",
  open: "open",
  "events per match": "eventsPerMatch",
  "matches per event": "matchesPerEvent",
};

/** Counts beyond this are no limits: they would not fit in the engine's tables. */
const MOST = 1_000_000_000;

export function sortClauses(rule: DeclarationOf<"rule">, checking: Checking): Clauses {
  const found = new Map<string, Clause>();
  for (const clause of rule.clauses) {
    if (!fitsBody(clause, rule, checking)) continue;
    const name = clause.kind === "limit" ? `limit … ${clause.what}` : clause.kind;
    if (found.has(name)) {
      checking.report.error("E0309", clause.span, `\`${name}\` is given twice`, {
        label: "given again",
        notes: clause.kind === "having" ? ["`and` joins two conditions"] : [],
      });
    } else found.set(name, clause);
  }
  const limits = { ...DEFAULT_LIMITS };
  for (const clause of found.values()) {
    if (clause.kind === "limit") limits[LIMITS[clause.what]] = limitOf(clause, checking);
  }
  const take = <K extends Clause["kind"]>(kind: K) =>
    (found.get(kind) ?? null) as ClauseOf<K> | null;
  return {
    having: take("having"),
    alert: take("alert"),
    timeout: take("on timeout"),
    recovered: take("on recovered"),
    once: take("once"),
    skip: take("skip"),
    limits,
  };
}

function fitsBody(clause: Clause, rule: DeclarationOf<"rule">, checking: Checking): boolean {
  const kind = rule.body?.kind ?? null;
  // Without a body that is the error; nothing can be said of its clauses.
  if (kind === null || BODIES[clause.kind].includes(kind)) return true;
  const owners = BODIES[clause.kind].map((body) => `\`${body}\``).join(" and ");
  checking.report.error("E0308", clause.span, `\`${kind}\` has no \`${clause.kind}\``, {
    label: `it belongs to ${owners}`,
  });
  return false;
}

function limitOf(clause: ClauseOf<"limit">, checking: Checking): number {
  const { count } = clause;
  if (Number.isSafeInteger(count) && count >= 1 && count <= MOST) return count;
  checking.report.error("E0319", clause.span, "a limit is a whole number from 1 to 1,000,000,000", {
    label: "nothing could match",
  });
  return 1;
}
