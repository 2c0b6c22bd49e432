/**
 * One simulation by its seed: the production loop on models, faults for a while, then calm, then the verdict. Two runs
 * of a seed do the same, step by step.
 */

import { Random } from "../../base/random.ts";
import { readStoredAlerts, readStoredFeeds } from "../../server/stored-service.ts";
import { DiskModel } from "./disk-model.ts";
import { type FaultKind, Faults } from "./faults.ts";
import { judge } from "./judge.ts";
import { losePower, strike } from "./moments.ts";
import { NatsModel, WALL_START_MS } from "./nats-model.ts";
import type { Plant } from "./plant.ts";
import { excuseOf } from "./refusals.ts";
import { Schedule } from "./schedule.ts";
import { ServiceLife } from "./service-life.ts";
import type { ModelMessage } from "./stream-model.ts";
import { ALERTS, type CommittedLog, Watch } from "./watch.ts";
import { FEEDS, isWanted, type Made, makeMessage, RULE_SETS, simulatedRules } from "./workload.ts";

export interface SimulationOptions {
  readonly seed: number;
  /** Messages of the producers, about. */
  readonly messages?: number;
  readonly plant?: Plant;
  /** Hears each line of the trace. */
  readonly onLine?: (line: string) => void;
}

/** What a run came to. */
export interface SimulationResult {
  readonly seed: number;
  /** "complete": all alerts are there; "refused": for a reason that the faults excuse; "failed": a bug. */
  readonly outcome: "complete" | "refused" | "failed";
  /** What is wrong, or why it was refused. */
  readonly reason: string;
  readonly messages: number;
  readonly records: number;
  readonly lives: number;
  readonly steps: number;
  readonly virtualMs: number;
  readonly faults: ReadonlyMap<FaultKind, number>;
  /** Hash of everything that happened. */
  readonly hash: string;
  /** The last lines of the trace. */
  readonly tail: readonly string[];
}

const DEFAULT_MESSAGES = 100;
/** How long the service may take to finish once nothing goes wrong any more. */
const CALM_MS = 90_000;
/** What time makes due in silence is recorded after this time at the latest. */
const DECIDED_MS = 3000;
/** Refusals in a row behind which trying again is no use. */
const REFUSALS = 3;
/** A run of more steps goes round in circles. */
const MAX_STEPS_PER_MESSAGE = 2000;

