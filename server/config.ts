/**
 * The service's configuration. A value comes from, in this order: a flag, an environment variable
 * (`SEQUITUR_NATS__URL`), the file `sequitur.yaml` (the nearest from the working folder upward), the default.
 * What is wrong is reported all at once, each fault with the place where it stands; nothing unknown is passed over.
 *
 * Relative paths in the file count from the file's folder, so do the defaults where there is a file; others count from
 * the working folder.
 */

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { nearest } from "../base/edit-distance.ts";
import { type ConfigFile, findConfigFile, readConfigFile, scalarOf } from "./config-file.ts";
import { type Config, checkConfig, type SchemaIssue, sectionKeys } from "./config-schema.ts";

import { readWebhooks, type WebhookSettings } from "./webhook/webhook-settings.ts";

export type { Config } from "./config-schema.ts";

export interface ConfigRequest {
  /** The file that the user named; null: the nearest one, if any. */
  readonly configPath: string | null;
  /** Values of flags by their path joined with dots: `nats.url`. A text is read as YAML where the setting is no text. */
  readonly overrides: ReadonlyMap<string, unknown>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
}

export type LoadedConfig =
  | {
      readonly config: Config;
      readonly file: string | null;
      readonly webhooks: readonly WebhookSettings[];
    }
  /** One line each, with place. */
  | { readonly problems: readonly string[] };

const PREFIX = "SEQUITUR_";
/** Variables of this prefix that are no settings. */
const NO_SETTINGS = ["SEQUITUR_CRASH", "SEQUITUR_POISON"];
/** Settings whose values may also stand in a file, named by `…_FILE`. */
const SECRETS = ["nats.url", "nats.password", "nats.token", "http.token", "alerts.webhooks"];
/** Settings whose values are texts whatever they look like. */
const TEXTS = [
  "rules.path",
  "rules.kv.bucket",
  "nats.url",
  "nats.creds",
  "nats.nkey",
  "nats.user",
  "nats.password",
  "nats.token",
  "nats.inboxPrefix",
  "nats.tls.ca",
  "nats.tls.cert",
  "nats.tls.key",
  "nats.alertStream",
  "nats.alertSubject",
  "state.path",
  "http.host",
  "http.token",
];

/** The tree of settings as it grows, with where each value came from. */
interface Layers {
  readonly tree: Section;
  /** By path joined with dots: for messages, and the folder that relative paths count from. */
  readonly origins: Map<string, { readonly place: string; readonly folder: string }>;
  readonly problems: string[];
}
type Section = Map<string, unknown>;

export function loadConfig(request: ConfigRequest): LoadedConfig {
  const layers: Layers = { tree: new Map(), origins: new Map(), problems: [] };
  const path =
    request.configPath === null
      ? findConfigFile(request.folder)
      : resolve(request.folder, request.configPath);
  let file: ConfigFile | null = null;
  if (path !== null) {
    const read = readConfigFile(path);
    if ("problems" in read) return { problems: read.problems };
    file = read.file;
    addFile(layers, file);
  }
  addEnvironment(layers, request);
  for (const [name, value] of request.overrides) {
    const place = `--set ${name}`;
    set(
      layers,
      name,
      typeof value === "string" ? readValue(name, value) : value,
      place,
      request.folder,
    );
  }
  if (layers.problems.length > 0) return { problems: layers.problems };
  const checked = checkConfig(plain(layers.tree));
  if ("issues" in checked) {
    return { problems: checked.issues.map((issue) => describe(issue, layers, file)) };
  }
  const base = path === null ? request.folder : dirname(path);
  const config = withPaths(checked.config, layers, base);
  const exposed = exposure(config);
  if (exposed !== null) return { problems: [exposed] };
  const { folder = base } = layers.origins.get("alerts.webhooks") ?? {};
  const read = readWebhooks(config.alerts.webhooks, folder);
  return "problems" in read ? read : { config, file: path, webhooks: read.webhooks };
}

/** First tokens of the alert stream's subjects: `alerts`. */
export function alertRoot({ nats }: Config): string {
  return nats.alertSubject.slice(0, nats.alertSubject.indexOf(".{"));
}

function addFile(layers: Layers, file: ConfigFile): void {
  const { value } = file;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    layers.problems.push(
      `${file.locate([])}: the file holds settings by name, as in "nats: { url: … }"`,
    );
    return;
  }
  addTree(layers, file, value, []);
}

function addTree(layers: Layers, file: ConfigFile, value: object, path: readonly string[]): void {
  const sections = sectionKeys();
  for (const [name, item] of Object.entries(value)) {
    const here = [...path, name];
    const joined = here.join(".");
    if (sections.has(joined) && typeof item === "object" && !Array.isArray(item)) {
      // A name with nothing behind it says nothing; `{}` is the section with all that it has by itself.
      if (item === null) continue;
      set(layers, joined, new Map(), file.locate(here), dirname(file.path));
      addTree(layers, file, item, here);
      continue;
    }
    set(layers, joined, item, file.locate(here), dirname(file.path));
  }
}

