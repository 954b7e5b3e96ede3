/** Telephone numbers: how people write them, and the endpoints. */
import { type Entry, post } from "./api";
import { i18n } from "./i18n";

/** What stands between the digits when people write a number, and the zero that is dialed at home alone. */
const BETWEEN = /\(0\)|[\s().\-/\u2010-\u2015]/g;

/** A number as E.164 writes it, however it was typed. Null if it has no code of a country, or is no number. */
export function readNumber(typed: string): string | null {
  const number = typed.replace(BETWEEN, "").replace(/^00/, "+");
  return /^\+[1-9]\d{6,14}$/.test(number) ? number : null;
}

/** Whether somebody who may type other names too means a number. A user name may be all digits, but has no plus. */
export function meansNumber(typed: string, names: boolean): boolean {
  return /^\s*\+/.test(typed) || (!names && /^\d+$/.test(typed.replace(BETWEEN, "")));
}

/** What is wrong with a number as far as a form can tell; the server has the last word. */
export function numberFault(typed: string): string | undefined {
  if (!typed.trim()) return i18n.t("error.PHONE_NUMBER_MISSING");
  return readNumber(typed) ? undefined : i18n.t("error.PHONE_NUMBER_INCOMPLETE");
}

/** Beside which field of a form the errors of numbers and codes belong. */
export const NUMBER_FAULTS = { INVALID_PHONE_NUMBER: "phoneNumber", VALIDATION_ERROR: "phoneNumber" } as const;
export const CODE_FAULTS = { INVALID_OTP: "code", OTP_EXPIRED: "code", TOO_MANY_ATTEMPTS: "code" } as const;

export const phone = {
  signIn: (body: { phoneNumber: string; password: string; rememberMe: boolean }) =>
    post<Entry>("/sign-in/phone-number", body),
  /** Sends a code that proves the number. */
  send: (phoneNumber: string) => post("/phone-number/send-otp", { phoneNumber }),
  /** Signs in by the code; makes an account of that name for a number that nobody has, where that is possible. */
  enter: (phoneNumber: string, code: string, name: string) =>
    post<Entry>("/phone-number/verify", { phoneNumber, code, ...(name ? { name } : {}) }),
  /** Gives whoever is signed in the number. Takes a fresh session. */
  give: (phoneNumber: string, code: string) =>
    post("/phone-number/verify", { phoneNumber, code, updatePhoneNumber: true }),
  drop: () => post("/update-user", { phoneNumber: null }),
  requestReset: (phoneNumber: string) => post("/phone-number/request-password-reset", { phoneNumber }),
  resetPassword: (phoneNumber: string, otp: string, newPassword: string) =>
    post("/phone-number/reset-password", { phoneNumber, otp, newPassword }),
};
