/** The six kinds of events of W9, ECS-like, with what is usual unless a caller says otherwise. */

import type { Random } from "../../base/random.ts";
import type { Value, ValueObject } from "../../base/value.ts";

/** Kinds of events, which are the streams of the language. */
export type Kind = "auth" | "process" | "flow" | "dns" | "file" | "beat";

/** A person with an account. */
export interface User {
  readonly name: string;
  readonly ip: string;
  readonly country: string;
}

export interface Host {
  readonly id: string;
  readonly name: string;
  readonly ip: string;
}

/** Who and where an event is about. */
export interface Actor {
  readonly user: User;
  readonly host: Host;
}

const COUNTRIES = ["DE", "FR", "PL", "NL", "SE", "ES", "US", "CA", "JP", "BR"];
const PROGRAMS = [
  "chrome.exe",
  "svchost.exe",
  "teams.exe",
  "code.exe",
  "explorer.exe",
  "node.exe",
  "winword.exe",
  "cmd.exe",
  "powershell.exe",
  "python.exe",
];
const PARENTS = ["explorer.exe", "svchost.exe", "userinit.exe", "winlogon.exe", "winword.exe"];
const DOMAINS = ["example.com", "example.org", "example.net", "cdn.example.com"];
const PORTS = [443, 443, 443, 80, 8080, 22, 993, 123];

export function userOf(number: number): User {
  const name = `user${String(number).padStart(6, "0")}`;
  const ip = `10.${64 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
  return { name, ip, country: COUNTRIES[number % COUNTRIES.length] as string };
}

export function hostOf(number: number): Host {
  const name = `host-${String(number).padStart(5, "0")}.corp.example.com`;
  const id = `h${String(number * 7919 + 104729).padStart(9, "0")}`;
  return { id, name, ip: `10.${(number >> 16) & 63}.${(number >> 8) & 255}.${number & 255}` };
}

/** The fields of a usual event; `changes` replace some of them at the top. */
export function fieldsOf(
  kind: Kind,
  actor: Actor,
  random: Random,
  changes: ValueObject,
): ValueObject {
  return { ...usual(kind, actor, random), ...changes };
}

function usual(kind: Kind, { user, host }: Actor, random: Random): ValueObject {
  const place = { id: host.id, name: host.name, os: { family: "windows", version: "10.0.19045" } };
  const who = { name: user.name, domain: "CORP", id: `S-1-5-21-${random.below(1e9)}` };
  switch (kind) {
    case "auth":
      return {
        action: "login",
        outcome: random.chance(0.995) ? "success" : "failure",
        method: random.chance(0.8) ? "password" : "kerberos",
        privileged: false,
        new_device: false,
        user: who,
        source: { ip: user.ip, port: 1024 + random.below(60_000), country: user.country },
        host: place,
      };
    case "process":
      return processOf(random, place, who);
    case "flow":
      return flowOf(random, host, place);
    case "dns":
      return {
        host: place,
        client: { id: host.id, ip: host.ip },
        question: { name: `w${random.below(5000)}.${random.pick(DOMAINS)}`, type: "A" },
        answer: `198.51.100.${random.below(256)}`,
        rcode: random.chance(0.98) ? "NOERROR" : "NXDOMAIN",
      };
    case "file":
      return {
        action: random.pick(["modify", "modify", "read", "create", "rename", "delete"]),
        path: `C:\\Users\\${user.name}\\Documents\\d${random.below(1e6)}.docx`,
        size: random.below(5_000_000),
        owner: { name: user.name },
        user: who,
        host: place,
      };
    case "beat":
      return { status: "up", load: random.below(100) / 100, version: "8.14.3", host: place };
  }
}

function processOf(random: Random, place: Value, who: Value): ValueObject {
  const name = random.pick(PROGRAMS);
  return {
    kind: "process",
    action: "start",
    process: {
      pid: 1 + random.below(65_535),
      name,
      executable: `C:\\Program Files\\App${random.below(300)}\\${name}`,
      command_line: `"${name}" --profile ${random.below(1e6)} --type=renderer`,
      parent: { name: random.pick(PARENTS), pid: 1 + random.below(65_535) },
    },
    user: who,
    host: place,
  };
}

function flowOf(random: Random, host: Host, place: Value): ValueObject {
  return {
    src: host.ip,
    src_port: 1024 + random.below(60_000),
    dst: random.chance(0.6) ? `10.1.${random.below(256)}.${random.below(256)}` : publicIp(random),
    dst_port: random.pick(PORTS),
    pid: 1 + random.below(65_535),
    flags: "SA",
    proto: "tcp",
    bytes_out: random.below(20_000),
    bytes_in: random.below(200_000),
    host: place,
  };
}

function publicIp(random: Random): string {
  return `198.51.${random.below(256)}.${random.below(256)}`;
}
