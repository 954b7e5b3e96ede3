import type { Instance } from "../../api";

/** A form by which somebody signs in. Services of others are no forms: they stand above. */
export type Way = "password" | "link" | "code" | "phone";

/** The forms that the instance has, the first of which is shown at first. */
export function waysOf(methods: Instance["methods"]): Way[] {
  const ways: Way[] = [];
  if (methods.email_password.enabled) ways.push("password");
  if (methods.magic_link?.enabled) ways.push("link");
  if (methods.email_otp?.enabled) ways.push("code");
  if (methods.phone_number?.enabled) {
    ways.push("phone");
    // A number takes a password too, whether or not an address does.
    if (!methods.email_password.enabled) ways.push("password");
  }
  return ways;
}

const FACTORS = ["totp", "otp"];

/** The second factors that an address speaks of, to which a link or a service led: null if none is wanted. */
export function factorsIn(params: URLSearchParams): string[] | null {
  if (params.get("twoFactorRedirect") !== "true") return null;
  const named = (params.get("twoFactorMethods") ?? "").split(",").filter((one) => FACTORS.includes(one));
  return named.length > 0 ? named : ["totp"];
}
