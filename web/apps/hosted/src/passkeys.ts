/**
 * Passkeys: the endpoints, and the two ceremonies of the W3C's Web Authentication as a browser does them.
 *
 * Options and answers travel as the JSON of the specification (5.1.8 to 5.1.10). Browsers have methods that read and write
 * it, but not all that are in use; what has to be read here is a few fields.
 */
import { get, post } from "./api";

export interface Passkey {
  id: string;
  name: string | null;
  createdAt: string;
  /** Whether it is on several devices of its owner. */
  backedUp: boolean;
}

interface Described {
  type: "public-key";
  id: string;
  transports?: AuthenticatorTransport[];
}

interface CreationOptions {
  challenge: string;
  user: { id: string; name: string; displayName: string };
  excludeCredentials?: Described[];
}

interface RequestOptions {
  challenge: string;
  allowCredentials?: Described[];
}

/** A ceremony that came to nothing, with a code of the catalogs. */
class CeremonyFailure extends Error {
  readonly code: string;

  constructor(code: string, cause: unknown) {
    super(code, { cause });
    this.code = code;
  }
}

/** What went wrong in a ceremony. Browsers do not tell whether somebody refused or there was no passkey. */
function failure(cause: unknown, code: string): CeremonyFailure {
  const name = cause instanceof DOMException ? cause.name : "";
  if (name === "InvalidStateError") return new CeremonyFailure("PREVIOUSLY_REGISTERED", cause);
  return new CeremonyFailure(name === "NotAllowedError" || name === "AbortError" ? code : "PASSKEYS_UNABLE", cause);
}

/** What the browser answers, which is a passkey or nothing. */
async function ceremony(begun: Promise<Credential | null>, code: string): Promise<PublicKeyCredential> {
  let credential: Credential | null;
  try {
    credential = await begun;
  } catch (error) {
    throw failure(error, code);
  }
  if (credential instanceof PublicKeyCredential) return credential;
  throw new CeremonyFailure(code, credential);
}

/** Whether this browser can do the ceremonies on this page: not on a plain-text address other than this machine's. */
export const hasPasskeys = (): boolean => "PublicKeyCredential" in window && "credentials" in navigator;

/** Whether the browser offers passkeys where it offers to fill in what it knows. */
async function fillsIn(): Promise<boolean> {
  const can = window.PublicKeyCredential?.isConditionalMediationAvailable;
  return can ? await can.call(window.PublicKeyCredential).catch(() => false) : false;
}

/** Reads base64url without padding. */
export function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

/** Writes base64url without padding. */
export function fromBytes(bytes: ArrayBuffer): string {
  const letters = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

const named = (all: readonly Described[] = []): PublicKeyCredentialDescriptor[] =>
  all.map((one) => ({ ...one, id: toBytes(one.id) }));

/** What every answer of an authenticator says. */
const said = (credential: PublicKeyCredential) => ({
  id: credential.id,
  rawId: fromBytes(credential.rawId),
  type: credential.type,
  authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
  clientExtensionResults: credential.getClientExtensionResults(),
});

export const passkeys = {
  list: () => get<Passkey[]>("/passkey/list-user-passkeys"),
  rename: (id: string, name: string) => post("/passkey/update-passkey", { id, name }),
  remove: (id: string) => post("/passkey/delete-passkey", { id }),

  /** Makes one on this device, or on one that it reaches. Takes a fresh session. */
  create: async (name: string): Promise<void> => {
    const options = await get<CreationOptions>("/passkey/generate-register-options");
    const begun = navigator.credentials.create({
      publicKey: {
        ...(options as unknown as PublicKeyCredentialCreationOptions),
        challenge: toBytes(options.challenge),
        user: { ...options.user, id: toBytes(options.user.id) },
        excludeCredentials: named(options.excludeCredentials),
      },
    });
    const credential = await ceremony(begun, "PASSKEY_NOT_MADE");
    const made = credential.response as AuthenticatorAttestationResponse;
    await post("/passkey/verify-registration", {
      ...(name ? { name } : {}),
      response: {
        ...said(credential),
        response: {
          clientDataJSON: fromBytes(made.clientDataJSON),
          attestationObject: fromBytes(made.attestationObject),
          transports: made.getTransports?.() ?? [],
        },
      },
    });
  },

  /** Signs in by one that the browser asks for. */
  signIn: async (): Promise<void> => {
    await verify(await show(await ask(), {}));
  },
};

const ask = () => get<RequestOptions>("/passkey/generate-authenticate-options");

function show(
  options: RequestOptions,
  how: Pick<CredentialRequestOptions, "mediation" | "signal">,
): Promise<PublicKeyCredential> {
  const begun = navigator.credentials.get({
    ...how,
    publicKey: {
      ...(options as unknown as PublicKeyCredentialRequestOptions),
      challenge: toBytes(options.challenge),
      allowCredentials: named(options.allowCredentials),
    },
  });
  return ceremony(begun, "PASSKEY_NOT_SHOWN");
}

function verify(credential: PublicKeyCredential): Promise<unknown> {
  const shown = credential.response as AuthenticatorAssertionResponse;
  return post("/passkey/verify-authentication", {
    response: {
      ...said(credential),
      response: {
        clientDataJSON: fromBytes(shown.clientDataJSON),
        authenticatorData: fromBytes(shown.authenticatorData),
        signature: fromBytes(shown.signature),
        ...(shown.userHandle ? { userHandle: fromBytes(shown.userHandle) } : {}),
      },
    },
  });
}

/** For how long an offer stands before it is made anew, in milliseconds: challenges live five minutes. */
const OFFER = 4 * 60_000;

/** Offers passkeys once, where the browser fills fields in. Null if nobody chose one in time, or the browser would not. */
async function offer(over: AbortSignal): Promise<PublicKeyCredential | null> {
  const control = new AbortController();
  const end = () => control.abort();
  over.addEventListener("abort", end);
  const timer = setTimeout(end, OFFER);
  try {
    return await show(await ask(), { mediation: "conditional", signal: control.signal });
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
  if (!hasPasskeys() || !(await fillsIn())) return false;
  while (!over.aborted) {
    await seen();
    let chosen: PublicKeyCredential | null;
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
