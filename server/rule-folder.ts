/** The rules of the service: all `.seq` files of a folder and the folders in it, or one file, compiled as one set. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { sha256Hex } from "../base/hash.ts";
import type { RuleSource } from "../dsl/compile.ts";
import { DEFAULT_LIMITS, type RulePlan, type RuleSetPlan } from "../dsl/plan.ts";
import type { RuleData } from "../engine/rule-data.ts";
import type { Config } from "./config.ts";
import { RefusalError } from "./refusal.ts";

export interface ServiceRules {
  readonly plan: RuleSetPlan;
  /** Lists and tables. */
  readonly data: RuleData;
  /** Identity of the set: 16 hexadecimal digits. Equal for sets of equal rules. */
  readonly revision: string;
}

/** What the configuration says of rules that say nothing themselves. */
export type RuleLimits = Pick<Config["limits"], "openPerKey" | "openPerRule">;

const EXTENSION = ".seq";

/** Identity of a set by the versions of its rules: 16 hexadecimal digits. */
export function revisionOf(plan: RuleSetPlan): string {
  const versions = plan.rules.map(({ name, version }) => `${name} ${version}\n`).join("");
  return sha256Hex(versions).slice(0, 16);
}

/** The folder to which the names of files in rule files are relative. */
export function rootOf(path: string): string {
  return isFolder(path) ? path : dirname(path);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Reads the rule files. Throws RefusalError 3 where there are none. */
export function readSources(path: string): RuleSource[] {
  let sources: RuleSource[];
  try {
    sources = statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: "utf8" })
          .filter((name) => name.endsWith(EXTENSION))
          .map((name) => ({ file: name, text: readFileSync(join(path, name), "utf8") }))
      : [{ file: relative(join(path, ".."), path), text: readFileSync(path, "utf8") }];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new RefusalError(3, `the rules at ${path} cannot be read (${code})`, [], error);
  }
  if (sources.length > 0) return sources;
  throw new RefusalError(3, `there are no rule files (*${EXTENSION}) in ${path}`);
}

/** The configuration's limits take the place of the language's defaults; a rule's own limits stay. */
export function planWithLimits(plan: RuleSetPlan, limits: RuleLimits): RuleSetPlan {
  return { ...plan, rules: plan.rules.map((rule) => withLimits(rule, limits)) };
}

function withLimits(rule: RulePlan, limits: RuleLimits): RulePlan {
  const { openPerKey, open } = rule.limits;
  return {
    ...rule,
    limits: {
      ...rule.limits,
      openPerKey: openPerKey === DEFAULT_LIMITS.openPerKey ? limits.openPerKey : openPerKey,
      open: open === DEFAULT_LIMITS.open ? limits.openPerRule : open,
    },
  };
}
