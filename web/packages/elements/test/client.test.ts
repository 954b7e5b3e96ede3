// @vitest-environment happy-dom
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Canceled, Client } from "../src/core/client.js";

const base = new URL("https://auth.example/");
const user = { id: "user_1", name: "Ann" };
const session = { user, session: { id: "ses_1" } };

let requests: { url: URL; init: RequestInit; body: Record<string, unknown> }[];
let answers: Record<string, () => Response>;

beforeEach(() => {
  requests = [];
  answers = {
    "/api/auth/get-session": () => Response.json(session),
    "/api/auth/portico/token": () => Response.json({ token: "t0ken", user, expires_at: Date.now() + 60_000 }),
    "/api/auth/sign-out": () => Response.json({ success: true }),
  };
  vi.stubGlobal("fetch", async (url: URL, init: RequestInit) => {
    requests.push({ url, init, body: init.body ? JSON.parse(String(init.body)) : {} });
    return answers[url.pathname]?.() ?? new Response(null, { status: 404 });
  });
  sessionStorage.clear();
  history.replaceState(null, "", "/");
});
afterEach(() => vi.unstubAllGlobals());

const bearer = (index: number) => new Headers(requests[index]?.init.headers).get("authorization");

/** A window that `open` gives, and what it was sent to. */
function popup() {
  const opened = { closed: false, close: () => {}, location: { replace: (url: URL) => void addresses.push(url) } };
  const addresses: URL[] = [];
  vi.stubGlobal("open", () => opened);
  const say = (data: unknown, origin = base.origin, source: unknown = opened) =>
    dispatchEvent(Object.assign(new Event("message"), { data, origin, source }));
  return { opened, addresses, say };
}

describe("in a popup", () => {
  test("a code from Portico's window is redeemed with the verifier of the challenge", async () => {
    const { addresses, say } = popup();
    const client = new Client(base, "popup");
    const told = vi.fn();
    document.addEventListener("portico:signed-in", told);
    const done = client.signInThere(document, "sign-in");
    await vi.waitFor(() => expect(addresses).toHaveLength(1));
    const query = addresses[0]?.searchParams;
    const state = query?.get("state");
    expect(addresses[0]?.pathname).toBe("/embed/authorize");
    expect(query?.get("client_origin")).toBe(location.origin);

    say({ source: "portico", code: "evil", state }, "https://evil.example");
    say({ source: "portico", code: "evil", state }, base.origin, {});
    say({ source: "portico", code: "evil", state: "other" });
    say({ source: "somebody", code: "evil", state });
    say({ source: "portico", code: "good", state });
    await done;

    const redeemed = requests[0]?.body as { code: string; code_verifier: string };
    expect(redeemed.code).toBe("good");
    expect(createHash("sha256").update(redeemed.code_verifier).digest("base64url")).toBe(query?.get("code_challenge"));
    expect(bearer(0)).toBeNull();
    expect(bearer(1)).toBe("Bearer t0ken");
    expect(requests.every(({ init }) => init.credentials === "omit")).toBe(true);
    expect(client.current?.user).toEqual(user);
    expect(told).toHaveBeenCalledOnce();

    // Another page of the tab goes on with it, until it is signed out.
    expect(new Client(base, "popup").token()).toBe("t0ken");
    await client.signOut(document);
    expect(new Client(base, "popup").token()).toBeNull();
  });

  test("a closed window is no sign-in", async () => {
    const { opened, addresses } = popup();
    const done = new Client(base, "popup").signInThere(document, "sign-in");
    await vi.waitFor(() => expect(addresses).toHaveLength(1));
    opened.closed = true;
    await expect(done).rejects.toBeInstanceOf(Canceled);
    expect(requests).toHaveLength(0);
  });

  test("a token that opens nothing any more is forgotten", async () => {
    const expiresAt = Date.now() + 60_000;
    sessionStorage.setItem("portico:session:https://auth.example", JSON.stringify({ token: "old", expiresAt }));
    answers["/api/auth/get-session"] = () => Response.json(null);
    const client = new Client(base, "popup");
    await client.load();
    expect(bearer(0)).toBe("Bearer old");
    expect([client.current, client.token(), sessionStorage.length]).toEqual([null, null, 0]);
  });
});

describe("after a redirect", () => {
  const pend = (state: string) =>
    sessionStorage.setItem("portico:pending:https://auth.example", JSON.stringify({ state, verifier: "v" }));

  test("the code leaves the address and is redeemed once", async () => {
    pend("s");
    history.replaceState(null, "", "/portal?tab=1&code=c&state=s");
    const client = new Client(base, "redirect");
    await client.finishRedirect();
    expect(location.search).toBe("?tab=1");
    expect(requests[0]?.body).toEqual({ code: "c", code_verifier: "v" });
    expect(client.token()).toBe("t0ken");
    history.replaceState(null, "", "/portal?code=c&state=s");
    await client.finishRedirect();
    expect(requests.filter(({ url }) => url.pathname.endsWith("/token"))).toHaveLength(1);
  });

  test("a code that this tab has not asked for is left alone", async () => {
    pend("mine");
    history.replaceState(null, "", "/portal?code=c&state=theirs");
    await new Client(base, "redirect").finishRedirect();
    expect(requests).toHaveLength(0);
    expect(location.search).toBe("?code=c&state=theirs");
  });
});

test("on the same site there is a cookie and no token", async () => {
  const client = new Client(base, "same-site");
  await client.load();
  expect(requests[0]?.init.credentials).toBe("include");
  expect(bearer(0)).toBeNull();
  expect([client.token(), sessionStorage.length]).toEqual([null, 0]);

  // `/v1` takes no cookie from other origins.
  answers["/v1/me"] = () => Response.json({});
  if (client.current) client.current.session.token = "own";
  await client.request("GET", "/v1/me");
  expect([requests[1]?.init.credentials, bearer(1)]).toEqual(["omit", "Bearer own"]);
});
