/** What expressions see of a chain of nodes, and the walks over it that reports need. */

import type { EventRecord } from "../../base/event.ts";
import type { History } from "../history.ts";
import type { Leaf } from "../program.ts";
import type { Node } from "./run.ts";

/** A view on the events taken so far. The matcher moves one view from run to run; a match gets one of its own. */
export class ChainHistory implements History {
  node: Node | null;
  /** The last input events before the one at hand, oldest first. */
  recent: readonly EventRecord[] = [];

  constructor(node: Node | null) {
    this.node = node;
  }

  count(label: number): number {
    return lastOf(this.node, label)?.labelCount ?? 0;
  }

  fromFirst(label: number, index: number): EventRecord | null {
    let node = lastOf(this.node, label);
    if (index < 0) return null;
    while (node !== null && (node.leaf.step?.label !== label || node.labelCount !== index + 1))
      node = node.before;
    return node?.event ?? null;
  }

  fromLast(label: number, index: number): EventRecord | null {
    const count = this.count(label);
    return index < 0 || index >= count ? null : this.fromFirst(label, count - 1 - index);
  }

  events(label: number): readonly EventRecord[] {
    const events: EventRecord[] = [];
    for (let node = lastOf(this.node, label); node !== null; node = node.before)
      if (node.leaf.step?.label === label) events.push(node.event);
    return events.reverse();
  }

  previous(): EventRecord | null {
    return this.node?.event ?? null;
  }

  preceding(n: number): EventRecord | null {
    return this.recent[this.recent.length - n] ?? null;
  }
}

/** The nodes in the order taken. */
export function nodesOf(last: Node): readonly Node[] {
  const nodes: Node[] = [];
  for (let node: Node | null = last; node !== null; node = node.before) nodes.push(node);
  return nodes.reverse();
}

/** The last node of the label in the chain that ends at `node`, or null. */
function lastOf(node: Node | null, label: number): Node | null {
  let at = node;
  while (at !== null && at.leaf.step?.label !== label) at = at.other;
  return at;
}

/** The chain with one event more. O(1), save for chains that alternate between labels. */
export function extend(before: Node | null, leaf: Leaf, rank: number, event: EventRecord): Node {
  const label = leaf.step?.label ?? -1;
  const same = before !== null && before.leaf.step?.label === label;
  return {
    event,
    leaf,
    rank,
    before,
    other: same ? before.other : before,
    length: (before?.length ?? 0) + 1,
    labelCount: (same ? before.labelCount : (lastOf(before, label)?.labelCount ?? 0)) + 1,
  };
}
