// Another service to sign in with, and the accounts that people have there.
const PASSWORD = "a long enough password";
const PLACES = { callbackURL: "/in", newUserCallbackURL: "/welcome", errorCallbackURL: "/failed" };

export async function services(server) {
  const call = (...words) => server.call(...words);
  const post = (step, path, as, body) => call(`service: ${step}`, "POST", path, { as, body });
  const get = (step, path, as) => call(`service: ${step}`, "GET", path, { as });
  const start = (step, as, body) => post(step, "/sign-in/social", as, body);
  const path = (url) => url.slice(`${server.base}/api/auth`.length);
  /** As somebody who agrees there; where their browser comes back to. */
  const agreed = async (started, who) => path(await server.issuer.agree(started.url, who));
  const through = async (step, as, who, more = {}) => {
    const back = await agreed(await start(`${step}, begun`, as, { provider: "acme", ...PLACES, ...more }), who);
    await get(step, back, as);
    return back;
  };
  const account = async (step, as) => (await get(step, "/list-accounts", as)).find?.((one) => one.providerId === "acme");

  // Coming
  await start("nothing", "ann", {});
  await start("unknown", "ann", { provider: "nobody" });
  await start("leads elsewhere", "ann", { provider: "acme", callbackURL: "https://evil.example/" });
  await start("new people lead elsewhere", "ann", { provider: "acme", newUserCallbackURL: "https://evil.example/" });
  await start("errors lead elsewhere", "ann", { provider: "acme", errorCallbackURL: "https://evil.example/" });
  await start("without going there", "ann", { provider: "acme", ...PLACES, disableRedirect: true });
  const used = await through("somebody new", "ann", "ann");
  const known = await get("session of somebody new", "/get-session", "ann");
  server.know("ann", known?.user?.id);
  await get("come back again", used, "ann");
  await through("somebody known", "ann elsewhere", "ann");
  await get("back with nothing", "/callback/acme", "other");
  await get("back with an unknown state", "/callback/acme?code=a&state=b", "other");
  await get("back with an error", "/callback/acme?error=access_denied", "other");
  await get("back from who is unknown", "/callback/nobody?code=a&state=b", "other");
  const stolen = await agreed(await start("begun by another", "eve", { provider: "acme", ...PLACES }), "eve");
  await get("back in another browser", stolen, "other");
  await call("service: back by a form", "POST", "/callback/acme", { as: "other", raw: "code=a&state=b", headers: { "content-type": "application/x-www-form-urlencoded" } });

  // Their tokens
  const mine = await account("accounts", "ann");
  const token = (step, as, body) => post(`token: ${step}`, "/get-access-token", as, body);
  const refresh = (step, as, body) => post(`refresh: ${step}`, "/refresh-token", as, body);
  server.know("account", mine.id);
  // Of the two generations one names an account by what it is called there, the other by the id of the row.
  for (const [step, body] of [["by the service", { providerId: "acme" }], ["by both", { providerId: "acme", accountId: "ann" }], ["by the id", { accountId: mine.id }]]) {
    await token(step, "ann", body);
    await refresh(step, "ann", body);
  }
  await token("nobody", undefined, { providerId: "acme" });
  await token("nothing", "ann", {});
  await token("unknown service", "ann", { providerId: "nobody" });
  await refresh("nobody", undefined, { providerId: "acme" });
  await refresh("nothing", "ann", {});
  await refresh("unknown service", "ann", { providerId: "nobody" });
  await get("info", `/account-info?${new URLSearchParams({ accountId: "ann" })}`, "ann");
  await get("info by the id", `/account-info?${new URLSearchParams({ accountId: mine.id })}`, "ann");
  await get("info: nobody", "/account-info?accountId=ann");
  await get("info: unknown", "/account-info?accountId=no-such-account", "ann");

  // Adding one, and taking it away
  await post("bob signs up", "/sign-up/email", "bob", { name: "Bob", email: "bob@issuer.example", password: PASSWORD });
  const proof = await server.letterAfter("bob@issuer.example", /token=([\w.-]+)/, () => post("bob asks for a letter", "/send-verification-email", "bob", { email: "bob@issuer.example" }));
  await get("bob proves the mailbox", `/verify-email?token=${proof}`, "bob");
  await get("session of bob", "/get-session", "bob");
  await token("of another", "bob", { providerId: "acme" });
  const link = (step, as, body) => post(`link: ${step}`, "/link-social", as, body);
  await link("nobody", undefined, { provider: "acme" });
  await link("nothing", "bob", {});
  await link("unknown", "bob", { provider: "nobody" });
  await link("leads elsewhere", "bob", { provider: "acme", callbackURL: "https://evil.example/" });
  await get("link: done", await agreed(await link("begun", "bob", { provider: "acme", ...PLACES }), "bob"), "bob");
  const bobs = await account("accounts of bob", "bob");
  await get("link: again, done", await agreed(await link("again", "bob", { provider: "acme", ...PLACES }), "bob"), "bob");
  await get("link: another's, done", await agreed(await link("another's", "bob", { provider: "acme", ...PLACES }), "ann"), "bob");
  await through("somebody who has linked", "bob elsewhere", "bob");
  const unlink = (step, as, body) => post(`unlink: ${step}`, "/unlink-account", as, body);
  await unlink("nobody", undefined, { providerId: "acme" });
  await unlink("nothing", "bob", {});
  await unlink("unknown", "bob", { providerId: "nobody" });
  await unlink("by the id", "bob", { accountId: bobs?.id });
  await get("link: once more, done", await agreed(await link("once more", "bob", { provider: "acme", ...PLACES }), "bob"), "bob");
  await unlink("by the service", "bob", { providerId: "acme" });
  await account("accounts of bob, after", "bob");
  await unlink("the last", "bob", { providerId: "credential" });

  // As clients of 1.6 ask
  await post("oauth2: nothing", "/sign-in/oauth2", "old", {});
  await post("oauth2: unknown", "/sign-in/oauth2", "old", { providerId: "nobody" });
  const begun = await post("oauth2", "/sign-in/oauth2", "old", { providerId: "acme", ...PLACES });
  if (begun?.url) await call("service: oauth2: back", "GET", await agreed(begun, "eve"), { as: "old" });
  await post("oauth2: link: nobody", "/oauth2/link", undefined, { providerId: "acme", callbackURL: "/in" });
  await post("oauth2: link", "/oauth2/link", "ann", { providerId: "acme", callbackURL: "/in" });

  // ID tokens
  await start("by a false ID token", "other", { provider: "acme", idToken: { token: "no.such.token" } });
}

