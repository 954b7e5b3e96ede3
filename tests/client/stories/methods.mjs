// The ways in beside the password, through the client plugins that portals register for them.
import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { describe, it } from "node:test";
import { domain, page } from "../support/credentials.mjs";
import { createClient } from "../support/generations.mjs";
import { ok, refused } from "../support/expect.mjs";

const PASSWORD = "a password of the methods";
const CODE = /^(\d{6})\s*$/m;

const NAMES =
  "MAGIC_LINK EMAIL_OTP USERNAME ANONYMOUS PHONE_NUMBER ONE_TIME_TOKEN MULTI_SESSION LAST_LOGIN_METHOD PASSKEY DEVICE API_KEY JWT";

/** What switches them all on. */
export const everyMethod = {
  ...Object.fromEntries(NAMES.split(" ").map((name) => [`PORTICO__METHODS__${name}__ENABLED`, "true"])),
  PORTICO__METHODS__PHONE_NUMBER__SIGN_UP: "true",
  PORTICO__METHODS__PASSKEY__RP_ID: domain,
  PORTICO__METHODS__PASSKEY__ORIGINS: page,
  PORTICO__METHODS__DEVICE__CLIENT_IDS: "television",
  PORTICO__METHODS__API_KEY__METADATA: "true",
  PORTICO__METHODS__API_KEY__ENABLE_SESSION: "true",
};

