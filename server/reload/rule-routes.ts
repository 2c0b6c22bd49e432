/**
 * The rules of the running service over HTTP: what runs, and since when; sets checked, put, brought back; rules switched
 * on and off. Reading needs the token where there is one; changing anything needs one in any case, so that no web page
 * that the operator happens to have open can do it.
 */

import { formatTime } from "../../base/time.ts";
import type { Value, ValueObject } from "../../base/value.ts";
import type { RulePlan } from "../../dsl/plan.ts";
import type { HttpRoute } from "../http.ts";
import type { RouteAbout } from "../openapi.ts";
import { problem } from "../problem.ts";
import { readText } from "../request-text.ts";
import type { LiveRules } from "./live-rules.ts";
import {
  isSuccess,
  originJson,
  positionsJson,
  type ReloadReport,
  reportJson,
} from "./reload-report.ts";
import {
  CHECK_ABOUT,
  LIST_ABOUT,
  PUT_ABOUT,
  ROLLBACK_ABOUT,
  RULE_ABOUT,
  switchAbout,
} from "./rule-route-texts.ts";
import { ruleText } from "./rule-text.ts";
import type { PackedSet } from "./set-package.ts";
import { setOf } from "./set-package.ts";
import type { SetVersion } from "./stored-set.ts";

/** A set may be so large as text. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
/** Clients give up on an answer sooner or later; better they hear that there is none yet. */
const LONGEST_WAIT_SECONDS = 600;

export class RuleRoutes {
  readonly #hasToken: boolean;
  #live: LiveRules | null = null;

  constructor(token: string | null) {
    this.#hasToken = token !== null;
  }

  /** The service runs from now on. */
  attach(live: LiveRules): void {
    this.#live = live;
  }

  /** What `status` says of the rules; null before they run. */
  summary(): ValueObject | null {
    return this.#live === null ? null : summaryJson(this.#live);
  }

  get routes(): readonly HttpRoute[] {
    const rules = "/api/v1/rules";
    const read = (
      path: string,
      about: RouteAbout,
      handle: (live: LiveRules, name: string) => Response,
    ): HttpRoute => ({
      method: "GET",
      path,
      about,
      handle: (_, { name = "" }) => this.#with((live) => handle(live, name)),
    });
    return [
      read(rules, LIST_ABOUT, (live) => json(200, listJson(live))),
      read(`${rules}/:name`, RULE_ABOUT, (live, name) => showRule(live, name)),
      {
        method: "POST",
        path: `${rules}:check`,
        about: CHECK_ABOUT,
        handle: (request) => this.#with((live) => checkRules(live, request)),
      },
      {
        method: "PUT",
        path: rules,
        about: PUT_ABOUT,
        handle: (request) => this.#write((live) => putRules(live, request)),
      },
      {
        method: "POST",
        path: `${rules}:rollback`,
        about: ROLLBACK_ABOUT,
        handle: (request) => this.#write((live) => rollBack(live, request)),
      },
      this.#switchRoute("enable"),
      this.#switchRoute("disable"),
    ];
  }

  #switchRoute(action: "enable" | "disable"): HttpRoute {
    return {
      method: "POST",
      path: `/api/v1/rules/:name/${action}`,
      about: switchAbout(action),
      handle: (request, { name = "" }) =>
        this.#write((live) => switchRule(live, action, name, request)),
    };
  }

  async #with(handle: (live: LiveRules) => Response | Promise<Response>): Promise<Response> {
    const live = this.#live;
    if (live === null) return problem(503, "Service Unavailable", "the service does not run yet");
    try {
      return await handle(live);
    } catch (error) {
      if ((error as Error).name !== "RefusalError") throw error;
      return problem(409, "Conflict", (error as Error).message);
    }
  }

  #write(handle: (live: LiveRules) => Promise<Response>): Promise<Response> {
    if (this.#hasToken) return this.#with(handle);
    const detail = "without a token this service can be read only: set http.token";
    return Promise.resolve(problem(403, "Forbidden", detail));
  }
}

