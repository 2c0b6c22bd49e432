/** What doctor finds on NATS: the server, the alert stream, the streams behind the rules. */

import { isIP } from "node:net";
import type { StreamPlan } from "../../dsl/plan.ts";
import { type Broker, BrokerError, connectBroker } from "../../io/nats.ts";
import { covers, findStreams, streamInfo } from "../../io/nats-streams.ts";
import { brokerOptions } from "../../server/broker-options.ts";
import { alertRoot, type Config } from "../../server/config.ts";
import { redactUrl } from "../../server/log.ts";
import { type Finding, finding, judgeFeatures, judgeServer, judgeStream } from "./checks.ts";
import { bucketRules } from "./rule-checks.ts";

const CONNECT_MS = 5000;

/** `streams`: those of the rules; null: of the set in the bucket that the configuration names. */
export async function brokerChecks(
  config: Config,
  streams: readonly StreamPlan[] | null,
): Promise<readonly Finding[]> {
  const where = redactUrl(config.nats.url);
  let broker: Broker;
  try {
    const signal = AbortSignal.timeout(CONNECT_MS);
    broker = await connectBroker({
      ...brokerOptions(config.nats),
      name: "sequitur doctor",
      signal,
    });
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    const why = error.code === "aborted" ? `nobody answers at ${where}` : error.message;
    return [finding("red", "nats", why)];
  }
  try {
    const { kv } = config.rules;
    const rules =
      streams === null && kv !== null ? await bucketRules(broker, kv.bucket, config) : null;
    const loopback = where.split(",").every(isLoopback);
    return [
      finding("ok", "nats", `connected to ${where}`),
      judgeServer(broker.serverVersion, loopback),
      judgeFeatures(broker.serverVersion),
      ...(await alertChecks(broker, config)),
      ...(rules?.findings ?? []),
      ...(await inputChecks(broker, config, rules?.streams ?? streams ?? [])),
    ];
  } finally {
    await broker.close();
  }
}

function isLoopback(url: string): boolean {
  const host = url.replace(/^[a-z]+:\/\//i, "").replace(/:\d+$/, "");
  if (isIP(host) === 4) return host.startsWith("127.");
  return host === "localhost" || host === "[::1]";
}

async function alertChecks(broker: Broker, config: Config): Promise<readonly Finding[]> {
  const { alertStream } = config.nats;
  const info = await streamInfo(broker, alertStream);
  const name = `stream ${alertStream}`;
  if (info.kind === "missing") {
    return [finding("ok", name, "not there yet: the service makes it")];
  }
  if (info.kind !== "ok") return [finding("red", name, info.reason)];
  const subject = `${alertRoot(config)}.>`;
  const held = info.value.subjects.some((pattern) => covers(pattern, subject));
  const missing = finding("red", name, `it does not hold the subject ${subject}`);
  return [...(held ? [] : [missing]), ...judgeStream(alertStream, info.value.config)];
}

async function inputChecks(
  broker: Broker,
  config: Config,
  streams: readonly StreamPlan[],
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  const names = new Set<string>();
  for (const { name, subjects } of streams) {
    for (const subject of subjects) {
      const holders = await findStreams(broker, subject);
      const others =
        holders.kind === "ok" ? holders.value.filter((one) => one !== config.nats.alertStream) : [];
      for (const one of others) names.add(one);
      if (others.length > 0) continue;
      if (holders.kind === "ok" && config.nats.capture !== null) {
        found.push(finding("ok", `subject ${subject}`, "the service will capture it"));
        continue;
      }
      const why = holders.kind === "ok" ? "no JetStream stream holds it" : holders.reason;
      found.push(finding("red", `subject ${subject}`, `${why} (stream "${name}" of the rules)`));
    }
  }
  for (const name of [...names].sort()) {
    const info = await streamInfo(broker, name);
    if (info.kind === "ok") found.push(...judgeStream(name, info.value.config));
    else found.push(finding("red", `stream ${name}`, info.reason));
  }
  return found;
}
