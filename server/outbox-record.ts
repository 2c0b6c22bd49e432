/**
 * Records on their way to the alert stream: what the engine decided, with subject and headers, and how an entry of the
 * outbox is stored. An entry is sent as it was stored, byte for byte, however often it has to be sent.
 *
 * Stored form, version 1: u8 version | text subject, id, version, positions, rules | length, payload (UTF-8 JSON).
 */

import { ByteReader, ByteWriter } from "../base/bytes.ts";
import type { Output } from "../engine/outputs.ts";

/** One record without its number. Empty texts stand for what the record has not. */
export interface OutboxRecord {
  readonly subject: string;
  /** Of an alert: its id, and its rule's version. */
  readonly id: string;
  readonly version: string;
  /** Positions of the commit: `FEED=17, OTHER=5`. */
  readonly positions: string;
  /** Identity of the rule set. */
  readonly rules: string;
  readonly payload: Uint8Array;
}

export interface NumberedRecord extends OutboxRecord {
  /** Place in the alert log, from 1. */
  readonly number: number;
}

/** Names of the headers that a record carries. */
export const HEADERS = {
  number: "Sequitur-Out",
  positions: "Sequitur-Pos",
  id: "Sequitur-Id",
  version: "Sequitur-Version",
  rules: "Sequitur-Rules",
} as const;

/** A record's headers, in their order. */
export function headersOf(record: NumberedRecord): readonly (readonly [string, string])[] {
  const headers: [string, string][] = [
    [HEADERS.number, String(record.number)],
    [HEADERS.positions, record.positions],
    [HEADERS.rules, record.rules],
  ];
  if (record.id !== "") headers.push([HEADERS.id, record.id], [HEADERS.version, record.version]);
  return headers;
}

const encoder = new TextEncoder();

/** What the engine put out, as a record. `root`: first tokens of the alert stream's subjects. */
export function recordOf(
  output: Output,
  root: string,
  positions: string,
  rules: string,
): OutboxRecord {
  const payload = encoder.encode(output.text);
  const record = {
    subject: subjectOf(output, root),
    id: "",
    version: "",
    positions,
    rules,
    payload,
  };
  if (output.kind !== "alert") return record;
  return { ...record, id: output.alert.id, version: output.alert.version };
}

/** A control decision as a record; `text` is the JSON of its body. */
export function controlRecord(
  kind: string,
  text: string,
  root: string,
  positions: string,
  rules: string,
): OutboxRecord {
  const payload = encoder.encode(text);
  return { subject: `${root}.control.${kind}`, id: "", version: "", positions, rules, payload };
}

/**
 * Alerts of a shadow rule have a subject of their own, whatever the rule's `to` says: nobody who waits for alerts is to
 * get them.
 */
function subjectOf(output: Output, root: string): string {
  switch (output.kind) {
    case "alert": {
      const { severity, rule, mode } = output.alert;
      const tokens = `${severity}.${subjectTokens(rule)}`;
      return mode === "shadow" ? `${root}.shadow.${tokens}` : (output.to ?? `${root}.${tokens}`);
    }
    case "late":
      return `${root}.late.${subjectTokens(output.stream)}`;
    case "dead":
      return `${root}.dead.${subjectTokens(output.stream)}`;
    case "control":
      return `${root}.control.${output.control}`;
  }
}

/** Where feeds stand, as records and strikes tell it: `EVENTS=17, OTHER=5`. */
export function positionsText(
  feeds: readonly { readonly name: string; readonly position: number }[],
): string {
  return feeds.map(({ name, position }) => `${name}=${position}`).join(", ");
}

/** The positions by feed of what `positionsText` gave. */
export function readPositions(text: string): ReadonlyMap<string, number> {
  if (text === "") return new Map();
  return new Map(
    text.split(", ").map((one): [string, number] => {
      const at = one.lastIndexOf("=");
      return [one.slice(0, at), Number(one.slice(at + 1))];
    }),
  );
}

/** Names in back quotes may hold what subjects must not: such characters become underscores. */
function subjectTokens(name: string): string {
  return name.replace(/[\s*>\0]/g, "_").replace(/^\.|\.$|\.(?=\.)/g, "._");
}

const FORMAT = 1;
const writer = new ByteWriter();

export function encodeRecord(record: OutboxRecord): Uint8Array {
  writer.byte(FORMAT);
  writer.text(record.subject);
  writer.text(record.id);
  writer.text(record.version);
  writer.text(record.positions);
  writer.text(record.rules);
  writer.uint(record.payload.length);
  writer.raw(record.payload);
  return writer.take();
}

/** Throws an Error for an entry that another version wrote. */
export function decodeRecord(number: number, bytes: Uint8Array): NumberedRecord {
  const reader = new ByteReader(bytes);
  const format = reader.byte();
  if (format !== FORMAT) {
    throw new Error(`outbox entry ${number} has format ${format}, this version reads ${FORMAT}`);
  }
  const subject = reader.text();
  const id = reader.text();
  const version = reader.text();
  const positions = reader.text();
  const rules = reader.text();
  const payload = reader.raw(reader.uint());
  return { number, subject, id, version, positions, rules, payload };
}
