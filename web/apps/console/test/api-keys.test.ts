import { describe, expect, it } from "vitest";
import type { ApiKey } from "../src/api/types";
import { fromInstance, fromMembers } from "../src/lib/api-keys";

const NOW = Date.parse("2026-11-22T12:00:00Z");

describe("the state of a key", () => {
  const key = { id: "apikey_1", name: "CI", start: "ci_QCA", enabled: true, access_ended: false, created_at: 1 };
  const state = (facts: Partial<ApiKey>) => fromInstance({ ...key, ...facts } as ApiKey, NOW).state;

  it("is the weightiest that there is to say", () => {
    expect(state({})).toBe("on");
    expect(state({ expires_at: NOW + 1 })).toBe("on");
    expect(state({ enabled: false })).toBe("off");
    expect(state({ enabled: false, expires_at: NOW })).toBe("expired");
    expect(state({ access_ended: true, expires_at: NOW })).toBe("ended");
    expect(state({ access_ended: true, revoked_at: 2 })).toBe("revoked");
  });

  it("is what members are told", () => {
    const theirs = { ...key, expiresAt: null, lastRequest: null, createdAt: "2026-11-01T00:00:00.000Z" };
    expect(fromMembers(theirs, NOW)).toEqual({
      id: "apikey_1",
      name: "CI",
      start: "ci_QCA",
      state: "on",
      expiresAt: null,
      usedAt: null,
      createdAt: Date.parse("2026-11-01T00:00:00Z"),
    });
    expect(fromMembers({ ...theirs, enabled: false }, NOW).state).toBe("off");
    expect(fromMembers({ ...theirs, expiresAt: "2026-11-22T12:00:00.000Z" }, NOW).state).toBe("expired");
  });
});
