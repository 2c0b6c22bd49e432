/**
 * W9 with everything real: nats-server, the service as a process of its own, durable commits, the alert stream.
 *
 *   maximum  a backlog of all events is there; from the moment the service runs to its last alert
 *   latency  events come in an open loop at a share of that maximum
 *   crash    the same, and the service is killed and started again; the alert stream must hold every alert once
 *
 * Each run has a server, folders and a service of its own. What the alert stream holds is compared with `offline`.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../../base/random.ts";
import { type Broker, connectBroker } from "../../io/nats.ts";
import { type Latency, rounded } from "../result.ts";
import { Tally } from "../tally.ts";
import { AlertListener, awaitStored } from "./alerts.ts";
import { latencyOf } from "./latency.ts";
import type { W9Lines } from "./lines.ts";
import { cpuSecondsOf, NatsProcess, peakMbOf, ServiceProcess } from "./processes.ts";
import { planOfW9 } from "./rules.ts";
import { makeSource, publishBacklog, publishInTime } from "./source.ts";

export interface ServiceFindings {
  readonly tally: Tally;
  readonly seconds: number;
  /** Of the service; null where the system does not tell. */
  readonly cpuSeconds: number | null;
  readonly rssMb: number | null;
  readonly latency: Latency | null;
  readonly natsServer: string;
  readonly extra: Readonly<Record<string, unknown>>;
}

/** Ends everything it opened, last first. */
class Stage {
  readonly folder: string;
  readonly nats: NatsProcess;
  readonly broker: Broker;
  readonly service: ServiceProcess;

  private constructor(folder: string, nats: NatsProcess, broker: Broker) {
    this.folder = folder;
    this.nats = nats;
    this.broker = broker;
    this.service = new ServiceProcess(folder, nats.url);
  }

  static async open(): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), "sequitur-bench-"));
    const nats = await NatsProcess.start(folder);
    const broker = await connectBroker({ url: nats.url, name: "bench" });
    await makeSource(broker);
    return new Stage(folder, nats, broker);
  }

  async close(): Promise<void> {
    await this.service.end("SIGTERM");
    await this.broker.close();
    await this.nats.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** `expected`: how many alerts there must be. */
export async function runMaximum(lines: W9Lines, expected: number): Promise<ServiceFindings> {
  const stage = await Stage.open();
  try {
    await publishBacklog(stage.broker, lines);
    const listener = new AlertListener(stage.broker);
    const natsCpu = cpuSecondsOf(stage.nats.pid) ?? 0;
    const benchCpu = process.cpuUsage();
    await stage.service.start();
    const startMs = performance.now();
    const startCpu = cpuSecondsOf(stage.service.pid);
    await listener.await(expected);
    const lastMs = listener.received[expected - 1]?.atMs ?? performance.now();
    return await findings(stage, expected, (lastMs - startMs) / 1000, startCpu, null, {
      cpu_s: cpuOf(stage, natsCpu, benchCpu),
    });
  } finally {
    await stage.close();
  }
}

export async function runLatency(
  lines: W9Lines,
  expected: number,
  load: number,
  perSecond: number,
  kills: number,
): Promise<ServiceFindings> {
  const stage = await Stage.open();
  try {
    const listener = new AlertListener(stage.broker);
    await stage.service.start();
    const startCpu = cpuSecondsOf(stage.service.pid);
    const natsCpu = cpuSecondsOf(stage.nats.pid) ?? 0;
    const benchCpu = process.cpuUsage();
    const startMs = performance.now();
    const killing = killNowAndThen(
      stage.service,
      kills,
      (lines.payloads.length / perSecond) * 1000,
    );
    await publishInTime(stage.broker, lines, perSecond, startMs);
    await killing;
    if (kills > 0) await awaitStored(stage.broker, expected);
    else await listener.await(expected);
    const seconds = (performance.now() - startMs) / 1000;
    // A killed service publishes some alerts again, of which the stream keeps one: those times say nothing.
    const report =
      kills > 0 ? null : latencyOf(listener.received, lines.timesMs, load, perSecond, startMs);
    return await findings(
      stage,
      expected,
      seconds,
      kills > 0 ? null : startCpu,
      report?.byEvent ?? null,
      {
        rate: perSecond,
        kills,
        by_event: report?.alerts ?? 0,
        by_deadline: report?.deadlines ?? 0,
        deadline_latency_ms: report?.byDeadline ?? null,
        cpu_s: cpuOf(stage, natsCpu, benchCpu),
      },
    );
  } finally {
    await stage.close();
  }
}

async function killNowAndThen(
  service: ServiceProcess,
  kills: number,
  spanMs: number,
): Promise<void> {
  const random = new Random(kills);
  for (let i = 0; i < kills; i++) {
    await sleep((spanMs / (kills + 1)) * (0.5 + random.unit()));
    await service.end("SIGKILL");
    await service.start();
  }
}

function cpuOf(
  stage: Stage,
  natsBefore: number,
  benchBefore: NodeJS.CpuUsage,
): Readonly<Record<string, number | null>> {
  const { user, system } = process.cpuUsage(benchBefore);
  const nats = cpuSecondsOf(stage.nats.pid);
  return {
    service: cpuSecondsOf(stage.service.pid),
    nats_server: nats === null ? null : rounded(nats - natsBefore, 2),
    publisher_and_subscriber: rounded((user + system) / 1e6, 2),
  };
}

async function findings(
  stage: Stage,
  expected: number,
  seconds: number,
  startCpu: number | null,
  latency: Latency | null,
  extra: Readonly<Record<string, unknown>>,
): Promise<ServiceFindings> {
  const cpu = cpuSecondsOf(stage.service.pid);
  const rssMb = peakMbOf(stage.service.pid);
  const tally = new Tally(planOfW9());
  for (const alert of await awaitStored(stage.broker, expected)) tally.addAlert(alert);
  return {
    tally,
    seconds,
    cpuSeconds: cpu === null || startCpu === null ? null : cpu - startCpu,
    rssMb,
    latency,
    natsServer: stage.broker.serverVersion,
    extra,
  };
}
