/**
 * Everything that changes the rules of a running service, put together: where sets come from, the reloader, budgets.
 * Its face to the loop is `atRest`, called between two batches; its face to operators are the methods that rule-routes.ts
 * and the commands reach.
 */

import type { Random } from "../../base/random.ts";
import { formatTime } from "../../base/time.ts";
import type { Value } from "../../base/value.ts";
import type { Clock } from "../../io/clock.ts";
import type { Broker } from "../../io/nats.ts";
import type { Store } from "../../state/store.ts";
import { alertRoot, type Config } from "../config.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Assembly } from "../service-assembly.ts";
import type { ServiceStatus } from "../service-status.ts";
import type { StartupParts } from "../startup.ts";
import type { Reloading } from "../work.ts";
import { type BusyMeter, type Overrun, QuotaWatch } from "./quota-watch.ts";
import type { ReloadReport } from "./reload-report.ts";
import { Reloader } from "./reloader.ts";
import type { Candidate, ReloaderState } from "./reloader-parts.ts";
import type { SetInput } from "./set-check.ts";
import { SetChecker } from "./set-checker.ts";
import type { RuleChoice } from "./set-package.ts";
import { bucketEntries, SetSources } from "./set-sources.ts";
import { SourceSwitch } from "./source-switch.ts";
import type { StartRules } from "./start-rules.ts";
import { packBundle, type RuleSwitch, readStoredBundle, setChanges } from "./stored-set.ts";

export interface LiveRulesParts {
  readonly config: Config;
  readonly start: StartRules;
  readonly assembly: Assembly;
  readonly startup: StartupParts;
  readonly store: Store;
  readonly broker: Broker;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly status: ServiceStatus;
  /** Counts the rules' time; null where no budget asks for it. */
  readonly meter: BusyMeter | null;
}

/** How often rules are held against their budgets. */
const LOOK_EVERY_MS = 1000;
/** A rule that could not be switched is left alone for so long. */
const SWITCH_AGAIN_MS = 30_000;
/** A throttled rule pauses so long at first, and twice as long each time after that. */
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** How long the loop looks away while the set of the start is made ready. */
const START_PAUSE_MS = 20;

export class LiveRules implements Reloading {
  readonly #parts: LiveRulesParts;
  readonly #reloader: Reloader;
  readonly #sources: SetSources;
  readonly #checker = new SetChecker();
  readonly #quotas: QuotaWatch;
  readonly #strikes = new Map<string, { readonly count: number; readonly atMs: number }>();
  /** Rules that are being switched. */
  readonly #switching = new Set<string>();
  /** Rules that could not be switched, and when it may be tried again, by the monotonic clock. */
  readonly #notBefore = new Map<string, number>();
  readonly #failure: Promise<never>;
  #fail: (error: unknown) => void = () => undefined;
  #ended: () => void = () => undefined;
  /** The set of the start, until it has been taken or not. */
  #first: Candidate | null;
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(parts: LiveRulesParts) {
    this.#parts = parts;
    const { assembly, start, config, clock } = parts;
    this.#failure = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    this.#failure.catch(() => undefined);
    this.#reloader = this.#makeReloader();
    this.#sources = this.#makeSources();
    this.#first = start.candidate;
    this.#quotas = new QuotaWatch(config.limits.rule, assembly.engine, clock, parts.meter);
    if (!start.isStored) {
      const { stored, set } = start.running;
      const bundles = new Map([[set.fullHash, packBundle(set.bundle)]]);
      assembly.committer.add(setChanges(start.before, stored, bundles));
      // Who pushed it waits for an answer.
      if (stored.active.origin.kind === "kv") this.#reloader.announceFirst();
    }
  }