export class Simulation {
  readonly schedule: Schedule;
  readonly random: Random;
  readonly faults: Faults;
  readonly server: NatsModel;
  readonly disk: DiskModel;
  readonly watch: Watch;
  readonly #options: SimulationOptions;
  readonly #plant: Plant;
  readonly #rules: ReturnType<typeof simulatedRules>;
  readonly #commit: { readonly events: number; readonly everyMs: number };
  readonly #outboxLimits: ConstructorParameters<typeof Watch>[2] extends number
    ? { entries: number; bytes: number; keepMs: number; keepEntries: number }
    : never;
  readonly #checkpoint: "commit" | "1s" | "10s";
  life: ServiceLife | null = null;
  #lives = 0;
  #made = 0;
  /** Produced and not stored yet. */
  #unsent: Made[] = [];
  #quietUntilMs = 0;
  /** In a row. */
  #refusals = 0;
  serviceAheadMs = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#plant = options.plant ?? "none";
    this.random = new Random(options.seed);
    this.schedule = new Schedule(this.random, options.onLine ?? null);
    this.faults = new Faults(this.schedule);
    const { random } = this;
    this.#rules = simulatedRules(random.below(RULE_SETS));
    this.#commit = { events: 1 + random.below(60), everyMs: random.below(8) };
    this.#outboxLimits = {
      entries: random.chance(0.5) ? 8 + random.below(60) : 100_000,
      bytes: 1 << 26,
      keepMs: random.chance(0.3) ? 2000 + random.below(20_000) : 600_000,
      keepEntries: random.chance(0.2) ? 20 + random.below(100) : 100_000,
    };
    const checkpoint = random.pick(["commit", "commit", "1s", "10s"] as const);
    // State that is not committed is built anew from the events: they must not be deleted meanwhile.
    this.#checkpoint = this.faults.moments.includes("deleted") ? "commit" : checkpoint;
    this.disk = new DiskModel(this.#plant);
    this.server = new NatsModel(this.schedule, this.faults, {
      onStored: (stream, message) => this.#onStored(stream, message),
      onDelivered: (peer, stream, message) => {
        if (peer === this.life?.connection) this.watch.delivered(stream, message);
      },
    });
    const entries = this.#outboxLimits.entries;
    const eager = this.#checkpoint === "commit";
    this.watch = new Watch(this.disk, () => this.#alertsEnd(), entries, eager);
    for (const { name, subjects } of FEEDS) this.server.makeStream({ name, subjects });
  }

  /** By the service's clock. */
  get wallMs(): number {
    return WALL_START_MS + Math.floor(this.schedule.nowMs) + this.serviceAheadMs;
  }

  get keepMs(): number {
    return this.#outboxLimits.keepMs;
  }

  #alertsEnd(): number {
    if (!this.server.has(ALERTS)) return 0;
    return this.server.stream(ALERTS).lastSeq - (readStoredAlerts(this.disk.content)?.base ?? 0);
  }

  #onStored(stream: string, message: ModelMessage): void {
    this.schedule.trace(`stored ${stream} ${message.seq} ${message.subject}`);
    if (stream !== ALERTS || !isOurs(message)) return;
    this.watch.onPublished(message, this.server.stream(ALERTS).at(message.seq - 1));
  }

  async run(): Promise<SimulationResult> {
    const total = this.#options.messages ?? DEFAULT_MESSAGES;
    const maxSteps = 20_000 + total * MAX_STEPS_PER_MESSAGE;
    this.#start();
    this.#produceLater(total);
    this.#strikeLater();
    let calmUntilMs: number | null = null;
    for (;;) {
      await this.schedule.step(calmUntilMs ?? Number.MAX_SAFE_INTEGER, () => this.#beforeStep());
      if (this.watch.breach !== null) return this.#result("failed", this.watch.breach);
      const ended = this.#onEnding();
      if (ended !== null) return ended;
      if (this.schedule.steps > maxSteps) return this.#result("failed", "it goes round in circles");
      if (calmUntilMs === null) {
        if (this.#made < total || this.schedule.nowMs < this.#quietUntilMs) continue;
        this.#calm();
        calmUntilMs = this.schedule.nowMs + CALM_MS;
      } else if (this.#isSettled()) break;
      else if (this.schedule.nowMs >= calmUntilMs)
        return this.#result("failed", "it did not settle");
    }
    return this.#finish();
  }

  /** Crashes between two turns of a life. */
  #beforeStep(): void {
    if (this.life?.dead === false && this.faults.strikes("crash-at-step")) this.life.crash();
  }

  /** Ends the life at once; nothing of it comes after what is done to its disk. */
  crashLife(): void {
    this.life?.crash();
  }

  #start(): void {
    this.watch.begin();
    this.#lives++;
    this.schedule.trace(`life ${this.#lives}`);
    this.life = new ServiceLife({
      schedule: this.schedule,
      server: this.server,
      disk: this.disk,
      faults: this.faults,
      plant: this.#plant,
      rules: this.#rules,
      commit: this.#commit,
      checkpoint: this.#checkpoint,
      outboxLimits: this.#outboxLimits,
      wallMs: () => this.wallMs,
      onDurable: (changes) => this.watch.durable(changes),
    });
  }

  /** A life that has ended is followed by another, unless it refuses for good. */
  #onEnding(): SimulationResult | null {
    const ending = this.life?.ending ?? null;
    if (ending === null) return null;
    this.life = null;
    this.disk.forget();
    if (ending.kind === "crashed" && this.#plant === "early-publish") this.disk.losePower();
    if (ending.kind === "failed") {
      const { error } = ending;
      const reason = `${error.name}: ${error.message}`;
      if (error.name !== "RefusalError") return this.#result("failed", error.stack ?? reason);
      const excuse = excuseOf(error.message, this.faults);
      if (excuse === null) return this.#result("failed", reason);
      this.#refusals = excuse === "final" ? this.#refusals + 1 : 0;
      if (this.#refusals >= REFUSALS) return this.#refused(reason);
    } else this.#refusals = 0;
    this.#startLater();
    return null;
  }

  #startLater(): void {
    this.schedule.after(this.random.unit() * 800, () => {
      if (this.server.up && this.life === null) this.#start();
      else if (this.life === null) this.#startLater();
    });
  }

  /** A message of the producers now and then: in bursts, and with silences. */
  #produceLater(total: number): void {
    const burst = this.random.chance(0.8);
    const pauseMs = burst ? this.random.unit() * 60 : this.random.unit() * 2500;
    const delayMs = Math.max(pauseMs, this.#quietUntilMs - this.schedule.nowMs);
    this.schedule.after(delayMs, () => {
      if (this.schedule.nowMs >= this.#quietUntilMs) this.#produce();
      if (this.#made < total) this.#produceLater(total);
    });
  }

  #produce(): void {
    this.#unsent.push(makeMessage(this.random, this.server.wallMs, this.#made++));
    this.#send();
  }

  #send(): void {
    while (this.#unsent.length > 0) {
      const { feed, subject, data } = this.#unsent[0] as Made;
      if (!this.server.produce(feed, subject, data)) return;
      this.#unsent.shift();
    }
  }

  /** Nothing is produced until then. */
  beQuiet(durationMs: number): void {
    this.#quietUntilMs = this.schedule.nowMs + durationMs;
  }

  /** How far the run is, from 0 to 1. */
  get progress(): number {
    return this.#made / (this.#options.messages ?? DEFAULT_MESSAGES);
  }

  #calmed = false;

  #strikeLater(): void {
    this.schedule.after(this.random.unit() * 3000, () => {
      if (this.#calmed) return;
      strike(this);
      this.#strikeLater();
    });
  }

  #calm(): void {
    this.schedule.trace("calm");
    this.#calmed = true;
    this.faults.calm();
    if (!this.server.up) this.server.start();
    else if (this.server.diskFull) this.restartServer(0);
    this.#send();
  }

  /** Ends the server's process and starts it again. */
  restartServer(downMs: number, whileDown: () => void = () => undefined): void {
    if (!this.server.up) return;
    this.server.stop();
    whileDown();
    const start = (): void => {
      if (this.server.up) return;
      this.server.start();
      this.#send();
    };
    if (downMs === 0) start();
    else this.schedule.after(downMs, start);
  }

  /** Has everything been read, committed and published? */
  #isSettled(): boolean {
    if (this.#unsent.length > 0 || this.life === null) return false;
    for (const { name } of FEEDS) {
      const position = readStoredFeeds(this.disk.content).find(
        (feed) => feed.name === name,
      )?.position;
      if ((position ?? 0) < this.#lastWanted(name)) return false;
    }
    const stored = readStoredAlerts(this.disk.content);
    return stored !== null && this.#alertsEnd() === stored.next - 1;
  }

  #lastWanted(feed: string): number {
    const stream = this.server.stream(feed);
    let seq = stream.lastSeq;
    while (seq > 0 && !isWanted(stream.at(seq)?.subject ?? "")) seq--;
    return seq;
  }

  /** Lets so much time pass; gives the verdict where the run ends in it. */
  async #pass(durationMs: number): Promise<SimulationResult | null> {
    const untilMs = this.schedule.nowMs + durationMs;
    while (await this.schedule.step(untilMs)) {
      if (this.watch.breach !== null) return this.#result("failed", this.watch.breach);
      const ended = this.#onEnding();
      if (ended !== null) return ended;
    }
    return null;
  }

  /** Stops the service in order, and compares. */
  async #finish(): Promise<SimulationResult> {
    // What the last events made due comes with the wall clock.
    let ended = await this.#pass(12_000);
    if (ended !== null) return ended;
    if (this.faults.moments.includes("server-power") && losePower(this)) {
      // Nothing is to be published any more, and still what is lost has to come back.
      this.faults.count("server-power");
      ended = await this.#pass(15_000);
      if (ended !== null) return ended;
    }
    const silentUntilMs = this.wallMs - DECIDED_MS;
    this.life?.stop();
    const lastMs = this.schedule.nowMs + 10_000;
    while (this.life?.ending === null && (await this.schedule.step(lastMs)));
    if (this.life?.ending?.kind !== "stopped") return this.#result("failed", "it did not stop");
    if (!this.#isSettledAtEnd()) return this.#result("failed", "records were left behind");
    const silent = this.#silentlyWrong();
    if (silent !== null) return this.#result("failed", silent);
    const wrong = this.#judge(this.watch.committed, silentUntilMs);
    return wrong === null ? this.#result("complete", "") : this.#result("failed", wrong);
  }

  #isSettledAtEnd(): boolean {
    return this.#alertsEnd() === (readStoredAlerts(this.disk.content)?.next ?? 1) - 1;
  }

  /** Were events committed that the streams hold no more, and that nobody deleted? */
  #silentlyWrong(): string | null {
    for (const [feed, log] of this.watch.committed) {
      const stream = this.server.stream(feed);
      for (const [seq, message] of log.entries()) {
        const stored = stream.at(seq);
        if (message === undefined || stored === message) continue;
        if (stored === null && seq <= stream.lastSeq && this.faults.happened("deleted")) continue;
        if (stored === null && seq < stream.firstSeq && this.faults.happened("expired")) continue;
        return `event ${seq} of ${feed} was taken and is another one now, and nobody was told`;
      }
    }
    return null;
  }

  #refused(reason: string): SimulationResult {
    const { published, committed } = this.watch;
    const wrong = this.#judge(published, null);
    // State that was built anew may rest on other events than the one before: where none of the lost ones mattered.
    const excused = wrong === null || this.#judge(committed, null) === null;
    return excused ? this.#result("refused", reason) : this.#result("failed", wrong);
  }

  #judge(taken: CommittedLog, silentUntilMs: number | null): string | null {
    const log = new Map<string, (ModelMessage | undefined)[]>();
    for (const { name } of FEEDS) {
      const events = [...(taken.get(name) ?? [])];
      const stream = this.server.stream(name);
      for (let seq = Math.max(1, events.length); seq <= stream.lastSeq; seq++) {
        events[seq] = stream.at(seq) ?? undefined;
      }
      log.set(name, events);
    }
    const holders = new Map([
      ["EVENTS", ["doors", "cards"]],
      ["OTHER", ["lifts"]],
    ]);
    return judge({ rules: this.#rules, holders, log, messages: this.#ours(), silentUntilMs });
  }

  #ours(): ModelMessage[] {
    const messages: ModelMessage[] = [];
    if (!this.server.has(ALERTS)) return messages;
    const stream = this.server.stream(ALERTS);
    for (let seq = stream.firstSeq; seq <= stream.lastSeq; seq++) {
      const message = stream.at(seq);
      if (message !== null && isOurs(message)) messages.push(message);
    }
    return messages;
  }

  #result(outcome: SimulationResult["outcome"], reason: string): SimulationResult {
    const { schedule, faults } = this;
    this.life?.crash();
    return {
      seed: this.#options.seed,
      outcome,
      reason,
      messages: this.#made,
      records: this.#ours().length,
      lives: this.#lives,
      steps: schedule.steps,
      virtualMs: Math.round(schedule.nowMs),
      faults: faults.counts,
      hash: schedule.hash,
      tail: schedule.tail,
    };
  }
}

function isOurs({ headers }: ModelMessage): boolean {
  return headers.some(([name]) => name === "Sequitur-Out");
}

/** Runs a seed. */
export function simulate(options: SimulationOptions): Promise<SimulationResult> {
  return new Simulation(options).run();
}

/** The command that repeats a run. */
export function repeatCommand({ seed, messages, plant }: SimulationOptions): string {
  const more = `${messages === undefined ? "" : ` --messages ${messages}`}${plant === undefined ? "" : ` --plant ${plant}`}`;
  return `npm run simulate -- --seeds 1 --seed ${seed}${more} --trace`;
}
