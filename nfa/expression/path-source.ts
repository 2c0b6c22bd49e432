/** Source that reads a path (L-2): straight-line property reads where the names allow it. Same meaning as `readPath`. */

import type { FieldPath } from "../../dsl/expr.ts";
import { type Emitter, quote, type Source } from "./emit.ts";

/** More forms than this (nested and flat-dotted names) are looked for by `readPath`. */
const FORMS_LIMIT = 8;

const PROTOTYPES: readonly object[] = [
  Object.prototype,
  Array.prototype,
  String.prototype,
  Number.prototype,
  Boolean.prototype,
  BigInt.prototype,
];

/** No value but an object with such an own property has it: a plain read is safe. */
function isFree(name: string): boolean {
  return !PROTOTYPES.some((prototype) => name in prototype) && !/^\d+$/.test(name);
}

/** Where an object is read, what only lists, texts and numbers have does no harm. */
function isFreeOnObject(name: string): boolean {
  return !(name in Object.prototype);
}

/** What is read from. */
export interface Root {
  readonly source: Source;
  /** What it can be at run time: an object, an object or undefined, any value or undefined. */
  readonly holds: "object" | "object or nothing" | "anything";
  /** It is a variable, which may be read more than once. */
  readonly variable: boolean;
}

/** Source of the value at a path; undefined or null where it is missing. */
export function pathSource(emitter: Emitter, root: Root, path: FieldPath): Source {
  const forms = formsOf(path, 0);
  if (forms === null) return `readPath(${root.source} ?? null, ${emitter.constant(path)})`;
  const [only] = forms;
  if (forms.length === 1 && only !== undefined) return formSource(root, only);
  if (root.variable) return `(${forms.map((form) => formSource(root, form)).join(" ?? ")})`;
  const name = emitter.frame.temporary();
  const reads = forms.map((form) => formSource({ ...root, source: name }, form));
  return `(${name} = ${root.source}, ${reads.join(" ?? ")})`;
}

/** All ways to join neighbouring names with dots, the most nested first; null if there are too many. */
function formsOf(path: FieldPath, at: number): readonly FieldPath[] | null {
  const segment = path[at];
  if (segment === undefined) return [[]];
  const forms: FieldPath[] = [];
  let name: string | number = segment;
  for (let next = at + 1; ; next++) {
    const rest = formsOf(path, next);
    if (rest === null || forms.length + rest.length > FORMS_LIMIT) return null;
    for (const form of rest) forms.push([name, ...form]);
    const following = path[next];
    if (typeof following !== "string" || typeof name !== "string") return forms;
    name = `${name}.${following}`;
  }
}

function formSource(root: Root, form: FieldPath): Source {
  let source = root.source;
  form.forEach((segment, i) => {
    if (typeof segment === "number") source = `readItem(${source}, ${segment})`;
    else if (i === 0 && root.holds === "object" && isFreeOnObject(segment)) {
      source += `[${quote(segment)}]`;
    } else if (
      isFree(segment) ||
      (i === 0 && root.holds !== "anything" && isFreeOnObject(segment))
    ) {
      source += `?.[${quote(segment)}]`;
    } else source = `readName(${source}, ${quote(segment)})`;
  });
  return source;
}
