import { describe, expect, it } from "vitest";
import { explain } from "../src/api/explain";
import { ApiError, signInUrl, withQuery } from "../src/api/http";
import { AUDITED_TYPES, EVENT_TYPES, staleBy } from "../src/api/live";
import { niceMaximum } from "../src/components/chart";
import { ago, plural, roleName, words } from "../src/lib/format";
import { credentialTypes, fillIn } from "../src/lib/providers";

describe("failures in words", () => {
  it("says what to do", () => {
    expect(explain(new ApiError(0, "unreachable", "The server cannot be reached.")).advice).toContain("connection");
    expect(explain(new ApiError(403, "something_new", "You may not")).advice).toContain("Ask an owner");
    expect(explain(new ApiError(404, "resource_not_found", "Resource not found")).advice).toContain(
      "deleted meanwhile",
    );
    expect(explain(new ApiError(409, "something_new", "No")).advice).toContain("Reload");
    const fields = [{ field: "slug", code: "taken", message: "Taken" }];
    expect(explain(new ApiError(400, "invalid", "No", fields)).advice).toContain("Correct");
  });

  it("shows the trace id where the operator needs it, and never for a mistake of the caller", () => {
    expect(explain(new ApiError(500, "internal", "Broken", [], "req_1")).traceId).toBe("req_1");
    expect(explain(new ApiError(400, "invalid", "No", [], "req_1")).traceId).toBeUndefined();
    expect(explain(new TypeError("x.y is not a function")).title).not.toContain("x.y");
  });
});

describe("addresses", () => {
  it("leaves out what is not asked for", () => {
    expect(withQuery("/v1/users", { query: "", limit: 25, offset: 0, type: undefined, x: null })).toBe(
      "/v1/users?limit=25&offset=0",
    );
    expect(withQuery("/v1/users", { query: "a&b=c" })).toBe("/v1/users?query=a%26b%3Dc");
  });

  it("comes back from signing in to the page with its search", () => {
    expect(signInUrl("/console/o/org_1/members?q=ann&page=2")).toBe(
      "/sign-in?redirect_to=%2Fconsole%2Fo%2Forg_1%2Fmembers%3Fq%3Dann%26page%3D2",
    );
  });
});

describe("live updates", () => {
  it("knows which lists an event makes stale", () => {
    expect(staleBy("scimUser.provisioned")).toEqual(["directories", "members", "events", "audit"]);
    expect(staleBy("something.new")).toEqual(["events", "audit"]);
  });

  it("offers the audit only what is in it", () => {
    expect(EVENT_TYPES).toContain("session.created");
    expect(AUDITED_TYPES).not.toContain("session.created");
    expect(AUDITED_TYPES).toContain("session.revoked");
    expect(AUDITED_TYPES.some((type) => type.startsWith("scimGroup."))).toBe(false);
  });
});

describe("words and numbers", () => {
  it("reads well", () => {
    expect(plural(1, "person", "people")).toBe("1 person");
    expect(plural(0, "request")).toBe("0 requests");
    expect(roleName("org:billing_admin")).toBe("Billing admin");
    expect(roleName("org:admin", new Map([["org:admin", "Chief"]]))).toBe("Chief");
    expect(words("by_hand")).toBe("By hand");
    const now = 1_700_000_000_000;
    expect(ago(now - 5 * 60_000, now)).toBe("5 minutes ago");
    expect(ago(now + 3 * 86_400_000, now)).toBe("in 3 days");
    expect(ago(now - 10, now)).toBe("just now");
  });

  it("ends an axis at a number that can be read", () => {
    expect(niceMaximum(0)).toBe(4);
    expect(niceMaximum(5)).toBe(6);
    expect(niceMaximum(22)).toBe(30);
    expect(niceMaximum(16)).toBe(20);
    expect(niceMaximum(2_300)).toBe(2_500);
    expect(niceMaximum(1_000)).toBe(1_000);
  });
});

describe("setting up", () => {
  it("offers the kinds of credential that a provider takes", () => {
    expect(credentialTypes(["http_header"])).toEqual(["bearer"]);
    expect(credentialTypes(["http_header", "oauth2", "basic"])).toEqual(["bearer", "oauth2", "basic"]);
    expect(credentialTypes([])).toEqual(["bearer"]);
  });

  it("fills in what was shown once, and leaves the rest as it is", () => {
    expect(fillIn("Bearer <bearer token>", { token: "scim_x" })).toBe("Bearer scim_x");
    expect(fillIn("<client id>", { token: "scim_x" })).toBe("<client id>");
    expect(fillIn("<bearer token>", null)).toBe("<bearer token>");
  });
});
