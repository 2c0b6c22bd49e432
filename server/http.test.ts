import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type HttpServer, type Readiness, startHttp } from "./http.ts";

let server: HttpServer;
let readiness: Readiness = { problems: [], lag: [] };
const failed: string[] = [];

beforeAll(async () => {
  server = await startHttp({
    host: "127.0.0.1",
    port: 0,
    token: "s3cret",
    readiness: () => readiness,
    metrics: async () => ({ contentType: "text/plain", text: "sequitur_x 1\n" }),
    routes: [
      {
        method: "GET",
        path: "/api/v1/broken/:name",
        about: { summary: "always fails", answers: { 500: "always" } },
        handle: () => {
          throw new Error("inside");
        },
      },
    ],
    onError: ({ message }, method, path) => failed.push(`${method} ${path}: ${message}`),
  });
});
afterAll(() => server.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`http://127.0.0.1:${server.port}${path}`, { headers });

test("live always, ready without problems only", async () => {
  expect((await get("/healthz")).status).toBe(200);
  expect((await get("/readyz")).status).toBe(200);
  readiness = {
    problems: [{ name: "nats", detail: "away" }],
    lag: [{ stream: "E", messages: null }],
  };
  const answer = await get("/readyz");
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({ status: "not ready", ...readiness });
});

test("the token guards the metrics", async () => {
  const refused = await get("/metrics");
  expect(refused.status).toBe(401);
  expect(refused.headers.get("content-type")).toBe("application/problem+json");
  expect((await get("/metrics", { authorization: "Bearer s3cre" })).status).toBe(401);
  const given = await get("/metrics", { authorization: "Bearer s3cret" });
  expect(await given.text()).toBe("sequitur_x 1\n");
});

test("the OpenAPI document has the routes that are served, and needs no token", async () => {
  const answer = await get("/openapi.json");
  const { paths } = (await answer.json()) as { readonly paths: Record<string, unknown> };
  expect(Object.keys(paths)).toEqual([
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/api/v1/broken/{name}",
  ]);
});

test("what is not there is a problem document", async () => {
  const answer = await get("/none");
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ title: "Not Found", status: 404 });
});

test("what a handler throws is told to the service, and not to the client", async () => {
  const answer = await get("/api/v1/broken/a?secret=1", { authorization: "Bearer s3cret" });
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain("inside");
  expect(failed).toEqual(["GET /api/v1/broken/a: inside"]);
});