  #makeReloader(): Reloader {
    const { config, assembly, startup, broker, clock, random, log, metrics } = this.#parts;
    const { engine, committer, sources, service } = assembly;
    const { eventBytes, alertBytes } = config.limits;
    const sourceSwitch = new SourceSwitch({
      sources,
      engine,
      broker,
      clock,
      random,
      startup,
      alertStream: config.nats.alertStream,
      events: assembly.sourceEvents,
      onOpened: (source) => void source.run().catch(this.#fail),
    });
    return new Reloader(
      {
        engine,
        committer,
        sources,
        sourceSwitch,
        checker: this.#checker,
        clock,
        log,
        metrics,
        root: alertRoot(config),
        limits: config.limits,
        warmStart: config.rules.warmStart,
        warm: { broker, clock, random, eventBytes, alertBytes },
        readBucket: (bucket) => bucketEntries(broker, bucket, random),
        wake: () => service.wake(),
        onActive: (running, verdicts) => {
          for (const { rule, was } of verdicts) if (was !== null) this.#quotas.renamed(was, rule);
          this.#parts.status.useRules(running.set.plan);
          this.#sources.activated();
        },
        onFailure: (error) => this.#fail(error),
      },
      this.#parts.start.running,
    );
  }

  #makeSources(): SetSources {
    const { config, start, broker, clock, random, log } = this.#parts;
    const { path, watch, kv } = config.rules;
    return new SetSources({
      folder: kv === null && watch ? path : null,
      bucket: kv?.bucket ?? null,
      knownFolder: start.knownFolder,
      knownNumber: start.knownNumber,
      reloader: this.#reloader,
      broker,
      clock,
      random,
      log,
      onFailure: (error) => this.#fail(error),
    });
  }

  /** Watches until closed; rejects where the process must end. */
  async run(): Promise<void> {
    this.#sources.start();
    const ended = new Promise<void>((resolve) => {
      this.#ended = resolve;
    });
    await Promise.race([ended, this.#failure]);
  }

  async atRest(signal: AbortSignal): Promise<void> {
    if (this.#first !== null) await this.#takeFirst(this.#first, signal);
    await this.#reloader.atRest(signal);
    const nowMs = this.#parts.clock.monotonicMs();
    if (nowMs - this.#lookedMs < LOOK_EVERY_MS) return;
    this.#lookedMs = nowMs;
    for (const overrun of this.#quotas.look()) this.#punish(overrun);
    this.#endPauses();
  }

  /** A set that differs from the stored one at the start is taken, or not, before the next event is judged. */
  async #takeFirst(candidate: Candidate, signal: AbortSignal): Promise<void> {
    this.#first = null;
    const { clock } = this.#parts;
    const progress = { isDone: false };
    const taken = this.#sources.offer(candidate).then(() => {
      progress.isDone = true;
    });
    while (!progress.isDone && !signal.aborted) {
      await this.#reloader.atRest(signal);
      const paused = new Promise<void>((resolve) => void clock.after(START_PAUSE_MS, resolve));
      await Promise.race([taken, paused, this.#failure]);
    }
  }

  #punish({ rule, version, budget, measured, limit }: Overrun): void {
    if (this.#isBusy(rule)) return;
    const { config, clock, log } = this.#parts;
    const { action } = config.limits.rule;
    const nowMs = clock.nowMs();
    const before = this.#strikes.get(rule);
    const isRepeated = before !== undefined && nowMs - before.atMs < 2 * LONGEST_PAUSE_MS;
    const strikes = isRepeated ? before.count + 1 : 1;
    this.#strikes.set(rule, { count: strikes, atMs: nowMs });
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (strikes - 1));
    const untilMs = action === "off" ? null : nowMs + pauseMs;
    const reason = `${budget} is ${measured}, its budget ${limit}`;
    log.warn({ rule, budget, measured, limit, action }, `the rule is over its budget: ${reason}`);
    const until = untilMs === null ? null : formatTime(untilMs);
    const body = { rule, version, budget, measured, limit, action, until };
    this.#switchAside(rule, this.#switch({ rule, reason, untilMs }, { kind: "quota", body }));
  }

  #isBusy(rule: string): boolean {
    const nowMs = this.#parts.clock.monotonicMs();
    return this.#switching.has(rule) || nowMs < (this.#notBefore.get(rule) ?? nowMs);
  }

  /** Nobody waits for this switch. Where it fails it is tried again later; what went wrong was told. */
  #switchAside(rule: string, switched: Promise<void>): void {
    switched.then(
      () => this.#notBefore.delete(rule),
      () => this.#notBefore.set(rule, this.#parts.clock.monotonicMs() + SWITCH_AGAIN_MS),
    );
  }

  #endPauses(): void {
    const nowMs = this.#parts.clock.nowMs();
    for (const { rule, untilMs } of this.#reloader.state.running.stored.switches) {
      if (untilMs === null || untilMs > nowMs || this.#isBusy(rule)) continue;
      const body = { rule, reason: "the pause is over", by: "" };
      this.#switchAside(rule, this.#unswitch(rule, body));
    }
  }

  async #switch(
    off: RuleSwitch,
    decision: {
      readonly kind: "disable" | "quota";
      readonly body: { readonly [name: string]: Value };
    },
  ): Promise<void> {
    await this.#switchRule(off.rule, (held) => [...held, off], decision);
  }

  async #unswitch(rule: string, body: { readonly [name: string]: Value }): Promise<void> {
    await this.#switchRule(rule, (held) => held, { kind: "enable", body });
  }

  async #switchRule(
    rule: string,
    make: (others: readonly RuleSwitch[]) => readonly RuleSwitch[],
    decision: Parameters<Reloader["setSwitches"]>[1],
  ): Promise<void> {
    this.#switching.add(rule);
    try {
      await this.#reloader.setSwitches(
        ({ stored }) => make(stored.switches.filter((one) => one.rule !== rule)),
        decision,
      );
    } catch (error) {
      // Streams may be missing that the rule reads; anything else ends the process.
      if ((error as Error).name !== "RefusalError") this.#fail(error);
      else
        this.#parts.log.error({ rule }, `the rule cannot be switched: ${(error as Error).message}`);
      throw error;
    } finally {
      this.#switching.delete(rule);
    }
  }

  get state(): ReloaderState {
    return this.#reloader.state;
  }

  get assembly(): Assembly {
    return this.#parts.assembly;
  }

  /** Offers a whole set; resolves with what became of it. */
  async submit(candidate: Candidate): Promise<ReloadReport> {
    const report = await this.#reloader.submit(candidate);
    if (report.outcome === "activated") this.#sources.overtaken();
    return report;
  }

  preview(input: SetInput, choices: ReadonlyMap<string, RuleChoice>): Promise<ReloadReport> {
    return this.#reloader.preview(input, choices);
  }

  /** Brings a set of the history back; null where it is not known. `hash`: its beginning; null: the set before. */
  rollback(hash: string | null, author: string): Promise<ReloadReport> | null {
    const { history } = this.#reloader.state.running.stored;
    const wanted = history.find((one) => hash === null || one.hash.startsWith(hash));
    const bundle = wanted && readStoredBundle(this.#parts.store, wanted.fullHash);
    if (wanted === undefined || !bundle) return null;
    return this.submit({
      input: { kind: "bundle", bundle },
      origin: { kind: "rollback", mark: wanted.hash, author, note: `back to ${wanted.hash}` },
      choices: new Map(),
      configured: false,
    });
  }

  /** Switches a rule off until somebody enables it. False where the set has no such rule. */
  async disable(rule: string, reason: string, by: string): Promise<boolean> {
    if (!this.#has(rule)) return false;
    const body = { rule, reason, by };
    await this.#switch({ rule, reason, untilMs: null }, { kind: "disable", body });
    return true;
  }

  async enable(rule: string, reason: string, by: string): Promise<boolean> {
    if (!this.#has(rule)) return false;
    this.#strikes.delete(rule);
    const isOff = this.state.running.stored.switches.some((one) => one.rule === rule);
    if (isOff) await this.#unswitch(rule, { rule, reason, by });
    return true;
  }

  #has(rule: string): boolean {
    return this.state.running.set.plan.rules.some(({ name }) => name === rule);
  }

  async close(): Promise<void> {
    this.#ended();
    await this.#sources.close();
    await this.#checker.close();
  }
}
