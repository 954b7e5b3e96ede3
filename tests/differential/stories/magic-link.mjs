// Signing in by a link that is mailed.
const PASSWORD = "a long enough password";

export async function magicLink(server) {
  const call = (...words) => server.call(...words);
  const ask = (step, as, body) => call(step, "POST", "/sign-in/magic-link", { as, body });
  /** Asks for a link; gives the path of the link that came, and its token. */
  const link = async (step, as, body) => {
    const found = await server.letterAfter(body.email.toLowerCase(), /(http:\S+magic-link\/verify\S+)/, () => ask(step, as, body));
    const url = new URL(found);
    return { path: found.slice(`${server.base}/api/auth`.length), token: server.know(`token of ${step}`, url.searchParams.get("token")), query: [...url.searchParams.keys()].sort().join() };
  };
  const verify = (step, as, query, more) => call(step, "GET", `/magic-link/verify?${new URLSearchParams(query)}`, { as, ...more });

  await ask("link: nothing", "other", {});
  await ask("link: no address", "other", { email: "lin" });
  await ask("link: leads elsewhere", "other", { email: "lin@diff.example", callbackURL: "https://evil.example/" });
  await ask("link: the new lead elsewhere", "other", { email: "lin@diff.example", newUserCallbackURL: "https://evil.example/" });
  await ask("link: errors lead elsewhere", "other", { email: "lin@diff.example", errorCallbackURL: "https://evil.example/" });
  await call("link: no JSON", "POST", "/sign-in/magic-link", { as: "other", raw: "{bad" });
  await call("link: wrong method", "GET", "/sign-in/magic-link", { as: "other" });

  // Somebody new, by a link that goes to a page
  const first = await link("link for somebody new", "lin", { email: "Lin@diff.example", name: "Lin Link", callbackURL: "/in", newUserCallbackURL: "/new" });
  await verify("link: leads elsewhere when followed", "lin", { token: first.token, callbackURL: "https://evil.example/" });
  await call("link followed", "GET", first.path, { as: "lin" });
  await call("session by a link", "GET", "/get-session", { as: "lin", keep: { lin: (body) => body?.user?.id } });
  await call("link followed again", "GET", first.path, { as: "other" });

  // The same person again, by a token alone
  const second = await link("link for somebody known", "lin elsewhere", { email: "lin@diff.example" });
  await verify("token of a link", "lin elsewhere", { token: second.token });
  await verify("token of a link again", "other", { token: second.token });
  await verify("token of a link, unknown", "other", { token: "no-such-token" });
  await verify("token of a link, unknown, to a page", "other", { token: "no-such-token", callbackURL: "/in" });
  await verify("token of a link, unknown, to the page of errors", "other", { token: "no-such-token", callbackURL: "/in", errorCallbackURL: "/oops?from=link" });
  await verify("token of a link, unknown, errors lead elsewhere", "other", { token: "no-such-token", errorCallbackURL: "https://evil.example/" });
  await verify("link without a token", "other", {});

  // A page for newcomers is none for somebody known
  const third = await link("link for somebody known to a page", "lin", { email: "lin@diff.example", callbackURL: "/in", newUserCallbackURL: "/new" });
  await call("link to a page followed by somebody known", "GET", third.path, { as: "lin" });
  const fourth = await link("link for somebody new without a name", "nameless", { email: "nameless@diff.example" });
  await verify("link for somebody new without a page", "nameless", { token: fourth.token });

  // Who had a password and an unproven mailbox
  await call("pia signs up", "POST", "/sign-up/email", { as: "pia", body: { name: "Pia", email: "pia@diff.example", password: PASSWORD } });
  const fifth = await link("link for who has a password", "pia elsewhere", { email: "pia@diff.example" });
  await verify("link proves a mailbox", "pia elsewhere", { token: fifth.token });
  await call("session from before the mailbox was proven", "GET", "/get-session", { as: "pia" });
  await call("sign in with the password from before", "POST", "/sign-in/email", { as: "other", body: { email: "pia@diff.example", password: PASSWORD } });
  await call("accounts of who came by a link", "GET", "/list-accounts", { as: "lin" });
}
