/**
 * The state folder of the engine: a store whose commits are whole or not at all, that outlives the processes that open
 * it, and that fills up, refuses, or is put back to an old copy. tests/simulator-models.test.ts holds it to LMDB.
 */

import { assert } from "../../base/assert.ts";
import { openMemoryStore } from "../../state/memory-store.ts";
import { type Store, type StoreChange, StoreError } from "../../state/store.ts";
import type { Plant } from "./plant.ts";

/** What happens at a commit. `dies-before` and `dies-after`: the process, before or behind the meta page. */
export type CommitFault = "none" | "dies-before" | "dies-after" | "disk-full" | "io";

export interface DiskHooks {
  /** Asked as a commit begins; throws where the process is dead. */
  onCommit(): CommitFault;
  /** Hears of the changes of a commit that is durable. */
  onDurable(changes: readonly StoreChange[]): void;
  /** Ends the process in the middle of what it does: throws. */
  die(): never;
}

/** Commits that an old copy may lie behind. */
const MAX_UNDO = 64;

export class DiskModel {
  /** What is on the disk. */
  content: Store = openMemoryStore();
  /** Was it set aside, and has no life begun anew with the empty one yet? */
  rebuilding = false;
  #undo: StoreChange[][] = [];
  /** Commits on top of what would survive a loss of power: none, unless a bug is planted. */
  #unsynced = 0;
  readonly #plant: Plant;
  /** Positions that the planted bug keeps for the next commit. */
  #heldBack: StoreChange[] = [];

  constructor(plant: Plant = "none") {
    this.#plant = plant;
  }

  get commits(): number {
    return this.#undo.length;
  }

  open(hooks: DiskHooks): Store {
    let closed = false;
    const content = (): Store => {
      assert(!closed, "a closed store is not used");
      return this.content;
    };
    return {
      get: (space, key) => content().get(space, key),
      scan: (space, range) => content().scan(space, range),
      commit: (changes) => {
        content();
        return this.#commit(changes, hooks);
      },
      close: () => {
        closed = true;
      },
    };
  }

  #commit(changes: Iterable<StoreChange>, hooks: DiskHooks): number {
    const list = this.#planted(Array.from(changes));
    const fault = hooks.onCommit();
    if (fault === "dies-before") hooks.die();
    if (fault === "disk-full" || fault === "io") {
      throw new StoreError(fault, "a commit to the modelled disk failed");
    }
    const undo = list.map(({ space, key }) => ({
      space,
      key: key.slice(),
      value: this.content.get(space, key),
    }));
    const bytes = this.content.commit(list);
    this.#undo.push(undo.reverse());
    if (this.#undo.length > MAX_UNDO) this.#undo.shift();
    if (this.#plant === "early-publish") this.#unsynced = (this.#unsynced + 1) % 4;
    hooks.onDurable(list);
    if (fault === "dies-after") hooks.die();
    return bytes;
  }

  #planted(changes: StoreChange[]): StoreChange[] {
    if (this.#plant !== "split-commit") return changes;
    const positions = changes.filter(({ space }) => space === "service");
    const now = [...changes.filter(({ space }) => space !== "service"), ...this.#heldBack];
    this.#heldBack = positions;
    return now;
  }

  /** The process is gone, and with it what it had not given to the disk. */
  forget(): void {
    this.#heldBack = [];
  }

  /** The machine lost power while no process ran. */
  losePower(): void {
    this.restoreOldCopy(this.#unsynced);
    this.#unsynced = 0;
  }

  /** The folder was damaged and set aside: an empty one takes its place. */
  setAside(): void {
    this.content = openMemoryStore();
    this.#undo = [];
    this.rebuilding = true;
  }

  /** Somebody put back a copy of the folder that is so many commits old. */
  restoreOldCopy(commits: number): void {
    for (let i = 0; i < commits; i++) this.content.commit(this.#undo.pop() ?? []);
  }
}
