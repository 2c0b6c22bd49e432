/**
 * The lists and tables of the rule set in force, behind one object that conditions hold on to: a reload puts others in
 * their place, and no condition is compiled anew for it (D-3).
 */

import type { Tri, Value } from "../base/value.ts";
import type { DataSource } from "../nfa/history.ts";

/** Contents of one rule set are told from those of the next. */
const VERSIONS_OF_A_SET = 2 ** 32;

export class LiveData implements DataSource {
  #data: DataSource;
  #sets = 0;

  constructor(data: DataSource) {
    this.#data = data;
  }

  get current(): DataSource {
    return this.#data;
  }

  /** From now on conditions look here. */
  use(data: DataSource): void {
    if (data === this.#data) return;
    this.#data = data;
    this.#sets++;
  }

  has(name: string, value: Value, caseless: boolean): Tri {
    return this.#data.has(name, value, caseless);
  }

  row(name: string, key: Value): Value {
    return this.#data.row(name, key);
  }

  keys(name: string): readonly Value[] {
    return this.#data.keys(name);
  }

  version(name: string): number {
    return this.#sets * VERSIONS_OF_A_SET + this.#data.version(name);
  }
}
