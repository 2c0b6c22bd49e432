/**
 * The service's HTTP side: liveness, readiness, metrics. Door of the packages `hono` and `@hono/node-server`.
 * Errors are `application/problem+json` (RFC 9457).
 */

import { timingSafeEqual } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { type DescribedRoute, openApiDocument, type RouteAbout } from "./openapi.ts";
import { problem } from "./problem.ts";

/** What keeps the service from its work, by name; ready where there is nothing. */
export interface Readiness {
  readonly problems: readonly { readonly name: string; readonly detail: string }[];
  /** Messages that wait to be read, by JetStream stream; null where it is not known. */
  readonly lag: readonly { readonly stream: string; readonly messages: number | null }[];
}

/** A part of the API; guarded by the token where there is one. */
export interface HttpRoute {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** As `/api/v1/rules/:name`. */
  readonly path: string;
  readonly about: RouteAbout;
  readonly handle: (
    request: Request,
    parameters: Readonly<Record<string, string>>,
  ) => Response | Promise<Response>;
}

export interface HttpOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Guards the metrics and the API; null: open. */
  readonly token: string | null;
  readonly readiness: () => Readiness;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  readonly routes?: readonly HttpRoute[];
  /** Told of what a handler threw; its client hears nothing of it. */
  readonly onError: (error: Error, method: string, path: string) => void;
}

export interface HttpServer {
  readonly port: number;
  close(): Promise<void>;
}

/** The routes that every service has. */
export const OWN_ROUTES: readonly DescribedRoute[] = [
  {
    method: "GET",
    path: "/healthz",
    about: { summary: "the process lives", answers: { 200: "it does" } },
  },
  {
    method: "GET",
    path: "/readyz",
    about: {
      summary: "does the service do its work?",
      answers: { 200: "it does", 503: "it does not, with the reasons" },
    },
  },
  {
    method: "GET",
    path: "/metrics",
    about: {
      summary: "figures for Prometheus",
      answers: { 200: "text exposition format" },
      contentType: "text/plain",
    },
  },
  {
    method: "GET",
    path: "/openapi.json",
    about: { summary: "this document", answers: { 200: "OpenAPI 3.1" } },
  },
];

/** Starts to listen. Rejects with the system's error where the address cannot be had. */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const server = createAdaptorServer({ fetch: createApp(options).fetch });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}

function createApp({ token, readiness, metrics, routes = [], onError }: HttpOptions): Hono {
  const app = new Hono();
  const isAllowed = (header: string | undefined): boolean =>
    token === null || sameToken(header, token);
  app.get("/healthz", (context) => context.json({ status: "live" }));
  app.get("/readyz", (context) => {
    const { problems, lag } = readiness();
    const ready = problems.length === 0;
    return context.json(
      { status: ready ? "ready" : "not ready", problems, lag },
      ready ? 200 : 503,
    );
  });
  app.get("/metrics", async (context) => {
    if (!isAllowed(context.req.header("authorization"))) return unauthorized();
    const { contentType, text } = await metrics();
    return context.body(text, 200, { "content-type": contentType });
  });
  const document = openApiDocument([...OWN_ROUTES, ...routes]);
  app.get("/openapi.json", (context) => context.json(document));
  for (const { method, path, handle } of routes) {
    app.on(method, path, (context) => {
      if (!isAllowed(context.req.header("authorization"))) return unauthorized();
      return handle(context.req.raw, context.req.param());
    });
  }
  app.notFound((context) => problem(404, "Not Found", `there is no ${context.req.path}`));
  app.onError((error, { req }) => {
    onError(error, req.method, req.path);
    return problem(500, "Internal Server Error", "the request failed");
  });
  return app;
}

function unauthorized(): Response {
  return problem(401, "Unauthorized", "a bearer token is needed");
}

function sameToken(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
