/**
 * The verdict on a run: an uninterrupted run of the pure engine over the stored events and the recorded decisions must
 * give, byte for byte, the records that the alert stream holds.
 *
 * The records themselves tell where the commits fell that had any (the header Sequitur-Pos): up to there the engine is
 * stepped, feed by feed; whatever other order the service stepped them in must not matter.
 */

import { createEngine, type Engine, type Feed } from "../../engine/engine.ts";
import { streamHasSubject } from "../../rules/envelope.ts";
import { decodeMessage } from "../../server/decode.ts";
import { HEADERS, readPositions, recordOf } from "../../server/outbox-record.ts";
import type { ServiceRules } from "../../server/rule-folder.ts";
import type { ModelMessage } from "./stream-model.ts";

/** The events by feed and sequence; what was deleted is undefined. */
export type Log = ReadonlyMap<string, readonly (ModelMessage | undefined)[]>;

/** As the configuration has it by default. */
const EVENT_BYTES = 65_536;
const ROOT = "alerts";

interface Decision {
  readonly kind: string;
  readonly feed?: string;
  readonly stream?: string;
  readonly time?: string;
  readonly positions: Readonly<Record<string, number>>;
}

/** What a record says that must be equal. */
interface Said {
  readonly subject: string;
  readonly id: string;
  readonly version: string;
  readonly rules: string;
  readonly text: string;
}

class Reference {
  readonly #rules: ServiceRules;
  readonly #log: Log;
  readonly #engine: Engine;
  readonly #feeds = new Map<string, Feed>();
  readonly #positions = new Map<string, number>();

  constructor(rules: ServiceRules, log: Log, holders: ReadonlyMap<string, readonly string[]>) {
    this.#rules = rules;
    this.#log = log;
    const limits = { eventBytes: EVENT_BYTES, alertBytes: EVENT_BYTES };
    this.#engine = createEngine(rules.plan, { limits, data: rules.data });
    for (const [source, streams] of holders) {
      this.#positions.set(source, 0);
      for (const stream of streams) {
        this.#feeds.set(`${source}/${stream}`, this.#engine.feed(stream, source, { broker: true }));
      }
    }
  }

  /** Steps every feed up to its position; feeds that are not named stay. */
  advance(positions: ReadonlyMap<string, number>): void {
    for (const [source, before] of this.#positions) {
      const end = positions.get(source) ?? before;
      for (let seq = before + 1; seq <= end; seq++)
        this.#step(source, this.#log.get(source)?.[seq]);
      this.#positions.set(source, Math.max(before, end));
    }
  }

  #step(source: string, message: ModelMessage | undefined): void {
    if (message === undefined) return;
    for (const stream of this.#rules.plan.streams) {
      const feed = this.#feeds.get(`${source}/${stream.name}`);
      if (feed === undefined || !streamHasSubject(stream, message.subject)) continue;
      for (const [index, one] of decodeMessage(message.data, EVENT_BYTES).entries()) {
        const { seq, timeMs } = message;
        if (one.kind === "event") {
          this.#engine.accept(feed, seq, index, timeMs, one.data, one.bytes);
        } else {
          const reason = one.tooDeep ? "too deep" : "unreadable";
          this.#engine.reject(feed, seq, index, reason, one.text);
        }
      }
    }
  }

  decide(decision: Decision): void {
    this.advance(new Map(Object.entries(decision.positions)));
    const feed = this.#feeds.get(`${decision.feed}/${decision.stream}`);
    if (decision.kind === "tick") this.#engine.tick(Date.parse(decision.time ?? ""));
    else if (feed === undefined) throw new Error(`a decision ${decision.kind} of no feed`);
    else this.#engine.feedIdle(feed, decision.kind === "idle");
  }

  /** The feed that is not idle; null where all of them are. */
  get awake(): string | null {
    return [...this.#feeds].find(([, { idle }]) => !idle)?.[0] ?? null;
  }

  tick(wallMs: number): void {
    this.#engine.tick(wallMs);
  }

  /** What was decided since the last call. */
  take(): readonly Said[] {
    return this.#engine.takeOutputs().map((output) => {
      const record = recordOf(output, ROOT, "", this.#rules.revision);
      const { subject, id, version, rules, payload } = record;
      return { subject, id, version, rules, text: new TextDecoder().decode(payload) };
    });
  }
}

