/**
 * The shape of the configuration: every setting with its type, range and default. Door of the package `zod`.
 * Settings that the contract names but this version cannot follow are refused with a message that says so.
 */

import { z } from "zod";

/** A setting that is known and not supported yet: only `idle` (what it does when left out) is accepted. */
function notYet<const T extends string | boolean>(idle: T, what: string) {
  const message = `${what} is not supported yet: leave it out, or set it to ${JSON.stringify(idle)}`;
  return z.literal(idle, { error: () => message }).default(idle as never);
}

const port = z.int().min(0).max(65_535);
const text = z.string().min(1);

const schema = z.strictObject({
  rules: z
    .strictObject({ path: text.default("./rules"), watch: notYet(false, "watching rules") })
    .prefault({}),
  nats: z
    .strictObject({
      url: text.default("nats://127.0.0.1:4222"),
      creds: text.nullable().default(null),
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
      checkpoint: notYet("commit", "a checkpoint interval"),
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
    })
    .prefault({}),
  alerts: z
    .strictObject({
      webhooks: z
        .array(z.unknown())
        .max(0, "webhooks are not supported yet: leave the list empty")
        .default([]),
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
