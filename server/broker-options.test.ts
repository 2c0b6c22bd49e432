import { expect, test } from "@jest/globals";
import { brokerOptions } from "./broker-options.ts";
import { redactUrl } from "./log.ts";
import { filtersFor } from "./startup.ts";

const options = (url: string) =>
  brokerOptions({
    url,
    creds: null,
    nkey: null,
    user: null,
    password: null,
    token: null,
    inboxPrefix: null,
    tls: null,
    alertStream: "A",
    capture: null,
    alertSubject: "a",
  });

test("user, password and token of a URL are given apart", () => {
  expect(options("nats://a:4222, nats://b:4222")).toEqual({
    name: "sequitur",
    url: ["nats://a:4222", "nats://b:4222"],
  });
  expect(options("nats://ana:p%40ss@a:4222")).toMatchObject({
    url: ["nats://a:4222"],
    user: "ana",
    password: "p@ss",
  });
  expect(options("tok@a")).toMatchObject({ url: ["a"], token: "tok" });
});

test("nothing secret is left in an address that is logged", () => {
  expect(redactUrl("nats://ana:pw@a:1,tok@b:2, nats://c")).toBe("nats://a:1,b:2,nats://c");
});

test("a filter is asked for only where the stream holds more, and all of it", () => {
  const streams = [{ subjects: ["e.a", "e.b.>"] }, { subjects: ["e.a"] }];
  expect(filtersFor(streams, ["e.>"])).toEqual(["e.a", "e.b.>"]);
  expect(filtersFor(streams, ["e.a", "e.b.c"])).toEqual([]);
  expect(filtersFor(streams, ["e.a", "x"])).toEqual([]);
});
