/**
 * The webhooks of the configuration as they are used: secrets read from their files, and everything that can be said
 * against an address before it is resolved.
 */

import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import { type AddressPolicy, addressRefusal } from "../../io/webhook-address.ts";
import type { AlertFilter } from "../alert-feed/alert-filter.ts";
import type { Config } from "../config-schema.ts";

export interface RetrySettings {
  /** Attempts at one alert, the first one included. */
  readonly attempts: number;
  /** No further attempt is made at an alert that has been in the alert stream for longer. */
  readonly maxAgeMs: number;
  readonly firstMs: number;
  readonly longestMs: number;
}

export interface WebhookSettings extends AddressPolicy {
  readonly name: string;
  readonly url: string;
  readonly filter: AlertFilter;
  /** Signs the alerts; null: they go unsigned. */
  readonly secret: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly allowHttp: boolean;
  readonly retry: RetrySettings;
  /** Where a webhook without a position begins: behind the alerts that are there, or at the first of them. */
  readonly from: "new" | "first";
}

type Written = Config["alerts"]["webhooks"][number];

/** `folder`: where relative paths count from. */
export function readWebhooks(
  written: readonly Written[],
  folder: string,
): { readonly webhooks: readonly WebhookSettings[] } | { readonly problems: readonly string[] } {
  const webhooks: WebhookSettings[] = [];
  const problems: string[] = [];
  const names = new Set<string>();
  for (const one of written) {
    const place = `alerts.webhooks "${one.name}"`;
    if (names.has(one.name)) problems.push(`${place}: there are two of this name`);
    names.add(one.name);
    try {
      const settings = settingsOf(one, folder);
      const problem = urlProblem(settings);
      if (problem === null) webhooks.push(settings);
      else problems.push(`${place}: ${problem}`);
    } catch (error) {
      const { code, path } = error as NodeJS.ErrnoException;
      problems.push(`${place}: ${path} cannot be read (${code})`);
    }
  }
  return problems.length > 0 ? { problems } : { webhooks };
}

function settingsOf(one: Written, folder: string): WebhookSettings {
  const { name, rule, severity, timeoutMs, retry, from } = one;
  const contents = (path: string): string => readFileSync(resolve(folder, path), "utf8").trim();
  const headers = Object.entries(one.headers).map(([key, value]) => [key.toLowerCase(), value]);
  const fileHeaders = Object.entries(one.headerFiles).map(([key, path]) => [
    key.toLowerCase(),
    contents(path),
  ]);
  return {
    name,
    url: one.urlFile === null ? (one.url ?? "") : contents(one.urlFile),
    filter: { rule, severity },
    secret: one.secretFile === null ? one.secret : contents(one.secretFile),
    headers: Object.fromEntries([...headers, ...fileHeaders]),
    timeoutMs,
    allowHttp: one.allowHttp,
    allowPrivate: one.allowPrivate,
    allowed: one.allowAddresses,
    retry,
    from,
  };
}

/** What is wrong with the address, without repeating it: it may be a secret itself. */
function urlProblem(settings: WebhookSettings): string | null {
  let url: URL;
  try {
    url = new URL(settings.url);
  } catch {
    return "its url is no URL";
  }
  if (url.username !== "" || url.password !== "") {
    return "its url holds a user or password: put them into headers";
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return "its url is not https";
  if (url.protocol === "http:" && !settings.allowHttp) {
    return "its url is not https; allowHttp lets alerts go without TLS";
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const refusal = isIP(host) === 0 ? null : addressRefusal(host, settings);
  return refusal === null
    ? null
    : `its url is refused: ${refusal}; allowPrivate or allowAddresses opens it`;
}
