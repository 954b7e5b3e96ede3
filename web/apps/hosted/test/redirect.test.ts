import { describe, expect, it, vi } from "vitest";
import { readEmbedRequest } from "../src/embed";
import { readDestination, resolveDestination, withFlow } from "../src/redirect";

const origin = "https://id.example";

describe("readDestination", () => {
  it("takes paths and addresses of this origin", () => {
    expect(readDestination("/account?a=b#c", origin)).toEqual({ kind: "local", url: "/account?a=b#c" });
    expect(readDestination("https://id.example/x", origin)).toEqual({ kind: "local", url: "/x" });
    expect(readDestination("HTTPS://ID.EXAMPLE:443/x", origin)).toEqual({ kind: "local", url: "/x" });
  });

  it("knows another origin when it sees one", () => {
    for (const url of ["https://app.example/x", "http://id.example/", "https://id.example:8443/"]) {
      expect(readDestination(url, origin)?.kind).toBe("foreign");
    }
  });

  it.each([
    null,
    "",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    " https://evil.example",
    "data:text/html,x",
    "vbscript:x",
    "blob:https://id.example/1",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/a b",
    "https:/evil.example",
    "https:evil.example",
    "https://user@evil.example/",
    "https://id.example@evil.example/",
    "https://id.example\\@evil.example/",
    "https://id.example//evil.example",
    "/.//evil.example",
    "evil.example",
    "?a=b",
    "myapp://callback",
    `/${"a".repeat(3000)}`,
  ])("refuses %j", (wanted) => {
    expect(readDestination(wanted, origin)).toBeNull();
  });
});

describe("resolveDestination", () => {
  const options = (trusts: (url: string) => Promise<boolean>) => ({ origin, fallback: "/account", trusts });

  it("asks the server about other origins alone", async () => {
    const trusts = vi.fn(async (url: string) => url === "https://app.example/x");
    expect(await resolveDestination("/organizations", options(trusts))).toBe("/organizations");
    expect(trusts).not.toHaveBeenCalled();
    expect(await resolveDestination("https://app.example/x", options(trusts))).toBe("https://app.example/x");
    expect(await resolveDestination("https://evil.example/x", options(trusts))).toBe("/account");
    expect(await resolveDestination("javascript:alert(1)", options(trusts))).toBe("/account");
  });

  it("trusts nobody when the server does not answer", async () => {
    const silent = () => Promise.reject(new Error("offline"));
    expect(await resolveDestination("https://app.example/x", options(silent))).toBe("/account");
  });
});

describe("withFlow", () => {
  it("hands on what the visitor came with, and nothing else", () => {
    const search = "?redirect_to=%2Finvitation%2Fa%20b&organization=acme&email=a%40b.example&token=secret";
    expect(withFlow("/sign-up", search)).toBe("/sign-up?redirect_to=%2Finvitation%2Fa%20b&organization=acme");
    expect(withFlow("/sign-in", "")).toBe("/sign-in");
    expect(withFlow("/sign-in", search, { redirect_to: null, email: "x" })).toBe("/sign-in?organization=acme&email=x");
  });

  it("writes paths that the server takes as callback addresses", () => {
    const path = withFlow("/verify-email", "?redirect_to=https%3A%2F%2Fapp.example%2Fa%3Fb%3Dc%20d", { verified: "1" });
    expect(path).toMatch(/^\/[\w\-.+/@]*\?[\w\-.+/=&%@]*$/);
  });
});

describe("readEmbedRequest", () => {
  const good = {
    client_origin: "https://app.example",
    redirect_uri: "https://app.example/page?x=1",
    state: "s",
    code_challenge: "a".repeat(43),
    view: "sign-up",
  };
  const read = (changes: Record<string, string>) => readEmbedRequest(new URLSearchParams({ ...good, ...changes }));

  it("reads a popup's and a redirect's", () => {
    expect(read({})).toEqual({
      clientOrigin: "https://app.example",
      redirectUri: "https://app.example/page?x=1",
      state: "s",
      codeChallenge: "a".repeat(43),
      view: "sign-up",
    });
    expect(read({ redirect_uri: "", view: "" })).toMatchObject({ redirectUri: null, view: "sign-in" });
  });

  it.each([
    { client_origin: "" },
    { client_origin: "*" },
    { client_origin: "null" },
    { client_origin: "https://app.example/" },
    { client_origin: "javascript:alert(1)" },
    { redirect_uri: "https://evil.example/" },
    { redirect_uri: "javascript:alert(1)" },
    { redirect_uri: "https://app.example.evil.example/" },
    { redirect_uri: "https://a:b@app.example/" },
    { redirect_uri: "/page" },
    { state: "" },
    { code_challenge: "short" },
    { code_challenge: `${"a".repeat(42)}=` },
  ])("refuses %j", (changes) => {
    expect(read(changes)).toBeNull();
  });
});
