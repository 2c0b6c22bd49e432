/**
 * The shape of the configuration: every setting with its type, range and default. Door of the package `zod`.
 */

import { z } from "zod";
import { isAddressRange } from "../io/webhook-address.ts";
import { SEVERITIES } from "./alert-feed/alert-filter.ts";

const text = z.string().min(1);

/** Headers that the service sets itself, or that frame the request. */
const OWN_HEADERS =
  /^(webhook-.*|idempotency-key|sequitur-.*|content-type|content-length|transfer-encoding|connection|host|user-agent|expect|upgrade|te|trailer)$/i;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
function areHeaderNames(headers: Readonly<Record<string, string>>): boolean {
  return Object.keys(headers).every((name) => HEADER_NAME.test(name) && !OWN_HEADERS.test(name));
}
const HEADER_FAULT = "it names a header that cannot be set, or that the service sets itself";
/** What a header's value may be. */
export const HEADER_VALUE = /^[\t\x20-\x7e]*$/;
const headerValue = z.string().regex(HEADER_VALUE, "a header's value is printable ASCII");

const webhook = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "a webhook's name has small letters, digits, - and _"),
    url: text.nullable().default(null),
    urlFile: text.nullable().default(null),
    rule: text.default("*"),
    severity: z.enum(SEVERITIES).default("info"),
    shadow: z.boolean().default(false),
    secret: text.nullable().default(null),
    secretFile: text.nullable().default(null),
    headers: z.record(z.string(), headerValue).refine(areHeaderNames, HEADER_FAULT).default({}),
    headerFiles: z.record(z.string(), text).refine(areHeaderNames, HEADER_FAULT).default({}),
    timeoutMs: z.int().min(10).max(60_000).default(5000),
    retry: z
      .strictObject({
        attempts: z.int().min(1).max(1000).default(12),
        maxAgeMs: z.int().min(0).default(86_400_000),
        firstMs: z.int().min(1).default(1000),
        longestMs: z.int().min(1).default(300_000),
      })
      .prefault({}),
    from: z.enum(["new", "first"]).default("new"),
    allowHttp: z.boolean().default(false),
    allowPrivate: z.boolean().default(false),
    allowAddresses: z
      .array(z.string().refine(isAddressRange, "it is no address and no range such as 10.1.0.0/16"))
      .default([]),
  })
  .refine(({ url, urlFile }) => (url === null) !== (urlFile === null), {
    error: "one of url and urlFile is needed",
  })
  .refine(({ secret, secretFile }) => secret === null || secretFile === null, {
    error: "of secret and secretFile only one is set",
  });

const port = z.int().min(0).max(65_535);

