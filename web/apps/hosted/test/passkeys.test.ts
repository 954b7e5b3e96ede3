import { expect, it } from "vitest";
import { fromBytes, toBytes } from "../src/passkeys";
import { inGroups } from "../src/user-code";

it("reads and writes base64url without padding", () => {
  for (const [text, bytes] of [
    ["", []],
    ["AA", [0]],
    ["__79", [255, 254, 253]],
    ["-_-_-w", [251, 255, 191, 251]],
  ] as const) {
    expect([...toBytes(text)]).toEqual([...bytes]);
    expect(fromBytes(Uint8Array.from(bytes).buffer)).toBe(text);
  }
  const all = Uint8Array.from({ length: 1000 }, (_, at) => at % 256);
  expect(toBytes(fromBytes(all.buffer))).toEqual(all);
});

it("shows a device's code in groups, however it was typed", () => {
  for (const [typed, shown] of [
    ["wdjb4mjh", "WDJB-4MJH"],
    [" WDJB - 4MJH ", "WDJB-4MJH"],
    ["WDJB4", "WDJB-4"],
    ["–", ""],
    ["", ""],
  ] as const) {
    expect(inGroups(typed)).toBe(shown);
  }
});
