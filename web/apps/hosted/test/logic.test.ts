// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { describeAgent } from "../src/agent";
import { ApiFailure, auth, setupApi } from "../src/api";
import { emailFault, errorCode, errorText, keyOfCode, passwordFault, usernameFault } from "../src/errors";
import { changedRules } from "../src/rules";
import { credentialType, fillGuideValue, forgetSetup, keepSetup, storedSetup } from "../src/setup-session";
import { slugOf } from "../src/slug";

describe("errorText", () => {
  it("finds the words by code, whatever API it comes from", () => {
    const wrong = new ApiFailure(401, { code: "INVALID_EMAIL_OR_PASSWORD", message: "Invalid email or password" });
    expect(errorText(wrong)).toBe("Email address or password is wrong.");
    const limited = new ApiFailure(429, { code: "rate_limited", detail: "slow down" });
    expect(errorText(limited)).toContain("Too many attempts");
    expect(errorCode(limited)).toBe("RATE_LIMITED");
  });

  it("says how long to wait when only the status tells that it was too much", () => {
    expect(errorText(new ApiFailure(429, { message: "Too many requests." }, 7))).toContain("7 seconds");
  });

  it("lets the server speak for what the catalog does not know, but not for its own failures", () => {
    expect(errorText(new ApiFailure(400, { code: "NEVER_SEEN", message: "Do it otherwise" }))).toBe("Do it otherwise");
    expect(errorText(new ApiFailure(500, { message: "panicked at line 5" }))).not.toContain("panicked");
    expect(errorText(new ApiFailure(0, null))).toContain("cannot be reached");
  });

  it("takes no key from an address that is none", () => {
    expect(keyOfCode("token_expired")).toBe("error.TOKEN_EXPIRED");
    expect(keyOfCode("<script>")).toBe("error.UNKNOWN");
    expect(keyOfCode("__proto__")).toBe("error.UNKNOWN");
  });
});

describe("keyOfCode", () => {
  it("knows what services say from what the API says by the same word", () => {
    expect(errorText(new ApiFailure(401, { code: "INVALID_CODE" }))).toBe("The code is wrong.");
    expect(keyOfCode("invalid_code")).toBe("error.SERVICE_FAILED");
    expect(keyOfCode("state_mismatch")).toBe("error.SERVICE_LATE");
    expect(keyOfCode("banned")).toBe("error.BANNED_USER");
    expect(keyOfCode("account_already_linked_to_different_user")).toBe(
      "error.ACCOUNT_ALREADY_LINKED_TO_DIFFERENT_USER",
    );
  });
});

describe("faults of fields", () => {
  it("counts passwords as the server does", () => {
    const limits = { min_length: 8, max_length: 10 };
    expect(passwordFault("", limits)).toBe("Enter a password.");
    expect(passwordFault("1234567", limits)).toContain("8");
    expect(passwordFault("12345678901", limits)).toContain("10");
    // Four pictures are eight UTF-16 code units.
    expect(passwordFault("😀😀😀😀", limits)).toBeUndefined();
  });

  it("judges user names as the server does", () => {
    const limits = { min_length: 3, max_length: 5 };
    for (const good of ["ann", "A_n.1", "..."]) expect(usernameFault(good, limits)).toBeUndefined();
    expect(usernameFault("an", limits)).toContain("3");
    expect(usernameFault("annann", limits)).toContain("5");
    for (const odd of ["a nn", "ann@", "änn", "аnn"]) expect(usernameFault(odd, limits)).toContain("letters");
  });

  it("lets addresses through that the server may take", () => {
    expect(emailFault("ann@acme.example")).toBeUndefined();
    for (const odd of ["", "ann", "ann@acme", "a b@c.example", "@acme.example"]) expect(emailFault(odd)).toBeTruthy();
  });
});

describe("the client", () => {
  afterEach(() => vi.unstubAllGlobals());
  const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => {
    const fetch = vi.fn(async () => new Response(JSON.stringify(body), { status, headers }));
    vi.stubGlobal("fetch", fetch);
    return fetch;
  };

  it("sends the setup token and no cookie to the directory's own endpoints", async () => {
    const fetch = answer(200, { id: "dir_1" });
    await setupApi({ token: "setup_1", organization_id: "org_1", directory_id: "dir_1" }).directory();
    expect(fetch).toHaveBeenCalledWith(
      "/v1/organizations/org_1/directories/dir_1",
      expect.objectContaining({
        credentials: "omit",
        headers: expect.objectContaining({ authorization: "Bearer setup_1" }),
      }),
    );
  });

  it("tells a refused address from a server that fails", async () => {
    answer(403, { code: "INVALID_CALLBACK_URL" });
    expect(await auth.trusts("https://evil.example")).toBe(false);
    answer(200, { ok: true });
    expect(await auth.trusts("https://app.example")).toBe(true);
    answer(503, {});
    await expect(auth.trusts("https://app.example")).rejects.toBeInstanceOf(ApiFailure);
  });

  it("keeps how long to wait", async () => {
    answer(429, {}, { "x-retry-after": "9" });
    await expect(auth.session()).rejects.toMatchObject({ status: 429, retryAfter: 9 });
  });

  it("reads pages of proxies as failures without a body", async () => {
    vi.stubGlobal("fetch", async () => new Response("<html>", { status: 502 }));
    await expect(auth.session()).rejects.toMatchObject({ status: 502, body: null });
  });
});

