import { expect, test } from "@jest/globals";
import { judgeFeatures, judgeNode, judgeServer, judgeStream } from "./checks.ts";

test.each([
  ["2.9.10", false, "red"],
  ["2.9.10", true, "warn"],
  ["2.12.11", false, "red"],
  ["2.12.12", false, "ok"],
  ["2.12.13-RC.1", false, "ok"],
  ["2.13.9", false, "red"],
  ["2.14.2", false, "red"],
  ["2.14.3", false, "ok"],
  ["2.15.0", false, "ok"],
  ["3.0.0", false, "ok"],
])("nats-server %s, loopback %s: %s", (version, loopback, level) => {
  expect(judgeServer(version, loopback).level).toBe(level);
});

test("Node from 20.19 on; 2.9 cannot promise what power loss takes", () => {
  expect(["v18.20.0", "v20.18.9", "v20.19.0", "v22.0.0"].map((v) => judgeNode(v).level)).toEqual([
    "red",
    "red",
    "ok",
    "ok",
  ]);
  expect([judgeFeatures("2.9.10").level, judgeFeatures("2.10.0").level]).toEqual(["warn", "ok"]);
});

test("a stream is judged setting by setting", () => {
  const good = {
    retention: "limits",
    storage: "file",
    num_replicas: 3,
    deny_delete: true,
    deny_purge: true,
    allow_rollup_hdrs: false,
    max_age: 0,
    max_bytes: -1,
  } as const;
  expect(judgeStream("S", good)).toEqual([
    { level: "ok", name: "stream S", detail: "keeps all, 3 replicas" },
  ]);
  const levels = (change: object) => judgeStream("S", { ...good, ...change }).map((f) => f.level);
  expect(levels({ retention: "workqueue" })).toEqual(["red"]);
  expect(
    levels({
      storage: "memory",
      deny_delete: false,
      deny_purge: false,
      allow_rollup_hdrs: true,
      max_age: 1,
    }),
  ).toEqual(["warn", "warn", "warn", "warn", "warn"]);
});
