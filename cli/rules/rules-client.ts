/** The service's API as the commands of `sequitur rules` use it. */

import type { ValueObject } from "../../base/value.ts";
import { UsageError } from "../exit-code.ts";
import type { RulesTarget } from "./rules-target.ts";

export interface Answer {
  readonly status: number;
  readonly body: ValueObject;
}

/**
 * Asks, and gives what comes back where it is JSON. Throws UsageError where nothing answers, or what answers is no such
 * service, or wants a token.
 */
export async function ask(
  { server, token }: Pick<RulesTarget, "server" | "token">,
  method: "GET" | "POST" | "PUT",
  path: string,
  body: unknown = undefined,
): Promise<Answer> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (token !== null) headers["authorization"] = `Bearer ${token}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  let response: Response;
  let text: string;
  try {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    response = await fetch(`${server}/api/v1/${path}`, { method, headers, ...sent });
    text = await response.text();
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    const why = cause?.code === undefined ? "" : ` (${cause.code})`;
    throw new UsageError(`no service answers at ${server}${why}`, { cause: error });
  }
  const answer = { status: response.status, body: parse(text) };
  if (answer.body === null)
    throw new UsageError(`what answers at ${server} is no sequitur service`);
  const detail = String(answer.body["detail"] ?? "");
  if (response.status === 401) throw new UsageError(`${server}: ${detail}: --token, or http.token`);
  if (response.status === 403 || response.status >= 500)
    throw new UsageError(`${server}: ${detail}`);
  return { status: answer.status, body: answer.body };
}

function parse(text: string): ValueObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as ValueObject) : null;
  } catch {
    return null;
  }
}
