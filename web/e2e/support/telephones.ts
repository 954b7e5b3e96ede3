import { once } from "node:events";
import { createServer, type Server } from "node:http";

/** What the server writes to a telephone, as `BODY` has it. */
export interface Message {
  to: string;
  code: string;
  text: string;
}

/** The body of a message for `sms.body`. */
export const BODY = '{"to":"{phone_number}","code":"{code}","text":"{text}"}';

/** A gateway for short messages on a free loopback port, which keeps them. */
export class Telephones {
  readonly messages: Message[] = [];
  url = "";
  readonly #server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      this.messages.push(JSON.parse(Buffer.concat(chunks).toString()) as Message);
      response.writeHead(204).end();
    });
  });

  async open(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    this.url = `http://127.0.0.1:${address.port}/messages`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** The code of the only message to a number that nobody has read yet. */
  async code(to: string, milliseconds = 15_000): Promise<string> {
    for (const deadline = Date.now() + milliseconds; Date.now() < deadline; ) {
      const at = this.messages.findIndex((message) => message.to === to);
      const [message] = at < 0 ? [] : this.messages.splice(at, 1);
      if (message) return message.code;
      await new Promise((done) => setTimeout(done, 25));
    }
    throw new Error(`no message to ${to}; there are: ${JSON.stringify(this.messages)}`);
  }
}
