/**
 * `sequitur test --watch`: when to look at the rule files again, and which of their tests could give something else
 * than before: those of a changed file, of a rule that reads differently, over other lists, tables or recordings.
 *
 * Invariants
 *  W1  Files are judged as they were when they had come to rest: what changes while they are read is not judged, and
 *      told again.
 */

import { statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { sha256Hex } from "../../base/hash.ts";
import type { RuleSource } from "../../dsl/compile.ts";
import type { TestPlan } from "../../dsl/plan.ts";
import { FolderWatch, folderSignature } from "../../io/rule-folder-watch.ts";
import type { RuleSet } from "../../rules/rule-set.ts";
import { rulesUnderTest } from "../../rules/test-runner.ts";
import { EXIT } from "../exit-code.ts";
import type { TimedOutcome } from "./outcome.ts";

/** Something to look at: files at rest, or why there are none. */
export interface Round {
  readonly trouble: string | null;
}

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

export class TestWatch {
  exitCode: number = EXIT.ok;
  readonly #paths: readonly string[];
  readonly #watches: FolderWatch[] = [];
  /** Files that the rule files name: recordings, lists, tables. */
  #named: readonly string[] = [];
  /** What came to rest, and is judged or waits to be; null: something else must be. */
  #rested: string | null;
  #pending: Round | null = { trouble: null };
  #ended = false;
  #wake: () => void = () => undefined;
  /** Whether the test passed, by its fingerprint. */
  #known = new Map<string, boolean>();
  readonly #onSignal = (name: NodeJS.Signals): void => {
    this.exitCode = SIGNALS[name as keyof typeof SIGNALS];
    this.#ended = true;
    this.#wake();
  };

  constructor(paths: readonly string[]) {
    this.#paths = paths;
    this.#rested = this.#signature();
    for (const name of Object.keys(SIGNALS)) process.on(name, this.#onSignal);
    for (const path of paths) {
      const found = folderSignature(path);
      const options = {
        path,
        more: () => this.#named,
        onChange: () => this.#look(null),
        onTrouble: (reason: string | null) => {
          if (reason !== null) this.#look(reason);
        },
      };
      this.#watches.push(new FolderWatch(options, found.kind === "ok" ? found.text : null));
    }
  }

  /** The first one at once, then one whenever files have changed and come to rest; ends with a signal. */
  async *rounds(): AsyncGenerator<Round> {
    while (!this.#ended) {
      const round = this.#pending;
      this.#pending = null;
      if (round !== null) yield round;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }

  async close(): Promise<void> {
    for (const name of Object.keys(SIGNALS)) process.off(name, this.#onSignal);
    for (const watch of this.#watches) await watch.close();
  }

  #look(trouble: string | null): void {
    const found = trouble === null ? this.#signature() : null;
    // Files that were only named by now are as they were read.
    if (found !== null && found === this.#rested) return;
    this.#rested = found;
    this.#pending = { trouble };
    this.#wake();
  }

  #signature(): string {
    return JSON.stringify(this.#paths.map((path) => folderSignature(path, this.#named)));
  }

  /** Names for the tests of what was just read; null where that is not what had come to rest: it is told again. */
  accept(set: RuleSet, files: readonly RuleSource[]): Fingerprints | null {
    if (this.#signature() !== this.#rested) {
      this.#rested = null;
      return null;
    }
    const recordings = set.plan.tests.flatMap(recordingsOf);
    const data = set.dataFiles.map(({ ruleFile, file }) => pathOf(ruleFile, file.value));
    const named = [...new Set([...recordings, ...data])];
    if (named.join("\n") !== this.#named.join("\n")) {
      this.#named = named;
      this.#rested = this.#signature();
    }
    return new Fingerprints(set, files);
  }

  /** Could the test give something else than when it last ran? */
  isDue(test: TestPlan, prints: Fingerprints): boolean {
    return !this.#known.has(prints.of(test));
  }

  /** `2 passed, 0 failed; 5 unchanged, of which 1 fails`. `tests`: all of the round; others are forgotten. */
  finish(
    tests: readonly TestPlan[],
    outcomes: readonly TimedOutcome[],
    prints: Fingerprints,
  ): string {
    const ran = new Set<TestPlan>();
    for (const { test, passed } of outcomes) {
      ran.add(test);
      this.#known.set(prints.of(test), passed);
    }
    const passes = (test: TestPlan): boolean => this.#known.get(prints.of(test)) === true;
    const others = tests.filter((test) => !ran.has(test));
    const failing = others.filter((test) => !passes(test)).length;
    this.#known = new Map(tests.map((test) => [prints.of(test), passes(test)]));
    const failed = outcomes.filter(({ passed }) => !passed).length;
    const text = `${outcomes.length - failed} passed, ${failed} failed`;
    if (others.length === 0) return text;
    const fail = failing === 1 ? "1 fails" : `${failing} fail`;
    return `${text}; ${others.length} unchanged${failing > 0 ? `, of which ${fail}` : ""}`;
  }
}

function pathOf(ruleFile: string, file: string): string {
  return isAbsolute(file) ? file : join(dirname(ruleFile), file);
}

function recordingsOf({ file, inputs }: TestPlan): readonly string[] {
  return inputs.flatMap((input) => (input.kind === "from" ? [pathOf(file, input.file)] : []));
}

/** Names for all that the outcomes of tests depend on: equal ones have equal outcomes. */
export class Fingerprints {
  readonly #set: RuleSet;
  readonly #texts: ReadonlyMap<string, string>;
  readonly #shared: string;
  readonly #known = new Map<TestPlan, string>();

  constructor(set: RuleSet, files: readonly RuleSource[]) {
    const { streams, lists, tables } = set.plan;
    this.#set = set;
    this.#texts = new Map(files.map(({ file, text }) => [file, text]));
    this.#shared = hashOf([streams, lists, tables, [...set.contents]]);
  }

  of(test: TestPlan): string {
    const known = this.#known.get(test);
    if (known !== undefined) return known;
    const { rules } = this.#set.plan;
    const names = new Set(rulesUnderTest(this.#set, test));
    // A set is gone through in the order of its making, with what is added on the way.
    for (const name of names) {
      for (const below of rules.find((rule) => rule.name === name)?.streams ?? []) names.add(below);
    }
    const recordings = recordingsOf(test).map((path) => {
      const stat = statSync(path, { throwIfNoEntry: false });
      return stat === undefined ? null : [path, stat.size, stat.mtimeMs, stat.ino];
    });
    const own = rules.filter(({ name }) => names.has(name));
    const parts = [this.#shared, this.#texts.get(test.file) ?? "", test, own, recordings];
    const made = hashOf(parts);
    this.#known.set(test, made);
    return made;
  }
}

function hashOf(value: unknown): string {
  return sha256Hex(JSON.stringify(value, (_, part) => plainOf(part)));
}

/** What JSON does not know. */
function plainOf(value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Map || value instanceof Set) return [...value];
  return value === Number.POSITIVE_INFINITY ? "infinity" : value;
}
