/** What the tests of reloads share: rules, events, what the service tells, and its commands. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type AlertRecord,
  Feeder,
  readAlerts,
  type ServiceFolder,
  type ServiceProcess,
} from "./service-process.ts";
import { openServiceStage } from "./service-stage.ts";

export const { broker, folderOf } = await openServiceStage();

export const TOKEN = "secret-token";
export const ENVIRONMENT = { SEQUITUR_HTTP__TOKEN: TOKEN };

/** Puts a file in the place of another in one step, as good editors do. */
export function edit(folder: ServiceFolder, name: string, text: string): void {
  const path = join(folder.path, "rules", name);
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

export const STREAM = `stream auth from "events.auth" { time t  idle 10m }
`;

/** A pair of events of one user; `what` are the actions of both. */
export function pair(name: string, first: string, second: string, more = ""): string {
  return `rule ${name} "Pair" {
  severity high ${more}
  match by user within 1h {
    a: auth where action == "${first}"
    then b: auth where action == "${second}"
  }
  alert "{user}"
}
`;
}

export function event(second: number, user: string, action: string): string {
  const t = new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  return JSON.stringify({ t, user, action });
}

export const makeFeed = () => new Feeder(broker, "EVENTS", "events.auth");

export interface Body {
  readonly kind: string;
  readonly outcome: string;
  readonly rule: string;
  readonly version: string;
  readonly title: string;
  readonly positions: Readonly<Record<string, number>>;
  readonly verdicts: readonly {
    readonly rule: string;
    readonly verdict: string;
    readonly after: string | null;
  }[];
  readonly problems: readonly { readonly file: string; readonly line: number; code: string }[];
  readonly reason: string;
  readonly action: string;
  readonly history: { readonly messages: number } | null;
}

export const bodyOf = ({ text }: AlertRecord) => JSON.parse(text) as Body;

export async function controls(kind: string): Promise<Body[]> {
  const records = await readAlerts(broker);
  return records.filter(({ subject }) => subject === `alerts.control.${kind}`).map(bodyOf);
}

export async function alerts(): Promise<Body[]> {
  const records = await readAlerts(broker);
  return records.filter(({ subject }) => !subject.startsWith("alerts.control.")).map(bodyOf);
}

export async function cli(
  folder: ServiceFolder,
  ...words: readonly string[]
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const entry = join(process.cwd(), "dist/cli/main.js");
  const child = spawn(process.execPath, [entry, "rules", ...words], {
    cwd: folder.path,
    env: { ...process.env, ...ENVIRONMENT },
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (bytes) => {
    out += String(bytes);
  });
  child.stderr.on("data", (bytes) => {
    err += String(bytes);
  });
  const [code] = await once(child, "close");
  return { code, out, err };
}

/** A login, a look around, then the action. */
export function triple(name: string, last: string, more = ""): string {
  return pair(name, "login", last, more).replace(
    "then b:",
    'then m: auth where action == "look"\n    then b:',
  );
}

export async function status(
  service: ServiceProcess,
  path = "status",
): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const answer = await fetch(`${await service.httpUrl()}/api/v1/${path}`, { headers });
  return (await answer.json()) as Record<string, unknown>;
}

/** Asks the API; gives status and answer. */
export async function api(
  service: ServiceProcess,
  method: string,
  path: string,
  body: unknown = {},
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const sent = method === "GET" ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(`${await service.httpUrl()}/api/v1/${path}`, {
    method,
    headers,
    ...sent,
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}
