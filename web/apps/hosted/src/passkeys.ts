/** Passkeys: the endpoints, and the offer to sign in by one where the browser fills fields in. */
import {
  type CreationOptions,
  fillsPasskeysIn,
  makePasskey,
  type RequestOptions,
  showPasskey,
} from "@portico/sdk/passkeys";
import { get, post } from "./api";

export { hasPasskeys } from "@portico/sdk/passkeys";

export interface Passkey {
  id: string;
  name: string | null;
  createdAt: string;
  /** Whether it is on several devices of its owner. */
  backedUp: boolean;
}

const ask = () => get<RequestOptions>("/passkey/generate-authenticate-options");
const verify = (response: object) => post("/passkey/verify-authentication", { response });

export const passkeys = {
  list: () => get<Passkey[]>("/passkey/list-user-passkeys"),
  rename: (id: string, name: string) => post("/passkey/update-passkey", { id, name }),
  remove: (id: string) => post("/passkey/delete-passkey", { id }),

  /** Makes one on this device, or on one that it reaches. Takes a fresh session. */
  create: async (name: string): Promise<void> => {
    const response = await makePasskey(await get<CreationOptions>("/passkey/generate-register-options"));
    await post("/passkey/verify-registration", { ...(name ? { name } : {}), response });
  },

  /** Signs in by one that the browser asks for. */
  signIn: async (): Promise<void> => {
    await verify(await showPasskey(await ask()));
  },
};

/** For how long an offer stands before it is made anew, in milliseconds: challenges live five minutes. */
const OFFER = 4 * 60_000;

/** Offers passkeys once, where the browser fills fields in. Null if nobody chose one in time, or the browser would not. */
async function offer(over: AbortSignal): Promise<object | null> {
  const control = new AbortController();
  const end = () => control.abort();
  over.addEventListener("abort", end);
  const timer = setTimeout(end, OFFER);
  try {
    return await showPasskey(await ask(), { mediation: "conditional", signal: control.signal });
  } catch (error) {
    if (control.signal.aborted) return null;
    throw error;
  } finally {
    clearTimeout(timer);
    over.removeEventListener("abort", end);
  }
}

/** Until somebody looks at the page. */
const seen = async (): Promise<void> => {
  while (document.hidden) {
    await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
  }
};

/**
 * Offers passkeys where the browser fills fields in, until `over`. Resolves to whether somebody has signed in by one; rejects
 * if one was chosen and is no good. Where the browser does not do that, or the server cannot be asked, there is a button too.
 */
export async function offerPasskeys(over: AbortSignal): Promise<boolean> {
  if (!(await fillsPasskeysIn())) return false;
  while (!over.aborted) {
    await seen();
    let chosen: object | null;
    try {
      chosen = await offer(over);
    } catch {
      return false;
    }
    if (chosen) {
      await verify(chosen);
      return true;
    }
  }
  return false;
}
