// Signing up, in and out, sessions, and what people change of their own account.
const PASSWORD = "a long enough password";

export async function account(server) {
  const call = (...words) => server.call(...words);
  const ann = { name: "Ann Example", email: "ann@diff.example", password: PASSWORD };

  await call("ok", "GET", "/ok");
  await call("error page", "GET", "/error");
  await call("no such path", "GET", "/no-such-path");
  await call("no such path, post", "POST", "/no-such-path", { as: "ann", body: {} });
  await call("wrong method", "GET", "/sign-up/email");

  // Signing up
  await call("sign up", "POST", "/sign-up/email", { as: "ann", body: ann, keep: { ann: (body) => body.user?.id } });
  await call("sign up: taken", "POST", "/sign-up/email", { as: "other", body: ann });
  await call("sign up: taken in capitals", "POST", "/sign-up/email", { as: "other", body: { ...ann, email: "ANN@diff.example" } });
  await call("sign up: short password", "POST", "/sign-up/email", { as: "other", body: { ...ann, email: "b@diff.example", password: "short" } });
  await call("sign up: long password", "POST", "/sign-up/email", { as: "other", body: { ...ann, email: "b@diff.example", password: "p".repeat(129) } });
  await call("sign up: no address", "POST", "/sign-up/email", { as: "other", body: { ...ann, email: "not an address" } });
  await call("sign up: nothing", "POST", "/sign-up/email", { as: "other", body: {} });
  await call("sign up: no name", "POST", "/sign-up/email", { as: "other", body: { email: "b@diff.example", password: PASSWORD } });
  await call("sign up: name of another type", "POST", "/sign-up/email", { as: "other", body: { ...ann, email: "b@diff.example", name: 1 } });
  await call("sign up: no JSON", "POST", "/sign-up/email", { as: "other", raw: "{bad" });
  await call("sign up: another content type", "POST", "/sign-up/email", { as: "other", raw: "email=a", headers: { "content-type": "text/plain" } });
  await call("sign up: leads elsewhere", "POST", "/sign-up/email", { as: "other", body: { ...ann, email: "b@diff.example", callbackURL: "https://evil.example/" } });
  await call("sign up: remembered by nobody", "POST", "/sign-up/email", { as: "brief", body: { ...ann, name: "Brief", email: "brief@diff.example", rememberMe: false } });
  await call("sign up: address in capitals", "POST", "/sign-up/email", { as: "loud", body: { ...ann, name: "Loud", email: "LOUD@Diff.Example", image: "https://diff.example/loud.png" } });

  // Signing in
  const words = { email: ann.email, password: PASSWORD };
  await call("sign in", "POST", "/sign-in/email", { as: "ann", body: words });
  await call("sign in: second browser", "POST", "/sign-in/email", { as: "ann elsewhere", body: words });
  await call("sign in: address in capitals", "POST", "/sign-in/email", { as: "ann in capitals", body: { ...words, email: "Ann@Diff.Example" } });
  await call("sign in: not remembered", "POST", "/sign-in/email", { as: "ann for a while", body: { ...words, rememberMe: false } });
  await call("sign in: with a callback", "POST", "/sign-in/email", { as: "ann back", body: { ...words, callbackURL: "/welcome" } });
  await call("sign in: wrong password", "POST", "/sign-in/email", { as: "other", body: { ...words, password: "not that password" } });
  await call("sign in: nobody", "POST", "/sign-in/email", { as: "other", body: { ...words, email: "nobody@diff.example" } });
  await call("sign in: no address", "POST", "/sign-in/email", { as: "other", body: { ...words, email: "ann" } });
  await call("sign in: another content type", "POST", "/sign-in/email", { as: "other", raw: "email=a", headers: { "content-type": "text/plain" } });
  await call("sign in: nothing", "POST", "/sign-in/email", { as: "other", body: {} });
  await call("sign in: foreign origin", "POST", "/sign-in/email", { as: "ann", body: words, headers: { origin: "http://evil.example" } });
  await call("sign in: leads elsewhere", "POST", "/sign-in/email", { as: "other", body: { ...words, callbackURL: "https://evil.example/" } });
  await call("sign in: without a browser", "POST", "/sign-in/email", { body: words });

  // Sessions
  await call("session", "GET", "/get-session", { as: "ann" });
  await call("session, not remembered", "GET", "/get-session", { as: "ann for a while" });
  await call("session, not refreshed", "GET", "/get-session?disableRefresh=true", { as: "ann" });
  await call("session: nobody's", "GET", "/get-session");
  await call("session: forged cookie", "GET", "/get-session", { headers: { cookie: "better-auth.session_token=bogus.signature" } });
  await call("session: forged bearer", "GET", "/get-session", { headers: { authorization: "Bearer bogus" } });
  const signedIn = await server.browser("program").fetch(`${server.base}/api/auth/sign-in/email`, {
    method: "POST", body: JSON.stringify(words), headers: { "content-type": "application/json" },
  });
  const bearer = { authorization: `Bearer ${signedIn.headers.get("set-auth-token")}` };
  await call("session by bearer", "GET", "/get-session", { headers: bearer });
  await call("sessions", "GET", "/list-sessions", { as: "ann" });
  await call("sessions: nobody's", "GET", "/list-sessions");
  await call("revoke a session: unknown", "POST", "/revoke-session", { as: "ann", body: { token: "no-such-token" } });
  await call("revoke a session: nothing", "POST", "/revoke-session", { as: "ann", body: {} });
  await call("revoke a session: nobody asks", "POST", "/revoke-session", { body: { token: "no-such-token" } });
  const { session } = await server.browser("ann elsewhere").fetch(`${server.base}/api/auth/get-session`).then((answer) => answer.json());
  await call("revoke a session", "POST", "/revoke-session", { as: "ann", body: { token: session.token } });
  await call("revoke a session: it ended", "GET", "/get-session", { as: "ann elsewhere" });
  await call("revoke the other sessions", "POST", "/revoke-other-sessions", { as: "ann" });
  await call("revoke the other sessions: they ended", "GET", "/get-session", { as: "ann for a while" });

  // The account
  await call("update", "POST", "/update-user", { as: "ann", body: { name: "Ann Renamed" } });
  await call("update: the picture", "POST", "/update-user", { as: "ann", body: { image: "https://diff.example/ann.png" } });
  await call("update: no picture", "POST", "/update-user", { as: "ann", body: { image: null } });
  await call("update: nothing", "POST", "/update-user", { as: "ann", body: {} });
  await call("update: the address", "POST", "/update-user", { as: "ann", body: { email: "new@diff.example" } });
  await call("update: the role", "POST", "/update-user", { as: "ann", body: { role: "admin" } });
  await call("update: nobody", "POST", "/update-user", { body: { name: "Nobody" } });
  await call("session after the update", "GET", "/get-session", { as: "ann" });
  await call("accounts", "GET", "/list-accounts", { as: "ann" });
  await call("accounts: nobody's", "GET", "/list-accounts");

  // Passwords
  await call("verify the password", "POST", "/verify-password", { as: "ann", body: { password: PASSWORD } });
  await call("verify the password: wrong", "POST", "/verify-password", { as: "ann", body: { password: "not that password" } });
  await call("change the password: wrong", "POST", "/change-password", { as: "ann", body: { currentPassword: "not that password", newPassword: "another long password" } });
  await call("change the password: short", "POST", "/change-password", { as: "ann", body: { currentPassword: PASSWORD, newPassword: "short" } });
  await call("change the password: nothing", "POST", "/change-password", { as: "ann", body: {} });
  await call("change the password: nobody", "POST", "/change-password", { body: { currentPassword: PASSWORD, newPassword: "another long password" } });
  await call("change the password", "POST", "/change-password", { as: "ann", body: { currentPassword: PASSWORD, newPassword: "another long password" } });
  await call("change the password, end the rest", "POST", "/change-password", { as: "ann", body: { currentPassword: "another long password", newPassword: PASSWORD, revokeOtherSessions: true } });
  await call("session after the password", "GET", "/get-session", { as: "ann" });

  // A forgotten one
  await call("forgot: nobody", "POST", "/request-password-reset", { as: "other", body: { email: "nobody@diff.example", redirectTo: "/reset" } });
  await call("forgot: leads elsewhere", "POST", "/request-password-reset", { as: "other", body: { email: ann.email, redirectTo: "https://evil.example/" } });
  await call("forgot: no address", "POST", "/request-password-reset", { as: "other", body: { email: "ann" } });
  await call("forgot", "POST", "/request-password-reset", { as: "other", body: { email: ann.email, redirectTo: "/reset" } });
  const token = server.know("reset token", await server.letter(ann.email, /reset-password(?:\/|\?token=)([\w-]+)/));
  await call("reset: the link", "GET", `/reset-password/${token}?callbackURL=%2Freset`, { as: "other" });
  await call("reset: a false link", "GET", "/reset-password/no-such-token?callbackURL=%2Freset", { as: "other" });
  await call("reset: the link leads elsewhere", "GET", `/reset-password/${token}?callbackURL=https%3A%2F%2Fevil.example`, { as: "other" });
  await call("reset: false", "POST", "/reset-password", { as: "other", body: { newPassword: "a third long password", token: "no-such-token" } });
  await call("reset: without a token", "POST", "/reset-password", { as: "other", body: { newPassword: "a third long password" } });
  await call("reset: short", "POST", "/reset-password", { as: "other", body: { newPassword: "short", token } });
  await call("reset", "POST", "/reset-password", { as: "other", body: { newPassword: "a third long password", token } });
  await call("reset: again", "POST", "/reset-password", { as: "other", body: { newPassword: "a fourth long password", token } });
  await call("sign in after the reset", "POST", "/sign-in/email", { as: "ann", body: { email: ann.email, password: "a third long password" } });

  // The mailbox
  await call("verification: nobody", "POST", "/send-verification-email", { as: "other", body: { email: "nobody@diff.example" } });
  await call("verification: no address", "POST", "/send-verification-email", { as: "other", body: { email: "ann" } });
  await call("verification: somebody else's", "POST", "/send-verification-email", { as: "ann", body: { email: "loud@diff.example" } });
  await call("verification", "POST", "/send-verification-email", { as: "loud", body: { email: "loud@diff.example", callbackURL: "/welcome" } });
  const proof = await server.letter("loud@diff.example", /token=([\w.-]+)/);
  await call("verify: false", "GET", "/verify-email?token=no-such-token", { as: "other" });
  await call("verify: false, with a callback", "GET", "/verify-email?token=no-such-token&callbackURL=%2Fwelcome", { as: "other" });
  await call("verify: leads elsewhere", "GET", `/verify-email?token=${proof}&callbackURL=https%3A%2F%2Fevil.example`, { as: "other" });
  await call("verify: without a token", "GET", "/verify-email", { as: "other" });
  await call("verify", "GET", `/verify-email?token=${proof}&callbackURL=%2Fwelcome`, { as: "loud" });
  await call("session after the proof", "GET", "/get-session", { as: "loud" });

  // The end
  await call("sign out", "POST", "/sign-out", { as: "loud", body: {} });
  await call("session after the sign-out", "GET", "/get-session", { as: "loud" });
  await call("sign out: nobody", "POST", "/sign-out", { as: "loud", body: {} });
  await call("delete: wrong password", "POST", "/delete-user", { as: "brief", body: { password: "not that password" } });
  await call("delete: nobody", "POST", "/delete-user", { body: {} });
  await call("delete", "POST", "/delete-user", { as: "brief", body: { password: PASSWORD } });
  await call("sign in: deleted", "POST", "/sign-in/email", { as: "other", body: { email: "brief@diff.example", password: PASSWORD } });
  await call("revoke all sessions", "POST", "/revoke-sessions", { as: "ann" });
  await call("session after all were revoked", "GET", "/get-session", { as: "ann" });
}
