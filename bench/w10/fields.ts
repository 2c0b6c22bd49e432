/**
 * The events of W10, Windows-log-like: 1 to 4 KB, 40 to 80 fields, half of the events with nested objects and half with
 * dotted names, paths and command lines in mixed case, IPv4 and IPv6, numbers as text, integers beyond 2^53, and fields
 * that are missing. An event is made from its number alone.
 */

import type { Random } from "../../base/random.ts";
import type { Value, ValueObject } from "../../base/value.ts";
import type { Fields } from "./atoms.ts";

export const EVENT_IDS: readonly number[] = Array.from({ length: 60 }, (_, i) =>
  i < 30 ? i + 1 : 4600 + i * 3,
);
export const USERS: readonly string[] = Array.from({ length: 400 }, (_, i) =>
  i < 4
    ? (["system", "network service", "local service", "administrator"][i] as string)
    : `user${i}`,
);
export const TEXT_FIELDS: readonly string[] = [
  "process.executable",
  "process.parent.executable",
  "process.command_line",
  "process.parent.command_line",
  "registry.path",
  "file.path",
];
export const IP_FIELDS: readonly string[] = ["source.ip", "destination.ip"];
export const WORD_FIELDS: readonly { readonly field: string; readonly words: readonly string[] }[] =
  [
    {
      field: "winlog.channel",
      words: ["Security", "System", "Sysmon", "PowerShell", "Application"],
    },
    { field: "winlog.integrity", words: ["Low", "Medium", "High", "System"] },
    { field: "destination.port", words: ["22", "80", "443", "445", "3389", "5985", "8080"] },
    { field: "service.name", words: Array.from({ length: 80 }, (_, i) => `Service${i}`) },
    { field: "user.name", words: USERS },
  ];

const PROGRAMS = Array.from({ length: 120 }, (_, i) => `Program${i}.exe`);
const FOLDERS = ["Windows\\System32", "Program Files\\Common", "Users\\Public\\AppData\\Local"];
const WORDS =
  "run update --config /s -File Get-Item Invoke start path name list C:\\Temp\\a.log ".split(" ");

/** The fields of an event, before its incident and its form. */
export function fieldsOf(random: Random, eventId: number): Fields {
  const program = (): string => `C:\\${random.pick(FOLDERS)}\\${random.pick(PROGRAMS)}`;
  const fields: Fields = new Map();
  fields.set("event_id", eventId);
  fields.set("winlog.record_id", random.uint32());
  fields.set("host.name", `HOST-${random.below(2000)}.Example.Com`);
  fields.set("process.executable", program());
  fields.set("process.pid", random.below(65_536));
  fields.set("process.command_line", commandLine(random, program()));
  if (random.chance(0.8)) fields.set("process.parent.executable", program());
  if (random.chance(0.6)) fields.set("process.parent.command_line", commandLine(random, program()));
  if (random.chance(0.3)) fields.set("registry.path", `HKLM\\Software\\Key${random.below(5000)}`);
  if (random.chance(0.4)) fields.set("file.path", program().replace(".exe", ".DLL"));
  for (const { field, words } of WORD_FIELDS)
    if (random.chance(0.8)) fields.set(field, random.pick(words));
  for (const field of IP_FIELDS) if (random.chance(0.7)) fields.set(field, addressOf(random));
  if (random.chance(0.1))
    fields.set("event.created_ns", 1_767_225_600_000_000_000n + BigInt(random.uint32()));
  const more = 25 + random.below(36);
  for (let i = 0; i < more; i++)
    fields.set(`winlog.data.param${i}`, `value ${random.uint32()} of ${i}`);
  return fields;
}

/** 50 to 2,000 characters, mostly few. */
function commandLine(random: Random, program: string): string {
  const length = 50 + Math.floor(random.unit() ** 3 * 1950);
  let line = `"${program}"`;
  while (line.length < length) line += ` ${random.pick(WORDS)}${random.below(100)}`;
  return line;
}

function addressOf(random: Random): string {
  const part = (): string => random.below(65_536).toString(16);
  if (random.chance(0.2)) return `2001:db8:${part()}::${part()}`;
  return `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`;
}

/** The event with nested objects, or with dotted names. */
export function dataOfFields(fields: Fields, ts: number, nested: boolean): Value {
  const data: { [name: string]: Value } = { ts };
  for (const [name, value] of fields) {
    if (!nested) {
      data[name] = value;
      continue;
    }
    const path = name.split(".");
    let object = data;
    for (const part of path.slice(0, -1)) {
      object[part] ??= {};
      object = object[part] as { [name: string]: Value };
    }
    object[path.at(-1) as string] = value;
  }
  return data as ValueObject;
}
