import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { Random } from "../base/random.ts";
import { NatsServer } from "../tests/nats-server.ts";
import { type Broker, type BrokerStatus, connectBroker } from "./nats.ts";
import type { FeedMessage } from "./nats-delivery.ts";
import { Publisher } from "./nats-publisher.ts";
import { openReader, type Reader, type ReaderOptions, type ReadResult } from "./nats-reader.ts";

let server: NatsServer;
let broker: Broker;
const readers: Reader[] = [];
const statuses: BrokerStatus[] = [];

beforeAll(async () => {
  server = await NatsServer.start();
  broker = await connectBroker({
    url: server.url,
    name: "reader test",
    onStatus: (status) => statuses.push(status),
  });
});
afterEach(() => {
  for (const reader of readers.splice(0)) reader.close();
});
afterAll(async () => {
  await broker.close();
  await server.stop();
});

async function makeStream(
  name: string,
  subjects: readonly string[],
  more: object = {},
): Promise<void> {
  const made = await broker.api(`STREAM.CREATE.${name}`, {
    name,
    subjects,
    storage: "file",
    ...more,
  });
  expect(made.kind).toBe("ok");
}

/** Appends messages whose data is their number, counted from `from`, to the subjects in turn. */
async function append(
  stream: string,
  subjects: readonly string[],
  from: number,
  count: number,
): Promise<void> {
  const records = Array.from({ length: count }, (_, i) => ({
    subject: subjects[i % subjects.length] as string,
    headers: [],
    data: new TextEncoder().encode(String(from + i)),
  }));
  const publisher = new Publisher(broker, { stream });
  const result = await publisher.publishInOrder(records, from - 1);
  publisher.close();
  expect(result).toEqual({ published: count, lastSeq: from - 1 + count, stopped: null });
}

function read(options: Omit<ReaderOptions, "random">): Reader {
  const reader = openReader(broker, { random: new Random(7), ...options });
  readers.push(reader);
  return reader;
}

/** Reads on until the result is of the kind, and gives the messages that came before and the result. */
async function readUntil(
  reader: Reader,
  done: (result: ReadResult, messages: readonly FeedMessage[]) => boolean,
): Promise<{ messages: FeedMessage[]; last: ReadResult }> {
  const messages: FeedMessage[] = [];
  for (;;) {
    const last = await reader.next();
    if (last.kind === "messages") messages.push(...last.messages);
    if (done(last, messages)) return { messages, last };
  }
}

const numbers = (messages: readonly FeedMessage[]) =>
  messages.map(({ data }) => Number(new TextDecoder().decode(data)));
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
const caughtUp = (result: ReadResult) =>
  (result.kind === "messages" || result.kind === "idle") && result.caughtUp;

test("reads 5,000 messages in order although the server is killed and restarted in the middle", async () => {
  await makeStream("FIVE", ["five.>"]);
  await append("FIVE", ["five.a", "five.b"], 1, 5000);
  const reader = read({ stream: "FIVE", afterSeq: 0, batch: 100 });
  const messages: FeedMessage[] = [];
  const kinds: string[] = [];
  let killed: Promise<void> | null = null;
  while (messages.length < 5000) {
    const result = await reader.next();
    if (kinds.at(-1) !== result.kind) kinds.push(result.kind);
    if (result.kind === "messages") {
      expect(result.messages.length).toBeLessThanOrEqual(100);
      expect(result.skipped).toBe(0);
      messages.push(...result.messages);
    }
    if (messages.length > 2000 && killed === null) {
      await server.kill("SIGKILL");
      killed = sleep(300).then(() => server.restart());
    }
  }
  await killed;
  expect(numbers(messages)).toEqual(range(1, 5000));
  expect(messages.map(({ seq }) => seq)).toEqual(range(1, 5000));
  expect(kinds).toContain("away");
  expect(messages[0]?.subject).toBe("five.a");
  expect(Math.abs((messages[0]?.timeMs ?? 0) - Date.now())).toBeLessThan(60_000);
  const { last } = await readUntil(reader, caughtUp);
  expect(last.kind).toBe("idle");
  await append("FIVE", ["five.a"], 5001, 3);
  expect(
    numbers((await readUntil(reader, (result) => result.kind === "messages")).messages),
  ).toEqual([5001, 5002, 5003]);
  expect(statuses.map(({ kind }) => kind)).toEqual(["connected", "disconnected", "reconnected"]);
});

test("a reader that nobody reads stops after two batches, and goes on where it was", async () => {
  await makeStream("PRESSURE", ["pressure"]);
  await append("PRESSURE", ["pressure"], 1, 1000);
  const reader = read({ stream: "PRESSURE", afterSeq: 10, batch: 50 });
  const first = await reader.next();
  await sleep(500);
  const { value } = (await broker.api("CONSUMER.LIST.PRESSURE")) as {
    value: { consumers: { delivered: { consumer_seq: number } }[] };
  };
  const given = first.kind === "messages" ? first.messages.length : 0;
  expect(value.consumers.map((one) => one.delivered.consumer_seq)).toHaveLength(1);
  expect(value.consumers[0]?.delivered.consumer_seq).toBeLessThanOrEqual(given + 100);
  const { messages } = await readUntil(reader, caughtUp);
  expect([
    ...(first.kind === "messages" ? numbers(first.messages) : []),
    ...numbers(messages),
  ]).toEqual(range(11, 1000));
});

