/**
 * Takes rule sets while events flow: each is checked, planned and where needed built from history first, and then
 * switched to between two batches, in one commit with the decision that says so. What is wrong with a set is reported;
 * what ran before goes on.
 *
 *   submit -> check (thread) -> plan, sources, history -> atRest (the loop): switch, commit -> report
 *
 * Invariants
 *  L1  The switch, its record and what the store holds of the set are one commit, at the positions that it names.
 *  L2  At most one set is on its way to the switch; a later one from the same place takes the place of an earlier.
 *  L3  Switching a rule on or off does not wait for a set that is being built from history.
 */

import { crc32 } from "../../base/crc32.ts";
import { formatTime } from "../../base/time.ts";
import type { Value } from "../../base/value.ts";
import { checkSubjects } from "../alert-subjects.ts";
import type { ControlDecision } from "../committer.ts";
import { crashPoint } from "../crash-point.ts";
import { RefusalError } from "../refusal.ts";
import type { Source } from "../source.ts";
import { setDecision } from "./reload-decision.ts";
import {
  isSuccess,
  logReport,
  notTaken,
  type ReloadReport,
  reportJson,
  reportOf,
} from "./reload-report.ts";
import type { Candidate, ReloaderParts, ReloaderState } from "./reloader-parts.ts";
import {
  adoptable,
  historyOf,
  type PlannedChange,
  planChange,
  planInSlices,
  type RuleChange,
} from "./rule-change.ts";
import { effectivePlan, nextSet, type RunningSet, usable, withDraining } from "./running-set.ts";
import { type CheckedSet, failedSet, type SetInput, setProblem } from "./set-check.ts";
import { withBuckets } from "./set-input.ts";
import type { RuleChoice } from "./set-package.ts";
import { type Positions, type SetOrigin, setChanges, storedSetChange } from "./stored-set.ts";
import { type HistorySource, WarmStart } from "./warm-start.ts";

interface Job {
  readonly candidate: Candidate;
  readonly abort: AbortController;
  readonly resolve: (report: ReloadReport) => void;
}

/** A change on its way. */
interface Flow {
  step: ReloaderState["step"];
  warm: WarmStart | null;
}

interface Pending {
  readonly change: RuleChange;
  readonly planned: PlannedChange;
  /** How many switches there had been when it was planned. */
  readonly basis: number;
  readonly warm: WarmStart | null;
  /** "stale": other rules run by now, and it has to be planned anew. */
  readonly done: (outcome: Switched | "stale") => void;
  readonly failed: (error: unknown) => void;
}

interface Switched {
  readonly kind: ControlDecision["kind"];
  readonly planned: PlannedChange;
  readonly positions: Positions;
  readonly pausedMs: number;
}

/** How often the progress of a warm start is told. */
const TELL_EVERY_MS = 5000;

export class Reloader {
  readonly #parts: ReloaderParts;
  #running: RunningSet;
  #jobs: Job[] = [];
  #queue: Promise<unknown> = Promise.resolve();
  #pending: Pending[] = [];
  /** Not taken sets that the alert stream has not been told of. */
  #untold: ReloadReport[] = [];
  /** The set that is on its way; rules that are switched on or off are not shown. */
  #flow: Flow | null = null;
  #switches = 0;
  /** During a switch: up to where each source has read all that its filters let through. */
  #ends: ReadonlyMap<string, number> | null = null;
  #problem: ReloadReport | null = null;

  constructor(parts: ReloaderParts, running: RunningSet) {
    this.#parts = parts;
    this.#running = running;
  }

