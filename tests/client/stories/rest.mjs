// What portals seldom ask for.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createClient } from "../support/generations.mjs";
import { ok, refused } from "../support/expect.mjs";

const PASSWORD = "a password of the rest";

export function rest({ generation, portico, server }) {
  const signedUp = async (email) => {
    const one = createClient(generation, server().base);
    ok(await one.client.signUp.email({ name: "Rest", email, password: PASSWORD }));
    return one;
  };

  describe("the rest of an account", () => {
    it("the server is there", async () => {
      assert.equal(ok(await createClient(generation, server().base).client.$fetch("/ok")).ok, true);
    });

    it("a password is verified", async () => {
      const { client } = await signedUp("verify@rest.example");
      assert.equal(ok(await client.$fetch("/verify-password", { method: "POST", body: { password: PASSWORD } })).status, true);
      refused(await client.$fetch("/verify-password", { method: "POST", body: { password: "another" } }), 400, "INVALID_PASSWORD");
    });

    it("the address changes by a letter to the new one", async () => {
      const { client } = await signedUp("before@rest.example");
      refused(await client.changeEmail({ newEmail: "before@rest.example" }), 400);
      assert.equal(ok(await client.changeEmail({ newEmail: "after@rest.example", callbackURL: "/moved" })).status, true);
      const [, token] = await server().mail.wait("after@rest.example", /\/verify-email\?token=([^&\s"]+)/);
      ok(await client.verifyEmail({ query: { token: decodeURIComponent(token) } }));
      const again = createClient(generation, server().base).client;
      refused(await again.signIn.email({ email: "before@rest.example", password: PASSWORD }), 401);
      assert.equal(ok(await again.signIn.email({ email: "after@rest.example", password: PASSWORD })).user.email, "after@rest.example");
      if (portico) assert.deepEqual(ok(await again.organization.listUserInvitations()), [], "whose mailbox is proven sees what came into it");
    });

    it("all sessions end at once", async () => {
      const one = await signedUp("ends@rest.example");
      assert.equal(ok(await one.client.revokeSessions()).status, true);
      assert.equal(ok(await one.client.getSession()), null);
    });

    it("a session says nothing that callers could set", async () => {
      const { client } = await signedUp("fields@rest.example");
      refused(await client.updateSession({ userId: "another" }), 400);
    });

    it("what there is not, is not found", async () => {
      const { client } = await signedUp("nothing@rest.example");
      refused(await client.deleteUser.callback({ query: { token: "no-such-token" } }), 404, portico ? "INVALID_TOKEN" : undefined);
    });
  });
}

/** The same of the methods. */
export function restOfMethods({ generation, server }) {
  const CODE = /^(\d{6})\s*$/m;
  const signedUp = async (email) => {
    const one = createClient(generation, server().base, { methods: true });
    ok(await one.client.signUp.email({ name: "Rest", email, password: PASSWORD }));
    return one;
  };
  const letter = async (email, doing) => {
    const { mail } = server();
    const count = () => mail.letters.filter((one) => one.recipients.includes(email)).length;
    const before = count();
    ok(await doing());
    while (count() === before) await new Promise((done) => setTimeout(done, 20));
    return (await mail.wait(email, CODE))[1];
  };

  describe("the rest of the methods", () => {
    it("an app's address is shown again, with the password", async () => {
      const { client } = await signedUp("app@rest.example");
      const { totpURI } = ok(await client.twoFactor.enable({ password: PASSWORD }));
      assert.equal(ok(await client.twoFactor.getTotpUri({ password: PASSWORD })).totpURI, totpURI);
      refused(await client.twoFactor.getTotpUri({ password: "another" }), 400, "INVALID_PASSWORD");
    });

    it("the address changes by a code", async () => {
      const { client } = await signedUp("code-before@rest.example");
      const newEmail = "code-after@rest.example";
      const otp = await letter(newEmail, () => client.emailOtp.requestEmailChange({ newEmail }));
      refused(await client.emailOtp.changeEmail({ newEmail, otp: otp === "000000" ? "111111" : "000000" }), 400, "INVALID_OTP");
      ok(await client.emailOtp.changeEmail({ newEmail, otp }));
      assert.equal(ok(await client.getSession()).user.email, newEmail);
    });

    it("a new password is asked for by the older path too", async () => {
      const email = "older@rest.example";
      const { client } = await signedUp(email);
      const otp = await letter(email, () => client.$fetch("/forget-password/email-otp", { method: "POST", body: { email } }));
      ok(await client.emailOtp.resetPassword({ email, otp, password: `${PASSWORD} 2` }));
      refused(await client.signIn.email({ email, password: PASSWORD }), 401);
    });

    it("the documents are there", async () => {
      const { client } = await signedUp("documents@rest.example");
      assert.ok(ok(await client.$fetch("/open-api/generate-schema")).paths);
    });

    it("an organization is read shortly", async () => {
      const { client } = await signedUp("short@rest.example");
      const { id } = ok(await client.organization.create({ name: "Short", slug: `short-${generation.replace(".", "-")}` }));
      assert.equal(ok(await client.organization.getOrganization({ query: { organizationId: id } })).name, "Short");
      const callback = await fetch(`${server().base}/api/auth/error`);
      assert.equal(callback.status, 200, "the page for errors is a page");
    });
  });
}
