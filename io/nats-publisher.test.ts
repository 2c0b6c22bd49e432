import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { NatsServer } from "../tests/nats-server.ts";
import { type Broker, connectBroker } from "./nats.ts";
import { type OutRecord, Publisher } from "./nats-publisher.ts";
import { ensureStream, messageAt, streamEnd } from "./nats-streams.ts";

let server: NatsServer;
let broker: Broker;

beforeAll(async () => {
  server = await NatsServer.start();
  broker = await connectBroker({ url: server.url, name: "publisher test" });
});
afterAll(async () => {
  await broker.close();
  await server.stop();
});

async function makeStream(name: string): Promise<void> {
  const made = await ensureStream(broker, { name, subjects: [`${name}.>`] });
  expect(made).toMatchObject({ kind: "ok", value: { created: true, differences: [] } });
}

const recordsOf = (stream: string, count: number): OutRecord[] =>
  Array.from({ length: count }, (_, i) => ({
    subject: `${stream}.high.r${i % 7}`,
    headers: [["Sequitur-Out", String(i + 1)]],
    data: new TextEncoder().encode(`{"n":${i + 1}}`),
  }));

async function end(stream: string): Promise<{ lastSeq: number; number: number }> {
  for (;;) {
    const found = await streamEnd(broker, stream);
    if (found.kind === "ok") {
      const { lastSeq, message } = found.value;
      const header = message?.headers.find(([name]) => name === "Sequitur-Out");
      return { lastSeq, number: Number(header?.[1] ?? 0) };
    }
    expect(found.kind).toBe("unreachable");
    await sleep(50);
  }
}

test("3,000 chained records, the server killed and restarted in the middle: each once, in order", async () => {
  await makeStream("OUT");
  const records = recordsOf("OUT", 3000);
  const publisher = new Publisher(broker, { stream: "OUT", window: 8, timeoutMs: 1000 });
  const restarts = (async () => {
    for (let round = 0; round < 2; round++) {
      const at = (await end("OUT")).number;
      while ((await end("OUT")).number < at + 300) await sleep(1);
      await server.kill("SIGKILL");
      await sleep(100);
      await server.restart();
    }
  })();
  let stops = 0;
  for (;;) {
    // What the engine does: go on behind the number of the last record that the stream has.
    const { lastSeq, number } = await end("OUT");
    expect(number).toBe(lastSeq);
    if (number === records.length) break;
    const result = await publisher.publishInOrder(records.slice(number), lastSeq);
    expect(result.lastSeq).toBe(lastSeq + result.published);
    if (result.stopped !== null) {
      stops++;
      expect(["unreachable", "conflict"]).toContain(result.stopped.kind);
    }
    await sleep(20);
  }
  await restarts;
  publisher.close();
  expect(stops).toBeGreaterThan(0);
  expect((await end("OUT")).lastSeq).toBe(3000);
  for (let seq = 1; seq <= 3000; seq += 1) {
    const found = await messageAt(broker, "OUT", seq);
    if (found.kind !== "ok") throw new Error(found.reason);
    const { subject, data, headers } = found.value;
    expect([subject, new TextDecoder().decode(data), headers[0]]).toEqual([
      `OUT.high.r${(seq - 1) % 7}`,
      `{"n":${seq}}`,
      ["Sequitur-Out", String(seq)],
    ]);
  }
});

test("a second writer is noticed at once, and nothing of the call is stored behind it", async () => {
  await makeStream("TWO");
  const records = recordsOf("TWO", 600);
  const publisher = new Publisher(broker, { stream: "TWO" });
  expect(await publisher.publishInOrder(records.slice(0, 10), 0)).toEqual({
    published: 10,
    lastSeq: 10,
    stopped: null,
  });
  const other = new Publisher(broker, { stream: "TWO" });
  expect((await other.publishInOrder(records.slice(0, 1), 10)).published).toBe(1);
  const result = await publisher.publishInOrder(records.slice(10), 10);
  expect(result).toMatchObject({ published: 0, lastSeq: 10, stopped: { kind: "conflict" } });
  expect(result.stopped?.reason).toContain("(10071)");
  // The rest of the window was under way behind the refused record.
  await sleep(100);
  expect((await end("TWO")).lastSeq).toBe(11);
  expect((await publisher.publishInOrder(records.slice(10, 12), 11)).lastSeq).toBe(13);
  publisher.close();
  other.close();
});

test("a foreign record in the middle of a window leaves no hole", async () => {
  await makeStream("HOLE");
  const records = recordsOf("HOLE", 4000);
  const publisher = new Publisher(broker, { stream: "HOLE" });
  const publishing = publisher.publishInOrder(records, 0);
  const zombie = await connectBroker({ url: server.url, name: "zombie" });
  zombie.publish("HOLE.foreign", new TextEncoder().encode("foreign"));
  const result = await publishing;
  await zombie.close();
  expect(result.stopped?.kind).toBe("conflict");
  expect(result.published).toBeGreaterThan(0);
  await sleep(100);
  expect(await end("HOLE")).toEqual({ lastSeq: result.published + 1, number: 0 });
  publisher.close();
});

test("what the server will never take is refused: a foreign subject, a record too great", async () => {
  await makeStream("ODD");
  await makeStream("ELSEWHERE");
  const publisher = new Publisher(broker, { stream: "ODD", timeoutMs: 500 });
  const one = (subject: string, bytes: number): OutRecord[] => [
    { subject, headers: [], data: new Uint8Array(bytes) },
  ];
  const foreign = await publisher.publishInOrder(one("ELSEWHERE.x", 1), 0);
  expect(foreign.stopped?.kind).toBe("refused");
  const great = await publisher.publishInOrder(one("ODD.x", broker.maxPayloadBytes + 1), 0);
  expect(great.stopped?.kind).toBe("refused");
  const nowhere = await publisher.publishInOrder(one("nobody.listens", 1), 0);
  expect(nowhere.stopped).toEqual({
    kind: "unreachable",
    reason: expect.stringContaining("JetStream does not answer"),
  });
  expect(await publisher.publishInOrder([], 0)).toEqual({
    published: 0,
    lastSeq: 0,
    stopped: null,
  });
  publisher.close();
});

test("a server that stands still is a timeout, and the stream tells what was stored", async () => {
  await makeStream("STILL");
  const publisher = new Publisher(broker, { stream: "STILL", timeoutMs: 300 });
  await server.kill("SIGSTOP");
  // The signal reaches the server's threads a little later.
  await sleep(250);
  const result = await publisher.publishInOrder(recordsOf("STILL", 5), 0);
  expect(result).toEqual({
    published: 0,
    lastSeq: 0,
    stopped: { kind: "unreachable", reason: "no acknowledgement from NATS within 300 ms" },
  });
  await server.kill("SIGCONT");
  while ((await end("STILL")).number < 5) await sleep(10);
  const late = await publisher.publishInOrder(recordsOf("STILL", 6).slice(5), 5);
  expect(late).toEqual({ published: 1, lastSeq: 6, stopped: null });
  publisher.close();
});
