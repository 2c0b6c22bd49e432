/** The conditions of which the rules of W10 are made, as text, and what an event needs to fulfil one. */

import type { Random } from "../../base/random.ts";

/** A test of one field. Of several values one has to fit. */
export type Atom =
  | {
      readonly kind: "equals";
      readonly field: string;
      readonly values: readonly (string | number)[];
      readonly folded: boolean;
    }
  | {
      /** A wildcard at the start, at both ends, or with another one within. Without case. */
      readonly kind: "like";
      readonly field: string;
      readonly values: readonly string[];
    }
  | {
      /** Without case. */
      readonly kind: "contains" | "starts with" | "ends with";
      readonly field: string;
      readonly values: readonly string[];
    }
  | { readonly kind: "cidr"; readonly field: string; readonly range: `${number}.${number}.0.0/16` }
  | { readonly kind: "exists" | "missing"; readonly field: string };

/** Fields by dotted name; the form in which an event carries them is decided later. */
export type Fields = Map<string, string | number | bigint>;

export function textOfAtom(atom: Atom): string {
  const { field } = atom;
  switch (atom.kind) {
    case "equals": {
      const [only] = atom.values.map(literal);
      if (atom.values.length === 1) return `${field} ${atom.folded ? "=~" : "=="} ${only}`;
      return `${field} ${atom.folded ? "~in" : "in"} [${atom.values.map(literal).join(", ")}]`;
    }
    case "like":
    case "contains":
    case "starts with":
    case "ends with": {
      const values = atom.values.map(literal);
      return `${field} ~${atom.kind} ${values.length === 1 ? values[0] : `[${values.join(", ")}]`}`;
    }
    case "cidr":
      return `cidr(${field}, "${atom.range}")`;
    case "exists":
      return `exists(${field})`;
    case "missing":
      return `not exists(${field})`;
  }
}

function literal(value: string | number): string {
  return typeof value === "number" ? String(value) : `r"${value}"`;
}

/** Changes the fields so that the atom holds. */
export function fulfil(atom: Atom, fields: Fields, random: Random): void {
  switch (atom.kind) {
    case "equals": {
      const value = random.pick(atom.values);
      const folds = atom.folded && typeof value === "string";
      fields.set(atom.field, folds ? value.toUpperCase() : value);
      return;
    }
    case "like":
      fields.set(atom.field, random.pick(atom.values).replaceAll("*", String.raw`C:\Users\X`));
      return;
    case "contains":
      fields.set(atom.field, `"C:\\Tools\\run.exe" ${random.pick(atom.values)} /quiet`);
      return;
    case "starts with":
      fields.set(atom.field, `${random.pick(atom.values).toUpperCase()} and more`);
      return;
    case "ends with":
      fields.set(atom.field, `something before ${random.pick(atom.values)}`);
      return;
    case "cidr":
      fields.set(atom.field, `${atom.range.replace(".0.0/16", "")}.${random.below(256)}.7`);
      return;
    case "exists":
      if (!fields.has(atom.field)) fields.set(atom.field, "something");
      return;
    case "missing":
      fields.delete(atom.field);
  }
}
