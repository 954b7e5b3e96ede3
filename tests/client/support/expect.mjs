// Assertions on what the official client gives back: `{data, error}`.
import assert from "node:assert/strict";

/** The data of a call that must have succeeded. */
export function ok(result) {
  assert.equal(result.error, null, `expected success, got ${JSON.stringify(result.error)}`);
  return result.data;
}

/** Asserts that a call was refused with that status and, where given, that code. */
export function refused(result, status, code) {
  assert.ok(result.error, `expected ${status} ${code ?? ""}, got success: ${JSON.stringify(result.data)}`);
  assert.equal(result.error.status, status, JSON.stringify(result.error));
  if (code) assert.equal(result.error.code, code, JSON.stringify(result.error));
  assert.equal(typeof result.error.message, "string");
}
