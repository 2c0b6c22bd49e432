/**
 * Follows the alert stream from a position: the alerts that a filter takes, in order, each once, over every
 * reconnection. Used by the server-sent events of the service and by `sequitur tail`.
 */

import type { Random } from "../../base/random.ts";
import type { Alert } from "../../engine/outputs.ts";
import type { Broker } from "../../io/nats.ts";
import { openReader, type Reader } from "../../io/nats-reader.ts";
import { type AlertFilter, alertMatcher, alertOf } from "./alert-filter.ts";

export interface FollowOptions {
  readonly broker: Broker;
  readonly stream: string;
  /** First tokens of the alert stream's subjects. */
  readonly root: string;
  /** Begins behind this sequence. */
  readonly afterSeq: number;
  readonly filter: AlertFilter;
  readonly random: Random;
  /** Ends it. */
  readonly signal: AbortSignal;
}

export type Followed =
  /** `text` is the alert as it is stored: JSON on one line. */
  | { readonly kind: "alert"; readonly seq: number; readonly alert: Alert; readonly text: string }
  /** Everything up to `seq` was looked at; comes at the end of what is there, and at least every few seconds. */
  | { readonly kind: "passed"; readonly seq: number; readonly caughtUp: boolean }
  /** So many records had been removed from the stream before they were read. */
  | { readonly kind: "removed"; readonly count: number }
  /** The stream cannot be read at the moment, or was found to have gone back; it is tried again. */
  | { readonly kind: "trouble"; readonly reason: string };

const BATCH = 256;

export async function* followAlerts(options: FollowOptions): AsyncGenerator<Followed> {
  const { broker, stream, random, signal } = options;
  let position = options.afterSeq;
  while (!signal.aborted) {
    const reader = openReader(broker, { stream, afterSeq: position, batch: BATCH, random });
    const onAbort = (): void => reader.close();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      for await (const item of read(reader, options, position)) {
        if (item.kind === "restart") position = item.position;
        else yield item;
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
      reader.close();
    }
  }
}

/** What one reader gives, until it is closed or the stream went back. */
async function* read(
  reader: Reader,
  { root, filter }: FollowOptions,
  from: number,
): AsyncGenerator<Followed | { readonly kind: "restart"; readonly position: number }> {
  const takes = alertMatcher(filter);
  const decoder = new TextDecoder();
  let position = from;
  for (;;) {
    const result = await reader.next();
    switch (result.kind) {
      case "messages":
        if (result.skipped > 0) yield { kind: "removed", count: result.skipped };
        for (const { seq, subject, data } of result.messages) {
          const alert = alertOf(subject, data, root);
          position = seq;
          if (alert !== null && takes(alert)) {
            yield { kind: "alert", seq, alert, text: onOneLine(decoder.decode(data), alert) };
          }
        }
        yield { kind: "passed", seq: position, caughtUp: result.caughtUp };
        break;
      case "idle":
        yield { kind: "passed", seq: position, caughtUp: result.caughtUp };
        break;
      case "away":
        yield { kind: "trouble", reason: result.reason };
        break;
      case "rolled-back": {
        yield { kind: "trouble", reason: result.reason };
        const { remade, stream } = result;
        yield { kind: "restart", position: remade ? 0 : Math.min(position, stream.lastSeq) };
        return;
      }
      case "closed":
        return;
    }
  }
}

/** The service writes alerts on one line; what another writer put there must not break the framing of lines. */
function onOneLine(text: string, alert: Alert): string {
  return /[\r\n]/.test(text) ? JSON.stringify(alert) : text;
}