/** Deleting an account, where it takes a letter. */
export async function deletion(server) {
  const call = (...words) => server.call(...words);
  const ask = (step, as, body) => call(`deletion: ${step}`, "POST", "/delete-user", { as, body });
  const follow = (step, as, token, more = "") => call(`deletion: the link, ${step}`, "GET", `/delete-user/callback?token=${token}${more}`, { as });
  for (const who of ["gil", "gus", "gil two"]) {
    await call(`deletion: ${who} signs up`, "POST", "/sign-up/email", { as: who, body: { name: who, email: `${who.replace(" ", "-")}@gone.test`, password: PASSWORD }, keep: { [who]: (body) => body?.user?.id } });
  }
  await ask("nobody", undefined, {});
  await ask("wrong password", "gil", { password: "not that password" });
  await ask("unknown token", "gil", { token: "no-such-token" });
  await ask("leads elsewhere", "gil", { callbackURL: "https://evil.example/" });
  const token = await server.letterAfter("gil@gone.test", /token=([\w-]+)/, () => ask("asked for", "gil", { callbackURL: "/bye" }));
  server.know("token of the end", token);
  await follow("nobody", undefined, token);
  await follow("unknown", "gil", "no-such-token");
  await follow("nothing", "gil", "");
  await follow("leads elsewhere, followed", "gil", token, "&callbackURL=https%3A%2F%2Fevil.example");
  await follow("done", "gil", token, "&callbackURL=%2Fbye");
  await call("deletion: session after", "GET", "/get-session", { as: "gil" });
  await follow("again", "gil", token);
  const others = await server.letterAfter("gus@gone.test", /token=([\w-]+)/, () => ask("asked for by another", "gus", {}));
  await follow("of another", "gil two", others);
  const second = await server.letterAfter("gus@gone.test", /token=([\w-]+)/, () => ask("asked for with the password", "gus", { password: PASSWORD }));
  server.know("second token of the end", second);
  await ask("by the token", "gus", { token: second });
  await call("deletion: session after the token", "GET", "/get-session", { as: "gus" });
}
