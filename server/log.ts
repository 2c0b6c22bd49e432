/** The service's log: JSON lines on stderr. Door of the package `pino`. Nothing secret goes in: see `redactUrl`. */

import { destination, type Logger, pino } from "pino";

export type Log = Logger;

/** Lines are written at once, so that the last one before an exit is never lost. */
export function createLog(): Log {
  return pino(
    { base: { pid: process.pid }, timestamp: () => `,"time":"${new Date().toISOString()}"` },
    destination({ fd: 2, sync: true }),
  );
}

/** A server's address without user, password and token; several are joined by commas. */
export function redactUrl(url: string): string {
  return url
    .split(",")
    .map((one) => one.trim().replace(/^([a-z]+:\/\/)?[^@/]*@/i, "$1"))
    .join(",");
}
