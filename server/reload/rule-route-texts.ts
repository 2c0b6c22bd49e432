/** What the routes of the rules say of themselves. */

import type { ValueObject } from "../../base/value.ts";
import type { QueryParameter, RouteAbout } from "../openapi.ts";
import { CHOICES } from "./set-package.ts";

const TEXT: ValueObject = { type: "string" };
const FILES: ValueObject = {
  type: "array",
  items: {
    type: "object",
    properties: { file: TEXT, text: TEXT },
    required: ["file", "text"],
  },
};

const SET: ValueObject = {
  type: "object",
  properties: {
    files: FILES,
    data: { ...FILES, description: "files of lists and tables" },
    author: TEXT,
    note: TEXT,
    choices: {
      type: "array",
      description: "verdicts in the place of the compiler's",
      items: { type: "array", prefixItems: [TEXT, { enum: [...CHOICES] }] },
    },
  },
  required: ["files"],
};

const WAIT: readonly QueryParameter[] = [
  {
    name: "wait",
    description: "seconds to wait for the outcome, or false; without it the answer comes with it",
    schema: { anyOf: [{ type: "number", minimum: 0 }, { const: false }] },
  },
];

const NOT_YET = { 503: "the service does not run yet" };
const WRITES = {
  ...NOT_YET,
  403: "the service has no token, and so can be read only",
  415: "the body is not application/json",
};
const BODIES = { 400: "the body is not JSON", 413: "the body is too large" };

export const LIST_ABOUT: RouteAbout = {
  summary: "the rule set: what runs since where, what drains, what was not taken",
  answers: { 200: "set, rules, draining versions, past sets", ...NOT_YET },
};

export const RULE_ABOUT: RouteAbout = {
  summary: "one rule with its text",
  answers: { 200: "the rule", 404: "there is no such rule", ...NOT_YET },
};

export const CHECK_ABOUT: RouteAbout = {
  summary: "what would become of a set: verdicts and problems",
  body: SET,
  answers: {
    200: "the report",
    409: "it cannot run here",
    415: "the body is not application/json",
    422: "it is no rule set",
    ...BODIES,
    ...NOT_YET,
  },
};

const OUTCOMES = {
  200: "it runs: the report with verdicts and positions",
  202: "nothing is known of it yet",
  409: "it cannot run here, or a later one came",
};

export const PUT_ABOUT: RouteAbout = {
  summary: "puts a whole set in the place of the one that runs",
  query: WAIT,
  body: SET,
  answers: { ...OUTCOMES, 422: "it has errors, or its tests fail", ...BODIES, ...WRITES },
};

export const ROLLBACK_ABOUT: RouteAbout = {
  summary: "brings a set back",
  query: WAIT,
  body: {
    type: "object",
    properties: {
      set: { type: "string", description: "the beginning of its identity; else the set before" },
      by: TEXT,
    },
  },
  answers: {
    ...OUTCOMES,
    404: "the set is not kept",
    422: "it has errors, or its tests fail",
    ...BODIES,
    ...WRITES,
  },
};

export function switchAbout(action: "enable" | "disable"): RouteAbout {
  return {
    summary: action === "enable" ? "lets a rule run again" : "switches a rule off",
    body: { type: "object", properties: { reason: TEXT, by: TEXT } },
    answers: {
      200: "the rule",
      404: "there is no such rule",
      409: "a stream that it reads is missing",
      ...BODIES,
      ...WRITES,
    },
  };
}
