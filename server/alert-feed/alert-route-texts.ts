/** What the routes of the alerts say of themselves, and how one alert is answered. */

import type { QueryParameter, RouteAbout } from "../openapi.ts";
import { problem } from "../problem.ts";
import { SEVERITIES } from "./alert-filter.ts";
import type { FoundAlert } from "./alert-lookup.ts";

const FILTER: readonly QueryParameter[] = [
  {
    name: "rule",
    description: "only rules of this name: * is any text, ? any character",
    schema: { type: "string", default: "*" },
  },
  {
    name: "severity",
    description: "only alerts at least as bad",
    schema: { enum: [...SEVERITIES], default: "info" },
  },
  {
    name: "shadow",
    description: "those of rules in mode shadow, too",
    schema: { type: "boolean", default: false },
  },
  {
    name: "from",
    description: "begin with this sequence of the alert stream",
    schema: { type: "integer", minimum: 1 },
  },
];

const AWAY = { 503: "NATS is not there, or too many read already" };

export const STREAM_ABOUT: RouteAbout = {
  summary: "alerts as they come; Last-Event-ID goes on behind that sequence of the alert stream",
  query: FILTER,
  answers: {
    200: "events `alert`, whose id is the sequence",
    400: "a parameter is wrong",
    ...AWAY,
  },
  contentType: "text/event-stream",
};

export const PAGE_ABOUT: RouteAbout = {
  summary: "a page of alerts, and where the next one begins",
  query: [
    ...FILTER,
    {
      name: "limit",
      description: "at most so many alerts",
      schema: { type: "integer", minimum: 1, maximum: 1000, default: 100 },
    },
  ],
  answers: { 200: "`alerts` with their sequences, `next`", 400: "a parameter is wrong", ...AWAY },
};

export const LOOKUP_ABOUT: RouteAbout = {
  summary: "one alert by its id; the newest are looked at first",
  query: [
    {
      name: "before",
      description: "look at what stands before this sequence of the alert stream only",
      schema: { type: "integer", minimum: 1 },
    },
  ],
  answers: {
    200: "`seq` and `alert`",
    400: "a parameter is wrong",
    404: "there is none, or it is older than what time allowed to look at: `before` goes on there",
    ...AWAY,
  },
};

export function lookupResponse(found: FoundAlert, id: string): Response {
  switch (found.kind) {
    case "found":
      return new Response(`{"seq":${found.seq},"alert":${found.text}}`, {
        headers: { "content-type": "application/json" },
      });
    case "none": {
      if (found.from <= 1) return problem(404, "Not Found", `there is no alert ${id}`);
      const rest = `nothing from record ${found.from} on is the alert ${id}: ask again with before=${found.from}`;
      return problem(404, "Not Found", rest);
    }
    case "unreachable":
      return problem(503, "Service Unavailable", found.reason);
  }
}