export function methods({ generation, server }) {
  const fresh = () => createClient(generation, server().base, { methods: true });
  const signedUp = async (email, more = {}) => {
    const one = fresh();
    ok(await one.client.signUp.email({ name: "Somebody", email, password: PASSWORD, ...more }));
    return one;
  };
  const me = async (one) => ok(await one.client.getSession())?.user;
  /** The newest letter to an address that comes after what is done. */
  const letter = async (email, pattern, doing) => {
    const mail = server().mail;
    const count = () => mail.letters.filter((one) => one.recipients.includes(email)).length;
    const before = count();
    ok(await doing());
    while (count() === before) await new Promise((done) => setTimeout(done, 20));
    return (await mail.wait(email, pattern))[1];
  };

  describe("the ways in beside the password", () => {
    it("a magic link signs in once", async () => {
      const email = "link@people.example";
      const one = fresh();
      const body = { email, name: "Link", callbackURL: "/in", newUserCallbackURL: "/new" };
      const url = new URL(await letter(email, /(http:\S+magic-link\/verify\S+)/, () => one.client.signIn.magicLink(body)));
      assert.equal(url.searchParams.get("callbackURL"), "/in");
      const query = { token: url.searchParams.get("token") };
      const data = ok(await one.client.magicLink.verify({ query }));
      assert.equal(data.user.email, email);
      assert.equal((await me(one)).emailVerified, true);
      assert.equal(one.browser.cookies.get("better-auth.last_used_login_method"), "magic-link");
      const again = await fresh().browser.fetch(url.href);
      assert.equal(again.status, 302);
      assert.match(again.headers.get("location"), /\/in\?error=INVALID_TOKEN$/);
    });

    it("a code signs in, and three errors use it up", async () => {
      const email = "code@people.example";
      const one = fresh();
      const ask = () => one.client.emailOtp.sendVerificationOtp({ email, type: "sign-in" });
      const otp = await letter(email, CODE, ask);
      const wrong = otp === "000000" ? "111111" : "000000";
      refused(await one.client.signIn.emailOtp({ email, otp: wrong }), 400, "INVALID_OTP");
      const data = ok(await one.client.signIn.emailOtp({ email, otp, name: "Code" }));
      assert.deepEqual([data.user.email, data.user.name, typeof data.token], [email, "Code", "string"]);
      await letter(email, CODE, ask);
      for (let n = 0; n < 3; n++) refused(await one.client.signIn.emailOtp({ email, otp: "x" }), 400, "INVALID_OTP");
      refused(await one.client.signIn.emailOtp({ email, otp: "x" }), 403, "TOO_MANY_ATTEMPTS");
    });

    it("a code proves the mailbox, and another sets a new password", async () => {
      const email = "proof@people.example";
      const one = await signedUp(email);
      const otp = await letter(email, CODE, () => one.client.emailOtp.sendVerificationOtp({ email, type: "email-verification" }));
      assert.equal(ok(await one.client.emailOtp.checkVerificationOtp({ email, otp, type: "email-verification" })).success, true);
      assert.equal(ok(await one.client.emailOtp.verifyEmail({ email, otp })).user.emailVerified, true);
      const reset = await letter(email, CODE, () => one.client.emailOtp.requestPasswordReset({ email }));
      assert.equal(ok(await one.client.emailOtp.resetPassword({ email, otp: reset, password: "another long password" })).success, true);
      ok(await fresh().client.signIn.email({ email, password: "another long password" }));
    });

    it("a user name signs in", async () => {
      const one = await signedUp("named@people.example", { username: "Named_One" });
      const user = await me(one);
      assert.deepEqual([user.username, user.displayUsername], ["named_one", "Named_One"]);
      assert.equal(ok(await one.client.isUsernameAvailable({ username: "named_ONE" })).available, false);
      assert.equal(ok(await one.client.isUsernameAvailable({ username: "another" })).available, true);
      ok(await fresh().client.signIn.username({ username: "NAMED_one", password: PASSWORD }));
      refused(await fresh().client.signIn.username({ username: "named_one", password: "wrong" }), 401, "INVALID_USERNAME_OR_PASSWORD");
      refused(await fresh().client.signIn.username({ username: "x", password: "wrong" }), 422, "USERNAME_TOO_SHORT");
      ok(await one.client.updateUser({ username: "Renamed" }));
      assert.equal((await me(one)).username, "renamed");
    });

    it("a visitor comes in, and is gone when they sign in for real", async () => {
      const visitor = fresh();
      const data = ok(await visitor.client.signIn.anonymous());
      assert.equal(data.user.isAnonymous, true);
      refused(await visitor.client.signIn.anonymous(), 400, "ANONYMOUS_USERS_CANNOT_SIGN_IN_AGAIN_ANONYMOUSLY");
      ok(await visitor.client.signUp.email({ name: "Real", email: "real@people.example", password: PASSWORD }));
      assert.equal((await me(visitor)).isAnonymous, false);
      refused(await visitor.client.deleteAnonymousUser(), 403, "USER_IS_NOT_ANONYMOUS");
      const other = fresh();
      ok(await other.client.signIn.anonymous());
      assert.equal(ok(await other.client.deleteAnonymousUser()).success, true);
      assert.equal(await me(other), undefined);
    });

    it("a one-time token opens a session elsewhere, once", async () => {
      const one = await signedUp("token@people.example");
      const { token } = ok(await one.client.oneTimeToken.generate());
      const elsewhere = fresh();
      assert.equal(ok(await elsewhere.client.oneTimeToken.verify({ token })).user.email, "token@people.example");
      assert.equal((await me(elsewhere)).email, "token@people.example");
      refused(await fresh().client.oneTimeToken.verify({ token }), 400);
    });

    it("a browser keeps the sessions of two people", async () => {
      const browser = await signedUp("first@people.example");
      ok(await browser.client.signUp.email({ name: "Second", email: "second@people.example", password: PASSWORD }));
      const list = ok(await browser.client.multiSession.listDeviceSessions());
      assert.deepEqual(list.map((one) => one.user.email).sort(), ["first@people.example", "second@people.example"]);
      const first = list.find((one) => one.user.email === "first@people.example").session.token;
      ok(await browser.client.multiSession.setActive({ sessionToken: first }));
      assert.equal((await me(browser)).email, "first@people.example");
      const active = ok(await browser.client.getSession()).session.token;
      assert.equal(ok(await browser.client.multiSession.revoke({ sessionToken: active })).status, true);
      assert.equal((await me(browser)).email, "second@people.example");
      ok(await browser.client.signOut());
      assert.equal(ok(await browser.client.multiSession.listDeviceSessions()).length, 0);
    });

    // The plugin of API keys is a package of its own, which only says what the proxy finds by the paths.
    it("an API key is made, shown, changed and removed", async () => {
      const one = await signedUp("keys@people.example");
      const made = ok(await one.client.apiKey.create({ name: "CI", prefix: "ci_", expiresIn: 86_400 }));
      assert.match(made.key, /^ci_[A-Za-z]{64}$/);
      assert.deepEqual([made.start, made.enabled, made.rateLimitEnabled], [made.key.slice(0, 6), true, false]);
      const read = ok(await one.client.apiKey.get({ query: { id: made.id } }));
      assert.deepEqual([read.name, read.key], ["CI", undefined]);
      const { apiKeys, total, limit } = ok(await one.client.apiKey.list({ query: { limit: 5 } }));
      assert.deepEqual([apiKeys.map((key) => key.id), total, limit], [[made.id], 1, 5]);
      refused(await one.client.apiKey.create({ name: "x", permissions: { files: ["read"] } }), 400, "SERVER_ONLY_PROPERTY");
      assert.equal(ok(await one.client.apiKey.update({ keyId: made.id, enabled: false })).enabled, false);
      const other = await signedUp("keys2@people.example");
      refused(await other.client.apiKey.delete({ keyId: made.id }), 404, "KEY_NOT_FOUND");
      assert.equal(ok(await one.client.apiKey.delete({ keyId: made.id })).success, true);
    });

    it("a session token says who somebody is to whoever has the keys", async () => {
      const one = await signedUp("jwt@people.example");
      const { token } = ok(await one.client.token());
      const [head, claims] = token.split(".").map((part) => Buffer.from(part, "base64url").toString());
      const { keys } = ok(await one.client.jwks());
      const key = keys.find((key) => key.kid === JSON.parse(head).kid);
      const [signed, signature] = [token.slice(0, token.lastIndexOf(".")), token.slice(token.lastIndexOf(".") + 1)];
      const published = createPublicKey({ key, format: "jwk" });
      assert.ok(verify(null, Buffer.from(signed), published, Buffer.from(signature, "base64url")));
      assert.equal(JSON.parse(claims).email, "jwt@people.example");
      assert.equal(JSON.parse(claims).sub, (await me(one)).id);
    });
  });
}
