// Puts an authenticator where the official client looks for one: `navigator.credentials`, as a browser has it.

/** The page on which passkeys are shown, and the domain that they are bound to. */
export const page = "http://localhost:5173";
export const domain = "localhost";

const buffer = (text) => Uint8Array.from(Buffer.from(text, "base64url")).buffer;
const text = (bytes) => Buffer.from(bytes).toString("base64url");

/** What a browser hands to a page of what an authenticator answers: bytes in the place of their texts. */
function credential({ rawId, response: { transports, ...parts }, ...rest }) {
  const response = Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, value == null ? null : buffer(value)]));
  return {
    ...rest,
    rawId: buffer(rawId),
    authenticatorAttachment: "platform",
    getClientExtensionResults: () => ({}),
    response: { ...response, getTransports: () => transports ?? [] },
  };
}

/** Does it in a browser that has this authenticator. */
export async function withAuthenticator(authenticator, doing) {
  const credentials = {
    create: async ({ publicKey: { challenge, user, ...options } }) =>
      credential(authenticator.register({ ...options, challenge: text(challenge), user: { ...user, id: text(user.id) } }, page)),
    get: async ({ publicKey: { challenge, ...options } }) => credential(authenticator.show({ ...options, challenge: text(challenge) }, page)),
  };
  const before = ["navigator", "PublicKeyCredential"].map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]);
  const put = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  put("navigator", { onLine: true, credentials });
  put("PublicKeyCredential", class PublicKeyCredential {});
  try {
    return await doing();
  } finally {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else delete globalThis[name];
    }
  }
}
