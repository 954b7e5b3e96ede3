import { expect, it } from "vitest";
import { formOf, lastMethod } from "../src/last-method";

const methods = {
  email_password: {
    enabled: true,
    sign_up_enabled: true,
    require_email_verification: false,
    min_length: 8,
    max_length: 128,
  },
  last_login_method: { enabled: true },
};

it("reads how somebody signed in last, whatever the cookies are called by", () => {
  const read = (cookies: string) => lastMethod(methods, cookies);
  expect(read("a=b; better-auth.last_used_login_method=email-otp; c=d")).toBe("email-otp");
  expect(read("acme.last_used_login_method=my%20idp")).toBe("my idp");
  expect(read("")).toBeNull();
  expect(read("better-auth.last_used_login_method=")).toBeNull();
  expect(read("better-auth.last_used_login_method=%E0%A4%A")).toBeNull();
  expect(
    lastMethod({ ...methods, last_login_method: { enabled: false } }, "a.last_used_login_method=email"),
  ).toBeNull();
});

it("knows the form of a word, and that services and passkeys have none", () => {
  expect([formOf("email"), formOf("magic-link"), formOf("email-otp"), formOf("phone-number")]).toEqual([
    "password",
    "link",
    "code",
    "phone",
  ]);
  expect([formOf("google"), formOf("passkey"), formOf("constructor"), formOf(null)]).toEqual([null, null, null, null]);
});
