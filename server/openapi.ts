/**
 * The OpenAPI document of the service (version 3.1), made of what the routes say of themselves, so that none can be
 * missing or be described as it is not.
 */

import type { Value, ValueObject } from "../base/value.ts";
import type { HttpRoute } from "./http.ts";

/** What a route says of itself. */
export interface RouteAbout {
  /** One clause. */
  readonly summary: string;
  readonly query?: readonly QueryParameter[];
  /** JSON schema of the request's body. */
  readonly body?: ValueObject;
  /** What each status means; errors are problem documents. */
  readonly answers: Readonly<Record<number, string>>;
  /** Of a good answer; JSON where it is left out. */
  readonly contentType?: string;
}

export interface QueryParameter {
  readonly name: string;
  readonly description: string;
  readonly schema: ValueObject;
}

/** A route as far as it is described. */
export type DescribedRoute = Pick<HttpRoute, "method" | "path" | "about">;

/** Routes that need no token. */
const OPEN = ["/healthz", "/readyz", "/openapi.json"];

export function openApiDocument(routes: readonly DescribedRoute[]): ValueObject {
  const paths = new Map<string, Map<string, Value>>();
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, (all, name: string, at: number) =>
      route.path[at - 1] === "/" ? `{${name}}` : all,
    );
    const methods = paths.get(path) ?? new Map<string, Value>();
    methods.set(route.method.toLowerCase(), operationOf(route));
    paths.set(path, methods);
  }
  const entries = [...paths].map(([path, methods]): [string, Value] => [
    path,
    Object.fromEntries(methods),
  ]);
  return {
    openapi: "3.1.0",
    info: { title: "Sequitur", version: "1" },
    paths: Object.fromEntries(entries),
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: { Problem: PROBLEM },
    },
  };
}

const PROBLEM: ValueObject = {
  type: "object",
  description: "what went wrong (RFC 9457)",
  properties: {
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
  },
  required: ["title", "status", "detail"],
};

function operationOf({ path, about }: DescribedRoute): ValueObject {
  const { summary, query = [], body, answers, contentType = "application/json" } = about;
  const names = [...path.matchAll(/\/:(\w+)/g)].map(([, name = ""]) => name);
  const parameters = [
    ...names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
    ...query.map(({ name, description, schema }) => ({ name, in: "query", description, schema })),
  ];
  const needsToken = !OPEN.includes(path);
  const all = needsToken ? { ...answers, 401: "a token is set, and was not given" } : answers;
  return {
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: body } } } }),
    responses: Object.fromEntries(
      Object.entries(all).map(([status, description]) => [
        status,
        { description, content: contentOf(Number(status), contentType) },
      ]),
    ),
    ...(needsToken ? { security: [{ token: [] }] } : {}),
  };
}

function contentOf(status: number, contentType: string): ValueObject {
  if (status < 400) return { [contentType]: {} };
  return { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
}
