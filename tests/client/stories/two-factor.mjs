// Second factors, through the plugin that portals register for them.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, it } from "node:test";
import { createClient } from "../support/generations.mjs";
import { ok, refused } from "../support/expect.mjs";

const PASSWORD = "a password of two factors";
const PERIOD = 30_000;

/** What an app shows for an `otpauth://` address, now or some periods later (RFC 6238). */
export function code(uri, later = 0) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...new URL(uri).searchParams.get("secret")].map((one) => alphabet.indexOf(one).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / PERIOD) + later));
  const mac = createHmac("sha1", key).update(step).digest();
  return String((mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

export function twoFactor({ generation, server }) {
  const fresh = () => createClient(generation, server().base, { methods: true });
  const me = async (one) => ok(await one.client.getSession())?.user;
  const signIn = async (email, one = fresh()) => {
    const data = ok(await one.client.signIn.email({ email, password: PASSWORD }));
    return { ...one, data };
  };
  /** Somebody with an app; its address and the backup codes. */
  const enrolled = async (email) => {
    const one = fresh();
    ok(await one.client.signUp.email({ name: "Two", email, password: PASSWORD }));
    refused(await one.client.twoFactor.enable({ password: "wrong" }), 400, "INVALID_PASSWORD");
    const { totpURI, backupCodes } = ok(await one.client.twoFactor.enable({ password: PASSWORD }));
    assert.equal((await me(one)).twoFactorEnabled, false);
    ok(await one.client.twoFactor.verifyTotp({ code: code(totpURI) }));
    assert.equal((await me(one)).twoFactorEnabled, true);
    return { one, totpURI, backupCodes };
  };

  describe("second factors", () => {
    it("an app's code completes a sign-in, and only once", async () => {
      const email = "app@factors.example";
      const { totpURI } = await enrolled(email);
      const browser = await signIn(email);
      assert.equal(browser.data.twoFactorRedirect, true);
      assert.equal(await me(browser), undefined);
      refused(await browser.client.twoFactor.verifyTotp({ code: "000000" }), 401, "INVALID_CODE");
      const next = code(totpURI, 1);
      const shown = ok(await browser.client.twoFactor.verifyTotp({ code: next }));
      assert.deepEqual([shown.user.email, typeof shown.token], [email, "string"]);
      assert.equal((await me(browser)).email, email);
      const other = await signIn(email);
      refused(await other.client.twoFactor.verifyTotp({ code: next }), 401, "INVALID_CODE");
      refused(await fresh().client.twoFactor.verifyTotp({ code: next }), 401, "INVALID_TWO_FACTOR_COOKIE");
    });

    it("backup codes are good once and can be replaced", async () => {
      const email = "backup@factors.example";
      const { one, backupCodes } = await enrolled(email);
      assert.equal(backupCodes.length, 10);
      for (const backup of backupCodes) assert.match(backup, /^\w{5}-\w{5}$/);
      ok(await (await signIn(email)).client.twoFactor.verifyBackupCode({ code: backupCodes[0] }));
      const again = await signIn(email);
      refused(await again.client.twoFactor.verifyBackupCode({ code: backupCodes[0] }), 401, "INVALID_BACKUP_CODE");
      const renewed = ok(await one.client.twoFactor.generateBackupCodes({ password: PASSWORD }));
      assert.equal(renewed.backupCodes.length, 10);
      refused(await again.client.twoFactor.verifyBackupCode({ code: backupCodes[1] }), 401, "INVALID_BACKUP_CODE");
      ok(await again.client.twoFactor.verifyBackupCode({ code: renewed.backupCodes[0] }));
    });

    it("a device that is trusted is not asked, until the factor is removed", async () => {
      const email = "device@factors.example";
      const { one, backupCodes } = await enrolled(email);
      const device = await signIn(email);
      ok(await device.client.twoFactor.verifyBackupCode({ code: backupCodes[0], trustDevice: true }));
      ok(await device.client.signOut());
      const back = await signIn(email, device);
      assert.equal(back.data.twoFactorRedirect ?? false, false);
      assert.equal((await me(device)).email, email);
      assert.equal((await signIn(email)).data.twoFactorRedirect, true);
      ok(await one.client.twoFactor.disable({ password: PASSWORD }));
      assert.equal((await me(one)).twoFactorEnabled, false);
      assert.equal((await me(await signIn(email))).email, email);
    });

    it("a code comes by mail", async () => {
      const email = "mail@factors.example";
      const { backupCodes } = await enrolled(email);
      assert.ok(backupCodes);
      const browser = await signIn(email);
      const { mail } = server();
      const count = () => mail.letters.filter((letter) => letter.recipients.includes(email)).length;
      const before = count();
      assert.equal(ok(await browser.client.twoFactor.sendOtp()).status, true);
      while (count() === before) await new Promise((done) => setTimeout(done, 20));
      const otp = (await mail.wait(email, /^(\d{6})\s*$/m))[1];
      refused(await browser.client.twoFactor.verifyOtp({ code: otp === "000000" ? "111111" : "000000" }), 401, "INVALID_CODE");
      ok(await browser.client.twoFactor.verifyOtp({ code: otp }));
      assert.equal((await me(browser)).email, email);
    });
  });
}
