import { describe, expect, it } from "vitest";
import { sparklinePath } from "../src/charts";
import { initials } from "../src/display";
import { errorInfo, faultOf } from "../src/errors";
import { fill } from "../src/strings";
import { contrast, isHexColor, readableOn } from "../src/theme";
import { relativeTime } from "../src/time";

describe("errorInfo", () => {
  it("reads problem+json, with its fields", () => {
    const problem = {
      status: 422,
      code: "validation_failed",
      title: "Unprocessable",
      detail: "The request is not valid",
      trace_id: "req_1",
      errors: [{ field: "name", code: "too_long", message: "At most 10" }, { nonsense: true }],
    };
    const info = errorInfo({ status: 422, body: problem });
    expect(info).toMatchObject({ status: 422, code: "validation_failed", message: "The request is not valid" });
    expect(info.traceId).toBe("req_1");
    expect(info.faults).toHaveLength(1);
    expect(faultOf(problem, "name")).toBe("At most 10");
    expect(faultOf(problem, "slug")).toBeUndefined();
  });

  it("reads what the official client throws", () => {
    expect(errorInfo({ error: { code: "INVALID_TOKEN", message: "Invalid token", status: 400 } })).toMatchObject({
      status: 400,
      code: "INVALID_TOKEN",
      message: "Invalid token",
    });
  });

  it("keeps the words of a failed fetch to itself", () => {
    expect(errorInfo(new TypeError("Failed to fetch"))).toMatchObject({ status: 0, code: null, message: null });
  });

  it("takes anything", () => {
    for (const odd of [null, undefined, 5, "text", [], {}]) expect(errorInfo(odd).faults).toEqual([]);
  });
});

describe("colors", () => {
  it("knows the contrast of WCAG", () => {
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
    expect(contrast("#777", "#ffffff")).toBeCloseTo(4.48, 2);
  });

  it("finds a readable color on any other", () => {
    for (let value = 0; value < 0xffffff; value += 4097) {
      const hex = `#${value.toString(16).padStart(6, "0")}`;
      expect(contrast(hex, readableOn(hex))).toBeGreaterThanOrEqual(4.5);
    }
  });

  it("takes nothing but colors into styles", () => {
    expect(isHexColor("#aB12ef")).toBe(true);
    for (const odd of ["red", "#12345", "#123456;}", "url(x)", null]) expect(isHexColor(odd)).toBe(false);
  });
});

describe("words and numbers", () => {
  it("tells distances in time", () => {
    const now = Date.UTC(2026, 0, 10);
    expect(relativeTime(now - 3 * 60_000, now, "en")).toBe("3 minutes ago");
    expect(relativeTime(now - 86_400_000, now, "en")).toBe("yesterday");
    expect(relativeTime(now + 7_200_000, now, "en")).toBe("in 2 hours");
    expect(relativeTime(now - 100, now, "en")).toBe("now");
  });

  it("makes initials", () => {
    expect([initials("Ann Example"), initials("ann.lee@acme.example"), initials("acme"), initials(" ")]).toEqual([
      "AE",
      "AL",
      "A",
      "?",
    ]);
    expect(initials("😀 Smith")).toBe("😀S");
  });

  it("draws lines within their box, and flat without values", () => {
    expect(sparklinePath([], 10, 10)).toBe("");
    expect(sparklinePath([0, 0], 10, 10, 0)).toBe("M0.0 10.0 L10.0 10.0");
    expect(sparklinePath([0, 4, 2], 10, 10, 0)).toBe("M0.0 10.0 L5.0 0.0 L10.0 5.0");
  });

  it("fills the words of components", () => {
    expect(fill("{from}–{to} of {total}", { from: 1, to: 10, total: 12 })).toBe("1–10 of 12");
  });
});
