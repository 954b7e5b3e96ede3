import type { SetupSession } from "./api";

const key = "portico.setup";

/** Keeps the session for as long as this tab lives; it opens one directory, and nothing after `expires_at`. */
export function keepSetup(session: SetupSession): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(session));
  } catch {
    // Without storage the wizard works until the page is left.
  }
}

/** The session of this tab for a directory, if it still lives. */
export function storedSetup(directoryId: string, now: number): SetupSession | null {
  let text: string | null = null;
  try {
    text = sessionStorage.getItem(key);
  } catch {
    return null;
  }
  if (!text) return null;
  try {
    const session = JSON.parse(text) as SetupSession;
    const live = session.directory_id === directoryId && session.expires_at > now && typeof session.token === "string";
    return live ? session : null;
  } catch {
    return null;
  }
}

export function forgetSetup(): void {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // There is nothing to forget then.
  }
}

/** What was shown once, for the places that a guide leaves open. */
export interface Secrets {
  token?: string | undefined;
  client_id?: string | undefined;
  client_secret?: string | undefined;
}

const places: Record<string, keyof Secrets> = {
  "<bearer token>": "token",
  "<client id>": "client_id",
  "<client secret>": "client_secret",
};

/** A value of the guide with the secrets in their places; `open` if one is missing. */
export function fillGuideValue(value: string, secrets: Secrets): { value: string; open: boolean; secret: boolean } {
  for (const [place, name] of Object.entries(places)) {
    if (!value.includes(place)) continue;
    const known = secrets[name];
    return known
      ? { value: value.replaceAll(place, known), open: false, secret: name !== "client_id" }
      : { value, open: true, secret: false };
  }
  return { value, open: false, secret: false };
}

/** How a guide's mode is called among credentials. */
export const credentialType = (mode: string): string => (mode === "http_header" ? "bearer" : mode);
