// A person's account: sign-up to deletion, through the official client.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { createClient } from "../support/generations.mjs";
import { ok, refused } from "../support/expect.mjs";

const PASSWORD = "first password of ann";
const CHANGED = "second password of ann";

export function account({ generation, portico, server }) {
  const fresh = (options) => createClient(generation, server().base, options);
  const signedIn = async (email, password) => {
    const one = fresh();
    ok(await one.client.signIn.email({ email, password }));
    return one;
  };

  describe("a person's account", () => {
    const email = "ann@people.example";
    let ann;
    before(() => (ann = fresh()));

    it("nobody is signed in at first: null, not an error", async () => {
      const result = await ann.client.getSession();
      assert.deepEqual([result.data, result.error], [null, null]);
    });

    it("signs up and is signed in", async () => {
      const data = ok(await ann.client.signUp.email({ name: "Ann", email: "Ann@People.example", password: PASSWORD }));
      assert.equal(typeof data.token, "string");
      assert.equal(data.user.email, email, "addresses are kept in lower case");
      assert.equal(data.user.emailVerified, false);
      if (portico) assert.equal(data.user.image, null, "nulls are sent, not left out");
      assert.ok(data.user.createdAt instanceof Date, "the client understands the instants");
      assert.deepEqual([...ann.browser.cookies.keys()], ["better-auth.session_token"]);
    });

    it("reads the session", async () => {
      const { session, user } = ok(await ann.client.getSession());
      assert.equal(user.name, "Ann");
      assert.equal(session.userId, user.id);
      assert.ok(session.expiresAt instanceof Date && session.expiresAt > new Date(Date.now() + 6 * 86_400_000));
      assert.equal(session.activeOrganizationId ?? null, null);
      assert.match(ann.browser.last.headers.get("cache-control"), /no-store/);
    });

    it("refuses what a sign-up must not have", async () => {
      const other = fresh().client;
      refused(await other.signUp.email({ name: "Ann", email, password: PASSWORD }), 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
      refused(await other.signUp.email({ name: "B", email: "b@people.example", password: "short" }), 400, "PASSWORD_TOO_SHORT");
      refused(await other.signUp.email({ name: "B", email: "b@people.example", password: "x".repeat(129) }), 400, "PASSWORD_TOO_LONG");
      refused(await other.signUp.email({ name: "B", email: "not an address", password: PASSWORD }), 400);
      refused(await other.signUp.email({ email: "b@people.example", password: PASSWORD }), 400, "VALIDATION_ERROR");
    });

    it("answers a wrong password and an unknown person alike", async () => {
      const wrong = await fresh().client.signIn.email({ email, password: "not her password" });
      const unknown = await fresh().client.signIn.email({ email: "nobody@people.example", password: PASSWORD });
      refused(wrong, 401, "INVALID_EMAIL_OR_PASSWORD");
      assert.deepEqual(wrong.error, unknown.error);
    });

    it("refuses the session's endpoints to strangers", async () => {
      refused(await fresh().client.listSessions(), 401, "UNAUTHORIZED");
      refused(await fresh().client.updateUser({ name: "Eve" }), 401, "UNAUTHORIZED");
    });

    it("refuses a browser of another origin", async () => {
      const headers = { origin: "https://evil.example" };
      refused(await ann.client.updateUser({ name: "Eve" }, { headers }), 403, "INVALID_ORIGIN");
    });

    it("updates the profile", async () => {
      assert.equal(ok(await ann.client.updateUser({ name: "Ann Example", image: "https://images.example/ann.png" })).status, true);
      const { user } = ok(await ann.client.getSession());
      assert.deepEqual([user.name, user.image], ["Ann Example", "https://images.example/ann.png"]);
      refused(await ann.client.updateUser({ email: "new@people.example" }), 400, "EMAIL_CAN_NOT_BE_UPDATED");
    });

    it("lists the account behind the sign-in", async () => {
      const accounts = ok(await ann.client.listAccounts());
      assert.deepEqual(accounts.map((one) => one.providerId), ["credential"]);
      assert.equal("password" in accounts[0], false);
    });

    it("lists sessions and revokes one of them", async () => {
      const phone = await signedIn(email, PASSWORD);
      const { session } = ok(await phone.client.getSession());
      const sessions = ok(await ann.client.listSessions());
      assert.equal(sessions.length, 2);
      const listed = sessions.find((one) => one.id === session.id);
      assert.ok(listed);
      if (portico) {
        const thief = fresh({ token: listed.token });
        assert.equal(ok(await thief.client.getSession()), null, "what is listed revokes but does not sign in");
      }
      assert.equal(ok(await ann.client.revokeSession({ token: listed.token })).status, true);
      assert.equal(ok(await phone.client.getSession()), null);
      assert.ok(ok(await ann.client.getSession()), "her own goes on");
      assert.equal(ok(await ann.client.revokeSession({ token: "no such session" })).status, true);
    });

    it("revokes all other sessions", async () => {
      const [phone, tablet] = [await signedIn(email, PASSWORD), await signedIn(email, PASSWORD)];
      assert.equal(ok(await ann.client.revokeOtherSessions()).status, true);
      assert.equal(ok(await phone.client.getSession()), null);
      assert.equal(ok(await tablet.client.getSession()), null);
      assert.ok(ok(await ann.client.getSession()));
    });

    it("a session that is not to be remembered has a cookie without an age", async () => {
      const kiosk = fresh();
      ok(await kiosk.client.signIn.email({ email, password: PASSWORD, rememberMe: false }));
      const line = kiosk.browser.last.headers.getSetCookie().find((one) => one.startsWith("better-auth.session_token="));
      assert.doesNotMatch(line, /max-age/i);
      assert.match(line, /; Path=\/; HttpOnly; SameSite=Lax/);
      ok(await kiosk.client.signOut());
    });

    it("changes the password and ends the other sessions", async () => {
      const phone = await signedIn(email, PASSWORD);
      const change = (currentPassword) => ann.client.changePassword({ currentPassword, newPassword: CHANGED, revokeOtherSessions: true });
      refused(await change("not her password"), 400, "INVALID_PASSWORD");
      assert.equal(typeof ok(await change(PASSWORD)).token, "string");
      assert.ok(ok(await ann.client.getSession()), "the browser that changed it stays signed in");
      assert.equal(ok(await phone.client.getSession()), null);
      refused(await fresh().client.signIn.email({ email, password: PASSWORD }), 401, "INVALID_EMAIL_OR_PASSWORD");
      await signedIn(email, CHANGED);
    });

    it("signs in with a bearer token instead of a cookie", async () => {
      const app = fresh();
      ok(await app.client.signIn.email({ email, password: CHANGED }));
      const token = app.browser.last.headers.get("set-auth-token");
      assert.ok(token, "the answer carries set-auth-token");
      const bearer = fresh({ token });
      assert.equal(ok(await bearer.client.getSession()).user.email, email);
      assert.equal(ok(await bearer.client.updateUser({ name: "Ann Bearer" })).status, true);
      assert.equal(ok(await fresh({ token: `${token.slice(0, -4)}AAA=` }).client.getSession()), null);
      ok(await bearer.client.signOut());
      assert.equal(ok(await bearer.client.getSession()), null);
    });

    it("signs out", async () => {
      assert.equal(ok(await ann.client.signOut()).success, true);
      assert.equal(ann.browser.cookies.size, 0);
      assert.equal(ok(await ann.client.getSession()), null);
      assert.equal(ok(await ann.client.signOut()).success, true, "once more does no harm");
    });
  });

  describe("the mailbox", () => {
    it("an address is verified by the link that was mailed to it", async () => {
      const email = "vera@people.example";
      const vera = fresh();
      ok(await vera.client.signUp.email({ name: "Vera", email, password: PASSWORD }));
      assert.equal(ok(await vera.client.sendVerificationEmail({ email, callbackURL: "/welcome" })).status, true);
      const [, token] = await server().mail.wait(email, /\/verify-email\?token=([^&\s"]+)/);
      assert.equal(ok(await vera.client.verifyEmail({ query: { token: decodeURIComponent(token) } })).status, true);
      assert.equal(ok(await vera.client.getSession()).user.emailVerified, true);
      refused(await vera.client.verifyEmail({ query: { token: "no.such.token" } }), 401, "INVALID_TOKEN");
      refused(await vera.client.sendVerificationEmail({ email }), 400, "EMAIL_ALREADY_VERIFIED");
    });

    it("a forgotten password is reset by the link that was mailed", async () => {
      const email = "rita@people.example";
      const rita = fresh();
      ok(await rita.client.signUp.email({ name: "Rita", email, password: PASSWORD }));
      const asked = ok(await fresh().client.requestPasswordReset({ email, redirectTo: "/new-password" }));
      const unknown = ok(await fresh().client.requestPasswordReset({ email: "nobody@people.example", redirectTo: "/new-password" }));
      assert.deepEqual(asked, unknown, "whether an address is known is not told");
      const [, token, query] = await server().mail.wait(email, /\/api\/auth\/reset-password\/([A-Za-z0-9_-]+)(\?[^\s"]*)?/);
      const followed = await fetch(`${server().base}/api/auth/reset-password/${token}${query}`, { redirect: "manual" });
      assert.equal(followed.status, 302);
      assert.equal(followed.headers.get("location"), `${server().base}/new-password?token=${token}`);

      const another = fresh();
      refused(await another.client.resetPassword({ newPassword: "short", token }), 400, "PASSWORD_TOO_SHORT");
      assert.equal(ok(await another.client.resetPassword({ newPassword: CHANGED, token })).status, true);
      refused(await another.client.resetPassword({ newPassword: CHANGED, token }), 400, "INVALID_TOKEN");
      if (portico) assert.equal(ok(await rita.client.getSession()), null, "a reset ends the sessions");
      refused(await fresh().client.signIn.email({ email, password: PASSWORD }), 401, "INVALID_EMAIL_OR_PASSWORD");
      await signedIn(email, CHANGED);
    });

    it("links lead only to trusted places", async () => {
      const away = "https://evil.example/";
      refused(await fresh().client.requestPasswordReset({ email: "rita@people.example", redirectTo: away }), 403, "INVALID_REDIRECT_URL");
      refused(await fresh().client.signIn.email({ email: "rita@people.example", password: CHANGED, callbackURL: away }), 403, "INVALID_CALLBACK_URL");
    });
  });

  describe("the end of an account", () => {
    it("is deleted with the password", async () => {
      const email = "tmp@people.example";
      const tmp = fresh();
      ok(await tmp.client.signUp.email({ name: "Tmp", email, password: PASSWORD }));
      refused(await tmp.client.deleteUser({ password: "not the password" }), 400, "INVALID_PASSWORD");
      assert.equal(ok(await tmp.client.deleteUser({ password: PASSWORD })).success, true);
      assert.equal(ok(await tmp.client.getSession()), null);
      refused(await fresh().client.signIn.email({ email, password: PASSWORD }), 401, "INVALID_EMAIL_OR_PASSWORD");
    });
  });
}