test("a filtered reader: its subjects only, and caught up although the stream goes on", async () => {
  await makeStream("MIXED", ["mixed.>"]);
  await append("MIXED", ["mixed.a", "mixed.b", "mixed.c"], 1, 30);
  const reader = read({ stream: "MIXED", filters: ["mixed.b"], afterSeq: 0, expiresMs: 200 });
  const { messages } = await readUntil(reader, caughtUp);
  expect(numbers(messages)).toEqual([2, 5, 8, 11, 14, 17, 20, 23, 26, 29]);
  await append("MIXED", ["mixed.c"], 31, 5);
  const { last } = await readUntil(reader, (result) => result.kind === "idle");
  expect(last).toMatchObject({ kind: "idle", caughtUp: true, stream: { lastSeq: 35 } });
});

test("a consumer that vanishes is made anew, without a message lost", async () => {
  await makeStream("VANISH", ["vanish"]);
  await append("VANISH", ["vanish"], 1, 20);
  const reader = read({ stream: "VANISH", afterSeq: 0, batch: 10, expiresMs: 300 });
  const { messages } = await readUntil(reader, caughtUp);
  expect(numbers(messages)).toEqual(range(1, 20));
  const { value } = (await broker.api("CONSUMER.NAMES.VANISH")) as {
    value: { consumers: string[] };
  };
  for (const name of value.consumers) await broker.api(`CONSUMER.DELETE.VANISH.${name}`);
  await append("VANISH", ["vanish"], 21, 20);
  const more = await readUntil(reader, caughtUp);
  expect(numbers(more.messages)).toEqual(range(21, 40));
});

test("expired messages are told as skipped; a stream that went back is told, not waited for", async () => {
  await makeStream("SHORT", ["short"], { max_msgs: 5 });
  await append("SHORT", ["short"], 1, 12);
  const reader = read({ stream: "SHORT", afterSeq: 3, expiresMs: 200 });
  const first = await reader.next();
  expect(first).toMatchObject({ kind: "messages", skipped: 4 });
  expect(first.kind === "messages" && numbers(first.messages)).toEqual(range(8, 12));
  expect((await broker.api("STREAM.DELETE.SHORT")).kind).toBe("ok");
  await makeStream("SHORT", ["short"]);
  const { last } = await readUntil(reader, (result) => result.kind === "rolled-back");
  expect(last).toMatchObject({ reason: "the stream was made anew" });
  const ahead = read({ stream: "SHORT", afterSeq: 99, expiresMs: 200 });
  expect(await ahead.next()).toMatchObject({
    kind: "rolled-back",
    reason: "the stream ends at 0, before the position 99",
  });
});

test("a missing stream is waited for; a closed reader says so", async () => {
  const reader = read({ stream: "LATER", afterSeq: 0, expiresMs: 200 });
  expect(await reader.next()).toEqual({ kind: "away", reason: "stream LATER: stream not found" });
  await makeStream("LATER", ["later"]);
  const waiting = readUntil(
    reader,
    (result) => result.kind === "messages" || result.kind === "closed",
  );
  await append("LATER", ["later"], 1, 1);
  expect(numbers((await waiting).messages)).toEqual([1]);
  const next = reader.next();
  reader.close();
  expect(await next).toEqual({ kind: "closed" });
  expect(await reader.next()).toEqual({ kind: "closed" });
});

test("a stream that lost its end and grew again is told by the message at the position", async () => {
  await makeStream("BACK", ["back"]);
  await append("BACK", ["back"], 1, 5);
  const store = join(server.folder, "store");
  const copy = join(server.folder, "copy");
  await server.kill();
  cpSync(store, copy, { recursive: true });
  await server.restart();
  await reconnected();
  await append("BACK", ["back"], 6, 5);
  const reader = read({ stream: "BACK", afterSeq: 0, expiresMs: 200 });
  const { messages } = await readUntil(reader, (_, found) => found.length === 10);
  expect(numbers(messages)).toEqual(range(1, 10));
  await server.kill();
  rmSync(store, { recursive: true });
  cpSync(copy, store, { recursive: true });
  await server.restart();
  await reconnected();
  await append("BACK", ["back"], 6, 8);
  const { last } = await readUntil(reader, (result) => result.kind !== "away");
  expect(last).toMatchObject({
    kind: "rolled-back",
    reason: "its message 10 is not the one that was read",
  });
});

async function reconnected(): Promise<void> {
  while ((await broker.api("STREAM.NAMES", {})).kind !== "ok") await sleep(20);
}
