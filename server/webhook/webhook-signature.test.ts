import { expect, test } from "@jest/globals";
import { signedHeaders } from "./webhook-signature.ts";

// Vectors of the specification's own libraries (https://github.com/standard-webhooks/standard-webhooks).
test.each([
  [
    "msg_loFOjxBNrRLzqYUf",
    1731705121,
    '{"event_type":"ping","data":{"success":true}}',
    "whsec_plJ3nmyCDGBKInavdOK15jsl",
    "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
  ],
  [
    "msg_p5jXN8AQM9LWM0D4loKWxJek",
    1614265330,
    '{"test": 2432232314}',
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  ],
])("%s is signed as Standard Webhooks says", (id, seconds, body, secret, signature) => {
  const bytes = new TextEncoder().encode(body);
  expect(signedHeaders(id, seconds * 1000 + 999, bytes, secret)).toEqual({
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    "idempotency-key": id,
    "webhook-signature": signature,
  });
  expect(signedHeaders(id, 0, bytes, null)).not.toHaveProperty("webhook-signature");
});
