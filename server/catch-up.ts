/**
 * Builds state anew that the alert stream is ahead of: the folder was lost, set aside as damaged, or is an old copy.
 * The same messages are stepped again from where the state stands, the recorded decisions are taken at their
 * positions, and commits end where the recorded ones did, so that the same records come with the same numbers. Each
 * is compared with the one in the alert stream before it is committed, and not sent again; a difference ends the process.
 *
 * Invariants
 *  U1  Nothing is published while it runs; records behind the last one of the alert stream wait in the outbox.
 *  U2  What is durable is a state that the compared records follow from: it may end at any moment and goes on later.
 */

import type { Value } from "../base/value.ts";
import { pause } from "../io/clock.ts";
import type { Outcome } from "../io/nats.ts";
import { streamInfo } from "../io/nats-streams.ts";
import { crashPoint } from "./crash-point.ts";
import { type RecordedDecision, type RecordedGroup, RecordedGroups } from "./recorded-groups.ts";
import type { Assembly, AssemblyParts } from "./service-assembly.ts";
import type { Source } from "./source.ts";
import { cannot, differs } from "./unbuildable.ts";

export interface CatchUpParts extends Pick<AssemblyParts, "broker" | "clock" | "rules"> {
  readonly assembly: Assembly;
  readonly signal: AbortSignal;
  /** How far it is, a clause. */
  readonly onProgress: (text: string) => void;
}

const RETRY_MS = 500;

/** Steps until the state knows the alert stream's record `to`. Throws RefusalError where it comes out differently. */
export async function catchUp(parts: CatchUpParts, to: number): Promise<void> {
  const { assembly, broker, clock, rules, signal, onProgress } = parts;
  const { outbox, committer, alerts } = assembly;
  const from = outbox.next;
  const ask = <T>(request: () => Promise<Outcome<T>>) => answerOf(parts, request);
  const groups = new RecordedGroups({ broker, alerts, from, to, rules, ask });
  await checkEnds(parts, (await groups.last()).positions, ask);
  for await (const group of groups.all()) {
    crashPoint("before-replay");
    onProgress(`building the state anew: record ${group.first} of ${to}`);
    for (const decision of group.decisions) await decide(parts, decision);
    await advance(parts, group.positions);
    crashPoint("mid-replay");
    await committer.commit(signal, (staged) => groups.compare(group, staged));
    if (outbox.next <= lastOf(group)) throw differs(outbox.next, "nothing was decided");
    outbox.acknowledge(Math.min(outbox.next - 1, to), clock.monotonicMs());
  }
}

function lastOf({ first, records }: RecordedGroup): number {
  return first + records.length - 1;
}

async function answerOf<T>(
  { clock, signal }: CatchUpParts,
  request: () => Promise<Outcome<T>>,
): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    const outcome = await request();
    if (outcome.kind === "ok") return outcome.value;
    if (outcome.kind !== "unreachable") throw cannot(outcome.reason);
    await pause(clock, RETRY_MS, signal);
  }
}

/** The messages that the last record rests on must be there to be read. */
async function checkEnds(
  { assembly, broker }: CatchUpParts,
  positions: ReadonlyMap<string, number>,
  ask: <T>(request: () => Promise<Outcome<T>>) => Promise<T>,
): Promise<void> {
  for (const { name } of assembly.sources) {
    const { lastSeq } = await ask(() => streamInfo(broker, name));
    const position = positions.get(name) ?? 0;
    if (position > lastSeq) {
      throw cannot(
        `the stream ${name} ends at ${lastSeq}, and messages up to ${position} were read`,
      );
    }
  }
}

/** Steps every source up to its position. */
async function advance(
  { assembly, signal }: CatchUpParts,
  positions: ReadonlyMap<string, number>,
): Promise<void> {
  const { service, sources } = assembly;
  for (const source of sources)
    await service.advance(source, positions.get(source.name) ?? 0, signal);
}

/** Takes a recorded decision where it was taken. */
async function decide(parts: CatchUpParts, decision: RecordedDecision): Promise<void> {
  const { engine, committer, service } = parts.assembly;
  const { kind, body, positions } = decision;
  await advance(parts, positions);
  switch (kind) {
    case "idle": {
      const { source, feed } = routeOf(parts, body);
      committer.decide({ kind, body: { feed: source.name, stream: feed.stream.name } });
      engine.feedIdle(feed, true);
      return;
    }
    case "tick":
      committer.decide({ kind, body: { time: textIn(body, "time") } });
      engine.tick(Date.parse(textIn(body, "time")));
      // The state may know of an earlier silence: this record tells it.
      committer.silentTickMs = null;
      return;
    case "wake": {
      // Decided again by the message that comes next on this feed; one that wakes several feeds is stepped once.
      const { source, feed } = routeOf(parts, body);
      if (feed.idle) await service.stepOne(source, parts.signal);
      return;
    }
    case "undelivered":
    case "rules":
      committer.decide({ kind, body });
      return;
    case "skip":
      committer.decide({ kind, body });
      service.skip({ stream: textIn(body, "feed"), seq: Number(body["seq"]) });
      return;
    default:
      throw cannot(`it holds the decision "${kind}", whose state cannot be had again`);
  }
}

function routeOf(
  { assembly }: CatchUpParts,
  body: Readonly<Record<string, Value>>,
): { readonly source: Source; readonly feed: Source["routes"][number]["feed"] } {
  for (const source of assembly.sources) {
    if (source.name !== body["feed"]) continue;
    const route = source.routes.find(({ stream }) => stream.name === body["stream"]);
    if (route !== undefined) return { source, feed: route.feed };
  }
  throw cannot(`the feed ${String(body["feed"])} of a decision is not read any more`);
}

function textIn(body: Readonly<Record<string, Value>>, name: string): string {
  const value = body[name];
  if (typeof value === "string") return value;
  throw cannot(`a decision of the alert stream has no ${name}`);
}
