import { expect, test } from "@jest/globals";
import {
  alerts,
  api,
  broker,
  controls,
  ENVIRONMENT,
  event,
  folderOf,
  makeFeed,
  pair,
  STREAM,
} from "./reload-stage.ts";
import { makeStream, ServiceProcess, until } from "./service-process.ts";

test("a crash before or behind the switch, three times each: it is made once, or not at all", async () => {
  await makeStream(broker, "EVENTS", ["events.auth"]);
  const textOf = (risk: number) => STREAM + pair("r.one", "login", "read", `risk ${risk}`);
  const folder = folderOf({ "a.seq": textOf(0) });
  const feed = makeFeed();
  const points = ["before-activate", "after-activate"].flatMap((point) => [point, point, point]);
  for (const [i, point] of points.entries()) {
    const service = new ServiceProcess(folder, { ...ENVIRONMENT, SEQUITUR_CRASH: `${point}:1` });
    await service.running();
    await feed.add(event(i, `user${i}`, "login"));
    await service.stepped("EVENTS", 1);
    const files = [{ file: "a.seq", text: textOf(1 + i) }];
    const put = api(service, "PUT", "rules", { files }).catch(() => null);
    expect([point, await service.exit]).toEqual([point, { code: null, signal: "SIGKILL" }]);
    await put;
  }
  const service = new ServiceProcess(folder, ENVIRONMENT);
  await service.running();
  await feed.add(...points.map((_, i) => event(10 + i, `user${i}`, "read")));
  await until(alerts, ({ length }) => length === points.length);
  expect(await service.stop()).toEqual({ code: 0, signal: null });
  const activations = await controls("activate");
  expect(activations).toMatchObject(
    [4, 5, 6].map((taken) => ({
      positions: { EVENTS: taken },
      verdicts: [{ rule: "r.one", verdict: "keep" }],
    })),
  );
  const version = activations.at(-1)?.verdicts[0]?.after;
  expect((await alerts()).map((alert) => [alert.title, alert.version])).toEqual(
    points.map((_, i) => [`user${i}`, version]),
  );
});
