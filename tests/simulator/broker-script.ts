/**
 * What is asked of a broker, step by step, and what came of it, in words that do not depend on times and names. The
 * same script runs against nats-server and against its model; the two accounts must be equal.
 */

import type { Broker, BrokerMessage, Outcome } from "../../io/nats.ts";
import { messageAt, nextMessage, streamInfo } from "../../io/nats-streams.ts";

/** A broker, and what the script does to its server. */
export interface Stage {
  readonly broker: Broker;
  /** Kills the server's process and starts it again; gives the broker that is connected then. */
  restart(): Promise<Broker>;
  sleep(durationMs: number): Promise<void>;
}

const STREAM = "SCRIPT";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

type Headers = readonly (readonly [string, string])[];

/** One conversation with one broker, and what it heard. */
class Talk {
  readonly lines: string[] = [];
  readonly #stage: Stage;
  #broker: Broker;
  #consumer = "";

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#broker = stage.broker;
  }

  get broker(): Broker {
    return this.#broker;
  }

  say(what: string): void {
    this.lines.push(what);
  }

  async restart(): Promise<void> {
    this.#broker = await this.#stage.restart();
  }

  sleep(durationMs: number): Promise<void> {
    return this.#stage.sleep(durationMs);
  }

  /** Hears what comes to an inbox of its own while `act` runs and for a while longer. */
  async #hear(
    longestMs: number,
    act: (inbox: string) => void,
    most: number,
  ): Promise<BrokerMessage[]> {
    const inbox = this.#broker.newInbox();
    const heard: BrokerMessage[] = [];
    const end = this.#broker.subscribe(`${inbox}.*`, (message) => void heard.push(message));
    act(`${inbox}.1`);
    for (let waited = 0; waited < longestMs && heard.length < most; waited += 10) {
      await this.sleep(10);
    }
    end();
    return heard;
  }

  async publish(subject: string, text: string, headers: Headers): Promise<void> {
    const [ack] = await this.#hear(
      1500,
      (inbox) => this.#broker.publish(subject, encoder.encode(text), inbox, headers),
      1,
    );
    const names = headers.map(([name, value]) => `${name}=${value}`).join(" ");
    this.say(`publish ${subject} ${names} -> ${ack === undefined ? "nothing" : textOf(ack)}`);
  }

  async info(): Promise<void> {
    const found = await streamInfo(this.#broker, STREAM);
    if (found.kind !== "ok") this.say(`info -> ${problemOf(found)}`);
    else {
      const { messages, firstSeq, lastSeq, subjects } = found.value;
      this.say(`info -> ${messages} messages, ${firstSeq} to ${lastSeq}, ${subjects.join(" ")}`);
    }
  }

  async get(seq: number, filter?: string): Promise<void> {
    const found =
      filter === undefined
        ? await messageAt(this.#broker, STREAM, seq)
        : await nextMessage(this.#broker, STREAM, seq, filter);
    if (found.kind !== "ok") this.say(`get ${seq} ${filter ?? ""} -> ${problemOf(found)}`);
    else {
      const { subject, data, headers } = found.value;
      const text = `${found.value.seq} ${subject} ${decoder.decode(data)} ${JSON.stringify(headers)}`;
      this.say(`get ${seq} ${filter ?? ""} -> ${text}`);
    }
  }

  async api(path: string, body: unknown, read: (answer: unknown) => unknown): Promise<void> {
    const found = await this.#broker.api(path, body);
    const text = found.kind === "ok" ? JSON.stringify(read(found.value)) : problemOf(found);
    this.say(`${path} -> ${text}`);
  }

  async makeConsumer(from: number, filter?: string): Promise<void> {
    const config = {
      deliver_policy: "by_start_sequence",
      opt_start_seq: from,
      ack_policy: "none",
      replay_policy: "instant",
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: 30_000_000_000,
      max_ack_pending: -1,
      ...(filter === undefined ? {} : { filter_subject: filter }),
    };
    const body = { stream_name: STREAM, config };
    const made = await this.#broker.api(`CONSUMER.CREATE.${STREAM}`, body);
    this.say(`consumer from ${from} ${filter ?? ""} -> ${made.kind}`);
    if (made.kind === "ok") this.#consumer = (made.value as { name: string }).name;
  }

  async dropConsumer(): Promise<void> {
    await this.api(`CONSUMER.DELETE.${STREAM}.${this.#consumer}`, undefined, () => "gone");
    this.lines.push(this.lines.pop()?.replace(this.#consumer, "C") ?? "");
  }

  /** Pulls, and tells what came: messages with their places, statuses, or nothing. */
  async pull(batch: number, expiresMs: number, most: number): Promise<void> {
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${STREAM}.${this.#consumer}`;
    const request = { batch, expires: expiresMs * 1_000_000, max_bytes: 1 << 20 };
    const heard = await this.#hear(
      expiresMs + 500,
      (inbox) => this.#broker.publish(subject, encoder.encode(JSON.stringify(request)), inbox),
      most,
    );
    const told = heard.map((message) => placedText(message)).join(", ");
    this.say(`pull ${batch} -> ${told === "" ? "nothing" : told}`);
  }
}

function problemOf(outcome: Exclude<Outcome<unknown>, { readonly kind: "ok" }>): string {
  const code = outcome.kind === "refused" ? ` ${outcome.code}` : "";
  return `${outcome.kind}${code}`;
}

function textOf({ status, data }: BrokerMessage): string {
  if (status !== null) return `status ${status.code}`;
  const { seq, duplicate, error } = JSON.parse(decoder.decode(data)) as {
    readonly seq?: number;
    readonly duplicate?: boolean;
    readonly error?: { readonly code: number; readonly err_code: number };
  };
  if (error !== undefined) return `${error.code} ${error.err_code}`;
  return `stored at ${seq}${duplicate === true ? " (duplicate)" : ""}`;
}

/** Stream sequence, consumer sequence and what is pending, from the reply subject of a delivery. */
function placedText({ subject, reply, data, status }: BrokerMessage): string {
  if (status !== null) return `status ${status.code}`;
  const tokens = reply.split(".");
  return `${subject} ${decoder.decode(data)} [${tokens[5]} ${tokens[6]} ${tokens[8]}]`;
}

const SEQ = "Nats-Expected-Last-Sequence";
const ID = "Nats-Msg-Id";
const LAST_ID = "Nats-Expected-Last-Msg-Id";
const ON = "Nats-Expected-Stream";

const CONFIG = {
  name: STREAM,
  subjects: ["script.>"],
  retention: "limits",
  storage: "file",
  discard: "old",
  num_replicas: 1,
  max_consumers: -1,
  max_msgs: -1,
  max_bytes: -1,
  max_age: 0,
  max_msg_size: -1,
  duplicate_window: 1_000_000_000,
};

/** Everything that the engine's loop rests on, in one account. */
export async function runScript(stage: Stage): Promise<readonly string[]> {
  const talk = new Talk(stage);
  await talk.info();
  await talk.publish("script.a", "nobody takes it", []);
  await talk.api(
    `STREAM.CREATE.${STREAM}`,
    CONFIG,
    (answer) => (answer as { config: { name: string } }).config.name,
  );
  await talk.info();
  await talk.get(1);
  await publishing(talk);
  await reading(talk);
  await vanishing(talk);
  await restarting(talk);
  return talk.lines;
}

async function publishing(talk: Talk): Promise<void> {
  await talk.publish("script.a", "1", [[SEQ, "0"]]);
  await talk.publish("script.a", "late", [[SEQ, "0"]]);
  await talk.publish("script.a", "early", [[SEQ, "5"]]);
  await talk.publish("script.a", "elsewhere", [[ON, "OTHER"]]);
  // A chain as the publisher makes it.
  await talk.publish("script.a", "2", [
    [ON, STREAM],
    [SEQ, "1"],
    [ID, "x2"],
  ]);
  await talk.publish("script.b", "3", [
    [ON, STREAM],
    [SEQ, "2"],
    [LAST_ID, "x2"],
    [ID, "x3"],
  ]);
  await talk.publish("script.b", "wrong id", [
    [SEQ, "3"],
    [LAST_ID, "x2"],
  ]);
  await talk.publish("script.b", "again", [
    [SEQ, "3"],
    [ID, "x3"],
  ]);
  await talk.publish("script.b", "again", [
    [SEQ, "9"],
    [ID, "x3"],
  ]);
  await talk.publish("script.c", "4", [["Sequitur-Out", "4"]]);
  await talk.publish("script.c", "no id before", [
    [SEQ, "4"],
    [LAST_ID, "x3"],
  ]);
  await talk.sleep(1500);
  await talk.publish("script.a", "5", [
    [SEQ, "4"],
    [ID, "x3"],
  ]);
  await talk.info();
}

async function reading(talk: Talk): Promise<void> {
  for (const seq of [1, 4, 5, 6]) await talk.get(seq);
  await talk.get(1, "script.b");
  await talk.get(4, "script.b");
  await talk.api("STREAM.NAMES", { subject: "script.a" }, namesOf);
  await talk.api("STREAM.NAMES", { subject: "script.>" }, namesOf);
  await talk.api("STREAM.NAMES", { subject: "other.a" }, namesOf);
  await talk.makeConsumer(1);
  await talk.pull(3, 300, 3);
  await talk.pull(10, 300, 3);
  await talk.pull(10, 300, 1);
  await talk.makeConsumer(2, "script.a");
  await talk.pull(10, 300, 3);
  await talk.makeConsumer(7);
  await talk.pull(10, 300, 1);
}

function namesOf(answer: unknown): unknown {
  return (answer as { readonly streams?: readonly string[] | null }).streams ?? [];
}

/** F10: a pull on a consumer that is gone is not answered. */
async function vanishing(talk: Talk): Promise<void> {
  await talk.makeConsumer(1);
  await talk.dropConsumer();
  await talk.pull(10, 300, 1);
  await talk.makeConsumer(1);
  await talk.restart();
  await talk.pull(10, 300, 1);
}

async function restarting(talk: Talk): Promise<void> {
  await talk.info();
  await talk.publish("script.a", "6", [
    [SEQ, "5"],
    [ID, "y6"],
  ]);
  await talk.restart();
  // The id is younger than the window, so it is known after the restart.
  await talk.publish("script.a", "7", [
    [SEQ, "6"],
    [LAST_ID, "y6"],
    [ID, "y7"],
  ]);
  await talk.sleep(2000);
  await talk.restart();
  await talk.publish("script.a", "the id is forgotten", [
    [SEQ, "7"],
    [LAST_ID, "y7"],
  ]);
  await talk.publish("script.a", "8", [[SEQ, "7"]]);
  await talk.makeConsumer(6);
  await talk.pull(10, 300, 4);
  await talk.info();
}
