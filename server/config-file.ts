/**
 * Reading of a YAML configuration file, with the place of every value. Door of the package `yaml`.
 */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isMap, isPair, isScalar, LineCounter, type ParsedNode, parse, parseDocument } from "yaml";

export interface ConfigFile {
  readonly path: string;
  /** What the file says; an empty file says nothing. */
  readonly value: unknown;
  /** `file:line:column` of the value at the path, of the key that leads to it, or of the nearest that holds it. */
  locate(path: readonly string[]): string;
}

export const CONFIG_NAME = "sequitur.yaml";

/** The nearest configuration file from the folder upward, or null. */
export function findConfigFile(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, CONFIG_NAME);
    if (existsSync(path)) return path;
    if (dirname(at) === at) return null;
  }
}

/** The file's contents, or what is wrong with it, each with its place. */
export function readConfigFile(
  path: string,
): { readonly file: ConfigFile } | { readonly problems: readonly string[] } {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return { problems: [`${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`] };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeOf = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    return {
      problems: document.errors.map(({ pos, message }) => `${placeOf(pos[0])}: ${message}`),
    };
  }
  const locate = (wanted: readonly string[]): string =>
    placeOf(offsetOf(document.contents, wanted));
  return { file: { path, value: document.toJS() ?? {}, locate } };
}

function offsetOf(root: ParsedNode | null, path: readonly string[]): number {
  let node: unknown = root;
  let offset = root?.range[0] ?? 0;
  for (const name of path) {
    if (!isMap(node)) return offset;
    const pair = node.items.find(
      (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === name,
    );
    if (pair === undefined || !isScalar(pair.key)) return offset;
    offset = pair.key.range?.[0] ?? offset;
    node = pair.value;
  }
  return offset;
}

/** The value of a YAML text on one line, as an environment variable or a flag has it; what is no YAML is a text. */
export function scalarOf(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return text;
  }
}
