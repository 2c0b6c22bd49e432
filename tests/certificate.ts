/**
 * Certificates for TLS in tests, made on the spot: a certificate authority, and what it has signed. X.509 version 3 as
 * of RFC 5280, with ECDSA over P-256 (RFC 5480, RFC 5758), written in DER by hand (X.690).
 */

import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

const OIDS = {
  commonName: [0x55, 0x04, 0x03],
  subjectAltName: [0x55, 0x1d, 0x11],
  basicConstraints: [0x55, 0x1d, 0x13],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
} as const;

function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Uint8Array.of(tag, ...length), body]);
}

const sequence = (...items: readonly Uint8Array[]) => der(0x30, ...items);
const oid = (name: keyof typeof OIDS) => der(0x06, Uint8Array.from(OIDS[name]));
const octets = (content: Uint8Array) => der(0x04, content);
const bits = (content: Uint8Array) => der(0x03, Uint8Array.of(0), content);
const integer = (value: number) => der(0x02, Uint8Array.of(value));
const utf8 = (text: string) => der(0x0c, Buffer.from(text));
const yes = der(0x01, Uint8Array.of(0xff));

const utcTime = (ms: number) => {
  const text = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, "");
  return der(0x17, Buffer.from(text.slice(2)));
};

const nameOf = (name: string) => sequence(der(0x31, sequence(oid("commonName"), utf8(name))));

const extension = (name: keyof typeof OIDS, value: Uint8Array) =>
  sequence(oid(name), octets(value));

export interface Certificate {
  readonly name: string;
  readonly key: KeyObject;
  /** PEM. */
  readonly certificate: string;
  readonly privateKey: string;
}

let serial = 1;

/**
 * A certificate signed by `issuer`, or by itself as an authority where that is null. It is valid for one address alone,
 * from yesterday to tomorrow.
 */
export function makeCertificate(
  name: string,
  issuer: Certificate | null,
  address: readonly number[] = [127, 0, 0, 1],
): Certificate {
  const { publicKey, privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const dayMs = 86_400_000;
  const now = Date.now();
  const algorithm = sequence(oid("ecdsaWithSha256"));
  const purpose =
    issuer === null
      ? extension("basicConstraints", sequence(yes))
      : extension("subjectAltName", sequence(der(0x87, Uint8Array.from(address))));
  const content = sequence(
    der(0xa0, integer(2)),
    integer(serial++),
    algorithm,
    nameOf(issuer?.name ?? name),
    sequence(utcTime(now - dayMs), utcTime(now + dayMs)),
    nameOf(name),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(purpose)),
  );
  const signature = sign("sha256", content, issuer?.key ?? key);
  const whole = sequence(content, algorithm, bits(signature));
  const lines = whole.toString("base64").replace(/.{64}(?=.)/g, "$&\n");
  return {
    name,
    key,
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    privateKey: key.export({ type: "pkcs8", format: "pem" }) as string,
  };
}
