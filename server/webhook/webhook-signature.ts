/**
 * The headers by which a receiver knows an alert and its sender: those of Standard Webhooks
 * (https://www.standardwebhooks.com, specification 1.0.0), so that the libraries for it check them.
 *
 *  webhook-id         the alert's id: the same in every attempt, and after every restart
 *  webhook-timestamp  when this attempt was made, in seconds since 1970
 *  webhook-signature  `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`
 */

import { createHmac } from "node:crypto";

/** Marks a secret that is given as base64. */
const ENCODED = "whsec_";

/** The bytes of a secret: what follows `whsec_` is base64, another text is taken as it is. */
export function secretKey(secret: string): Uint8Array {
  return secret.startsWith(ENCODED)
    ? Buffer.from(secret.slice(ENCODED.length), "base64")
    : Buffer.from(secret, "utf8");
}

export function signedHeaders(
  id: string,
  nowMs: number,
  body: Uint8Array,
  secret: string | null,
): Record<string, string> {
  const seconds = Math.floor(nowMs / 1000);
  const headers: Record<string, string> = {
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    "idempotency-key": id,
  };
  if (secret !== null) {
    const mac = createHmac("sha256", secretKey(secret)).update(`${id}.${seconds}.`).update(body);
    headers["webhook-signature"] = `v1,${mac.digest("base64")}`;
  }
  return headers;
}
