import { expect, test } from "@jest/globals";
import { readText } from "./request-text.ts";

/** A body that goes on as long as somebody reads. */
function endless(): { readonly body: ReadableStream<Uint8Array>; readonly pulls: () => number } {
  let pulls = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulls++;
      controller.enqueue(new Uint8Array(1000));
    },
  });
  return { body, pulls: () => pulls };
}

test("a text of several pieces is read as one", async () => {
  const bytes = new TextEncoder().encode("grün");
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
      controller.close();
    },
  });
  expect(await readText({ body, headers: new Headers() }, 5)).toBe("grün");
  expect(await readText({ body: null, headers: new Headers() }, 5)).toBe("");
});

test("a body without an announced length is read up to the limit only", async () => {
  const { body, pulls } = endless();
  expect(await readText({ body, headers: new Headers() }, 10_000)).toBeNull();
  expect(pulls()).toBeLessThan(20);
});

test("one that announces too much is not read at all", async () => {
  const { body } = endless();
  expect(await readText({ body, headers: new Headers({ "content-length": "11" }) }, 10)).toBeNull();
  expect(body.locked).toBe(false);
});
