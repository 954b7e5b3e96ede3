/** What proves that who redeems a code is who asked for it (RFC 7636). */
export interface Proof {
  verifier: string;
  challenge: string;
  state: string;
}

/** A new proof. Browsers have the digest on https and on localhost only. */
export async function newProof(): Promise<Proof> {
  const verifier = random(32);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return { verifier, challenge: base64url(new Uint8Array(digest)), state: random(16) };
}

function random(bytes: number): string {
  return base64url(crypto.getRandomValues(new Uint8Array(bytes)));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
}