const schema = z.strictObject({
  rules: z
    .strictObject({
      path: text.default("./rules"),
      watch: z.boolean().default(true),
      kv: z
        .strictObject({
          bucket: z
            .string()
            .regex(/^[a-zA-Z0-9_-]+$/, "a bucket's name has letters, digits, - and _"),
        })
        .nullable()
        .default(null),
      warmStart: z.boolean().default(true),
    })
    .prefault({}),
  nats: z
    .strictObject({
      url: text.default("nats://127.0.0.1:4222"),
      creds: text.nullable().default(null),
      nkey: text.nullable().default(null),
      user: text.nullable().default(null),
      password: text.nullable().default(null),
      token: text.nullable().default(null),
      inboxPrefix: z
        .string()
        .regex(/^[^\s.*>]+(\.[^\s.*>]+)*$/, "it is a subject without wildcards")
        .nullable()
        .default(null),
      tls: z
        .strictObject({
          ca: text.nullable().default(null),
          cert: text.nullable().default(null),
          key: text.nullable().default(null),
        })
        .nullable()
        .default(null),
      alertStream: z
        .string()
        .regex(/^[^\s.*>/\\]+$/, "a stream's name has no spaces, dots, wildcards and slashes")
        .default("ALERTS"),
      capture: z
        .strictObject({
          stream: z
            .string()
            .regex(/^[^\s.*>/\\]+$/, "a stream's name has no spaces, dots, wildcards and slashes")
            .default("CAPTURE"),
          maxAgeHours: z.number().min(0.01).default(168),
          maxBytes: z
            .int()
            .min(1 << 20)
            .default(1 << 30),
        })
        .nullable()
        .default(null),
      alertSubject: z
        .string()
        .regex(
          /^[^\s*>{}]+\.\{severity\}\.\{rule\}$/,
          'it is a subject that ends in ".{severity}.{rule}"',
        )
        .default("alerts.{severity}.{rule}"),
    })
    .prefault({}),
  state: z
    .strictObject({
      path: text.default("./.sequitur"),
      commit: z
        .strictObject({
          events: z.int().min(1).max(1_000_000).default(1000),
          everyMs: z.number().min(0).max(60_000).default(5),
        })
        .prefault({}),
      checkpoint: z.enum(["commit", "1s", "10s"]).default("commit"),
    })
    .prefault({}),
  http: z
    .strictObject({
      host: text.default("127.0.0.1"),
      port: port.default(7070),
      token: text.nullable().default(null),
    })
    .prefault({}),
  limits: z
    .strictObject({
      openPerKey: z.int().min(1).default(1000),
      openPerRule: z.int().min(1).default(1_000_000),
      eventBytes: z.int().min(1).default(65_536),
      alertBytes: z.int().min(1024).default(65_536),
      outboxEntries: z.int().min(1000).default(100_000),
      outboxBytes: z
        .int()
        .min(1 << 20)
        .default(64 * 1024 * 1024),
      memoryBytes: z
        .int()
        .min(1 << 20)
        .nullable()
        .default(null),
      rule: z
        .strictObject({
          busyPercent: z.number().min(0.1).max(100).nullable().default(null),
          partialMatches: z.int().min(1).nullable().default(null),
          alertsPerMinute: z.int().min(1).nullable().default(null),
          action: z.enum(["throttle", "off"]).default("throttle"),
        })
        .prefault({}),
    })
    .prefault({}),
  alerts: z
    .strictObject({
      webhooks: z.array(webhook).max(100).default([]),
    })
    .prefault({}),
});

export type Config = z.infer<typeof schema>;

/** What is wrong at one place; `path` leads to the value, or to what holds an unknown key. */
export interface SchemaIssue {
  readonly path: readonly string[];
  readonly message: string;
  /** Set where the fault is a key that does not exist. */
  readonly unknownKey: string | null;
}

/** The complete configuration, or everything that is wrong with it. */
export function checkConfig(
  value: unknown,
): { readonly config: Config } | { readonly issues: readonly SchemaIssue[] } {
  const result = schema.safeParse(value);
  if (result.success) return { config: result.data };
  return { issues: result.error.issues.flatMap(issuesOf) };
}

function issuesOf(issue: z.core.$ZodIssue): SchemaIssue[] {
  const path = issue.path.map(String);
  if (issue.code !== "unrecognized_keys")
    return [{ path, message: issue.message, unknownKey: null }];
  return issue.keys.map((key) => ({ path, message: "", unknownKey: key }));
}

/** The keys of every section by its path joined with dots; "" is the top. In the order of the schema. */
export function sectionKeys(): ReadonlyMap<string, readonly string[]> {
  const sections = new Map<string, readonly string[]>();
  collectSections(schema, "", sections);
  return sections;
}

function collectSections(
  node: z.core.$ZodType,
  path: string,
  found: Map<string, readonly string[]>,
): void {
  let inner: z.core.$ZodType = node;
  while (
    inner instanceof z.ZodPrefault ||
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodNullable
  ) {
    inner = inner.def.innerType;
  }
  if (!(inner instanceof z.ZodObject)) return;
  const entries: [string, z.core.$ZodType][] = Object.entries(inner.def.shape);
  found.set(
    path,
    entries.map(([key]) => key),
  );
  for (const [key, child] of entries) {
    collectSections(child, path === "" ? key : `${path}.${key}`, found);
  }
}
