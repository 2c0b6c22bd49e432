/**
 * A storm of reloads: rule sets put one after the other while events flow and the service is killed, and the alerts
 * that an engine without a service gives which takes each set at its recorded position.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../base/random.ts";
import type { Value } from "../base/value.ts";
import { createEngine, type Engine } from "../engine/engine.ts";
import type { Broker } from "../io/nats.ts";
import { bundleHash, makeBundle } from "../rules/rule-bundle.ts";
import { loadRules, type RuleSet } from "../rules/rule-set.ts";
import { NatsServer } from "./nats-server.ts";
import {
  type AlertRecord,
  connectTo,
  endServices,
  Feeder,
  makeServiceFolder,
  makeStream,
  readAlerts,
  type ServiceFolder,
  ServiceProcess,
} from "./service-process.ts";

export interface StormPlan {
  readonly reloads: number;
  readonly kills: number;
  readonly events: number;
}

export interface StormResult {
  readonly activations: number;
  readonly invalid: number;
  readonly verdicts: ReadonlyMap<string, number>;
  /** In the order of the alert stream, and of an engine without a service. */
  readonly alerts: readonly string[];
  readonly expected: readonly string[];
  readonly ids: number;
  /** Activations whose verdicts or history are not what the rules of the two sets call for. */
  readonly wrongActivations: readonly string[];
}

const STREAM = `stream auth from "events.auth" { time t  idle 30m }
`;

const USERS = 7;
const ACTIONS = ["login", "look", "read", "leave"];

/** A set as a list of rules, each of which can change, go and come. */
interface RuleShape {
  readonly name: string;
  readonly was: string | null;
  readonly steps: readonly string[];
  readonly withinMinutes: number;
  readonly key: "user" | "host";
  readonly risk: number;
  readonly once: boolean;
}

function textOf({ name, was, steps, withinMinutes, key, risk, once }: RuleShape): string {
  const elements = steps.map((action, i) => `s${i}: auth where action == "${action}"`);
  return `rule ${name} "Storm" {
  severity low  risk ${risk} ${was === null ? "" : `was ${was}`}
  match by ${key} within ${withinMinutes}m { ${elements.join(" then ")} }
  ${once ? `once per ${key} every 2m` : ""}
  alert "{${key}}"
}
`;
}

function newRule(random: Random, name: string): RuleShape {
  const length = 2 + random.below(2);
  return {
    name,
    was: null,
    steps: Array.from({ length }, () => ACTIONS[random.below(ACTIONS.length)] as string),
    withinMinutes: 1 + random.below(8),
    key: random.below(2) === 0 ? "user" : "host",
    risk: random.below(90),
    once: random.below(3) === 0,
  };
}

/** The next set: one or two rules other than before. */
function nextShapes(random: Random, before: readonly RuleShape[], count: number): RuleShape[] {
  const shapes: RuleShape[] = before.map((shape) => ({ ...shape, was: null }));
  for (let change = 1 + random.below(2); change > 0; change--) {
    const at = random.below(shapes.length);
    const shape = shapes[at] as RuleShape;
    const other = newRule(random, shape.name);
    switch (random.below(8)) {
      case 0:
        shapes[at] = { ...shape, risk: (shape.risk + 1) % 100 };
        break;
      case 1:
        shapes[at] = { ...shape, withinMinutes: other.withinMinutes };
        break;
      case 2:
        shapes[at] = { ...shape, steps: other.steps };
        break;
      case 3:
        shapes[at] = { ...shape, key: shape.key === "user" ? "host" : "user" };
        break;
      case 4:
        if (shapes.length > 2) shapes.splice(at, 1);
        break;
      case 5:
        shapes.push(newRule(random, `storm.n${count}x${change}`));
        break;
      case 6:
        shapes[at] = { ...shape, name: `storm.m${count}x${change}`, was: shape.name };
        break;
      case 7:
        shapes[at] = { ...shape, once: !shape.once };
        break;
    }
  }
  return shapes.slice(0, 8);
}

function eventAt(index: number, random: Random): string {
  const t = new Date(Date.UTC(2026, 0, 1) + index * 1500).toISOString();
  const user = `u${random.below(USERS)}`;
  const host = `h${random.below(3)}`;
  return JSON.stringify({ t, user, host, action: ACTIONS[random.below(ACTIONS.length)] });
}

interface StormSet {
  readonly text: string;
  readonly hash: string;
}

