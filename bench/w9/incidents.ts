/**
 * What the rules of W9 look for, as it happens: for each rule the events of an attack, in order, with seconds between.
 * Some end before their last event and are none.
 */

import type { Random } from "../../base/random.ts";
import type { ValueObject } from "../../base/value.ts";
import type { Actor, Kind } from "./event-fields.ts";

/** One event of an incident: so many seconds after the one before. */
export interface Act {
  readonly after: number;
  readonly kind: Kind;
  /** Fields that differ from the usual ones. */
  readonly changes: ValueObject;
}

/** Who is concerned, and another host and user that have a part in it. */
export interface Scene extends Actor {
  readonly other: Actor;
  readonly random: Random;
}

export type Incident = (scene: Scene) => readonly Act[];

const act = (after: number, kind: Kind, changes: ValueObject): Act => ({ after, kind, changes });
const times = (count: number, one: (i: number) => Act): readonly Act[] =>
  Array.from({ length: count }, (_, i) => one(i));
const auth = (after: number, changes: ValueObject): Act => act(after, "auth", changes);
const flow = (after: number, changes: ValueObject): Act => act(after, "flow", changes);
const file = (after: number, action: string, path: string): Act =>
  act(after, "file", { action, path });

function run(after: number, name: string, commandLine = name, parent = "explorer.exe"): Act {
  const executable = `C:\\Windows\\System32\\${name}`;
  const process = {
    pid: 4242,
    name,
    executable,
    command_line: commandLine,
    parent: { name: parent, pid: 777 },
  };
  return act(after, "process", { process });
}

const service = (after: number, action: string, name: string): Act =>
  act(after, "process", { action: `service-${action}`, service: name });

