/** State that is built anew from the alert stream, where a message woke several feeds and a rule runs in the shadow. */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { Feeder, makeStream, readAlerts, ServiceProcess } from "./service-process.ts";
import { openServiceStage } from "./service-stage.ts";

const { broker, folderOf } = await openServiceStage();

const RULES = `
stream own from "events.s" { time at  idle 500ms }
stream all from "events.>" { time at  idle 500ms }
rule r.live "Live" { severity high  match by n within 1m { x: own } }
rule r.shadow "Shadow" { severity high  mode shadow  match by n within 1m { x: all }  alert "s" to "alerts.pager" }
`;

async function untilStored(subject: string, count: number): Promise<void> {
  const end = performance.now() + 30_000;
  for (;;) {
    const records = await readAlerts(broker);
    if (records.filter((record) => record.subject === subject).length >= count) return;
    if (performance.now() > end) throw new Error(`there are no ${count} records ${subject}`);
    await sleep(20);
  }
}

test("a message that wakes two feeds is stepped once, and alerts of both modes come out as they were", async () => {
  await makeStream(broker, "EVENTS", ["events.>"]);
  await makeStream(broker, "ALERTS", ["alerts.>"]);
  const folder = folderOf(RULES);
  const now = Date.now();
  const events = [0, 1, 2].map((n) => JSON.stringify({ at: new Date(now + n).toISOString(), n }));
  const feeder = new Feeder(broker, "EVENTS", "events.s", events);
  await feeder.send(1);
  const first = new ServiceProcess(folder);
  await first.running();
  await untilStored("alerts.control.idle", 2);
  await feeder.send(1);
  await untilStored("alerts.control.wake", 2);
  await feeder.send(1);
  await first.caughtUp();
  expect(await first.stop()).toEqual({ code: 0, signal: null });
  const records = await readAlerts(broker);
  const count = (subject: string) => records.filter((one) => one.subject === subject).length;
  expect(count("alerts.high.r.live")).toBeGreaterThan(0);
  expect(count("alerts.shadow.high.r.shadow")).toBe(count("alerts.high.r.live"));
  expect(count("alerts.pager")).toBe(0);

  rmSync(join(folder.path, ".sequitur"), { recursive: true });
  const second = new ServiceProcess(folder);
  expect(await second.running()).toBe(true);
  expect(await second.stop()).toEqual({ code: 0, signal: null });
  expect((await readAlerts(broker)).slice(0, records.length)).toEqual(records);
});