function setOf(shapes: readonly RuleShape[]): StormSet {
  const text = STREAM + shapes.map(textOf).join("");
  const files = [{ file: "a.seq", text }];
  return {
    text,
    hash: bundleHash(makeBundle({ files, data: [], buckets: [] }), false).slice(0, 16),
  };
}

const TOKEN = "storm";

export async function runStorm(plan: StormPlan, random: Random): Promise<StormResult> {
  const server = await NatsServer.start();
  const broker = await connectTo(server.url);
  try {
    await makeStream(broker, "EVENTS", ["events.auth"]);
    const storm = new Storm(plan, random, server, broker);
    return await storm.run();
  } finally {
    endServices();
    await broker.close();
    await server.stop();
  }
}

class Storm {
  readonly #plan: StormPlan;
  readonly #random: Random;
  readonly #broker: Broker;
  readonly #events: readonly string[];
  readonly #feeder: Feeder;
  readonly #folder: ServiceFolder;
  readonly #sets = new Map<string, StormSet>();
  readonly #first: StormSet;
  #shapes: readonly RuleShape[];
  #service: ServiceProcess;
  #invalid = 0;

  constructor(plan: StormPlan, random: Random, server: NatsServer, broker: Broker) {
    this.#plan = plan;
    this.#random = random;
    this.#broker = broker;
    this.#events = Array.from({ length: plan.events }, (_, i) => eventAt(i, random));
    this.#feeder = new Feeder(broker, "EVENTS", "events.auth", this.#events);
    this.#shapes = Array.from({ length: 4 }, (_, i) => newRule(random, `storm.r${i}`));
    this.#first = this.#note(this.#shapes);
    this.#folder = makeServiceFolder(
      `${server.folder}/storm`,
      server.url,
      { "a.seq": this.#first.text },
      "state: { commit: { events: 20, everyMs: 1 } }\n",
    );
    this.#service = this.#start();
  }

