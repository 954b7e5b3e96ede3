import { expect, it } from "vitest";
import { fromBytes, toBytes } from "../src/passkeys";

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
