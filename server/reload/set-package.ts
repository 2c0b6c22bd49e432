/**
 * A rule set as one value: what `rules push` writes into a bucket or sends to the service. The gzip of a JSON object
 * with the bundle, who made it and why, the verdicts that its author chose, and a checksum over all of it.
 */

import { gunzipSync, gzipSync } from "node:zlib";
import { sha256Hex } from "../../base/hash.ts";
import { bundleOf, type RuleBundle } from "../../rules/rule-bundle.ts";

/** What an operator or author may choose for a rule in the place of the compiler's verdict. */
export type RuleChoice = "drain" | "reset" | "replay";
export const CHOICES: readonly RuleChoice[] = ["drain", "reset", "replay"];

export interface PackedSet {
  readonly bundle: RuleBundle;
  readonly author: string;
  readonly note: string;
  /** When it was packed, in ms since 1970. */
  readonly createdMs: number;
  readonly choices: readonly (readonly [rule: string, choice: RuleChoice])[];
  /** The number of the set that this one brings back; null: none. */
  readonly restores: number | null;
}

const FORMAT = 1;
/** No set unpacks to more; a small value could otherwise fill the memory. */
const MAX_BYTES = 256 * 1024 * 1024;

/** Equal sets give equal bytes. */
export function packSet(set: PackedSet): Uint8Array {
  const { bundle, author, note, createdMs, choices, restores } = set;
  const { files, data, buckets } = bundle;
  const body = { author, note, createdMs, choices, restores, files, data, buckets };
  const text = JSON.stringify(body);
  return gzipSync(JSON.stringify({ format: FORMAT, sha256: sha256Hex(text), ...body }));
}

/** The set, or why the bytes are none, as a clause. */
export function unpackSet(bytes: Uint8Array): { readonly set: PackedSet } | { error: string } {
  let value: unknown;
  try {
    value = JSON.parse(gunzipSync(bytes, { maxOutputLength: MAX_BYTES }).toString("utf8"));
  } catch (error) {
    return { error: `it is no packed rule set (${(error as Error).message})` };
  }
  const { format, sha256, ...body } = (value ?? {}) as Record<string, unknown>;
  if (format !== FORMAT) return { error: `it has format ${format}, this version reads ${FORMAT}` };
  if (sha256 !== sha256Hex(JSON.stringify(body))) return { error: "its checksum does not fit" };
  return setOf(body);
}

/** A set from parsed JSON, as it is packed or as a client sends it; what is not said has its default. */
export function setOf(value: unknown): { readonly set: PackedSet } | { error: string } {
  const found = bundleOf(value);
  if ("error" in found) return found;
  const {
    author = "",
    note = "",
    createdMs = 0,
    choices = [],
    restores = null,
  } = value as Partial<Record<string, unknown>>;
  if (typeof author !== "string" || typeof note !== "string")
    return { error: "author and note are texts" };
  if (typeof createdMs !== "number") return { error: "createdMs is a number" };
  if (!Array.isArray(choices) || !choices.every(isChoice))
    return { error: `choices are pairs of a rule and one of ${CHOICES.join(", ")}` };
  if (restores !== null && typeof restores !== "number") return { error: "restores is a number" };
  return { set: { bundle: found.bundle, author, note, createdMs, choices, restores } };
}

function isChoice(value: unknown): value is PackedSet["choices"][number] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  return typeof value[0] === "string" && CHOICES.includes(value[1] as RuleChoice);
}
