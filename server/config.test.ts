import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { type LoadedConfig, loadConfig } from "./config.ts";

const folder = mkdtempSync(join(tmpdir(), "sequitur-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function load(
  text: string,
  environment: Record<string, string> = {},
  overrides: readonly (readonly [string, unknown])[] = [],
): LoadedConfig {
  const path = join(folder, `c${files++}.yaml`);
  writeFileSync(path, text);
  return loadConfig({ configPath: path, overrides: new Map(overrides), environment, folder });
}

function problems(loaded: LoadedConfig): readonly string[] {
  return "problems" in loaded
    ? loaded.problems.map((line) => line.replaceAll(`${folder}/`, ""))
    : [];
}

function config(loaded: LoadedConfig) {
  expect(problems(loaded)).toEqual([]);
  if ("problems" in loaded) throw new Error("unreachable");
  return loaded.config;
}

test("an empty file gives every default, with paths beside the file", () => {
  const { rules, nats, state, http } = config(load(""));
  expect(rules.path).toBe(join(folder, "rules"));
  expect(nats).toMatchObject({ url: "nats://127.0.0.1:4222", creds: null, alertStream: "ALERTS" });
  expect(state).toMatchObject({
    path: join(folder, ".sequitur"),
    commit: { events: 1000, everyMs: 5 },
  });
  expect(http).toMatchObject({ host: "127.0.0.1", port: 7070 });
});

test("an empty section is the section with its defaults, and a name with nothing behind it says nothing", () => {
  expect(config(load("nats: { capture: {} }")).nats.capture).toMatchObject({ stream: "CAPTURE" });
  expect(config(load("nats: { capture: }\nstate: {}")).nats.capture).toBeNull();
  expect(problems(load("rules: { kv: {} }")).join()).toMatch(
    /^c\d+\.yaml:1:10: rules\.kv\.bucket: /,
  );
});

test("a flag goes before the environment, the environment before the file", () => {
  const text = "nats: { url: nats://file }\nstate: { commit: { events: 7, everyMs: 9 } }";
  expect(config(load(text)).nats.url).toBe("nats://file");
  expect(config(load(text, { NATS_URL: "nats://usual" })).nats.url).toBe("nats://usual");
  const environment = { NATS_URL: "nats://usual", SEQUITUR_NATS__URL: "nats://own" };
  expect(config(load(text, environment)).nats.url).toBe("nats://own");
  const overridden = load(text, environment, [["nats.url", "nats://flag"]]);
  expect(config(overridden).nats.url).toBe("nats://flag");
  const commit = config(load(text, { SEQUITUR_STATE__COMMIT__EVERY_MS: "0" })).state.commit;
  expect(commit).toEqual({ events: 7, everyMs: 0 });
});

test("texts stay texts, numbers become numbers", () => {
  const { nats, http } = config(
    load("", { SEQUITUR_NATS__ALERT_STREAM: "123", SEQUITUR_HTTP__PORT: "8080" }),
  );
  expect(nats.alertStream).toBe("123");
  expect(http.port).toBe(8080);
});

test("a secret may stand in a file of its own", () => {
  writeFileSync(join(folder, "token"), "s3cret\n");
  expect(config(load("", { SEQUITUR_HTTP__TOKEN_FILE: "token" })).http.token).toBe("s3cret");
  expect(problems(load("", { SEQUITUR_HTTP__TOKEN_FILE: "none" }))).toEqual([
    "variable SEQUITUR_HTTP__TOKEN_FILE: none cannot be read (ENOENT)",
  ]);
});

test("every fault is told with its place and what was meant", () => {
  const text = "natss: {}\nnats:\n  ulr: x\n  alertStream: a.b\nhttp: { port: 99999 }\n";
  expect(problems(load(text))).toEqual([
    expect.stringMatching(/^c\d+\.yaml:4:3: nats\.alertStream: a stream's name has no spaces/),
    expect.stringMatching(
      /^c\d+\.yaml:3:3: there is no setting "ulr" in "nats"; did you mean "url"\?$/,
    ),
    expect.stringMatching(/^c\d+\.yaml:5:9: http\.port: /),
    expect.stringMatching(/^c\d+\.yaml:1:1: there is no setting "natss"; did you mean "nats"\?$/),
  ]);
  expect(problems(load("", { SEQUITUR_NATS_URL: "x" }))).toEqual([
    'variable SEQUITUR_NATS_URL: there is no such setting; did you mean "SEQUITUR_NATS__URL"?',
  ]);
  expect(problems(load("nats: [1"))[0]).toMatch(/^c\d+\.yaml:1:9: /);
  expect(problems(load("- a"))[0]).toMatch(/c\d+\.yaml:1:1: the file holds settings by name/);
});

test("state is written with each commit, or once in an interval", () => {
  expect(config(load("")).state.checkpoint).toBe("commit");
  expect(config(load("state: { checkpoint: 10s }")).state.checkpoint).toBe("10s");
  expect(problems(load("state: { checkpoint: 2s }"))[0]).toContain("state.checkpoint");
});

test("without a token the service answers to its own machine only", () => {
  expect(problems(load("http: { host: 0.0.0.0 }"))[0]).toMatch(/^http\.host: 0\.0\.0\.0 can be/);
  expect(config(load("http: { host: 0.0.0.0, token: t }")).http.token).toBe("t");
});

test("the nearest file from the working folder upward is taken, a missing one that was named is told", () => {
  const deep = join(folder, "up", "a", "b");
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(folder, "up", "sequitur.yaml"), "http: { port: 1234 }");
  const request = { overrides: new Map(), environment: {}, folder: deep };
  const found = config(loadConfig({ ...request, configPath: null }));
  expect(found.http.port).toBe(1234);
  expect(found.rules.path).toBe(join(folder, "up", "rules"));
  expect(problems(loadConfig({ ...request, configPath: "none.yaml" }))[0]).toMatch(
    /none\.yaml: cannot be read \(ENOENT\)$/,
  );
});

test("webhooks: defaults, secrets from files, faults told without the address", () => {
  writeFileSync(join(folder, "key"), "k3y\n");
  const hook = (settings: string) => load(`alerts: { webhooks: [{ ${settings} }] }`);
  const good = hook("name: a, url: https://a.example/T0KEN, secretFile: key, headers: { X-A: b }");
  if ("problems" in good) throw new Error(good.problems.join("\n"));
  expect(good.webhooks).toEqual([
    {
      name: "a",
      url: "https://a.example/T0KEN",
      filter: { rule: "*", severity: "info", shadow: false },
      secret: "k3y",
      headers: { "x-a": "b" },
      timeoutMs: 5000,
      allowHttp: false,
      allowPrivate: false,
      allowed: [],
      retry: { attempts: 12, maxAgeMs: 86_400_000, firstMs: 1000, longestMs: 300_000 },
      from: "new",
    },
  ]);
  writeFileSync(join(folder, "empty"), "\n");
  writeFileSync(join(folder, "lines"), "T0KEN\nT0KEN\n");
  const faults: [string, RegExp][] = [
    ["name: a, url: https://a.example, secretFile: empty", /"a": its secret is empty/],
    ["name: a, url: https://a.example, secret: whsec_", /"a": its secret is empty/],
    ["name: a, url: https://a.example, headerFiles: { X-A: lines }", /header X-A is not printable/],
    ["name: a, url: https://a.example, headerFiles: { X-A: empty }", /header X-A is empty/],
    ["name: a, urlFile: lines", /its url holds a space or a line break/],
    ["name: a, urlFile: empty", /its url is no URL/],
    ["name: a, url: http://a.example/T0KEN", /its url is not https; allowHttp lets/],
    ["name: a, url: https://10.0.0.1/T0KEN", /its url is refused: it is a loopback or private/],
    ["name: a, url: 'https://[::1]/T0KEN'", /its url is refused: it is a loopback or private/],
    ["name: a, url: https://u:p@a.example/T0KEN", /holds a user or password/],
    ["name: a, url: ftp://a.example/T0KEN", /its url is not https/],
    ["name: a, url: T0KEN", /its url is no URL/],
    ["name: a", /one of url and urlFile is needed/],
    ["name: A, url: https://a.example", /a webhook's name has small letters/],
    ["name: a, urlFile: none", /none cannot be read \(ENOENT\)/],
    ["name: a, url: https://a.example, headers: { Host: b }", /or that the service sets itself/],
    ["name: a, url: https://a.example, allowAddresses: [x]", /it is no address and no range/],
    ["name: a, url: https://a.example, severity: bad", /severity/],
    ["name: a, url: https://a.example, sevrity: low", /there is no setting "sevrity"/],
  ];
  for (const [settings, expected] of faults) {
    const found = problems(hook(settings)).join("\n");
    expect(found).toMatch(expected);
    expect(found).not.toContain("T0KEN");
  }
  writeFileSync(join(folder, "hooks"), "[{ name: b, url: https://b.example }]");
  const named = load("", { SEQUITUR_ALERTS__WEBHOOKS_FILE: "hooks" });
  expect("webhooks" in named && named.webhooks.map(({ name }) => name)).toEqual(["b"]);
});
