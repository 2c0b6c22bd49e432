import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { loadConfig } from "../../server/config.ts";
import { localChecks } from "./local-checks.ts";

const folder = mkdtempSync(join(tmpdir(), "sequitur-doctor-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a new state folder, the disk, and files with secrets", () => {
  const key = join(folder, "key");
  writeFileSync(key, "x");
  const look = () => {
    const loaded = loadConfig({
      configPath: null,
      overrides: new Map([["nats.nkey", key]]),
      environment: {},
      folder,
    });
    if ("problems" in loaded) throw new Error(loaded.problems.join());
    return localChecks(loaded.config).map(({ level, name }) => `${name} ${level}`);
  };
  chmodSync(key, 0o640);
  expect(look()).toEqual(["state ok", expect.stringMatching(/^disk (ok|warn)$/), "secrets warn"]);
  chmodSync(key, 0o600);
  expect(look().at(-1)).toBe("secrets ok");
  rmSync(key);
  expect(look().at(-1)).toBe("secrets red");
});
