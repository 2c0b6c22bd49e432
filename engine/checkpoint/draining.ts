/** The versions that were draining when the state was stored: they must stand in their groups before it is restored. */

import { ByteReader } from "../../base/bytes.ts";
import type { RulePlan, RuleSetPlan } from "../../dsl/plan.ts";
import type { StoredDraining } from "../assembly.ts";
import { META_KINDS, metaKey, SPACES } from "./keys.ts";
import { readRule } from "./meta-records.ts";
import { SCHEMA } from "./schema.ts";
import type { StateReader } from "./state-reader.ts";

/**
 * Those of which the plan is given, in the order in which they began. One whose plan is missing, or whose streams are
 * gone, is left out, and dropped with its state.
 */
export function readDraining(
  store: StateReader,
  plan: RuleSetPlan,
  versions: readonly RulePlan[],
): readonly StoredDraining[] {
  const schema = store.get(SPACES.meta, metaKey("schema", 0));
  if (schema === null || new ByteReader(schema).uint() !== SCHEMA) return [];
  const found: StoredDraining[] = [];
  const range = { from: metaKey("rule", 0), to: new Uint8Array([META_KINDS.rule + 1]) };
  for (const { key, value } of store.scan(SPACES.meta, range)) {
    const record = readRule(new ByteReader(value));
    if (record === null || record.draining === null) continue;
    const { name, version, hidden, draining } = record;
    const rule = versions.find((one) => one.name === name && one.version === version);
    const streams = record.group.split("\n");
    if (rule === undefined || !streams.every((stream) => isStream(plan, stream))) continue;
    const reader = new ByteReader(key);
    reader.byte();
    found.push({ rule, hidden, streams, ...draining, number: reader.uint32() });
  }
  return found.sort((a, b) => a.sinceMs - b.sinceMs || a.number - b.number);
}

function isStream({ streams }: RuleSetPlan, wanted: string): boolean {
  return streams.some(({ name }) => name === wanted);
}
