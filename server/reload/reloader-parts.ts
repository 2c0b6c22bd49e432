/** What the reloader works with, what it is given, and what it tells of itself. */

import type { Engine, RuleVerdict } from "../../engine/engine.ts";
import type { Clock } from "../../io/clock.ts";
import type { BucketEntry } from "../../rules/rule-files.ts";
import type { Committer } from "../committer.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { RuleLimits } from "../rule-folder.ts";
import type { Source } from "../source.ts";
import type { ReloadReport } from "./reload-report.ts";
import type { RunningSet } from "./running-set.ts";
import type { SetInput } from "./set-check.ts";
import type { SetChecker } from "./set-checker.ts";
import type { RuleChoice } from "./set-package.ts";
import type { SourceSwitch } from "./source-switch.ts";
import type { SetOrigin } from "./stored-set.ts";
import type { WarmProgress, WarmStartParts } from "./warm-start.ts";

/** A set that somebody wants to run. */
export interface Candidate {
  /** Entries of buckets are read when it is checked. */
  readonly input: SetInput;
  /** A mark of "" becomes the set's hash. */
  readonly origin: SetOrigin;
  readonly choices: ReadonlyMap<string, RuleChoice>;
  /** Comes it from the place that the configuration names? Then a restart knows that it was taken. */
  readonly configured: boolean;
  /** Is what was read still what is there? */
  readonly current?: () => boolean;
}

export interface ReloaderParts {
  readonly engine: Engine;
  readonly committer: Committer;
  readonly sources: readonly Source[];
  readonly sourceSwitch: SourceSwitch;
  readonly checker: Pick<SetChecker, "check">;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** First tokens of the alert stream's subjects. */
  readonly root: string;
  readonly limits: RuleLimits;
  /** Are new rules built from history, too? */
  readonly warmStart: boolean;
  readonly warm: WarmStartParts;
  /** The entries of a bucket, or why they cannot be read. */
  readonly readBucket: (bucket: string) => Promise<readonly BucketEntry[] | string>;
  /** Wakes the loop. */
  readonly wake: () => void;
  readonly onActive: (running: RunningSet, verdicts: readonly RuleVerdict[]) => void;
  /** Ends the process: what must not happen has happened. */
  readonly onFailure: (error: unknown) => void;
}

export interface ReloaderState {
  readonly running: RunningSet;
  /** What is on its way; null: nothing. */
  readonly step: "checking" | "planning" | "history" | "switching" | null;
  readonly warm: WarmProgress | null;
  /** The last set that was not taken, until one is. */
  readonly problem: ReloadReport | null;
}
