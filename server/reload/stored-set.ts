/**
 * What the service keeps in the store of its rule sets: which one runs and since when, what operators have switched,
 * and the texts of every set that a restart needs. Written in the same transaction as the decision that it follows
 * from.
 *
 * Space "service": key "set" (one record), key "bundle/<full hash>" (one each, gzip). Both begin with u8 version.
 */

import { promisify } from "node:util";
import { gunzipSync, gzip, gzipSync } from "node:zlib";
import { ByteReader, ByteWriter } from "../../base/bytes.ts";
import { bundleOf, bundleText, type RuleBundle } from "../../rules/rule-bundle.ts";
import type { Store, StoreChange } from "../../state/store.ts";

const SPACE = "service";
const FORMAT = 1;

/** Where each feed stood, by name. */
export type Positions = readonly (readonly [feed: string, position: number])[];

/** Where a set came from. `mark` tells the source's state: a folder's full hash, a bucket's number. */
export interface SetOrigin {
  readonly kind: "folder" | "kv" | "http" | "rollback" | "bucket";
  readonly mark: string;
  readonly author: string;
  readonly note: string;
}

/** Why a rule that the set holds does not run. */
export interface RuleSwitch {
  readonly rule: string;
  readonly reason: string;
  /** When it goes on by itself, in ms since 1970; null: when somebody enables it. */
  readonly untilMs: number | null;
}

export interface SetVersion {
  readonly hash: string;
  readonly fullHash: string;
  readonly revision: string;
  readonly origin: SetOrigin;
  /** When it was activated, in ms since 1970. */
  readonly activatedMs: number;
  readonly positions: Positions;
}

export interface StoredSet {
  readonly active: SetVersion;
  /** Sets before it, the last one first, whose bundles are kept. */
  readonly history: readonly SetVersion[];
  /** The mark of the configured source that was last taken from: what differs from it is a change. */
  readonly sourceMark: string;
  /** Of each rule: its version and where it began. */
  readonly rules: readonly {
    readonly rule: string;
    readonly version: string;
    readonly since: Positions;
  }[];
  readonly switches: readonly RuleSwitch[];
  /** Old versions that finish what they began, and the full hash of the set that they come from. */
  readonly draining: readonly {
    readonly rule: string;
    readonly version: string;
    readonly set: string;
  }[];
}

/** Sets that can be rolled back to. */
export const HISTORY_MAX = 10;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const writer = new ByteWriter();
const SET_KEY = encoder.encode("set");

export function readStoredSet(store: Pick<Store, "get">): StoredSet | null {
  const bytes = store.get(SPACE, SET_KEY);
  if (bytes === null) return null;
  return JSON.parse(textOf(bytes)) as StoredSet;
}

export function storedSetChange(set: StoredSet): StoreChange {
  writer.byte(FORMAT);
  writer.raw(encoder.encode(JSON.stringify(set)));
  return { space: SPACE, key: SET_KEY, value: writer.take() };
}

function bundleKey(fullHash: string): Uint8Array {
  return encoder.encode(`bundle/${fullHash}`);
}

/** The bundle of this hash, or null where it is not kept. */
export function readStoredBundle(store: Pick<Store, "get">, fullHash: string): RuleBundle | null {
  const bytes = store.get(SPACE, bundleKey(fullHash));
  if (bytes === null) return null;
  checkFormat(bytes);
  const found = bundleOf(JSON.parse(gunzipSync(bytes.subarray(1)).toString("utf8")));
  if ("error" in found) throw new Error(`the stored rule set is broken: ${found.error}`);
  return found.bundle;
}

/** A bundle as it is stored. */
export type PackedBundle = Uint8Array;

export function packBundle(bundle: RuleBundle): PackedBundle {
  return packed(gzipSync(bundleText(bundle)));
}

const gzipLater = promisify(gzip);

/** The same; what takes long is done in another thread. */
export async function packBundleAside(bundle: RuleBundle): Promise<PackedBundle> {
  return packed(await gzipLater(bundleText(bundle)));
}

function packed(bytes: Uint8Array): PackedBundle {
  writer.byte(FORMAT);
  writer.raw(bytes);
  return writer.take();
}

/** Full hashes of the bundles that a stored set needs. */
export function neededBundles({ active, history, draining }: StoredSet): ReadonlySet<string> {
  return new Set([
    active.fullHash,
    ...history.map(({ fullHash }) => fullHash),
    ...draining.map(({ set }) => set),
  ]);
}

/** What is to be written so that the store holds this set in the place of another. `bundles`: new ones, by full hash. */
export function setChanges(
  before: StoredSet | null,
  after: StoredSet,
  bundles: ReadonlyMap<string, PackedBundle>,
): StoreChange[] {
  const had = before === null ? new Set<string>() : neededBundles(before);
  const needed = neededBundles(after);
  const changes: StoreChange[] = [storedSetChange(after)];
  for (const hash of needed) {
    const value = bundles.get(hash);
    if (had.has(hash) || value === undefined) continue;
    changes.push({ space: SPACE, key: bundleKey(hash), value });
  }
  for (const hash of had) {
    if (!needed.has(hash)) changes.push({ space: SPACE, key: bundleKey(hash), value: null });
  }
  return changes;
}

function textOf(bytes: Uint8Array): string {
  checkFormat(bytes);
  return decoder.decode(bytes.subarray(1));
}

function checkFormat(bytes: Uint8Array): void {
  const format = new ByteReader(bytes).byte();
  if (format === FORMAT) return;
  throw new Error(`the stored rule set has format ${format}, this version reads ${FORMAT}`);
}