function addEnvironment(layers: Layers, { environment, folder }: ConfigRequest): void {
  const usual: [string, string][] = [
    ["NATS_URL", "nats.url"],
    ["NATS_CREDS", "nats.creds"],
  ];
  for (const [variable, name] of usual) {
    const value = environment[variable];
    if (value !== undefined && value !== "")
      set(layers, name, value, `variable ${variable}`, folder);
  }
  const names = settingsByVariable();
  const variables = Object.keys(environment).filter((name) => name.startsWith(PREFIX));
  for (const variable of variables.sort()) {
    const value = environment[variable];
    if (value === undefined || NO_SETTINGS.includes(variable)) continue;
    const place = `variable ${variable}`;
    const name = names.get(squeeze(variable));
    if (name !== undefined) {
      set(layers, name, readValue(name, value), place, folder);
      continue;
    }
    const secret = SECRETS.find((one) => `${squeeze(variableOf(one))}FILE` === squeeze(variable));
    if (secret === undefined) {
      const known = SECRETS.map((one) => `${variableOf(one)}_FILE`);
      const hint = nearest(variable, [...[...names.values()].map(variableOf), ...known]);
      layers.problems.push(`${place}: there is no such setting${didYouMean(hint)}`);
      continue;
    }
    try {
      const contents = readFileSync(resolve(folder, value), "utf8").trim();
      set(layers, secret, readValue(secret, contents), `file named by ${variable}`, folder);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      layers.problems.push(`${place}: ${value} cannot be read (${code})`);
    }
  }
}

/** All settings by their variable's name, squeezed: levels are parted by two underscores, words by one or none. */
function settingsByVariable(): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const sections = sectionKeys();
  for (const [section, keys] of sections) {
    for (const key of keys) {
      const name = section === "" ? key : `${section}.${key}`;
      if (!sections.has(name)) names.set(squeeze(variableOf(name)), name);
    }
  }
  return names;
}

/** `nats.alertStream` is SEQUITUR_NATS__ALERT_STREAM. */
function variableOf(name: string): string {
  const levels = name.split(".").map((level) => level.replace(/[A-Z]/g, "_$&").toUpperCase());
  return PREFIX + levels.join("__");
}

function squeeze(variable: string): string {
  return variable.replaceAll("__", ".").replaceAll("_", "");
}

function readValue(name: string, text: string): unknown {
  return TEXTS.includes(name) ? text : scalarOf(text);
}

function set(layers: Layers, name: string, value: unknown, place: string, folder: string): void {
  layers.origins.set(name, { place, folder });
  const parts = name.split(".");
  const last = parts.pop() as string;
  let section = layers.tree;
  for (const part of parts) {
    let inner = section.get(part);
    if (!(inner instanceof Map)) {
      inner = new Map();
      section.set(part, inner);
    }
    section = inner as Section;
  }
  section.set(last, value);
}

function plain(section: Section): unknown {
  const entries = [...section].map(([name, value]): [string, unknown] => [
    name,
    value instanceof Map ? plain(value as Section) : value,
  ]);
  return Object.fromEntries(entries);
}

function describe(issue: SchemaIssue, layers: Layers, file: ConfigFile | null): string {
  const path = issue.unknownKey === null ? issue.path : [...issue.path, issue.unknownKey];
  const name = path.join(".");
  const place = layers.origins.get(name)?.place ?? file?.locate(path) ?? "configuration";
  if (issue.unknownKey === null) return `${place}: ${name}: ${issue.message}`;
  const section = issue.path.join(".");
  const hint = nearest(issue.unknownKey, sectionKeys().get(section) ?? []);
  const where = section === "" ? "" : ` in "${section}"`;
  return `${place}: there is no setting "${issue.unknownKey}"${where}${didYouMean(hint)}`;
}

function didYouMean(hint: string | null): string {
  return hint === null ? "" : `; did you mean "${hint}"?`;
}

function withPaths(config: Config, layers: Layers, folder: string): Config {
  const place = <T extends string | null>(name: string, path: T): T => {
    const { folder: base } = layers.origins.get(name) ?? { folder };
    return (path === null ? path : resolve(base, path)) as T;
  };
  const { rules, nats, state } = config;
  const { tls } = nats;
  return {
    ...config,
    rules: { ...rules, path: place("rules.path", rules.path) },
    nats: {
      ...nats,
      creds: place("nats.creds", nats.creds),
      nkey: place("nats.nkey", nats.nkey),
      tls: tls && {
        ca: place("nats.tls.ca", tls.ca),
        cert: place("nats.tls.cert", tls.cert),
        key: place("nats.tls.key", tls.key),
      },
    },
    state: { ...state, path: place("state.path", state.path) },
  };
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/;

/** The HTTP side answers to this machine only, unless a token guards it. */
function exposure({ http }: Config): string | null {
  if (LOOPBACK.test(http.host) || http.token !== null) return null;
  return `http.host: ${http.host} can be reached from other machines: set http.token, or use 127.0.0.1`;
}