function json(status: number, value: Value): Response {
  const headers = { "content-type": "application/json", "cache-control": "no-store" };
  return new Response(JSON.stringify(value), { status, headers });
}

function versionJson({ hash, revision, origin, activatedMs, positions }: SetVersion): ValueObject {
  return {
    set: hash,
    revision,
    origin: originJson(origin),
    activated: formatTime(activatedMs),
    positions: positionsJson(positions),
  };
}

function summaryJson(live: LiveRules): ValueObject {
  const { running, step, warm, problem: refused } = live.state;
  const { stored } = running;
  return {
    active: versionJson(stored.active),
    rules: running.set.plan.rules.length,
    step,
    history:
      warm === null ? null : { rules: [...warm.rules], messages: warm.messages, of: warm.of },
    problem: refused === null ? null : reportJson(refused),
  };
}

function listJson(live: LiveRules): ValueObject {
  const { running } = live.state;
  const { stored } = running;
  const one = describer(live);
  return {
    ...summaryJson(live),
    past: stored.history.map(versionJson),
    rules: running.set.plan.rules.map(one),
    draining: live.assembly.engine.draining().map(({ rule, plan, version, open, sinceMs }) => ({
      rule,
      name: plan.name,
      version,
      open,
      since: Number.isFinite(sinceMs) ? formatTime(sinceMs) : null,
      set:
        stored.draining
          .find((one) => one.rule === plan.name && one.version === version)
          ?.set.slice(0, 16) ?? null,
    })),
  };
}

/** Describes rules as they run at this moment. */
function describer(live: LiveRules): (rule: RulePlan) => ValueObject {
  const { stored } = live.state.running;
  const counted = new Map(live.assembly.engine.status().rules.map((one) => [one.rule, one]));
  const begun = new Map(stored.rules.map(({ rule, since }) => [rule, since]));
  const switched = new Map(stored.switches.map((one) => [one.rule, one]));
  return ({ name, title, version, severity, mode }) => {
    const counts = counted.get(name);
    const off = switched.get(name);
    return {
      rule: name,
      title,
      version,
      severity,
      mode,
      since: positionsJson(begun.get(name) ?? []),
      partialMatches: counts?.openRuns ?? 0,
      openStarts: counts?.openStarts ?? 0,
      matches: counts?.matches ?? 0,
      alerts: counts?.alerts ?? 0,
      tier: counts?.tier ?? null,
      off:
        off === undefined
          ? null
          : { reason: off.reason, until: off.untilMs === null ? null : formatTime(off.untilMs) },
    };
  };
}

function ruleNamed(live: LiveRules, name: string): RulePlan | undefined {
  return live.state.running.set.plan.rules.find((one) => one.name === name);
}

function showRule(live: LiveRules, name: string): Response {
  const { set } = live.state.running;
  const rule = ruleNamed(live, name);
  if (rule === undefined) return problem(404, "Not Found", `there is no rule ${name}`);
  const { metadata, streams, was } = rule;
  return json(200, {
    ...describer(live)(rule),
    was,
    streams: [...streams],
    metadata: metadata.map((one) => ({ name: one.name, values: [...one.values] })),
    ...ruleText(set.bundle.files, name),
  });
}

async function readBody(request: Request): Promise<{ readonly value: unknown } | Response> {
  const type = request.headers.get("content-type") ?? "";
  // A web page of elsewhere cannot send this type unasked.
  if (!type.startsWith("application/json")) {
    return problem(415, "Unsupported Media Type", "the body is application/json");
  }
  const text = await readText(request, MAX_BODY_BYTES);
  if (text === null) {
    const detail = `a set has at most ${MAX_BODY_BYTES} bytes`;
    return problem(413, "Content Too Large", detail);
  }
  try {
    return { value: text === "" ? {} : JSON.parse(text) };
  } catch {
    return problem(400, "Bad Request", "the body is not JSON");
  }
}

