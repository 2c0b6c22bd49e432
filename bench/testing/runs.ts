/** For tests: the records of a workload as rows, what a run of it says, and the same words for matches found otherwise. */

import { MatchHash } from "../match-hash.ts";
import { newBatch, type RecordSource } from "../records.ts";
import { runRecords } from "../records-run.ts";
import { variantOf, workloadOf } from "../run-spec.ts";
import type { Tally } from "../tally.ts";
import type { Size, VariantOptions } from "../workload.ts";

export interface Row {
  readonly type: number;
  readonly key: number;
  readonly a: number;
  readonly b: number;
  readonly ts: number;
  readonly x: number;
}

/** No option narrows the variants. */
export const EVERYTHING: VariantOptions = {
  names: null,
  steps: null,
  windows: null,
  candidates: null,
  rules: null,
};

export interface Digest {
  readonly count: number;
  readonly hash: string;
  readonly hashFull: string | null;
}

export function rowsOf(source: RecordSource): readonly Row[] {
  const rows: Row[] = [];
  const batch = newBatch(1000);
  for (let size = source.fill(batch); size > 0; size = source.fill(batch)) {
    for (let i = 0; i < size; i++) {
      const [type, key, a, b] = [batch.type[i], batch.key[i], batch.a[i], batch.b[i]] as number[];
      const [ts, x] = [batch.ts[i], batch.x[i]] as number[];
      rows.push({ type, key, a, b, ts, x } as Row);
    }
  }
  return rows;
}

/** The records of a variant. */
export function rowsOfVariant(
  name: string,
  variantName: string,
  size: Size,
  options: VariantOptions = EVERYTHING,
): readonly Row[] {
  return rowsOf(variantOf(workloadOf(name), variantName, options).open(size));
}

/** Runs a variant to its end. */
export function run(
  name: string,
  variantName: string,
  size: Size,
  { mode = "engine", options = EVERYTHING }: { mode?: "engine" | "json"; options?: VariantOptions },
): Digest & { readonly tally: Tally; readonly late: number; readonly dnf: string | null } {
  const workload = workloadOf(name);
  const variant = variantOf(workload, variantName, options);
  const limits = { limitS: 1000, limitMb: 100_000, liveMemory: false };
  const { tally, late, dnf } = runRecords({ workload, variant, size, mode, ...limits });
  return { ...digestOf(tally.matches), tally, late, dnf };
}

export function digestOf({ count, hash, hashFull }: MatchHash): Digest {
  return { count, hash, hashFull };
}

/** Count and hashes of matches of one rule, each given as its events, one for each element. */
export function digest(matches: readonly (readonly Row[])[]): Digest {
  const sum = new MatchHash();
  for (const events of matches) {
    const first = events[0] as Row;
    const last = events[events.length - 1] as Row;
    const hashed = events.map(({ ts }, element) => ({ element, timeMs: ts }));
    sum.add(0, first.key, first.ts, last.ts, hashed);
  }
  return digestOf(sum);
}

/** The rows of each key, in order. */
export function byKey(rows: readonly Row[]): readonly (readonly Row[])[] {
  const found = new Map<number, Row[]>();
  for (const row of rows) {
    const own = found.get(row.key);
    if (own === undefined) found.set(row.key, [row]);
    else own.push(row);
  }
  return [...found.values()];
}

export type Fits = (row: Row, before: readonly Row[]) => boolean;

/** For every start the events that the first fitting ones are, where the pattern comes to its end in time. */
export function firstFitting(
  all: readonly Row[],
  steps: readonly Fits[],
  withinMs: number,
): readonly (readonly Row[])[] {
  const found: Row[][] = [];
  for (const own of byKey(all)) {
    for (const [i, start] of own.entries()) {
      if (steps[0]?.(start, []) !== true) continue;
      const taken = [start];
      for (let at = i + 1; at < own.length && taken.length < steps.length; at++) {
        const row = own[at] as Row;
        if (row.ts > start.ts + withinMs) break;
        if (steps[taken.length]?.(row, taken) === true) taken.push(row);
      }
      if (taken.length === steps.length) found.push(taken);
    }
  }
  return found;
}

/** Of matches that overlap the one that ends first, of those that end together the one that began first (M-11). */
export function once(matches: readonly (readonly Row[])[]): readonly (readonly Row[])[] {
  const end = (match: readonly Row[]): number => (match[match.length - 1] as Row).ts;
  const start = (match: readonly Row[]): number => (match[0] as Row).ts;
  const free = new Map<number, number>();
  const ordered = [...matches].sort((a, b) => end(a) - end(b) || start(a) - start(b));
  return ordered.filter((match) => {
    const { key } = match[0] as Row;
    if (start(match) <= (free.get(key) ?? 0)) return false;
    free.set(key, end(match));
    return true;
  });
}
