/** A rule's place in the store: under which numbers its state stands, and what of it is there only. */

import type { OnceMemory } from "../once.ts";
import type { OrderGroup } from "../order-group.ts";
import type { RuleRunner } from "../rule-runner.ts";
import { DueIndex } from "./due-index.ts";
import type { Shelf } from "./evidence.ts";
import type { StoredEntries } from "./stored-entries.ts";

export interface RuleSpace {
  readonly runner: RuleRunner;
  readonly group: OrderGroup;
  readonly number: number;
  shelf: Shelf | null;
  /** Null where passing a deadline decides nothing, and where all keys are restored before the first event. */
  readonly due: DueIndex | null;
  /** The memory that the entries under `onceNumber` belong to; null: there are none. */
  once: OnceMemory | null;
  onceNumber: number;
  /** Slots and entries of `once` that are not in memory; null: all are. */
  slots: StoredEntries | null;
  onceEntries: StoredEntries | null;
  /** Is the rule's own record stored? */
  recorded: boolean;
}

export function newRuleSpace(
  runner: RuleRunner,
  group: OrderGroup,
  number: number,
  onceNumber: number,
  shelf: Shelf | null,
): RuleSpace {
  const due = runner.matcher.stored?.deadlines === "decide" ? new DueIndex(number) : null;
  return {
    runner,
    group,
    number,
    shelf,
    due,
    once: runner.once,
    onceNumber,
    slots: null,
    onceEntries: null,
    recorded: false,
  };
}

/** The next number of each kind: none is given twice. */
export interface NextNumbers {
  rule: number;
  once: number;
  group: number;
  stream: number;
}
