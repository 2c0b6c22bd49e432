import { expect, test } from "@jest/globals";
import { AlertRoutes } from "./alert-feed/alert-routes.ts";
import { OWN_ROUTES } from "./http.ts";
import { openApiDocument } from "./openapi.ts";
import { RuleRoutes } from "./reload/rule-routes.ts";
import { ServiceStatus } from "./service-status.ts";
import { statusRoute } from "./status-route.ts";

const ROUTES = [
  ...OWN_ROUTES,
  statusRoute(new ServiceStatus({ rules: [] })),
  ...new AlertRoutes().routes,
  ...new RuleRoutes(null).routes,
];

interface Document {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly parameters?: readonly { readonly name: string; readonly in: string }[];
            readonly security?: unknown;
          }
        >
      >
    >
  >;
}

const { paths } = openApiDocument(ROUTES) as unknown as Document;

test("every route is in the document, and nothing else", () => {
  const listed = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const wanted = ROUTES.map(
    ({ method, path }) => `${method} ${path.replace(/\/:(\w+)/g, "/{$1}")}`,
  );
  expect([...listed].sort()).toEqual([...wanted].sort());
  expect(new Set(wanted).size).toBe(wanted.length);
  expect(wanted).toContain("POST /api/v1/rules:check");
});

test("names in a path are parameters, and what needs the token says so", () => {
  expect(paths["/api/v1/rules/{name}/enable"]?.["post"]?.parameters).toEqual([
    { name: "name", in: "path", required: true, schema: { type: "string" } },
  ]);
  expect(paths["/healthz"]?.["get"]?.security).toBeUndefined();
  expect(paths["/api/v1/status"]?.["get"]?.security).toEqual([{ token: [] }]);
});