  #note(shapes: readonly RuleShape[]): StormSet {
    const set = setOf(shapes);
    this.#sets.set(set.hash, set);
    return set;
  }

  #start(crash: string | null = null): ServiceProcess {
    const crashing = crash === null ? {} : { SEQUITUR_CRASH: crash };
    return new ServiceProcess(this.#folder, { SEQUITUR_HTTP__TOKEN: TOKEN, ...crashing });
  }

  async run(): Promise<StormResult> {
    const { reloads, kills, events } = this.#plan;
    const killEvery = Math.floor(reloads / kills);
    await this.#service.running();
    for (let i = 1; i <= reloads; i++) {
      const feeding = this.#feeder.send(Math.ceil(events / reloads));
      await this.#reload(i);
      if (i % killEvery === 0) await this.#kill(i / killEvery);
      await feeding;
    }
    await this.#feeder.send(this.#feeder.left);
    await this.#service.caughtUp();
    await this.#service.stop();
    return this.#judge(await readAlerts(this.#broker));
  }

  /** Puts the next set: another one, an earlier one, or one with an error. Not waited for where a kill is due. */
  async #reload(count: number): Promise<void> {
    const kind = this.#random.below(10);
    if (kind === 0) {
      const broken = setOf(this.#shapes).text.replace("severity low", "severity loud");
      if ((await this.#put(broken)) === 422) this.#invalid++;
      return;
    }
    const all = [...this.#sets.values()];
    const earlier = all[this.#random.below(all.length)] as StormSet;
    if (kind === 1) {
      await this.#put(earlier.text);
      return;
    }
    this.#shapes = nextShapes(this.#random, this.#shapes, count);
    await this.#put(this.#note(this.#shapes).text);
  }

  /** The answer's status; null where the service died meanwhile. */
  async #put(text: string): Promise<number | null> {
    const url = `${await this.#service.httpUrl()}/api/v1/rules`;
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    const body = JSON.stringify({ files: [{ file: "a.seq", text }] });
    const answer = await fetch(url, { method: "PUT", headers, body }).catch(() => null);
    if (answer === null && !this.#service.ended) await sleep(20);
    return answer?.status ?? null;
  }

  /** By turns at a crash point around the switch, and at any moment after a set was sent. */
  async #kill(count: number): Promise<void> {
    const crashes = ["before-activate:1", "after-activate:1", "mid-commit:9"];
    const crash = crashes[count % 4] ?? null;
    if (crash !== null) {
      await this.#service.stop();
      this.#service = this.#start(crash);
      await this.#service.running();
    }
    this.#shapes = nextShapes(this.#random, this.#shapes, 100_000 + count);
    const putting = this.#put(this.#note(this.#shapes).text);
    await sleep(crash === null ? this.#random.below(120) : 200);
    await this.#service.kill("SIGKILL");
    await putting;
    this.#service = this.#start();
    await this.#service.running();
  }

  #judge(records: readonly AlertRecord[]): StormResult {
    const isControl = ({ subject }: AlertRecord): boolean => subject.startsWith("alerts.control.");
    const alerts = records.filter((record) => !isControl(record)).map(({ text }) => text);
    const activations = records
      .filter(({ subject }) => subject === "alerts.control.activate")
      .map(({ text }) => JSON.parse(text) as Activation);
    const verdicts = new Map<string, number>();
    for (const { verdict } of activations.flatMap((one) => one.verdicts)) {
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    }
    const oracle = new OfflineEngine(this.#load(this.#first.hash), this.#events);
    for (const activation of activations) {
      oracle.activate(activation, this.#load(activation.set));
    }
    const expected = oracle.finish();
    const ids = new Set(alerts.map((text) => (JSON.parse(text) as { id: string }).id)).size;
    return {
      activations: activations.length,
      invalid: this.#invalid,
      verdicts,
      alerts,
      expected,
      ids,
      wrongActivations: oracle.wrongActivations,
    };
  }

  #load(hash: string): RuleSet {
    const set = this.#sets.get(hash);
    if (set === undefined) throw new Error(`nobody has put the set ${hash}`);
    const reader = { readLines: () => ({ error: "no files here" }) };
    const { set: loaded } = loadRules([{ file: "a.seq", text: set.text }], { reader, todayMs: 0 });
    if (loaded === null) throw new Error("a set of the storm compiles");
    return loaded;
  }
}

interface Verdict {
  readonly rule: string;
  readonly was: string | null;
  readonly verdict: string;
}

interface Activation {
  readonly set: string;
  readonly positions: { readonly EVENTS: number };
  readonly verdicts: readonly Verdict[];
  readonly history: {
    readonly rules: readonly string[];
    readonly from: { readonly EVENTS: number };
  } | null;
}

/** Judges the same events without a service, a store and kills. */
class OfflineEngine {
  readonly #events: readonly Value[];
  readonly #engine: Engine;
  readonly #alerts: string[] = [];
  readonly wrongActivations: string[] = [];
  #position = 0;

  constructor(first: RuleSet, events: readonly string[]) {
    this.#events = events.map((text) => JSON.parse(text) as Value);
    this.#engine = createEngine(first.plan, { data: first.data });
  }

  #accept(engine: Engine, from: number, to: number): void {
    const feed = engine.feed("auth", "EVENTS", { broker: true });
    for (let seq = from; seq <= to; seq++) {
      engine.accept(feed, seq, 0, STORED_MS, this.#events[seq - 1] as Value);
    }
  }

  #advance(to: number): void {
    this.#accept(this.#engine, this.#position + 1, to);
    this.#position = to;
    for (const output of this.#engine.takeOutputs()) {
      if (output.kind === "alert") this.#alerts.push(output.text);
    }
  }

  activate({ set, positions, verdicts, history }: Activation, { plan, data }: RuleSet): void {
    this.#advance(positions.EVENTS);
    const next = { ...plan, tests: [] };
    const reload = this.#engine.planReload(next, new Map());
    const told = (all: readonly Verdict[], built: readonly string[]): string => {
      const shown = all.map(({ rule, was, verdict }) => `${rule} ${was} ${verdict}`);
      return [...shown.filter((one) => !one.endsWith(" same")), ...built].sort().join(", ");
    };
    const built = reload.rules.filter(({ historyMs }) => (historyMs ?? 0) > 0);
    const planned = told(
      reload.rules,
      built.map(({ rule }) => rule),
    );
    const recorded = told(verdicts, history?.rules ?? []);
    if (recorded !== planned) this.wrongActivations.push(`${set}: ${recorded}; not ${planned}`);
    this.#engine.activate(data, reload);
    if (history === null) return;
    const rules = next.rules.filter(({ name }) => history.rules.includes(name));
    const warm = createEngine({ ...next, rules }, { data });
    this.#accept(warm, history.from.EVENTS, positions.EVENTS);
    warm.takeOutputs();
    this.#engine.adopt(warm, history.rules);
  }

  finish(): readonly string[] {
    this.#advance(this.#events.length);
    return this.#alerts;
  }
}

/** When the broker stored the events: after their own times, all of them. */
const STORED_MS = Date.UTC(2026, 5, 1);
