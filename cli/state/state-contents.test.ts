import { expect, test } from "@jest/globals";
import { keyText } from "../../nfa/key.ts";
import { keyParts } from "./state-contents.ts";

test.each([
  [[]],
  [["ana"]],
  [[""]],
  [["3:tx"]],
  [[42]],
  [[-1.5]],
  [[true]],
  [[null]],
  [["ana", 7, false, null, "7:n"]],
])("the parts of a key come back from its text: %j", (parts) => {
  expect(keyParts(keyText(parts))).toEqual(parts);
});
