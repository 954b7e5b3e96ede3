import { describe, expect, it } from "vitest";
import type { Instance } from "../src/api";
import { factorsIn, waysOf } from "../src/pages/sign-in/ways";

const password = {
  enabled: true,
  sign_up_enabled: true,
  require_email_verification: false,
  min_length: 8,
  max_length: 128,
};
const ways = (more: Partial<Instance["methods"]>) => waysOf({ email_password: password, ...more });

describe("ways to sign in", () => {
  it("are those that are announced, and none that an older server does not speak of", () => {
    expect(ways({})).toEqual(["password"]);
    expect(ways({ magic_link: { enabled: false }, email_otp: { enabled: false } })).toEqual(["password"]);
    expect(ways({ magic_link: { enabled: true }, email_otp: { enabled: true } })).toEqual(["password", "link", "code"]);
    expect(ways({ email_password: { ...password, enabled: false }, email_otp: { enabled: true } })).toEqual(["code"]);
    const phone_number = { enabled: true, sign_up_enabled: false };
    expect(ways({ phone_number })).toEqual(["password", "phone"]);
    expect(ways({ email_password: { ...password, enabled: false }, phone_number })).toEqual(["phone", "password"]);
  });

  it("reads from an address whether a second factor is wanted", () => {
    const read = (query: string) => factorsIn(new URLSearchParams(query));
    expect(read("")).toBeNull();
    expect(read("twoFactorMethods=otp")).toBeNull();
    expect(read("twoFactorRedirect=true&twoFactorMethods=totp,otp")).toEqual(["totp", "otp"]);
    expect(read("twoFactorRedirect=true&twoFactorMethods=evil")).toEqual(["totp"]);
  });
});
