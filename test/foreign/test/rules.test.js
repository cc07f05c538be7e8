import assert from "node:assert/strict";
import { test } from "node:test";
import { parseUsers } from "../lib/rules.js";

test("users are numbers", () => {
  assert.deepEqual(parseUsers("65534, 1000"), [65534, 1000]);
  assert.deepEqual(parseUsers(""), []);
  assert.throws(() => parseUsers("root"), TypeError);
});
