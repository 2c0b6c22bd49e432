/** Are two declarations alike (D-7)? They are when their trees are equal but for spans. */

import type { Declaration } from "./ast.ts";

/** The tree as text without its spans: equal for declarations that differ only in white space and comments. */
function essence(declaration: Declaration): string {
  return JSON.stringify(declaration, (name, value: unknown) => {
    if (name === "span" || name.endsWith("Span")) return undefined;
    return typeof value === "bigint" ? `${value}n` : value;
  });
}

export function alike(a: Declaration, b: Declaration): boolean {
  return essence(a) === essence(b);
}
