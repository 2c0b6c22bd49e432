/** The fifty rules of W9, by file. */

import { ruleText } from "../package-folder.ts";

const FILES = ["absence", "others", "pairs", "repeated", "streams", "triples", "windows"];

export const W9_RULES = 50;

/** Files of one rule set, by name. */
export function w9Rules(): readonly { readonly file: string; readonly text: string }[] {
  return FILES.map((name) => ({ file: `${name}.seq`, text: ruleText(`w9/${name}.seq`) }));
}
