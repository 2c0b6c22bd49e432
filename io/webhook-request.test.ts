import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type PostOptions, WebhookDoor } from "./webhook-request.ts";

let server: Server;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let requests = 0;
const sockets = new Set<unknown>();

beforeAll(async () => {
  server = createServer((request, response) => {
    requests++;
    answer(request, response);
  });
  server.on("connection", (socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const BODY = new TextEncoder().encode('{"a":"ä"}');

function door(options: Partial<PostOptions> & { readonly host?: string } = {}): WebhookDoor {
  const { port } = server.address() as AddressInfo;
  const { host = "127.0.0.1", ...others } = options;
  return new WebhookDoor({
    url: `http://${host}:${port}/hook?token=s3cret`,
    allowHttp: true,
    allowPrivate: true,
    allowed: [],
    timeoutMs: 2000,
    maxAnswerBytes: 1000,
    ...others,
  });
}

test("posts the body as it is, on one connection for all", async () => {
  const seen: unknown[] = [];
  answer = (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      seen.push([method, url, headers["x-a"], Buffer.concat(chunks).toString()]);
      response.writeHead(202, { "retry-after": "7" }).end("thanks");
    });
  };
  sockets.clear();
  const one = door();
  const result = { status: 202, reason: "", retryAfterMs: 7000 };
  expect(await one.post({ "x-a": "b" }, BODY)).toEqual(result);
  expect(await one.post({ "x-a": "c" }, BODY)).toEqual(result);
  one.close();
  expect(seen).toEqual([
    ["POST", "/hook?token=s3cret", "b", '{"a":"ä"}'],
    ["POST", "/hook?token=s3cret", "c", '{"a":"ä"}'],
  ]);
  expect(sockets.size).toBe(1);
});

test("a redirect is an answer like any other, and is not followed", async () => {
  requests = 0;
  answer = (_, response) => void response.writeHead(307, { location: "/elsewhere" }).end();
  const one = door();
  expect((await one.post({}, BODY)).status).toBe(307);
  expect(requests).toBe(1);
  one.close();
});

test("an answer is read up to the bound, and waited for up to the timeout", async () => {
  let written = 0;
  answer = (_, response) => {
    response.writeHead(200);
    const more = (): void => {
      written += 500;
      if (!response.destroyed) response.write("x".repeat(500), () => setImmediate(more));
    };
    more();
  };
  const one = door();
  expect((await one.post({}, BODY)).status).toBe(200);
  expect(written).toBeLessThan(1_000_000);
  answer = () => undefined;
  const slow = door({ timeoutMs: 100 });
  expect(await slow.post({}, BODY)).toEqual({
    status: null,
    reason: "no answer within 100 ms",
    retryAfterMs: null,
  });
  answer = (_, response) => void response.writeHead(500).write("never ends");
  expect((await slow.post({}, BODY)).status).toBe(500);
  answer = (request) => request.socket.destroy();
  expect((await slow.post({}, BODY)).reason).toBe("the connection failed (ECONNRESET)");
  one.close();
  slow.close();
  expect((await slow.post({}, BODY)).reason).toBe("the service ends");
});

test("addresses are judged: literal ones, and those that a name resolves to", async () => {
  requests = 0;
  answer = (_, response) => void response.end();
  const reason = async (options: Parameters<typeof door>[0]) => {
    const one = door(options);
    const result = await one.post({}, BODY);
    one.close();
    return result.reason;
  };
  const refused = "refused: it is a loopback or private address";
  expect(await reason({ allowPrivate: false })).toBe(`127.0.0.1 is ${refused}`);
  expect(await reason({ allowPrivate: false, host: "0x7f.1" })).toBe(`127.0.0.1 is ${refused}`);
  expect(await reason({ allowPrivate: false, host: "localhost" })).toMatch(
    /^localhost is (127\.0\.0\.1|::1), which is refused: it is a loopback or private address$/,
  );
  expect(await reason({ host: "[::ffff:127.0.0.1]" })).toBe(
    "::ffff:7f00:1 is refused: it wraps an IPv4 address",
  );
  expect(await reason({ allowHttp: false })).toBe(
    "the address is not https, and http is not allowed",
  );
  expect(await reason({ host: "nowhere.invalid" })).toMatch(/^the connection failed \(E[A-Z_]+\)$/);
  expect(requests).toBe(0);
  expect(await reason({ allowPrivate: false, allowed: ["127.0.0.0/8"] })).toBe("");
  expect(requests).toBe(1);
});
