// Another address, and what a session says besides.
const PASSWORD = "a long enough password";
const LINK = /\/verify-email\?token=([\w.-]+)/;

export async function mailbox(server) {
  const call = (...words) => server.call(...words);
  const post = (step, path, as, body) => call(`address: ${step}`, "POST", path, { as, body });
  const session = (step, as) => call(`address: ${step}`, "GET", "/get-session", { as });
  const change = (step, as, body) => post(step, "/change-email", as, body);
  const follow = (step, as, token, more = "") => call(`address: ${step}`, "GET", `/verify-email?token=${token}${more}`, { as });
  const signUp = (who) =>
    call(`address: ${who} signs up`, "POST", "/sign-up/email", { as: who, body: { name: who, email: `${who}@moves.test`, password: PASSWORD }, keep: { [who]: (body) => body?.user?.id } });

  await signUp("uli");
  await signUp("vic");
  await change("nobody", undefined, { newEmail: "new@moves.test" });
  await change("nothing", "uli", {});
  await change("none", "uli", { newEmail: "no address" });
  await change("the same", "uli", { newEmail: "ULI@moves.test" });
  await change("leads elsewhere", "uli", { newEmail: "new@moves.test", callbackURL: "https://evil.example/" });
  await change("taken", "uli", { newEmail: "vic@moves.test" });

  // A mailbox that nobody has proven: the new one is asked.
  const first = await server.letterAfter("uli-two@moves.test", LINK, () => change("first", "uli", { newEmail: "Uli-Two@moves.test", callbackURL: "/moved" }));
  await session("before the click", "uli");
  await follow("click", "uli", first, "&callbackURL=%2Fmoved");
  await session("after the click", "uli");
  await follow("click again", "uli", first, "&callbackURL=%2Fmoved");
  await post("sign in by the old one", "/sign-in/email", "other", { email: "uli@moves.test", password: PASSWORD });
  await post("sign in by the new one", "/sign-in/email", "uli", { email: "uli-two@moves.test", password: PASSWORD });

  // What a session says besides: nothing that callers could set where no fields were added.
  await post("session: nobody changes it", "/update-session", undefined, {});
  await post("session: nothing", "/update-session", "vic", {});
  await post("session: what is not its own", "/update-session", "vic", { userId: "another", expiresAt: "2100-01-01T00:00:00.000Z" });
  await call("address: session: by post", "POST", "/get-session", { as: "vic", body: {} });
}
