/**
 * `no` behind a loop (M-5): it also watches from the loop's first event on, and an event that the loop takes does not
 * count. Where every way out of the loop passes the `no`, a violation ends the partial match at once; where an
 * optional element may come first, the violation is marked in a register and bars the ways out that pass the `no`.
 */

import type { Guard, LoopWatch, Update, Watch } from "./program.ts";
import { type ElementNode, loops, type SequenceNode, skippable } from "./tree.ts";
import { after, type Left, type Path } from "./walk.ts";

interface After {
  readonly watch: Watch;
  /** Null: every way out passes it. */
  readonly mark: { readonly register: number; readonly mask: number } | null;
}

export class LoopWatches {
  readonly #behind = new Map<ElementNode, readonly After[]>();

  constructor(root: SequenceNode, newRegister: () => number) {
    this.#visit(root, newRegister);
  }

  #visit(sequence: SequenceNode, newRegister: () => number): void {
    for (const { node } of sequence.items) {
      if (node.kind === "no") continue;
      if (loops(node)) this.#behind.set(node, watchesBehind(node, newRegister));
      for (const body of node.sequences) this.#visit(body, newRegister);
    }
  }

  /** Watches of an edge between two steps inside the same loops. */
  inside(from: ElementNode, to: ElementNode, path: Path): readonly LoopWatch[] {
    const found: LoopWatch[] = [];
    for (const loop of aroundBoth(from, to, path))
      for (const { watch, mark } of this.#behind.get(loop) ?? []) {
        const exit = watch.strict ? exitOf(from, loop) : NO_EXIT;
        if (exit === null) continue;
        found.push({
          leaf: watch.leaf,
          strict: watch.strict,
          leavable: exit.guards,
          havings: exit.havings,
          mark,
        });
      }
    return found;
  }

  /** Guards of an edge that leaves loops and passes `no`s which may have been violated inside. */
  leavingGuards(path: Path): readonly Guard[] {
    const guards: Guard[] = [];
    for (const { element, watches } of path.left)
      for (const { watch, mark } of this.#behind.get(element) ?? []) {
        const passed = path.watches.slice(watches).some((w) => w.leaf === watch.leaf);
        if (mark !== null && passed) guards.push({ kind: "none set", ...mark });
      }
    return guards;
  }

  /** A loop entered anew has no violations yet. */
  enteringUpdates(path: Path): readonly Update[] {
    return path.entered.flatMap((element) =>
      (this.#behind.get(element) ?? []).flatMap(({ mark }): Update[] =>
        mark === null ? [] : [{ kind: "clear bits", ...mark }],
      ),
    );
  }
}

/** The `no`s directly behind the loop, and those behind elements that may take nothing. */
function watchesBehind(loop: ElementNode, newRegister: () => number): readonly After[] {
  const always: After[] = [];
  const partial: Watch[] = [];
  let passed = false;
  for (const { link, node } of loop.parent.items.slice(loop.position + 1)) {
    if (node.kind === "element") {
      if (!skippable(node)) break;
      passed = true;
      continue;
    }
    const watch: Watch = { leaf: node.leaf, strict: link === "next", withinMs: node.plan.withinMs };
    if (passed) partial.push(watch);
    else always.push({ watch, mark: null });
  }
  if (partial.length === 0) return always;
  const register = newRegister();
  return [
    ...always,
    ...partial.map((watch, place) => ({ watch, mark: { register, mask: 1 << place } })),
  ];
}

/** Loops around both steps that the path does not leave. */
function aroundBoth(from: ElementNode, to: ElementNode, path: Path): readonly ElementNode[] {
  const around = new Set(chain(from));
  const left = new Set(path.left.map((l) => l.element));
  return chain(to).filter(
    (e) => loops(e) && around.has(e) && !left.has(e) && !path.entered.includes(e),
  );
}

function chain(element: ElementNode): readonly ElementNode[] {
  const owner = element.parent.owner;
  return owner === null ? [element] : [element, ...chain(owner)];
}

const NO_EXIT = { guards: [], havings: [] };

/** What must hold for the loop to be left directly after the step; null: it cannot be. */
function exitOf(from: ElementNode, loop: ElementNode): Pick<Left, "guards" | "havings"> | null {
  for (const target of after(from)) {
    const left = target.path.left.find((l) => l.element === loop);
    if (left !== undefined) return left;
  }
  return null;
}
