import type { PorticoEvent } from "./events.js";

/** Why a webhook is not believed. */
export class WebhookVerificationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "WebhookVerificationError";
  }
}

export interface VerifyWebhookOptions {
  /** The secret of the endpoint, `whsec_…`; while it is rotated both. */
  secret: string | string[];
  /** The body as it came, before it is parsed. */
  body: string | Uint8Array;
  /** The headers of the request. */
  headers: Headers | Record<string, string | string[] | undefined>;
  /** How many seconds the clocks may differ. */
  tolerance?: number;
  /** The present, in milliseconds. */
  now?: number;
}

/**
 * Verifies a webhook of Portico (Standard Webhooks, https://www.standardwebhooks.com) and returns its event. Runs wherever
 * WebCrypto is: Node.js, Deno, Bun, workers. Throws {@link WebhookVerificationError}.
 */
export async function verifyWebhook(options: VerifyWebhookOptions): Promise<PorticoEvent> {
  const { body, tolerance = 300, now = Date.now() } = options;
  const id = header(options.headers, "webhook-id");
  const timestamp = header(options.headers, "webhook-timestamp");
  const signatures = header(options.headers, "webhook-signature");
  const seconds = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN;
  if (!(Math.abs(now / 1000 - seconds) <= tolerance)) {
    throw new WebhookVerificationError("The timestamp of the webhook is too far from the present");
  }
  const encoder = new TextEncoder();
  const content = typeof body === "string" ? encoder.encode(body) : body;
  const head = encoder.encode(`${id}.${timestamp}.`);
  const signed = new Uint8Array(head.length + content.length);
  signed.set(head);
  signed.set(content, head.length);
  for (const secret of typeof options.secret === "string" ? [options.secret] : options.secret) {
    const key = await crypto.subtle.importKey("raw", secretBytes(secret), { name: "HMAC", hash: "SHA-256" }, false, [
      "verify",
    ]);
    for (const signature of signatures.split(" ")) {
      const [version, value] = signature.split(",", 2);
      const bytes = version === "v1" && value ? fromBase64(value) : null;
      // `verify` compares in constant time.
      if (bytes && (await crypto.subtle.verify("HMAC", key, bytes, signed))) {
        return JSON.parse(new TextDecoder().decode(content)) as PorticoEvent;
      }
    }
  }
  throw new WebhookVerificationError("No signature of the webhook is good");
}

function header(headers: VerifyWebhookOptions["headers"], name: string): string {
  const found =
    headers instanceof Headers
      ? headers.get(name)
      : Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  const value = Array.isArray(found) ? found[0] : found;
  if (!value) throw new WebhookVerificationError(`The header ${name} is missing`);
  return value;
}

function secretBytes(secret: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64(secret.replace(/^whsec_/, ""));
  if (!bytes || bytes.length === 0)
    throw new WebhookVerificationError("The secret is not one of a webhook endpoint (whsec_…)");
  return bytes;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
