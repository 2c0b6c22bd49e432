/** `GET /api/v1/status`: what the service tells about itself, in one document. Nothing secret and no key of a rule. */

import type { ValueObject } from "../base/value.ts";
import type { HttpRoute } from "./http.ts";
import type { ServiceStatus } from "./service-status.ts";

/** `rules`: which set runs, what is on its way, and why the last one was not taken. */
export function statusRoute(
  status: ServiceStatus,
  ruleSet: () => ValueObject | null = () => null,
): HttpRoute {
  const handle = (): Response => {
    const { problems, lag } = status.readiness();
    const { streams = [], feeds = [], rules = [], waitingEvents = 0 } = status.engine() ?? {};
    const document = {
      ready: problems.length === 0,
      problems,
      input: lag,
      streams,
      feeds,
      rules,
      waitingEvents,
      ruleSet: ruleSet(),
      outbox: status.outbox(),
      webhooks: status.webhooks(),
    };
    return new Response(JSON.stringify(document), {
      headers: { "content-type": "application/json", "cache-control": "no-store" },
    });
  };
  const about = {
    summary: "what the service tells about itself, in one document",
    answers: { 200: "readiness, input, feeds, rules, the rule set, outbox, webhooks" },
  };
  return { method: "GET", path: "/api/v1/status", about, handle };
}
