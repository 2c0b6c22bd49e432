import { expect, test } from "@jest/globals";
import { validateGrammar } from "./grammar.ts";

test("no alternative of the grammar hides another", () => {
  expect(() => validateGrammar()).not.toThrow();
});
