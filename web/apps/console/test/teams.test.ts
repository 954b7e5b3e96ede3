import { describe, expect, it } from "vitest";
import { isByGroup } from "../src/api/teams";

describe("a place in a team", () => {
  it("is told by its id to come from a group", () => {
    expect(isByGroup({ id: "tmem_0a1b2c3d4e5f60718293a4b5c6" })).toBe(true);
    expect(isByGroup({ id: "tmem_01h455vb4pex5vsknk084sn02q" })).toBe(false);
    expect(isByGroup({ id: "c7f3a1d20b9e4f6a8b1c2d3e4f5a6b7c" })).toBe(false);
  });
});