describe("the setup session", () => {
  beforeEach(() => sessionStorage.clear());
  const session = {
    token: "setup_1",
    expires_at: 1000,
    directory_id: "dir_1",
    organization_id: "o",
    organization_name: "Acme",
  };

  it("is found again for its directory alone, and as long as it lives", () => {
    keepSetup(session);
    expect(storedSetup("dir_1", 999)).toEqual(session);
    expect(storedSetup("dir_2", 999)).toBeNull();
    expect(storedSetup("dir_1", 1000)).toBeNull();
    forgetSetup();
    expect(storedSetup("dir_1", 999)).toBeNull();
  });

  it("survives what somebody else stored", () => {
    for (const odd of ["{", "null", "[]", '{"directory_id":"dir_1","expires_at":5000}']) {
      sessionStorage.setItem("portico.setup", odd);
      expect(storedSetup("dir_1", 0)).toBeNull();
    }
  });

  it("fills the guide with what was shown once", () => {
    expect(fillGuideValue("Bearer <bearer token>", { token: "t" })).toEqual({
      value: "Bearer t",
      open: false,
      secret: true,
    });
    expect(fillGuideValue("<client id>", { client_id: "c" })).toEqual({ value: "c", open: false, secret: false });
    expect(fillGuideValue("<client secret>", { token: "t" }).open).toBe(true);
    expect(fillGuideValue("userName", {})).toEqual({ value: "userName", open: false, secret: false });
    expect([credentialType("http_header"), credentialType("basic")]).toEqual(["bearer", "basic"]);
  });
});

describe("changedRules", () => {
  const group = (id: string) => ({ id, display_name: id, members_count: 0 });
  const rules = [
    { group_id: "a", group_name: "A", roles: ["org:admin"] },
    { group_id: null, group_name: "Later", roles: ["org:member"] },
    { group_id: "elsewhere", group_name: "E", roles: ["org:billing"] },
  ];

  it("keeps what nobody touched, in its order", () => {
    expect(changedRules(rules, [group("a"), group("b")], {})).toEqual([
      { group_id: "a", roles: ["org:admin"] },
      { group_name: "Later", roles: ["org:member"] },
      { group_id: "elsewhere", roles: ["org:billing"] },
    ]);
  });

  it("keeps the teams that a group fills, whatever its role becomes", () => {
    const filling = { group_id: "a", group_name: "A", roles: ["org:admin"], teams: ["team_1"] };
    const changed = (role: string) => changedRules([filling], [group("a")], { a: role });
    expect(changed("org:member")).toEqual([{ group_id: "a", roles: ["org:member"], teams: ["team_1"] }]);
    expect(changed("none")).toEqual([{ group_id: "a", roles: [], teams: ["team_1"] }]);
    expect(changedRules([filling], [], {})).toEqual([{ group_id: "a", roles: ["org:admin"], teams: ["team_1"] }]);
  });

  it("replaces, adds and takes away by group", () => {
    expect(changedRules(rules, [group("a"), group("b")], { a: "none", b: "org:admin" })).toEqual([
      { group_name: "Later", roles: ["org:member"] },
      { group_id: "elsewhere", roles: ["org:billing"] },
      { group_id: "b", roles: ["org:admin"] },
    ]);
  });
});

describe("small things", () => {
  it("names devices", () => {
    const chrome = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/120.0 Safari/537.36";
    expect(describeAgent(chrome)).toEqual({ browser: "Chrome", system: "macOS", mobile: false });
    expect(describeAgent(`${chrome} Edg/120.0`).browser).toBe("Edge");
    const iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile/15E148 Safari/604.1";
    expect(describeAgent(iphone)).toEqual({ browser: "Safari", system: "iPhone", mobile: true });
    expect(describeAgent("")).toEqual({ browser: null, system: null, mobile: false });
  });

  it("makes short names that the server takes", () => {
    for (const name of ["Größe & Söhne GmbH", "  Acme, Inc.  ", `${"long name ".repeat(20)}`, "É"]) {
      expect(slugOf(name)).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/);
    }
    expect(slugOf("Größe & Söhne GmbH")).toBe("grosse-sohne-gmbh");
    expect(slugOf("株式会社")).toBe("");
  });
});
