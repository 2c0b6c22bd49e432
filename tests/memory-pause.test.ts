/** Memory that is short, in the production loop on models: intake pauses, and goes on as if nothing had been. */

import { expect, test } from "@jest/globals";
import { Random } from "../base/random.ts";
import { readStoredFeeds } from "../server/stored-service.ts";
import { DiskModel } from "./simulator/disk-model.ts";
import { Faults } from "./simulator/faults.ts";
import { NatsModel } from "./simulator/nats-model.ts";
import { Schedule } from "./simulator/schedule.ts";
import { ServiceLife } from "./simulator/service-life.ts";
import { FEEDS, simulatedRules } from "./simulator/workload.ts";

/** A message a tenth of a second, each of which is one alert. */
const EVERY_MS = 100;

test("intake pauses while memory is short, alerts on their way leave, and then everything comes", async () => {
  const schedule = new Schedule(new Random(1));
  const faults = new Faults(schedule);
  faults.calm();
  const server = new NatsModel(schedule, faults);
  for (const { name, subjects } of FEEDS) server.makeStream({ name, subjects });
  const disk = new DiskModel();
  let share = 0.5;
  const life = new ServiceLife({
    ...{ schedule, server, disk, faults, plant: "none", rules: simulatedRules(0) },
    commit: { events: 10, everyMs: 2 },
    checkpoint: "commit",
    outboxLimits: { entries: 1000, bytes: 1 << 20, keepMs: 60_000, keepEntries: 1000 },
    wallMs: () => server.wallMs,
    onDurable: () => undefined,
    memoryShare: () => share,
  });
  let made = 0;
  const produce = (): void => {
    const n = made++;
    const data = JSON.stringify({ at: server.wallMs, k: "a", v: 2, n });
    server.produce("EVENTS", "ev.doors.1", new TextEncoder().encode(data));
    schedule.after(EVERY_MS, produce);
  };
  produce();
  const pass = async (durationMs: number): Promise<void> => {
    const untilMs = schedule.nowMs + durationMs;
    while (await schedule.step(untilMs));
  };
  const position = () => readStoredFeeds(disk.content).find(({ name }) => name === "EVENTS");
  const alerted = (): readonly number[] => {
    const stream = server.stream("ALERTS");
    return Array.from({ length: stream.lastSeq }, (_, i) => stream.at(i + 1))
      .filter((message) => message?.subject.startsWith("alerts.info.") === true)
      .map((message) => JSON.parse(new TextDecoder().decode(message?.data)).events.e[0].seq);
  };

  await pass(5000);
  const before = alerted().length;
  expect(before).toBeGreaterThan(20);
  share = 0.9;
  await pass(1000);
  const [paused, published] = [position(), alerted().length];
  await pass(10_000);
  expect(position()).toEqual(paused);
  expect(alerted()).toHaveLength(published);
  expect(made - published).toBeGreaterThan(80);
  expect(life.ending).toBeNull();
  share = 0.5;
  await pass(5000);
  const found = alerted();
  expect(found.length).toBeGreaterThan(made - 10);
  expect(found).toEqual(found.map((_, i) => i + 1));

  share = 0.96;
  await pass(1000);
  expect(life.ending).toMatchObject({
    kind: "failed",
    error: { message: "the memory that it may use is used up" },
  });
});
