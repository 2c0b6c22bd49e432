/** What the tests of a file that run the service share: one nats-server, a connection to it, and folders for services. */

import { join } from "node:path";
import { afterAll, afterEach } from "@jest/globals";
import type { Broker } from "../io/nats.ts";
import { NatsServer } from "./nats-server.ts";
import {
  connectTo,
  endServices,
  makeServiceFolder,
  type ServiceFolder,
} from "./service-process.ts";

export interface ServiceStage {
  readonly server: NatsServer;
  readonly broker: Broker;
  /** A new folder with these rule files (a text is the one file `rules.seq`) and further lines of configuration. */
  folderOf(
    rules: string | Readonly<Record<string, string>>,
    settings?: string,
    url?: string,
  ): ServiceFolder;
}

/** Call it once, at the top of a file of tests: each of its tests finds the server without streams. */
export async function openServiceStage(): Promise<ServiceStage> {
  const server = await NatsServer.start();
  const broker = await connectTo(server.url);
  let folders = 0;
  afterEach(async () => {
    const { streams } = await apiValue<{ streams: string[] | null }>(broker, "STREAM.NAMES");
    for (const name of streams ?? []) await broker.api(`STREAM.DELETE.${name}`);
  });
  afterAll(async () => {
    endServices();
    await broker.close();
    await server.stop();
  });
  return {
    server,
    broker,
    folderOf: (rules, settings = "", url = server.url) => {
      const path = join(server.folder, `service-${folders++}`);
      const files = typeof rules === "string" ? { "rules.seq": rules } : rules;
      return makeServiceFolder(path, url, files, settings);
    },
  };
}

async function apiValue<T>(broker: Broker, request: string): Promise<T> {
  const outcome = await broker.api(request);
  if (outcome.kind !== "ok") throw new Error(`${request}: ${outcome.reason}`);
  return outcome.value as T;
}
