/** The connection to NATS as the configuration describes it. */

import type { BrokerOptions } from "../io/nats.ts";
import type { Config } from "./config.ts";

/** User and password, or a token, may stand in the URL; the client wants them apart. */
export function brokerOptions({
  url,
  creds,
  nkey,
  user,
  password,
  token,
  tls,
  inboxPrefix,
}: Config["nats"]): Omit<BrokerOptions, "onStatus" | "signal"> {
  const urls = url.split(",").map((one) => one.trim());
  const userInfo = urls.map(userInfoOf).find((info) => info !== null) ?? null;
  return {
    url: urls.map((one) => one.replace(USER_INFO, "$1")),
    name: "sequitur",
    ...(creds === null ? {} : { creds }),
    ...(tls === null ? {} : { tls: withoutNulls(tls) }),
    ...(nkey === null ? {} : { nkey }),
    ...(userInfo ?? {}),
    ...(user === null ? {} : { user }),
    ...(password === null ? {} : { password }),
    ...(token === null ? {} : { token }),
    ...(inboxPrefix === null ? {} : { inboxPrefix }),
  };
}

const USER_INFO = /^([a-z]+:\/\/)?([^@/]*)@/i;

function userInfoOf(
  url: string,
): { readonly user: string; readonly password: string } | { readonly token: string } | null {
  const info = USER_INFO.exec(url)?.[2];
  if (info === undefined) return null;
  const colon = info.indexOf(":");
  if (colon < 0) return { token: decodeURIComponent(info) };
  return {
    user: decodeURIComponent(info.slice(0, colon)),
    password: decodeURIComponent(info.slice(colon + 1)),
  };
}

function withoutNulls(tls: NonNullable<Config["nats"]["tls"]>): NonNullable<BrokerOptions["tls"]> {
  const { ca, cert, key } = tls;
  return {
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
  };
}
