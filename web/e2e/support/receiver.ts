import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";

/** A message as it came to the receiver. */
export interface Got {
  id: string;
  timestamp: string;
  /** The signatures, one for each secret that is good. */
  signatures: string[];
  body: string;
}

/** A program that is told of events: an HTTP server on a free loopback port that keeps what it gets. */
export class Receiver {
  readonly got: Got[] = [];
  /** What it answers with. */
  status = 200;
  url = "";
  readonly #server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const head = (name: string) => String(request.headers[name] ?? "");
      this.got.push({
        id: head("webhook-id"),
        timestamp: head("webhook-timestamp"),
        signatures: head("webhook-signature").split(" "),
        body: Buffer.concat(chunks).toString(),
      });
      response.writeHead(this.status).end("noted");
    });
  });

  async start(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    this.url = `http://127.0.0.1:${address.port}/portico`;
    return this;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** What a message is signed with by a secret (Standard Webhooks). */
export function signature({ id, timestamp, body }: Got, secret: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}
