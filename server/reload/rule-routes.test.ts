import { expect, test } from "@jest/globals";
import { reportOf } from "./reload-report.ts";
import { answerWithin, RuleRoutes, waitOf } from "./rule-routes.ts";
import { failedSet } from "./set-check.ts";

async function ask(routes: RuleRoutes, method: string, path: string): Promise<number> {
  const route = routes.routes.find((one) => one.method === method && one.path === path);
  const request = new Request(`http://localhost${path}`, { method });
  return (await route?.handle(request, { name: "r" }))?.status ?? 0;
}

const WRITES = [
  ["PUT", "/api/v1/rules"],
  ["POST", "/api/v1/rules:rollback"],
  ["POST", "/api/v1/rules/:name/enable"],
  ["POST", "/api/v1/rules/:name/disable"],
] as const;

test("without a token nothing can be changed", async () => {
  for (const [method, path] of WRITES) {
    expect(await ask(new RuleRoutes(null), method, path)).toBe(403);
    // With one it would be done, were the service running.
    expect(await ask(new RuleRoutes("secret"), method, path)).toBe(503);
  }
});

test.each([
  ["", 200],
  ["?wait=60", 200],
  ["?wait=0.01", 202],
  ["?wait=false", 202],
  ["?wait=long", 400],
])("who asks with %j is answered in time", async (query, status) => {
  const origin = { kind: "http", mark: "", author: "", note: "" } as const;
  const report = new Promise<ReturnType<typeof reportOf>>((resolve) => {
    setTimeout(() => resolve(reportOf(failedSet([]), origin, "activated", "")), 100);
  });
  const waitMs = waitOf(new Request(`http://localhost/${query}`));
  const answer = waitMs instanceof Response ? waitMs : await answerWithin(waitMs, report);
  expect(answer.status).toBe(status);
});

test("before the service runs there is nothing to read", async () => {
  for (const path of ["/api/v1/rules", "/api/v1/rules/:name"]) {
    expect(await ask(new RuleRoutes(null), "GET", path)).toBe(503);
  }
  expect(new RuleRoutes(null).summary()).toBeNull();
});
