/**
 * The events of W9: NDJSON of 700 bytes on average, six kinds in the shares of the workload, users and hosts by
 * Zipf(0.9), times strictly rising. Among them incidents that the rules look for, so that about one event in 200 ends in
 * an alert. At the end each kind has one event ten minutes later, after which everything before is decided.
 */

import { Random } from "../../base/random.ts";
import type { ValueObject } from "../../base/value.ts";
import { Zipf } from "../draws.ts";
import { START_MS } from "../workload.ts";
import { type Actor, fieldsOf, hostOf, type Kind, userOf } from "./event-fields.ts";
import { INCIDENTS } from "./incidents.ts";

/** An event as it is published. */
export interface W9Event {
  readonly kind: Kind;
  readonly subject: string;
  readonly timeMs: number;
  readonly data: ValueObject;
}

export interface W9Size {
  readonly events: number;
  readonly seed: number;
  /** Users; there is a host for five of them. */
  readonly users: number;
}

const KINDS: readonly { readonly kind: Kind; readonly subject: string; readonly upTo: number }[] = [
  { kind: "auth", subject: "sec.auth.login", upTo: 0.3 },
  { kind: "process", subject: "sec.process.start", upTo: 0.55 },
  { kind: "flow", subject: "sec.flow.tcp", upTo: 0.8 },
  { kind: "dns", subject: "sec.dns.query", upTo: 0.9 },
  { kind: "file", subject: "sec.file.change", upTo: 0.95 },
  { kind: "beat", subject: "sec.beat.sensor", upTo: 1 },
];
const USERS_PER_HOST = 5;
/** Event times are 1 to 3 ms apart: 500 events in a second. */
const GAP_MS = 3;
const INCIDENT_SHARE = 0.0062;
/** Of the incidents, those that lack their last event. */
const BROKEN_SHARE = 0.2;
/** Each sensor reports every 20 s: 25 of the 500 events of a second are reports. */
const SENSORS = 500;
/** Sensors that fall silent, for so many of their reports. */
const SILENT_SHARE = 0.0005;
const SILENT_REPORTS = 6;
const LAST_GAP_MS = 600_000;
const BYTES_MIN = 500;
const BYTES_SPAN = 400;
const FILLER = "the agent observed this and has nothing more to say about it; ".repeat(16);

interface Waiting {
  readonly dueMs: number;
  readonly kind: Kind;
  readonly actor: Actor;
  readonly changes: ValueObject;
}

/** The same size gives the same events. */
export function* w9Events(size: W9Size): Generator<W9Event> {
  const maker = new EventMaker(size);
  for (let i = 0; i < size.events - KINDS.length; i++) yield maker.next();
  for (const { kind } of KINDS) yield maker.last(kind);
}

class EventMaker {
  readonly #random: Random;
  readonly #users: Zipf;
  readonly #hosts: Zipf;
  /** Events of incidents, by due time. */
  readonly #waiting: Waiting[] = [];
  readonly #silent = new Map<number, number>();
  #timeMs = START_MS;
  #reports = 0;

  constructor({ seed, users }: W9Size) {
    this.#random = new Random(seed);
    this.#users = new Zipf(this.#random, users, 0.9);
    this.#hosts = new Zipf(this.#random, Math.max(1, Math.floor(users / USERS_PER_HOST)), 0.9);
  }

  next(): W9Event {
    this.#timeMs += 1 + this.#random.below(GAP_MS);
    const [first] = this.#waiting;
    if (first !== undefined && first.dueMs <= this.#timeMs) {
      this.#waiting.shift();
      return this.#event(first.kind, first.actor, first.changes);
    }
    if (this.#random.chance(INCIDENT_SHARE)) this.#begin();
    const draw = this.#random.unit();
    const { kind } = KINDS.find(({ upTo }) => draw < upTo) as (typeof KINDS)[number];
    return this.#event(kind, this.#actor(), kind === "beat" ? this.#report() : {});
  }

  last(kind: Kind): W9Event {
    this.#timeMs += kind === KINDS[0]?.kind ? LAST_GAP_MS : 1;
    return this.#event(kind, this.#actor(), { sensor: "last", marker: true });
  }

  #actor(): Actor {
    return { user: userOf(this.#users.next()), host: hostOf(this.#hosts.next()) };
  }

  /** The fields of the next sensor's report. */
  #report(): ValueObject {
    for (;;) {
      const sensor = this.#reports++ % SENSORS;
      const silent = this.#silent.get(sensor) ?? 0;
      if (silent > 0) {
        this.#silent.set(sensor, silent - 1);
        continue;
      }
      const falls = this.#random.chance(SILENT_SHARE);
      if (falls) this.#silent.set(sensor, SILENT_REPORTS);
      return { sensor: `s${sensor}`, status: falls ? "restarting" : "up" };
    }
  }

  #begin(): void {
    const scene = { ...this.#actor(), other: this.#actor(), random: this.#random };
    const acts = this.#random.pick(INCIDENTS)(scene);
    const broken = acts.length > 1 && this.#random.chance(BROKEN_SHARE);
    let dueMs = this.#timeMs;
    for (const { after, kind, changes } of broken ? acts.slice(0, -1) : acts) {
      dueMs += after * 1000;
      this.#wait({ dueMs, kind, actor: scene, changes });
    }
  }

  #wait(event: Waiting): void {
    let at = this.#waiting.length;
    while (at > 0 && (this.#waiting[at - 1] as Waiting).dueMs > event.dueMs) at--;
    this.#waiting.splice(at, 0, event);
  }

  #event(kind: Kind, actor: Actor, changes: ValueObject): W9Event {
    const timeMs = this.#timeMs;
    const { subject } = KINDS.find((one) => one.kind === kind) as (typeof KINDS)[number];
    const data: ValueObject = {
      "@timestamp": new Date(timeMs).toISOString(),
      ts: timeMs,
      event: { id: `e${timeMs}`, module: kind, dataset: `corp.${kind}` },
      ...fieldsOf(kind, actor, this.#random, changes),
      agent: { id: "b3d1c9e2", type: "endpoint", version: "8.14.3" },
    };
    const wanted = BYTES_MIN + this.#random.below(BYTES_SPAN);
    const missing = Math.max(20, wanted - JSON.stringify(data).length);
    return { kind, subject, timeMs, data: { ...data, message: FILLER.slice(0, missing) } };
  }
}
