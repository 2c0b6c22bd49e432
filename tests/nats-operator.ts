/**
 * A server in operator mode for tests: operator, accounts and a user as JWTs that are signed with NKEYs, and the
 * credentials file of the user. As https://github.com/nats-io/jwt describes them, version 2.
 */

import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nkeys } from "nats";

type KeyPair = ReturnType<typeof nkeys.createUser>;

const base64Url = (text: string | Uint8Array) => Buffer.from(text).toString("base64url");

function makeJwt(issuer: KeyPair, subject: KeyPair, name: string, nats: object): string {
  const claims = {
    jti: createHash("sha256").update(name).digest("hex"),
    iat: Math.floor(Date.now() / 1000) - 60,
    iss: issuer.getPublicKey(),
    name,
    sub: subject.getPublicKey(),
    nats: { ...nats, version: 2 },
  };
  const header = base64Url(JSON.stringify({ typ: "JWT", alg: "ed25519-nkey" }));
  const signed = `${header}.${base64Url(JSON.stringify(claims))}`;
  return `${signed}.${base64Url(issuer.sign(new TextEncoder().encode(signed)))}`;
}

const NO_LIMITS = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, conn: -1, leaf: -1 };

/** Writes the configuration and the user's credentials into the folder. */
export function makeOperator(folder: string): { readonly config: string; readonly creds: string } {
  const operator = nkeys.createOperator();
  const account = nkeys.createAccount();
  const system = nkeys.createAccount();
  const user = nkeys.createUser();
  const limits = { ...NO_LIMITS, wildcards: true };
  const stored = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const jwts = {
    operator: makeJwt(operator, operator, "op", {
      type: "operator",
      system_account: system.getPublicKey(),
    }),
    account: makeJwt(operator, account, "app", {
      type: "account",
      limits: { ...limits, ...stored },
    }),
    system: makeJwt(operator, system, "sys", { type: "account", limits }),
    user: makeJwt(account, user, "engine", { type: "user", subs: -1, data: -1, payload: -1 }),
  };
  const config = join(folder, "operator.conf");
  writeFileSync(
    config,
    `operator: ${jwts.operator}
system_account: ${system.getPublicKey()}
resolver: MEMORY
resolver_preload: {
  ${account.getPublicKey()}: ${jwts.account}
  ${system.getPublicKey()}: ${jwts.system}
}
`,
  );
  const creds = join(folder, "engine.creds");
  const seed = new TextDecoder().decode(user.getSeed());
  writeFileSync(
    creds,
    `-----BEGIN NATS USER JWT-----\n${jwts.user}\n------END NATS USER JWT------\n
-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`,
  );
  return { config, creds };
}
