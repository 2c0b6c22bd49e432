/**
 * The alert stream over HTTP: `GET /api/v1/stream` as server-sent events (HTML standard, section 9.2), and
 * `GET /api/v1/alerts` a page at a time, `GET /api/v1/alerts/{id}` one of them. All read the alert stream itself, with readers of their own.
 *
 * Invariants
 *  F1  An event's id is its sequence in the alert stream: who comes back with it as `Last-Event-ID` misses nothing.
 *  F2  A slow reader holds up itself alone: a batch is read when the one before has gone out.
 *  F3  Who reads is counted before anything is waited for, and counted out however it ends.
 */

import type { Random } from "../../base/random.ts";
import { LinkedAbort } from "../../io/linked-abort.ts";
import type { Broker } from "../../io/nats.ts";
import { streamInfo } from "../../io/nats-streams.ts";
import type { HttpRoute } from "../http.ts";
import { problem } from "../problem.ts";
import { type AlertFilter, isSeverity } from "./alert-filter.ts";
import { findAlert } from "./alert-lookup.ts";
import { LOOKUP_ABOUT, lookupResponse, PAGE_ABOUT, STREAM_ABOUT } from "./alert-route-texts.ts";
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
/** Pages read at a time. */
const MAX_PAGES = 16;
/** A sign of life, with the position reached, at least this often. */
const BEAT_MS = 10_000;
const MAX_PAGE = 1000;
/** Length of a page's texts behind which it ends. */
const MAX_PAGE_UNITS = 8 * 1024 * 1024;
const PAGE_PATIENCE_MS = 5000;
const STREAM_HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  "x-accel-buffering": "no",
};

export class AlertRoutes {
  readonly #stop = new AbortController();
  readonly #streams = new Seats(MAX_STREAMS);
  readonly #pages = new Seats(MAX_PAGES);
  #place: AlertPlace | null = null;

  /** Alerts can be read from now on. */
  attach(place: AlertPlace): void {
    this.#place = place;
  }

  get routes(): readonly HttpRoute[] {
    return [
      {
        method: "GET",
        path: "/api/v1/stream",
        about: STREAM_ABOUT,
        handle: (request) => this.#stream(request),
      },
      {
        method: "GET",
        path: "/api/v1/alerts",
        about: PAGE_ABOUT,
        handle: (request) => this.#page(request),
      },
      {
        method: "GET",
        path: "/api/v1/alerts/:id",
        about: LOOKUP_ABOUT,
        handle: (request, { id = "" }) => this.#lookup(request, id),
      },
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
    // Nobody would read its events, or end them.
    if (request.method === "HEAD") return new Response(null, { headers: STREAM_HEADERS });
    const leave = this.#streams.enter();
    if (leave === null) {
      return problem(503, "Service Unavailable", `${MAX_STREAMS} streams are open`);
    }
    const { filter, from, lastId } = query;
    let afterSeq = lastId ?? (from === null ? null : from - 1);
    if (afterSeq === null) {
      const info = await streamInfo(place.broker, place.stream);
      if (info.kind !== "ok") {
        leave();
        return problem(503, "Service Unavailable", info.reason);
      }
      afterSeq = info.value.lastSeq;
    }
    const events = this.#events(place, afterSeq, filter, leave);
    return new Response(events, { headers: STREAM_HEADERS });
  }

  #events(
    place: AlertPlace,
    afterSeq: number,
    filter: AlertFilter,
    leave: () => void,
  ): ReadableStream<Uint8Array> {
    const ending = new LinkedAbort(this.#stop.signal);
    const items = eventTexts({ ...place, afterSeq, filter, signal: ending.signal });
    const encoder = new TextEncoder();
    const finish = (): void => {
      ending.abort();
      leave();
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
    return this.#reading((place, signal) => readPage(place, query, signal));
  }

  async #lookup(request: Request, id: string): Promise<Response> {
    const before = positive(new URL(request.url).searchParams.get("before"));
    if (before === undefined) return problem(400, "Bad Request", "before is a number from 1");
    return this.#reading(async (place, signal) =>
      lookupResponse(await findAlert(place, id, before, signal), id),
    );
  }

  /** Reads with patience, where there is a seat. */
  async #reading(
    read: (place: AlertPlace, signal: AbortSignal) => Promise<Response>,
  ): Promise<Response> {
    const place = this.#place;
    if (place === null) return problem(503, "Service Unavailable", "not connected to NATS yet");
    const leave = this.#pages.enter();
    if (leave === null) {
      return problem(503, "Service Unavailable", `${MAX_PAGES} pages are being read`);
    }
    const ending = new LinkedAbort(this.#stop.signal);
    const timer = setTimeout(() => ending.abort(), PAGE_PATIENCE_MS);
    try {
      return await read(place, ending.signal);
    } finally {
      clearTimeout(timer);
      ending.abort();
      leave();
    }
  }
}

/** How many may read at a time. */
class Seats {
  readonly #most: number;
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Gives what is to be called at the end, as often as one likes; null where all are taken. */
  enter(): (() => void) | null {
    if (this.#taken >= this.#most) return null;
    this.#taken++;
    let seated = true;
    return () => {
      if (seated) this.#taken--;
      seated = false;
    };
  }
}

/** The alerts from a position on, as far as they are there and the signal lets it read. */
async function readPage(
  place: AlertPlace,
  { filter, from, limit }: Query,
  signal: AbortSignal,
): Promise<Response> {
  const alerts: string[] = [];
  let units = 0;
  let next = from ?? 1;
  for await (const item of followAlerts({ ...place, afterSeq: next - 1, filter, signal })) {
    if (item.kind === "alert") {
      alerts.push(`{"seq":${item.seq},"alert":${item.text}}`);
      units += item.text.length;
    }
    if (item.kind === "alert" || item.kind === "passed") next = item.seq + 1;
    if (item.kind === "trouble") return problem(503, "Service Unavailable", item.reason);
    if (
      alerts.length >= limit ||
      units >= MAX_PAGE_UNITS ||
      (item.kind === "passed" && item.caughtUp)
    )
      break;
  }
  const body = `{"alerts":[${alerts.join(",")}],"next":${next}}`;
  return new Response(body, { headers: { "content-type": "application/json" } });
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
    if (!["rule", "severity", "shadow", "from", "limit"].includes(name)) {
      return { fault: `there is no parameter ${name}` };
    }
  }
  const severity = parameters.get("severity") ?? "info";
  if (!isSeverity(severity)) return { fault: `${severity} is no severity` };
  const shadow = parameters.get("shadow") ?? "false";
  if (shadow !== "true" && shadow !== "false") return { fault: "shadow is true or false" };
  const from = positive(parameters.get("from"));
  const limit = positive(parameters.get("limit"));
  if (from === undefined || limit === undefined)
    return { fault: "from and limit are numbers from 1" };
  // A browser that returns sends it; it says more than the address it was opened with.
  const lastId = /^\d{1,15}$/.exec(request.headers.get("last-event-id") ?? "")?.[0];
  return {
    filter: { rule: parameters.get("rule") ?? "*", severity, shadow: shadow === "true" },
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
