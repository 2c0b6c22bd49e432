/**
 * The alert stream over HTTP: `GET /api/v1/stream` as server-sent events (HTML standard, section 9.2), and
 * `GET /api/v1/alerts` a page at a time. Both read the alert stream itself, with a reader of their own.
 *
 * Invariants
 *  F1  An event's id is its sequence in the alert stream: who comes back with it as `Last-Event-ID` misses nothing.
 *  F2  A slow reader holds up itself alone: a batch is read when the one before has gone out.
 */

import type { Random } from "../../base/random.ts";
import type { Broker } from "../../io/nats.ts";
import { streamInfo } from "../../io/nats-streams.ts";
import type { HttpRoute } from "../http.ts";
import { problem } from "../problem.ts";
import { type AlertFilter, isSeverity } from "./alert-filter.ts";
import { followAlerts } from "./follow-alerts.ts";

/** Where the alerts are, once the service is connected. */
export interface AlertPlace {
  readonly broker: Broker;
  readonly stream: string;
  readonly root: string;
  readonly random: Random;
}

/** Streams open at a time. */
const MAX_STREAMS = 64;
/** A sign of life, with the position reached, at least this often. */
const BEAT_MS = 10_000;
const MAX_PAGE = 1000;
const PAGE_PATIENCE_MS = 5000;

export class AlertRoutes {
  readonly #stop = new AbortController();
  #place: AlertPlace | null = null;
  #streams = 0;

  /** Alerts can be read from now on. */
  attach(place: AlertPlace): void {
    this.#place = place;
  }

  get routes(): readonly HttpRoute[] {
    return [
      { method: "GET", path: "/api/v1/stream", handle: (request) => this.#stream(request) },
      { method: "GET", path: "/api/v1/alerts", handle: (request) => this.#page(request) },
    ];
  }

  /** Ends all streams. */
  close(): void {
    this.#stop.abort();
  }

  async #stream(request: Request): Promise<Response> {
    const query = readQuery(request);
    if ("fault" in query) return problem(400, "Bad Request", query.fault);
    const place = this.#place;
    if (place === null) return problem(503, "Service Unavailable", "not connected to NATS yet");
    if (this.#streams >= MAX_STREAMS) {
      return problem(503, "Service Unavailable", `${MAX_STREAMS} streams are open`);
    }
    const { filter, from, lastId } = query;
    let afterSeq = lastId ?? (from === null ? null : from - 1);
    if (afterSeq === null) {
      const info = await streamInfo(place.broker, place.stream);
      if (info.kind !== "ok") return problem(503, "Service Unavailable", info.reason);
      afterSeq = info.value.lastSeq;
    }
    return new Response(this.#events(place, afterSeq, filter), {
      headers: {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
      },
    });
  }

  #events(place: AlertPlace, afterSeq: number, filter: AlertFilter): ReadableStream<Uint8Array> {
    const gone = new AbortController();
    const signal = AbortSignal.any([gone.signal, this.#stop.signal]);
    const items = eventTexts({ ...place, afterSeq, filter, signal });
    const encoder = new TextEncoder();
    this.#streams++;
    const finish = (): void => {
      if (gone.signal.aborted) return;
      gone.abort();
      this.#streams--;
    };
    return new ReadableStream({
      pull: async (controller) => {
        const { value, done } = await items.next();
        if (done === true) {
          finish();
          controller.close();
        } else controller.enqueue(encoder.encode(value));
      },
      cancel: finish,
    });
  }

  async #page(request: Request): Promise<Response> {
    const query = readQuery(request);
    if ("fault" in query) return problem(400, "Bad Request", query.fault);
    const place = this.#place;
    if (place === null) return problem(503, "Service Unavailable", "not connected to NATS yet");
    const { filter, from, limit } = query;
    const patience = AbortSignal.timeout(PAGE_PATIENCE_MS);
    const signal = AbortSignal.any([patience, this.#stop.signal]);
    const alerts: string[] = [];
    let next = from ?? 1;
    for await (const item of followAlerts({ ...place, afterSeq: next - 1, filter, signal })) {
      if (item.kind === "alert") alerts.push(`{"seq":${item.seq},"alert":${item.text}}`);
      if (item.kind === "alert" || item.kind === "passed") next = item.seq + 1;
      if (item.kind === "trouble") return problem(503, "Service Unavailable", item.reason);
      if (alerts.length >= limit || (item.kind === "passed" && item.caughtUp)) break;
    }
    const body = `{"alerts":[${alerts.join(",")}],"next":${next}}`;
    return new Response(body, { headers: { "content-type": "application/json" } });
  }
}

/** The texts of the events, with a sign of life where nothing came for a while. */
async function* eventTexts(options: Parameters<typeof followAlerts>[0]): AsyncGenerator<string> {
  // Opens the stream at the reader's side before the first alert.
  yield `retry: 1000\nid: ${options.afterSeq}\n\n`;
  let beatMs = performance.now();
  for await (const item of followAlerts(options)) {
    if (item.kind === "alert") yield `id: ${item.seq}\nevent: alert\ndata: ${item.text}\n\n`;
    else if (item.kind === "removed") {
      yield `event: removed\ndata: {"count":${item.count}}\n\n`;
    } else if (performance.now() - beatMs >= BEAT_MS) {
      // Without data it is no event; it moves the id on, so that a return begins behind what the filter left out.
      yield item.kind === "passed" ? `id: ${item.seq}\n\n` : ": waiting\n\n";
    } else continue;
    beatMs = performance.now();
  }
}

interface Query {
  readonly filter: AlertFilter;
  readonly from: number | null;
  readonly lastId: number | null;
  readonly limit: number;
}

function readQuery(request: Request): Query | { readonly fault: string } {
  const parameters = new URL(request.url).searchParams;
  for (const name of parameters.keys()) {
    if (!["rule", "severity", "from", "limit"].includes(name)) {
      return { fault: `there is no parameter ${name}` };
    }
  }
  const severity = parameters.get("severity") ?? "info";
  if (!isSeverity(severity)) return { fault: `${severity} is no severity` };
  const from = positive(parameters.get("from"));
  const limit = positive(parameters.get("limit"));
  if (from === undefined || limit === undefined)
    return { fault: "from and limit are numbers from 1" };
  // A browser that returns sends it; it says more than the address it was opened with.
  const lastId = /^\d{1,15}$/.exec(request.headers.get("last-event-id") ?? "")?.[0];
  return {
    filter: { rule: parameters.get("rule") ?? "*", severity },
    from,
    lastId: lastId === undefined ? null : Number(lastId),
    limit: Math.min(limit ?? 100, MAX_PAGE),
  };
}

/** The number that the text says; null where there is none, undefined where it says another thing. */
function positive(text: string | null): number | null | undefined {
  if (text === null) return null;
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
}
