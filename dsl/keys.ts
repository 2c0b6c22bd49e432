/** Keys of rules (M-2): their shown names, and their values in each source. */

import type { Key, Keys } from "./ast.ts";
import { refuseReserved } from "./declarations.ts";
import type { Expr } from "./expr.ts";
import { counted } from "./inline.ts";
import { eventField, shownPath } from "./path.ts";
import type { RulePlan } from "./plan.ts";
import { insertion, type Reporter } from "./report.ts";
import { type Checking, eventScope, type KeySight } from "./scope.ts";
import type { Shape } from "./type.ts";

/** The name that alerts show: the `as` name, else the text as written, without back quotes. */
export function shownName(key: Key, report: Reporter): string {
  if (key.as !== null) return key.as.text;
  if (key.source.kind === "path") return shownPath(key.source.path);
  return report.text(key.source.expr.span).replace(/\s+/g, " ");
}

/** The parts by name; reports names that occur twice. */
export function keyPlans(by: Keys | null, checking: Checking): RulePlan["keys"] {
  if (by === null || by.all) return [];
  const names = new Set<string>();
  return by.keys.map((key) => {
    const name = shownName(key, checking.report);
    refuseReserved(checking.report, name, key.as?.span ?? key.span);
    if (names.has(name)) {
      checking.report.error("E0201", key.span, `two parts of the key are called \`${name}\``, {
        label: "again",
        notes: ["`as` gives a part another name"],
        fix:
          key.as === null
            ? insertion(
                key.span.file,
                key.span.end,
                "give it another name",
                ` as ${freeName(name, names)}`,
              )
            : null,
      });
    }
    names.add(name);
    return { name, nullable: key.nullable };
  });
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  const base = name.replace(/[^\p{L}\p{N}_]+/gu, "_");
  let number = 2;
  while (taken.has(`${base}${number}`)) number++;
  return `${base}${number}`;
}

export function keySights(keys: RulePlan["keys"]): readonly KeySight[] {
  return keys.map((key, index) => ({ name: key.name, index }));
}

/** The values of the key parts in the events of a source. Null after an error. */
export function keyValues(by: Keys, shape: Shape, checking: Checking): readonly Expr[] | null {
  const values = by.keys.map((key) => {
    // A name after `by` is a field, whatever else has that name.
    const { source } = key;
    const shapes = [shape];
    return source.kind === "path"
      ? eventField({ kind: "at hand" }, shapes, source.path.segments, checking)
      : checking.check(source.expr, eventScope(shapes));
  });
  if (values.some((value) => value.type.kind === "poison")) return null;
  return values.map((value) => value.expr);
}

/** Does a step's own `by` fit the match's? Reports E0307. */
export function fitsMatchKeys(own: Keys, match: Keys, checking: Checking): boolean {
  const { report } = checking;
  let good = true;
  if (own.keys.length !== match.keys.length) {
    const wanted = match.all
      ? "the match is `by all`"
      : `the match is by ${counted(match.keys.length, "field")}`;
    report.error("E0307", own.span, "a step's `by` gives the match's fields, one for one", {
      label: own.all ? "`all`" : counted(own.keys.length, "field"),
      notes: [wanted],
    });
    return false;
  }
  for (const key of own.keys) {
    if (key.as !== null) {
      report.error("E0307", key.as.span, "`as` belongs to the match's own `by`", {
        label: "not on a step",
        notes: ["the key has one name, whichever step gives its value"],
      });
      good = false;
    }
  }
  return good;
}
