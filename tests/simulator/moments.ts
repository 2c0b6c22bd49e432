/** The faults that happen by themselves, and what each of them does to the models. */

import type { HARMS, MOMENTS } from "./faults.ts";
import type { Simulation } from "./simulation.ts";
import { ALERTS } from "./watch.ts";
import { FEEDS } from "./workload.ts";

/** Behind this moment nobody falls silent. */
const LAST_SILENCE_MS = 30_000;

/** One fault, by chance, of those that this run has. */
export function strike(simulation: Simulation): void {
  const { faults, random } = simulation;
  const { harm } = faults;
  if (harm !== null && simulation.progress > 0.3 && random.chance(0.15)) {
    if (!faults.happened(harm)) doHarm(simulation, harm);
    return;
  }
  if (faults.moments.length === 0) return;
  const kind = random.pick(faults.moments);
  if (happens(simulation, kind)) faults.count(kind);
}

/** False where it could not happen now. */
function happens(simulation: Simulation, kind: (typeof MOMENTS)[number]): boolean {
  const { faults, random, server, life, schedule } = simulation;
  switch (kind) {
    case "crash":
      simulation.crashLife();
      return life !== null;
    case "stop":
      life?.stop();
      return life !== null;
    case "cut":
      life?.connection.cut("the network");
      return life !== null;
    case "stall":
      faults.stalledUntilMs = schedule.nowMs + random.unit() * 6000;
      return true;
    case "server-restart":
      simulation.restartServer(random.unit() * 2000);
      return true;
    case "server-power":
      return losePower(simulation);
    case "leader-change":
      server.dropConsumers(true);
      return true;
    case "consumers-gone":
      server.dropConsumers(false);
      return true;
    case "server-disk-full":
      return fillServer(simulation);
    case "disk-full":
      faults.diskRefusesUntilMs = schedule.nowMs + random.unit() * 5000;
      return true;
    case "clock-step":
      simulation.serviceAheadMs += stepMs(simulation);
      return true;
    case "server-clock-step":
      server.wallAheadMs += stepMs(simulation);
      return true;
    case "deleted":
      return deleteSome(simulation);
    case "old-copy":
      return restoreOldCopy(simulation);
    case "state-lost":
      simulation.crashLife();
      simulation.disk.setAside();
      simulation.watch.diskWentBack = true;
      return true;
    case "silence":
      // A run is not to consist of silence.
      if (schedule.nowMs > LAST_SILENCE_MS) return false;
      simulation.beQuiet(4000 + random.unit() * 16_000);
      return true;
  }
}

function restoreOldCopy(simulation: Simulation): boolean {
  const { random, disk, watch } = simulation;
  if (disk.commits < 2) return false;
  simulation.crashLife();
  disk.restoreOldCopy(1 + random.below(Math.min(disk.commits, 30)));
  watch.diskWentBack = true;
  return true;
}

function stepMs({ random }: Simulation): number {
  return Math.round((random.unit() - 0.5) * 2 * 10 ** (2 + random.below(5)));
}

/** What the server had acknowledged and not flushed is gone; of the alerts only, for events have no second copy. */
export function losePower(simulation: Simulation): boolean {
  const { random, server, watch } = simulation;
  if (!server.up || !server.has(ALERTS)) return false;
  simulation.restartServer(random.unit() * 2000, () => {
    const stream = server.stream(ALERTS);
    stream.rollBack(Math.max(0, stream.lastSeq - random.below(30)));
    watch.alertsWentBack = true;
  });
  return true;
}

/** Nothing is stored, and nobody is told, until there is room and the server was started anew. */
function fillServer(simulation: Simulation): boolean {
  const { random, server, schedule } = simulation;
  if (!server.up || server.diskFull) return false;
  server.diskFull = true;
  schedule.after(random.unit() * 8000, () => simulation.restartServer(random.unit() * 500));
  return true;
}

/** Somebody deletes messages, read ones and unread ones. */
function deleteSome({ random, server, watch }: Simulation): boolean {
  const { name } = random.pick(FEEDS);
  const stream = server.stream(name);
  if (stream.lastSeq === 0) return false;
  for (let i = 1 + random.below(3); i > 0; i--) {
    const seq = 1 + random.below(stream.lastSeq);
    if (watch.isCertain(name, seq)) stream.delete(seq);
  }
  return true;
}

function isCertainBefore({ watch }: Simulation, feed: string, before: number): boolean {
  for (let seq = 1; seq < before; seq++) if (!watch.isCertain(feed, seq)) return false;
  return true;
}

function doHarm(simulation: Simulation, kind: (typeof HARMS)[number]): void {
  const { faults, random, server } = simulation;
  const name = random.pick(FEEDS).name;
  const stream = server.stream(name);
  switch (kind) {
    case "feed-back":
      if (!server.up) return;
      faults.count(kind);
      simulation.restartServer(random.unit() * 1500, () => {
        stream.rollBack(Math.max(0, stream.lastSeq - random.below(20)));
      });
      return;
    case "feed-made-anew":
      faults.count(kind);
      server.dropConsumers(true);
      server.makeStream(stream.config);
      return;
    case "expired": {
      const before = stream.lastSeq - random.below(10);
      if (!isCertainBefore(simulation, name, before)) return;
      faults.count(kind);
      stream.expireBefore(before);
      return;
    }
    case "foreign-writer":
      if (!server.has(ALERTS)) return;
      if (server.produce(ALERTS, "alerts.high.foreign", new Uint8Array(), [])) faults.count(kind);
      return;
    case "alerts-made-anew":
      if (!server.up || !server.has(ALERTS)) return;
      faults.count(kind);
      server.makeStream(server.stream(ALERTS).config);
      simulation.watch.alertsWentBack = true;
      return;
  }
}
