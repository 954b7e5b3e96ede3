import { errorInfo } from "@portico/ui";
import { i18n, type Key } from "./i18n";

/** The words for an error: those of the catalog by its code, else what the server says, else that it failed. */
export function errorText(error: unknown): string {
  const { code, message, status, retryAfter } = errorInfo(error);
  if (status === 0 && !code) return i18n.t("error.OFFLINE");
  const key = code ? `error.${code.toUpperCase()}` : null;
  if (key && i18n.has(key)) return i18n.t(key);
  if (status === 429) {
    return retryAfter ? i18n.t("error.TOO_MANY_WAIT", { seconds: retryAfter }) : i18n.t("error.TOO_MANY");
  }
  if (message && status >= 400 && status < 500) return message;
  return i18n.t("error.UNKNOWN");
}

/** The code of an error, in capitals whatever API it comes from. */
export const errorCode = (error: unknown): string => errorInfo(error).code?.toUpperCase() ?? "";

/** What came back from a service, whose codes are not those of the API. */
const ofServices: ReadonlyMap<string, Key> = new Map([
  ...["invalid_code", "no_code", "invalid_callback_request", "issuer_mismatch", "issuer_missing"].map(
    (code) => [code, "error.SERVICE_FAILED"] as const,
  ),
  ...["unable_to_get_user_info", "email_not_found"].map((code) => [code, "error.SERVICE_SILENT"] as const),
  ...["state_not_found", "state_mismatch"].map((code) => [code, "error.SERVICE_LATE"] as const),
  ["banned", "error.BANNED_USER"] as const,
]);

/** The key of a code that came in an address (`?error=`): an unknown one stands for any failure. */
export function keyOfCode(code: string): Key {
  const known = ofServices.get(code);
  if (known) return known;
  const key = `error.${code.toUpperCase()}`;
  return i18n.has(key) ? key : "error.UNKNOWN";
}

const address = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** What is wrong with an email address as far as a form can tell; the server has the last word. */
export function emailFault(email: string): string | undefined {
  if (!email) return i18n.t("error.EMAIL_MISSING");
  return address.test(email) ? undefined : i18n.t("error.INVALID_EMAIL");
}

/** What is wrong with a new password. Lengths are UTF-16 code units, as the server counts. */
export function passwordFault(
  password: string,
  limits: { min_length: number; max_length: number },
): string | undefined {
  if (!password) return i18n.t("error.PASSWORD_MISSING");
  if (password.length < limits.min_length) return i18n.t("error.PASSWORD_TOO_SHORT_MIN", { min: limits.min_length });
  if (password.length > limits.max_length) return i18n.t("error.PASSWORD_TOO_LONG_MAX", { max: limits.max_length });
  return undefined;
}

/** What is wrong with a user name. Lengths are UTF-16 code units, as the server counts. */
export function usernameFault(name: string, limits: { min_length: number; max_length: number }): string | undefined {
  if (name.length < limits.min_length) return i18n.t("error.USERNAME_TOO_SHORT_MIN", { min: limits.min_length });
  if (name.length > limits.max_length) return i18n.t("error.USERNAME_TOO_LONG_MAX", { max: limits.max_length });
  return /^[A-Za-z0-9_.]+$/.test(name) ? undefined : i18n.t("error.INVALID_USERNAME");
}
