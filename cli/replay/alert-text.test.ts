import { expect, test } from "@jest/globals";
import type { Alert } from "../../engine/outputs.ts";
import { alertText } from "./alert-text.ts";

const alert: Alert = {
  id: "1",
  rule: "a.b",
  version: "1",
  kind: "timeout",
  mode: "shadow",
  severity: "critical",
  title: "two\nlines \u001b[2J",
  key: {},
  time: "2024-01-01T00:00:10Z",
  start: "2024-01-01T00:00:00Z",
  end: "2024-01-01T00:00:10Z",
  data: {},
  suppressed: 3,
  events: {
    first: [{ id: "7", stream: "s", seq: 7, index: 2, time: "2024-01-01T00:00:00Z", data: {} }],
  },
  truncated: 5,
};

test("everything that is unusual is said, and nothing can steer the terminal", () => {
  expect(alertText(alert, (_, text) => text)).toBe(
    [
      "2024-01-01T00:00:10Z  CRITICAL  a.b  (timeout, shadow, 3 withheld before, 5 more events)",
      "  two␊lines ␛[2J",
      "  key    (all)",
      "  first  2024-01-01T00:00:00Z  s #7[2]",
      "",
      "",
    ].join("\n"),
  );
});

test("key parts of any type", () => {
  const text = alertText(
    { ...alert, key: { user: "ana", port: 22, host: null } },
    (_, part) => part,
  );
  expect(text).toContain("  key    user=ana  port=22  host=null\n");
});