async function readSet(request: Request): Promise<PackedSet | Response> {
  const body = await readBody(request);
  if (body instanceof Response) return body;
  const found = setOf(body.value);
  if ("set" in found) return found.set;
  return problem(422, "Unprocessable Content", `it is no rule set: ${found.error}`);
}

async function checkRules(live: LiveRules, request: Request): Promise<Response> {
  const set = await readSet(request);
  if (set instanceof Response) return set;
  const input = { kind: "bundle", bundle: set.bundle } as const;
  return json(200, reportJson(await live.preview(input, new Map(set.choices))));
}

async function putRules(live: LiveRules, request: Request): Promise<Response> {
  const waitMs = waitOf(request);
  if (waitMs instanceof Response) return waitMs;
  const set = await readSet(request);
  if (set instanceof Response) return set;
  const { bundle, author, note, choices } = set;
  const report = live.submit({
    input: { kind: "bundle", bundle },
    origin: { kind: "http", mark: "", author, note },
    choices: new Map(choices),
    configured: false,
  });
  return answerWithin(waitMs, report);
}

/**
 * How long the request's `wait` lets the answer take: 0 or "false" does not wait at all, and without it (null) the
 * answer comes when there is one. To be asked before anything is done.
 */
export function waitOf(request: Request): number | null | Response {
  const wait = new URL(request.url).searchParams.get("wait");
  if (wait === null || wait === "true") return null;
  const seconds = wait === "false" ? 0 : Number(wait);
  if (seconds >= 0) return Math.min(seconds, LONGEST_WAIT_SECONDS) * 1000;
  return problem(400, "Bad Request", "`wait` is a number of seconds, or false");
}

/** The report, or after so long that there is none yet. */
export async function answerWithin(
  waitMs: number | null,
  report: Promise<ReloadReport>,
): Promise<Response> {
  if (waitMs === null) return reportResponse(await report);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), waitMs);
  });
  const first = await Promise.race([report, late]);
  clearTimeout(timer);
  return first === null ? json(202, { outcome: "accepted" }) : reportResponse(first);
}

function reportResponse(report: ReloadReport): Response {
  const body = reportJson(report);
  if (isSuccess(report)) return json(200, body);
  const invalid = report.outcome === "invalid" || report.outcome === "failed";
  const [status, title] = invalid ? [422, "Unprocessable Content"] : [409, "Conflict"];
  const document = { title, status, detail: report.reason, ...body };
  const headers = { "content-type": "application/problem+json" };
  return new Response(JSON.stringify(document), { status: Number(status), headers });
}

/** The texts of a small body; what is missing is "". */
function texts(value: unknown, names: readonly string[]): readonly string[] {
  const fields = (value ?? {}) as Record<string, unknown>;
  return names.map((name) => (typeof fields[name] === "string" ? (fields[name] as string) : ""));
}

async function rollBack(live: LiveRules, request: Request): Promise<Response> {
  const waitMs = waitOf(request);
  if (waitMs instanceof Response) return waitMs;
  const body = await readBody(request);
  if (body instanceof Response) return body;
  const [hash = "", by = ""] = texts(body.value, ["set", "by"]);
  const report = live.rollback(hash === "" ? null : hash, by);
  if (report !== null) return answerWithin(waitMs, report);
  const what = hash === "" ? "there is no set before this one" : `the set ${hash} is not kept`;
  return problem(404, "Not Found", what);
}

async function switchRule(
  live: LiveRules,
  action: "enable" | "disable",
  name: string,
  request: Request,
): Promise<Response> {
  const body = await readBody(request);
  if (body instanceof Response) return body;
  const [reason = "", by = ""] = texts(body.value, ["reason", "by"]);
  const found =
    action === "enable"
      ? await live.enable(name, reason, by)
      : await live.disable(name, reason === "" ? "switched off by an operator" : reason, by);
  const rule = ruleNamed(live, name);
  if (!found || rule === undefined) return problem(404, "Not Found", `there is no rule ${name}`);
  return json(200, describer(live)(rule));
}
