// Telephones, devices, passkeys and keys of programs, through the client plugins of each.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Authenticator } from "../../import/authenticator.mjs";
import { withAuthenticator } from "../support/credentials.mjs";
import { createClient } from "../support/generations.mjs";
import { ok, refused } from "../support/expect.mjs";

const PASSWORD = "a password of more methods";
const CODE = /^(\d{6})$/;
const GRANT = "urn:ietf:params:oauth:grant-type:device_code";

export function moreMethods({ generation, server }) {
  const fresh = (options) => createClient(generation, server().base, { methods: true, ...options });
  const signedUp = async (email) => {
    const one = fresh();
    ok(await one.client.signUp.email({ name: "Somebody", email, password: PASSWORD }));
    return one;
  };
  const me = async (one) => ok(await one.client.getSession())?.user;
  /** The code of the next message to a number. */
  const message = async (number, asking) => {
    const { mail } = server();
    const count = () => mail.letters.filter((one) => one.recipients.includes(number)).length;
    const before = count();
    ok(await asking());
    while (count() === before) await new Promise((done) => setTimeout(done, 20));
    return (await mail.wait(number, CODE))[1];
  };

  describe("telephones", () => {
    const [number, other] = ["+4917000000001", "+4917000000002"];

    it("a code lets somebody in, once", async () => {
      const one = fresh();
      const code = await message(number, () => one.client.phoneNumber.sendOtp({ phoneNumber: number }));
      refused(await one.client.phoneNumber.verify({ phoneNumber: number, code: code === "000000" ? "111111" : "000000" }), 400, "INVALID_OTP");
      const { user, token } = ok(await one.client.phoneNumber.verify({ phoneNumber: number, code }));
      assert.deepEqual([user.phoneNumber, user.phoneNumberVerified, typeof token], [number, true, "string"]);
      assert.equal((await me(one)).id, user.id);
      refused(await fresh().client.phoneNumber.verify({ phoneNumber: number, code }), 400);
      refused(await one.client.phoneNumber.sendOtp({ phoneNumber: "tomorrow" }), 400, "INVALID_PHONE_NUMBER");
    });

    it("three errors use a code up", async () => {
      const one = fresh();
      await message(number, () => one.client.phoneNumber.sendOtp({ phoneNumber: number }));
      for (let n = 0; n < 3; n++) refused(await one.client.phoneNumber.verify({ phoneNumber: number, code: "x" }), 400, "INVALID_OTP");
      refused(await one.client.phoneNumber.verify({ phoneNumber: number, code: "x" }), 403, "TOO_MANY_ATTEMPTS");
    });

    it("a number is had besides an address, and signs in with the password, also a new one", async () => {
      const one = await signedUp("phone@people.example");
      const code = await message(other, () => one.client.phoneNumber.sendOtp({ phoneNumber: other }));
      ok(await one.client.phoneNumber.verify({ phoneNumber: other, code, updatePhoneNumber: true }));
      assert.equal((await me(one)).phoneNumber, other);
      const taken = await message(number, () => one.client.phoneNumber.sendOtp({ phoneNumber: number }));
      refused(await one.client.phoneNumber.verify({ phoneNumber: number, code: taken, updatePhoneNumber: true }), 400, "PHONE_NUMBER_EXIST");
      refused(await one.client.updateUser({ phoneNumber: number }), 400, "PHONE_NUMBER_CANNOT_BE_UPDATED");
      ok(await fresh().client.signIn.phoneNumber({ phoneNumber: other, password: PASSWORD }));
      const wrong = await fresh().client.signIn.phoneNumber({ phoneNumber: other, password: "wrong" });
      refused(wrong, 401, "INVALID_PHONE_NUMBER_OR_PASSWORD");
      const otp = await message(other, () => one.client.phoneNumber.requestPasswordReset({ phoneNumber: other }));
      ok(await one.client.phoneNumber.resetPassword({ phoneNumber: other, otp, newPassword: `${PASSWORD} 2` }));
      assert.equal(await me(one), undefined, "a reset ends the sessions");
      ok(await fresh().client.signIn.phoneNumber({ phoneNumber: other, password: `${PASSWORD} 2` }));
    });
  });

  describe("devices", () => {
    const ask = async () => ok(await fresh().client.device.code({ client_id: "television", scope: "watch" }));
    const poll = (device_code) => fresh().client.device.token({ grant_type: GRANT, device_code, client_id: "television" });
    const says = (result, error) => assert.equal(result.error?.error, error, JSON.stringify(result));

    it("somebody lets a device in", async () => {
      const person = await signedUp("device@people.example");
      const asked = await ask();
      says(await poll(asked.device_code), "authorization_pending");
      says(await poll(asked.device_code), "slow_down");
      const let_in = await ask();
      const shown = ok(await person.client.device({ query: { user_code: let_in.user_code } }));
      assert.equal(shown.status, "pending");
      const other = await signedUp("device2@people.example");
      says(await other.client.device.approve({ userCode: let_in.user_code }), "access_denied");
      ok(await person.client.device.approve({ userCode: let_in.user_code }));
      const { access_token, token_type, scope } = ok(await poll(let_in.device_code));
      assert.deepEqual([token_type, scope], ["Bearer", "watch"]);
      assert.equal((await me(fresh({ token: access_token }))).email, "device@people.example");
      says(await poll(let_in.device_code), "invalid_grant");
    });

    it("or does not", async () => {
      const person = await signedUp("device3@people.example");
      const { device_code, user_code } = await ask();
      ok(await person.client.device({ query: { user_code } }));
      ok(await person.client.device.deny({ userCode: user_code }));
      says(await poll(device_code), "access_denied");
      says(await fresh().client.device.approve({ userCode: user_code }), "unauthorized");
      says(await fresh().client.device.code({ client_id: "toaster" }), "invalid_client");
    });
  });

  describe("passkeys", () => {
    it("one is made, lets its owner in, is renamed and removed", async () => {
      const email = "passkey@people.example";
      const [one, authenticator] = [await signedUp(email), new Authenticator()];
      const added = ok(await withAuthenticator(authenticator, () => one.client.passkey.addPasskey({ name: "Laptop" })));
      assert.equal(added.name, "Laptop");
      const browser = fresh();
      const signedIn = ok(await withAuthenticator(authenticator, () => browser.client.signIn.passkey()));
      assert.equal(signedIn.user.email, email);
      assert.equal((await me(browser)).email, email);
      const [listed] = ok(await one.client.passkey.listUserPasskeys());
      assert.deepEqual([listed.id, listed.name], [added.id, "Laptop"]);
      const other = await signedUp("passkey2@people.example");
      refused(await other.client.passkey.updatePasskey({ id: added.id, name: "Mine" }), 404);
      assert.equal(ok(await one.client.passkey.updatePasskey({ id: added.id, name: "Old laptop" })).passkey.name, "Old laptop");
      refused(await other.client.passkey.deletePasskey({ id: added.id }), 404);
      assert.equal(ok(await one.client.passkey.deletePasskey({ id: added.id })).status, true);
      refused(await withAuthenticator(authenticator, () => fresh().client.signIn.passkey()), 401, "PASSKEY_NOT_FOUND");
    });

    it("a stranger makes none, and a strange one lets nobody in", async () => {
      refused(await withAuthenticator(new Authenticator(), () => fresh().client.passkey.addPasskey({ name: "X" })), 401);
      refused(await withAuthenticator(new Authenticator(), () => fresh().client.signIn.passkey()), 401, "PASSKEY_NOT_FOUND");
    });
  });

  describe("keys of programs", () => {
    it("stand for a session that reads, until they end", async () => {
      const one = await signedUp("program@people.example");
      const { key, id } = ok(await one.client.apiKey.create({ name: "CI", metadata: { for: "builds" } }));
      const program = fresh({ headers: { "x-api-key": key } });
      assert.equal((await me(program)).email, "program@people.example");
      refused(await program.client.updateUser({ name: "Renamed" }), 403);
      refused(await program.client.apiKey.create({ name: "another" }), 401);
      ok(await one.client.apiKey.update({ keyId: id, enabled: false }));
      refused(await program.client.getSession(), 401, "KEY_DISABLED");
      ok(await one.client.apiKey.delete({ keyId: id }));
      refused(await program.client.getSession(), 401, "INVALID_API_KEY");
    });

    it("belong to organizations, to who may there", async () => {
      const [owner, member] = [await signedUp("keeper@people.example"), await signedUp("reader@people.example")];
      const { id: organizationId } = ok(await owner.client.organization.create({ name: "Keys", slug: `keys-${generation.replace(".", "-")}` }));
      const made = ok(await owner.client.apiKey.create({ name: "shared", organizationId }));
      assert.equal(made.referenceId, organizationId);
      const { apiKeys } = ok(await owner.client.apiKey.list({ query: { organizationId } }));
      assert.deepEqual(apiKeys.map((one) => one.id), [made.id]);
      refused(await member.client.apiKey.list({ query: { organizationId } }), 403, "USER_NOT_MEMBER_OF_ORGANIZATION");
    });
  });
}
