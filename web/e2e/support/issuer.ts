import { createHash, createSign, generateKeyPairSync, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";

export interface Somebody {
  sub: string;
  email: string;
  name: string;
}

/**
 * An identity provider on a free loopback port that signs everybody in as `somebody`, without asking; or, where that is
 * null, sends them back as those who did not agree. OpenID Connect as far as a sign-in through the browser needs it.
 */
export class Issuer {
  somebody: Somebody | null = null;
  url = "";
  readonly #key = generateKeyPairSync("rsa", { modulusLength: 2048 });
  readonly #codes = new Map<string, { who: Somebody; nonce: string; challenge: string; client: string }>();
  readonly #server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", this.url);
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { status, body, location } = this.#answer(url, Buffer.concat(chunks).toString());
      response.writeHead(status, { "content-type": "application/json", ...(location ? { location } : {}) });
      response.end(body === undefined ? "" : JSON.stringify(body));
    });
  });

  async start(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    this.url = `http://127.0.0.1:${address.port}`;
    return this;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** What Portico is told about it. */
  settings(): Record<string, string> {
    return {
      PORTICO__OIDC__ACME__NAME: "Acme ID",
      PORTICO__OIDC__ACME__ISSUER: this.url,
      PORTICO__OIDC__ACME__CLIENT_ID: "portico",
      PORTICO__OIDC__ACME__CLIENT_SECRET: "a secret for judges only",
      PORTICO__OIDC__ACME__TRUSTED: "true",
      PORTICO__OUTBOUND__ALLOW_HTTP: "true",
      PORTICO__OUTBOUND__ALLOW_PRIVATE: "127.0.0.0/8",
    };
  }

  #answer(url: URL, body: string): { status: number; body?: unknown; location?: string } {
    const of = (path: string) => `${this.url}${path}`;
    switch (url.pathname) {
      case "/.well-known/openid-configuration":
        return {
          status: 200,
          body: {
            issuer: this.url,
            authorization_endpoint: of("/authorize"),
            token_endpoint: of("/token"),
            jwks_uri: of("/jwks"),
            response_types_supported: ["code"],
            subject_types_supported: ["public"],
            id_token_signing_alg_values_supported: ["RS256"],
            code_challenge_methods_supported: ["S256"],
          },
        };
      case "/jwks":
        return {
          status: 200,
          body: { keys: [{ ...this.#key.publicKey.export({ format: "jwk" }), kid: "one", use: "sig", alg: "RS256" }] },
        };
      case "/authorize":
        return { status: 302, location: this.#authorize(url.searchParams) };
      case "/token":
        return this.#token(new URLSearchParams(body));
      default:
        return { status: 404 };
    }
  }

  #authorize(asked: URLSearchParams): string {
    const back = new URL(asked.get("redirect_uri") ?? "");
    back.searchParams.set("state", asked.get("state") ?? "");
    if (this.somebody) {
      const code = randomUUID();
      const [nonce, challenge] = [asked.get("nonce") ?? "", asked.get("code_challenge") ?? ""];
      this.#codes.set(code, { who: this.somebody, nonce, challenge, client: asked.get("client_id") ?? "" });
      back.searchParams.set("code", code);
    } else back.searchParams.set("error", "access_denied");
    return back.href;
  }

  #token(asked: URLSearchParams): { status: number; body: unknown } {
    const code = asked.get("code") ?? "";
    const known = this.#codes.get(code);
    this.#codes.delete(code);
    const proof = createHash("sha256")
      .update(asked.get("code_verifier") ?? "")
      .digest("base64url");
    if (!known || known.challenge !== proof) return { status: 400, body: { error: "invalid_grant" } };
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: this.url, aud: known.client, iat: now, exp: now + 300, nonce: known.nonce };
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const signed = `${part({ alg: "RS256", kid: "one" })}.${part({ ...claims, ...known.who, email_verified: true })}`;
    const signature = createSign("RSA-SHA256").update(signed).sign(this.#key.privateKey, "base64url");
    return {
      status: 200,
      body: { access_token: randomUUID(), token_type: "Bearer", expires_in: 300, id_token: `${signed}.${signature}` },
    };
  }
}
