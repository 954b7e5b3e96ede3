/** How somebody signed in last in this browser, as a cookie tells it where the instance lets it. */
import type { Instance } from "./api";
import type { Way } from "./pages/sign-in/ways";

/** The word of the cookie; null if there is none. Its name begins as the operator likes, and has no mark of secure cookies. */
export function lastMethod(methods: Instance["methods"], cookies: string = document.cookie): string | null {
  if (!methods.last_login_method?.enabled) return null;
  const word = /(?:^|;\s*)[^=;]*\.last_used_login_method=([^;]*)/.exec(cookies)?.[1];
  if (!word) return null;
  try {
    return decodeURIComponent(word);
  } catch {
    return null;
  }
}

const FORMS: Record<string, Way> = {
  email: "password",
  "magic-link": "link",
  "email-otp": "code",
  "phone-number": "phone",
};

/** The form that a word stands for; null for services, passkeys, and what has no form here. */
export const formOf = (word: string | null): Way | null =>
  word !== null && Object.hasOwn(FORMS, word) ? (FORMS[word] ?? null) : null;