/** By file of rules; each of about the same frequency. */
export const INCIDENTS: readonly Incident[] = [
  // repeated.seq
  () => [...times(11, () => auth(3, { outcome: "failure" })), auth(5, { outcome: "success" })],
  () => [
    ...times(6, () => auth(4, { action: "mfa-challenge", outcome: "failure" })),
    auth(6, { outcome: "success" }),
  ],
  () => [
    ...times(9, (i) => flow(0.5, { flags: "S", bytes_in: 0, dst_port: 20 + i })),
    flow(1, { dst_port: 445, flags: "SA" }),
  ],
  () => [
    ...times(11, (i) => file(1, "rename", `C:\\Data\\f${i}.locked`)),
    file(2, "create", "C:\\Data\\README_NOW.txt"),
  ],
  ({ random }) => [
    ...times(13, (i) =>
      act(2, "dns", {
        question: { name: `${"a9".repeat(32)}${i}.${random.below(1e6)}.example.net`, type: "A" },
      }),
    ),
    flow(2, { dst_port: 53, bytes_out: 400_000 }),
  ],
  () => [
    run(1, "whoami.exe"),
    run(3, "nltest.exe"),
    run(3, "systeminfo.exe"),
    run(3, "quser.exe"),
    file(10, "create", "C:\\Temp\\out.zip"),
  ],
  // pairs.seq
  () => [
    run(1, "powershell.exe", "powershell.exe -w hidden", "winword.exe"),
    flow(4, { pid: 4242, dst: "198.51.100.77" }),
  ],
  ({ user }) => {
    const path = `C:\\Users\\${user.name}\\Downloads\\setup9.exe`;
    const process = { pid: 90, name: "setup9.exe", executable: path, command_line: path };
    return [file(1, "create", path), act(20, "process", { process })];
  },
  ({ user }) => [
    auth(1, { outcome: "success" }),
    auth(90, { outcome: "success", source: { ip: user.ip, country: "ZZ" } }),
  ],
  () => [
    flow(1, { dst: "198.51.100.9", bytes_out: 60_000_000 }),
    flow(20, { dst: "198.51.100.9", bytes_out: 150_000_000 }),
  ],
  () => [
    act(1, "dns", { question: { name: "c2.example.net", type: "TXT" }, answer: "198.51.100.66" }),
    flow(3, { dst: "198.51.100.66" }),
  ],
  ({ host, other }) => [
    auth(1, { outcome: "success", method: "network", privileged: true }),
    auth(60, {
      outcome: "success",
      method: "network",
      privileged: true,
      source: { host: host.id, ip: host.ip },
      host: { id: other.host.id, name: other.host.name },
    }),
  ],
  () => [auth(1, { outcome: "success", method: "legacy" }), file(10, "read", "/etc/shadow")],
  ({ host }) => [
    flow(1, { dst_port: 3389, flags: "SA" }),
    auth(5, { outcome: "success", method: "rdp", source: { ip: host.ip, country: "DE" } }),
  ],
  () => [
    act(1, "dns", { question: { name: "abcdef.onion.to", type: "A" } }),
    flow(2, { dst_port: 9001 }),
  ],
  ({ user, other }) => [
    run(1, "mimikatz.exe"),
    auth(30, { outcome: "success", via: user.name, user: { name: other.user.name } }),
  ],
  ({ host }) => [
    act(1, "file", {
      action: "create",
      path: `\\\\${host.name}\\ADMIN$\\drop.exe`,
      target: { id: host.id },
    }),
    service(5, "install", "drop"),
  ],
  () => [
    act(1, "dns", { question: { name: "wpad.corp.example.com", type: "A" } }),
    flow(1, { dst_port: 139 }),
  ],
  ({ user, other }) => [
    auth(1, {
      action: "mfa-reset",
      target: { user: user.name },
      user: { name: other.user.name },
    }),
    auth(60, { outcome: "success", new_device: true }),
  ],
  () => [run(1, "adfind.exe"), run(30, "rar.exe")],
  () => [
    service(1, "stop", "vss"),
    run(20, "vssadmin.exe", "vssadmin.exe Delete Shadows /all /quiet"),
    service(5, "start", "vss"),
  ],
  () => [run(1, "wscript.exe"), file(5, "create", "C:\\Users\\Public\\Temp\\x.exe")],
  () => [run(1, "certutil.exe"), flow(0.4, { dst_port: 443, bytes_in: 3_000_000 })],
  () => [
    act(1, "process", { action: "task-create", task: "updater" }),
    run(60, "update9.exe", "update9.exe", "taskeng.exe"),
  ],
  ({ user }) => [
    auth(1, { action: "password-change" }),
    auth(60, { outcome: "success", source: { ip: user.ip, country: "XX" } }),
  ],
  () => [
    run(1, "powershell.exe", "powershell.exe -nop -enc SQBFAFgA"),
    flow(5, { dst_port: 8443, dst: "198.51.100.40" }),
  ],
  () => [
    file(1, "delete", "C:\\Windows\\System32\\winevt\\Logs\\Security.evtx"),
    service(10, "stop", "eventlog"),
    service(5, "start", "eventlog"),
  ],
  () => [run(1, "sudo"), file(3, "read", "/srv/admin/notes.txt")],
  // triples.seq
  () => [
    file(1, "create", "C:\\Temp\\Temp\\a.ps1"),
    run(10, "powershell.exe", "powershell.exe -File a.ps1"),
    flow(10, { dst_port: 4444 }),
  ],
  () => [
    auth(1, { outcome: "failure", method: "vpn" }),
    auth(20, { action: "password-change" }),
    auth(20, { outcome: "success", method: "vpn" }),
    auth(5, { action: "mfa-challenge", outcome: "success" }),
  ],
  () => [
    service(1, "install", "tmpsvc"),
    run(5, "cmd.exe", "%COMSPEC% /c whoami", "services.exe"),
    file(5, "delete", "C:\\Windows\\tmpsvc.exe"),
  ],
  ({ user, other }) => [
    auth(1, { outcome: "success", method: "ssh" }),
    run(10, "ssh"),
    auth(5, {
      outcome: "success",
      method: "ssh",
      via: user.name,
      user: { name: other.user.name },
    }),
  ],
  // absence.seq
  () => [service(1, "stop", "spooler")],
  () => [auth(1, { outcome: "success", method: "vpn" })],
  () => [run(1, "setup.exe")],
  // windows.seq
  () => times(32, (i) => file(1, "delete", `C:\\Data\\d${i}.xlsx`)),
  ({ random }) =>
    times(21, () =>
      auth(4, { source: { ip: "192.0.2.8" }, user: { name: `a${random.below(1e9)}` } }),
    ),
  () => times(6, () => flow(20, { dst: "198.51.100.9", bytes_out: 90_000_000 })),
  () => times(45, () => act(1, "dns", { rcode: "NXDOMAIN" })),
  ({ user }) =>
    ["AA", "BB", "CC"].map((country) =>
      auth(100, { outcome: "success", source: { ip: user.ip, country } }),
    ),
  // others.seq
  () => [file(1, "create", "C:\\Users\\Public\\q.dll"), run(5, "rundll32.exe")],
  () => [
    ...times(4, () => auth(2, { action: "sudo", outcome: "failure" })),
    auth(2, { action: "sudo", outcome: "success" }),
  ],
  () => [run(1, "ping.exe"), run(10, "arp.exe"), flow(10, { dst_port: 445 })],
  ({ user }) => [
    file(1, "create", `/home/${user.name}/.ssh/authorized_keys`),
    auth(60, { outcome: "success", method: "key" }),
  ],
  () => [run(1, "rundll32.exe", "rundll32.exe comsvcs.dll, MiniDump 624 C:\\lsass.dmp full")],
  () => [auth(1, { action: "password-remove" })],
  () => [service(1, "install", "PSEXESVC")],
  () => [flow(1, { dst: "203.0.113.9", dst_port: 6667 })],
];
