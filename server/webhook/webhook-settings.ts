/**
 * The webhooks of the configuration as they are used: secrets read from their files, and everything that can be said
 * against an address before it is resolved.
 */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { judgeUrl, type UrlPolicy } from "../../io/webhook-address.ts";
import type { AlertFilter } from "../alert-feed/alert-filter.ts";
import { type Config, HEADER_VALUE } from "../config-schema.ts";
import { secretKey } from "./webhook-signature.ts";

export interface RetrySettings {
  /** Attempts at one alert, the first one included. */
  readonly attempts: number;
  /** No further attempt is made at an alert that has been in the alert stream for longer. */
  readonly maxAgeMs: number;
  readonly firstMs: number;
  readonly longestMs: number;
}

export interface WebhookSettings extends UrlPolicy {
  readonly name: string;
  readonly url: string;
  readonly filter: AlertFilter;
  /** Signs the alerts; null: they go unsigned. */
  readonly secret: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
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
      const problem = urlProblem(settings) ?? valueProblem(settings, Object.keys(one.headerFiles));
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
  const { name, rule, severity, shadow, timeoutMs, retry, from } = one;
  const contents = (path: string): string => readFileSync(resolve(folder, path), "utf8").trim();
  const headers = Object.entries(one.headers).map(([key, value]) => [key.toLowerCase(), value]);
  const fileHeaders = Object.entries(one.headerFiles).map(([key, path]) => [
    key.toLowerCase(),
    contents(path),
  ]);
  return {
    name,
    url: one.urlFile === null ? (one.url ?? "") : contents(one.urlFile),
    filter: { rule, severity, shadow },
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
  // A URL's parser passes over line breaks.
  if (/\s/.test(settings.url)) return "its url holds a space or a line break";
  try {
    url = new URL(settings.url);
  } catch {
    return "its url is no URL";
  }
  if (url.username !== "" || url.password !== "") {
    return "its url holds a user or password: put them into headers";
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return "its url is not https";
  const fault = judgeUrl(url, settings);
  if (fault === null) return null;
  return fault.kind === "no TLS"
    ? "its url is not https; allowHttp lets alerts go without TLS"
    : `its url is refused: ${fault.reason}; allowPrivate or allowAddresses opens it`;
}

/** What is wrong with what files gave, without repeating it. */
function valueProblem(
  { secret, headers }: WebhookSettings,
  fromFiles: readonly string[],
): string | null {
  if (secret !== null && secretKey(secret).length === 0) return "its secret is empty";
  for (const name of fromFiles) {
    const value = headers[name.toLowerCase()] ?? "";
    if (value === "") return `the file of its header ${name} is empty`;
    if (!HEADER_VALUE.test(value)) return `its header ${name} is not printable ASCII on one line`;
  }
  return null;
}