  get state(): ReloaderState {
    const { step = null, warm = null } = this.#flow ?? {};
    return { running: this.#running, step, warm: warm?.progress ?? null, problem: this.#problem };
  }

  /** Resolves with what became of the set. */
  async submit(candidate: Candidate): Promise<ReloadReport> {
    for (const job of this.#jobs) {
      if (job.candidate.origin.kind === candidate.origin.kind) job.abort.abort();
    }
    return new Promise<ReloadReport>((resolve) => {
      const job: Job = { candidate, abort: new AbortController(), resolve };
      this.#jobs.push(job);
      this.#queue = this.#queue.then(() => this.#work(job));
    });
  }

  /** A set could not even be read where it should be. */
  broken(origin: SetOrigin, reason: string): void {
    const checked = failedSet([setProblem(reason)]);
    this.#finish(reportOf(checked, origin, "invalid", reason));
  }

  /** Tells on the control subject that the first set runs: no other record says so. */
  announceFirst(): void {
    const { hash, revision, origin } = this.#running.stored.active;
    const report = { set: hash, revision, origin, problems: [], reason: "it is the first set" };
    const nothing = { verdicts: [], refused: [], positions: null, pausedMs: null, mayPass: false };
    this.#untold.push({ outcome: "activated", ...report, ...nothing });
  }

  async #work(job: Job): Promise<void> {
    const { origin } = job.candidate;
    let checked = failedSet([]);
    const flow = newFlow();
    this.#flow = flow;
    try {
      checked = await this.#check(job.candidate, flow);
      const report = await this.#take(job, checked, flow);
      job.resolve(this.#finish(report));
    } catch (error) {
      if (job.abort.signal.aborted) {
        job.resolve(this.#finish(reportOf(checked, origin, "superseded", "a later one came")));
      } else if (error instanceof RefusalError) {
        const reason = [error.message, ...error.notes].join("; ");
        // What is wrong with the rules themselves stays wrong.
        const mayPass = error.exitCode !== 2;
        job.resolve(this.#finish({ ...reportOf(checked, origin, "refused", reason), mayPass }));
      } else this.#parts.onFailure(error);
    } finally {
      this.#flow = null;
      this.#jobs = this.#jobs.filter((one) => one !== job);
    }
  }

  #finish(report: ReloadReport): ReloadReport {
    const { log, metrics, wake } = this.#parts;
    metrics.reload(report.outcome);
    // One that is tried again and again is told once.
    if (this.#problem !== null && sameProblem(report, this.#problem)) return report;
    if (report.outcome !== "unchanged" || report.origin.kind !== "bucket") logReport(log, report);
    if (isSuccess(report)) this.#problem = null;
    else if (report.outcome !== "superseded") this.#problem = report;
    if (isWorthTelling(report)) {
      this.#untold.push(report);
      wake();
    }
    return report;
  }

  /** Reads and checks a set as it is. */
  async #check({ input }: Pick<Candidate, "input">, flow: Flow): Promise<CheckedSet> {
    flow.step = "checking";
    const { checker, limits, clock, readBucket } = this.#parts;
    const filled = await withBuckets(input, async (bucket) => {
      const entries = await readBucket(bucket);
      if (typeof entries !== "string") return entries;
      throw new RefusalError(3, `the bucket ${bucket}: ${entries}`);
    });
    return checker.check({ input: filled, limits, runTests: true, todayMs: clock.nowMs() });
  }

  /** What would become of a set, without doing it. */
  async preview(input: SetInput, choices: ReadonlyMap<string, RuleChoice>): Promise<ReloadReport> {
    const checked = await this.#check({ input }, newFlow());
    const origin: SetOrigin = { kind: "http", mark: checked.hash, author: "", note: "" };
    const set = usable(checked);
    const refused = notTaken(checked, origin);
    if (set === null || refused !== null)
      return refused ?? reportOf(checked, origin, "invalid", "");
    checkSubjects(set.plan, this.#parts.root);
    const plan = effectivePlan(set.plan, this.#running.stored.switches);
    const { engine, clock } = this.#parts;
    const reload = await planInSlices(engine, plan, choices, clock);
    const same = set.fullHash === this.#running.set.fullHash && choices.size === 0;
    const outcome = same ? "unchanged" : "activated";
    return {
      ...reportOf(checked, origin, outcome, ""),
      verdicts: reload.rules,
      refused: reload.refused,
    };
  }

  async #take(job: Job, checked: CheckedSet, flow: Flow): Promise<ReloadReport> {
    const { candidate, abort } = job;
    abort.signal.throwIfAborted();
    const mark = candidate.origin.mark === "" ? checked.hash : candidate.origin.mark;
    const origin = { ...candidate.origin, mark };
    if (candidate.current?.() === false) {
      return reportOf(checked, origin, "superseded", "it changed while it was read");
    }
    const set = usable(checked);
    const refused = notTaken(checked, origin);
    if (set === null || refused !== null)
      return refused ?? reportOf(checked, origin, "invalid", "");
    checkSubjects(set.plan, this.#parts.root);
    if (set.fullHash === this.#running.set.fullHash && candidate.choices.size === 0) {
      this.#noteMark(candidate, mark);
      return reportOf(checked, origin, "unchanged", "");
    }
    const change: RuleChange = {
      wanted: (running) => ({ set, origin, switches: running.stored.switches }),
      choices: candidate.choices,
      sourceMark: candidate.configured ? mark : null,
      decision: setDecision,
    };
    const switched = await this.#change(change, abort.signal, flow);
    const { kind, planned, positions, pausedMs } = switched;
    const { rules: verdicts, refused: choicesRefused } = planned.reload;
    const outcome = kind === "data" ? "data" : "activated";
    return {
      ...reportOf(checked, origin, outcome, ""),
      verdicts,
      refused: choicesRefused,
      positions,
      pausedMs,
    };
  }

  /** The configured place holds what runs already. */
  #noteMark({ configured }: Candidate, mark: string): void {
    const { stored } = this.#running;
    if (!configured || stored.sourceMark === mark) return;
    this.#running = { ...this.#running, stored: { ...stored, sourceMark: mark } };
    this.#parts.committer.add([storedSetChange(this.#running.stored)]);
    this.#parts.wake();
  }

  /** Makes a change of any kind; resolves when it is durable. */
  async #change(change: RuleChange, signal: AbortSignal, flow: Flow): Promise<Switched> {
    const { engine, sourceSwitch, clock } = this.#parts;
    const running = (): RunningSet => this.#running;
    let isFirst = true;
    try {
      for (;;) {
        flow.step = "planning";
        const basis = this.#switches;
        const planned = await planChange(change, { running, engine, sourceSwitch, clock });
        signal.throwIfAborted();
        // Planned anew it goes on with the history that it has.
        if (isFirst) await this.#warmUp(planned, signal, flow);
        isFirst = false;
        flow.step = "switching";
        const { warm } = flow;
        const outcome = await this.#switched({ change, planned, basis, warm }, signal);
        if (outcome !== "stale") return outcome;
      }
    } finally {
      flow.warm?.close();
      flow.warm = null;
    }
  }

  /** Resolves when the loop has made the switch, or found that it cannot. */
  async #switched(
    parts: Omit<Pending, "done" | "failed">,
    signal: AbortSignal,
  ): Promise<Switched | "stale"> {
    return new Promise((done, failed) => {
      const pending: Pending = { ...parts, done, failed };
      this.#pending.push(pending);
      signal.addEventListener("abort", () => {
        if (!this.#pending.includes(pending)) return;
        this.#pending = this.#pending.filter((one) => one !== pending);
        failed(signal.reason);
      });
      this.#parts.wake();
    });
  }

  async #warmUp(planned: PlannedChange, signal: AbortSignal, flow: Flow): Promise<void> {
    const { warmStart, warm: parts, log, clock } = this.#parts;
    const history = historyOf(planned.reload, warmStart);
    if (history === null) return;
    const warm = new WarmStart(parts, planned.plan, planned.data, history.rules);
    flow.step = "history";
    flow.warm = warm;
    await warm.begin(this.#historySources(planned), history.historyMs);
    log.info({ ...warm.progress, historyMs: history.historyMs }, "building rules from history");
    let toldMs = clock.monotonicMs();
    await warm.catchUp(signal, () => {
      if (clock.monotonicMs() - toldMs < TELL_EVERY_MS) return;
      toldMs = clock.monotonicMs();
      log.info(warm.progress, "building rules from history");
    });
    log.info(warm.progress, "rules are built from history");
  }

  #historySources({ sources: wanted }: PlannedChange): readonly HistorySource[] {
    const { sources } = this.#parts;
    return wanted.map(({ name, begin, streams, filters }) => {
      // Another change may have opened it anew.
      const running = (): Source | undefined => sources.find((source) => source.name === name);
      return {
        name,
        streams,
        filters,
        position: () => this.#ends?.get(name) ?? running()?.passed ?? begin?.position ?? 0,
        storedMs: () => running()?.standing(crc32).storedMs ?? begin?.storedMs ?? 0,
      };
    });
  }

  /** Called by the loop between two batches: does what is ready to be done. */
  async atRest(signal: AbortSignal): Promise<void> {
    const { committer } = this.#parts;
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      const pending = next;
      try {
        const isStale = pending.basis !== this.#switches;
        pending.done(isStale ? "stale" : await this.#switch(pending, signal));
      } catch (error) {
        if (signal.aborted || !(error instanceof RefusalError)) throw error;
        pending.failed(error);
      } finally {
        this.#ends = null;
      }
    }
    this.#noteDrained();
    if (this.#untold.length === 0) return;
    for (const report of this.#untold) {
      // The record has the positions at which it was told.
      const { positions: _, ...body } = reportJson(report);
      committer.decide({ kind: "rules", body });
    }
    this.#untold = [];
    await committer.commit(signal);
  }

  async #switch(pending: Pending, signal: AbortSignal): Promise<Switched> {
    const { engine, committer, sourceSwitch, sources, clock, metrics, onActive } = this.#parts;
    const startMs = clock.monotonicMs();
    const { change, planned, warm } = pending;
    await committer.commit(signal);
    this.#ends = new Map(sources.map(({ name, passed }) => [name, passed]));
    if (warm !== null) {
      await warm.catchUp(signal);
      warm.engine.takeOutputs();
    }
    crashPoint("before-activate");
    this.#recordSilence();
    sourceSwitch.endFeeds(planned.sources);
    engine.activate(planned.preparation);
    // Feeds are claimed before rules are adopted that have read them.
    committer.add(sourceSwitch.apply(planned.plan, planned.sources, this.#ends));
    if (warm !== null) engine.adopt(warm.engine, adoptable(planned.reload, warm));
    const positions = sources.map(({ name, position }) => [name, position] as const);
    const decision = planned.decide(warm?.progress ?? null);
    this.#follow(change, planned, positions);
    committer.useRules(planned.wanted.set.revision);
    committer.decide(decision);
    await committer.commit(signal);
    crashPoint("after-activate");
    const pausedMs = clock.monotonicMs() - startMs;
    metrics.switched(pausedMs / 1000);
    onActive(this.#running, planned.reload.rules);
    return { kind: decision.kind, planned, positions, pausedMs };
  }

  /** Which rules the time of silence has reached depends on which there are: it is told before they change. */
  #recordSilence(): void {
    const { committer } = this.#parts;
    const { silentTickMs } = committer;
    if (silentTickMs === null) return;
    committer.decide({ kind: "tick", body: { time: formatTime(silentTickMs) } });
    committer.silentTickMs = null;
  }

  #follow(change: RuleChange, planned: PlannedChange, positions: Positions): void {
    const { wanted, reload, bundles } = planned;
    const { engine, committer, clock } = this.#parts;
    const before = this.#running;
    const next = { ...wanted, verdicts: reload.rules, positions, nowMs: clock.nowMs() };
    const after = nextSet(before, next, engine.draining());
    const sourceMark = change.sourceMark ?? before.stored.sourceMark;
    this.#running = { ...after, stored: { ...after.stored, sourceMark } };
    this.#switches++;
    committer.add(setChanges(before.stored, this.#running.stored, bundles));
  }

  /** Texts of versions that have finished are kept no longer. */
  #noteDrained(): void {
    const { engine, committer } = this.#parts;
    const before = this.#running;
    if (before.stored.draining.length === 0) return;
    const draining = engine.draining();
    if (draining.length === before.stored.draining.length) return;
    this.#running = withDraining(before, before, draining);
    committer.add(setChanges(before.stored, this.#running.stored, new Map()));
  }

  /** Switches rules on or off: `switches` makes the list that is to hold of the one that holds. */
  async setSwitches(
    switches: (held: RunningSet) => RunningSet["stored"]["switches"],
    decision: {
      readonly kind: "enable" | "disable" | "quota";
      readonly body: { readonly [name: string]: Value };
    },
  ): Promise<{ readonly positions: Positions }> {
    return this.#change(
      {
        wanted: (running) => ({
          set: running.set,
          origin: running.stored.active.origin,
          switches: switches(running),
        }),
        choices: new Map(),
        sourceMark: null,
        decision: () => () => decision,
      },
      new AbortController().signal,
      newFlow(),
    );
  }
}

function newFlow(): Flow {
  return { step: null, warm: null };
}

/** Those that changed something have a record of their own; that nothing changed is told where somebody may wait for it. */
function isWorthTelling({ outcome, positions, origin }: ReloadReport): boolean {
  if (positions !== null) return false;
  if (outcome === "superseded") return origin.kind === "kv";
  return outcome !== "unchanged" || (origin.kind !== "folder" && origin.kind !== "bucket");
}

function sameProblem(a: ReloadReport, b: ReloadReport): boolean {
  return (
    a.outcome === b.outcome &&
    a.set === b.set &&
    a.reason === b.reason &&
    a.origin.kind === b.origin.kind &&
    a.origin.mark === b.origin.mark
  );
}
