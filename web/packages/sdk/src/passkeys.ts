/**
 * Passkeys in a browser: the two ceremonies of the W3C's Web Authentication, with options and answers as the JSON of the specification
 * (5.1.8 to 5.1.10), which Portico's endpoints speak. Browsers have methods that read and write it, but not all that are in use;
 * what has to be read here is a few fields.
 */

/** `PublicKeyCredentialCreationOptionsJSON`, as far as it is read. */
export interface CreationOptions {
  challenge: string;
  user: { id: string; name: string; displayName: string };
  excludeCredentials?: Described[];
}

/** `PublicKeyCredentialRequestOptionsJSON`, as far as it is read. */
export interface RequestOptions {
  challenge: string;
  allowCredentials?: Described[];
}

interface Described {
  type: "public-key";
  id: string;
  transports?: AuthenticatorTransport[];
}

/**
 * Why a ceremony came to nothing: `PASSKEY_NOT_MADE` or `PASSKEY_NOT_SHOWN` (somebody refused, it took too long, or there is none:
 * browsers do not tell which), `PREVIOUSLY_REGISTERED` (the device has one), `PASSKEYS_UNABLE` (not in this browser, or not
 * on this page).
 */
export class PasskeyFailure extends Error {
  readonly code: string;

  constructor(code: string, cause: unknown) {
    super(code, { cause });
    this.name = "PasskeyFailure";
    this.code = code;
  }
}

/** Whether this browser can do the ceremonies on this page: not on a plain-text address other than this machine's. */
export const hasPasskeys = (): boolean => "PublicKeyCredential" in globalThis && "credentials" in navigator;

/** Whether the browser offers passkeys where it fills in what it knows (`mediation: "conditional"`). */
export async function fillsPasskeysIn(): Promise<boolean> {
  if (!hasPasskeys()) return false;
  const can = PublicKeyCredential.isConditionalMediationAvailable;
  return can ? await can.call(PublicKeyCredential).catch(() => false) : false;
}

/** Makes a passkey by the options of `generate-register-options`; resolves to what `verify-registration` takes as `response`. */
export async function makePasskey(options: CreationOptions): Promise<object> {
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
  return said(credential, {
    clientDataJSON: fromBytes(made.clientDataJSON),
    attestationObject: fromBytes(made.attestationObject),
    transports: made.getTransports?.() ?? [],
  });
}

/** Shows a passkey by the options of `generate-authenticate-options`; resolves to what `verify-authentication` takes as `response`. */
export async function showPasskey(
  options: RequestOptions,
  how: Pick<CredentialRequestOptions, "mediation" | "signal"> = {},
): Promise<object> {
  const begun = navigator.credentials.get({
    ...how,
    publicKey: {
      ...(options as unknown as PublicKeyCredentialRequestOptions),
      challenge: toBytes(options.challenge),
      allowCredentials: named(options.allowCredentials),
    },
  });
  const credential = await ceremony(begun, "PASSKEY_NOT_SHOWN");
  const shown = credential.response as AuthenticatorAssertionResponse;
  return said(credential, {
    clientDataJSON: fromBytes(shown.clientDataJSON),
    authenticatorData: fromBytes(shown.authenticatorData),
    signature: fromBytes(shown.signature),
    ...(shown.userHandle ? { userHandle: fromBytes(shown.userHandle) } : {}),
  });
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

/** An answer of an authenticator, as JSON. */
const said = (credential: PublicKeyCredential, response: object) => ({
  id: credential.id,
  rawId: fromBytes(credential.rawId),
  type: credential.type,
  authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
  clientExtensionResults: credential.getClientExtensionResults(),
  response,
});

/** What the browser answers, which is a passkey or nothing. `code` says what it is if nobody wanted. */
async function ceremony(begun: Promise<Credential | null>, code: string): Promise<PublicKeyCredential> {
  let credential: Credential | null;
  try {
    credential = await begun;
  } catch (cause) {
    const name = cause instanceof DOMException ? cause.name : "";
    if (name === "InvalidStateError") throw new PasskeyFailure("PREVIOUSLY_REGISTERED", cause);
    throw new PasskeyFailure(name === "NotAllowedError" || name === "AbortError" ? code : "PASSKEYS_UNABLE", cause);
  }
  if (credential instanceof PublicKeyCredential) return credential;
  throw new PasskeyFailure(code, credential);
}
