import { expect, it } from "vitest";
import { inGroups } from "../src/user-code";

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