/** Kinds of control records that are decisions; the others are outputs of the engine. */
const DECISIONS = new Set(["idle", "wake", "tick"]);

interface Group {
  readonly positions: string;
  readonly decisions: Decision[];
  readonly records: Said[];
}

function header({ headers }: ModelMessage, name: string): string {
  return headers.find(([key]) => key === name)?.[1] ?? "";
}

/** The records of one commit each, as far as they can be told apart. */
function groupsOf(messages: readonly ModelMessage[]): Group[] {
  const groups: Group[] = [];
  for (const message of messages) {
    const positions = header(message, HEADERS.positions);
    const text = new TextDecoder().decode(message.data);
    const control = new RegExp(`^${ROOT}\\.control\\.(\\w+)$`).exec(message.subject)?.[1];
    const decides = control !== undefined && DECISIONS.has(control);
    let group = groups.at(-1);
    if (group?.positions !== positions || (decides && group.records.length > 0)) {
      group = { positions, decisions: [], records: [] };
      groups.push(group);
    }
    if (decides) group.decisions.push(JSON.parse(text) as Decision);
    else {
      const id = header(message, HEADERS.id);
      const version = header(message, HEADERS.version);
      const rules = header(message, HEADERS.rules);
      group.records.push({ subject: message.subject, id, version, rules, text });
    }
  }
  return groups;
}

export interface Judged {
  readonly rules: ServiceRules;
  /** The JetStream streams, in the order of their names, with the streams of the rules that each holds. */
  readonly holders: ReadonlyMap<string, readonly string[]>;
  readonly log: Log;
  /** What the alert stream holds of the service, in order. */
  readonly messages: readonly ModelMessage[];
  /**
   * The wall clock up to which everything is to be published, behind a silence in which every feed became idle; null:
   * a beginning of the records will do.
   */
  readonly silentUntilMs: number | null;
}

/** What is wrong with the records, or null. */
export function judge({ rules, holders, log, messages, silentUntilMs }: Judged): string | null {
  const reference = new Reference(rules, log, holders);
  const groups = groupsOf(messages);
  let number = 0;
  for (const [index, group] of groups.entries()) {
    for (const decision of group.decisions) reference.decide(decision);
    number += group.decisions.length;
    reference.advance(readPositions(group.positions));
    const expected = reference.take();
    const cut = silentUntilMs === null && index === groups.length - 1;
    const wrong = difference(group.records, expected, number, cut);
    if (wrong !== null) return `${wrong} (positions ${group.positions})`;
    number += group.records.length;
  }
  if (silentUntilMs === null) return null;
  const ends = [...log].map(([name, events]): [string, number] => [name, events.length - 1]);
  reference.advance(new Map(ends));
  const missing = reference.take()[0];
  if (missing !== undefined) return `behind record ${number} is missing: ${missing.text}`;
  return undecided(reference, silentUntilMs);
}

/** A decision that silence calls for and that no record tells; null where there is none. */
function undecided(reference: Reference, silentUntilMs: number): string | null {
  const { awake } = reference;
  if (awake !== null) return `${awake} was silent to the end, and no record says that it is idle`;
  reference.tick(silentUntilMs);
  const due = reference.take()[0];
  return due === undefined ? null : `no tick in the silence at the end made due: ${due.text}`;
}

function difference(
  found: readonly Said[],
  expected: readonly Said[],
  before: number,
  cut: boolean,
): string | null {
  for (let i = 0; i < Math.max(found.length, cut ? 0 : expected.length); i++) {
    const a = JSON.stringify(found[i] ?? null);
    const b = JSON.stringify(expected[i] ?? null);
    if (a !== b) return `record ${before + i + 1} is ${a}, expected ${b}`;
  }
  return null;
}
