// An SMTP sink on a free loopback port. Keeps the decoded text of every message.
import net from "node:net";

/** Undoes quoted-printable or base64 of one part. */
function decode(text, encoding) {
  if (/base64/i.test(encoding)) return Buffer.from(text, "base64").toString("utf8");
  if (!/quoted-printable/i.test(encoding)) return text;
  const bytes = text.replace(/=\r?\n/g, "").replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** All texts of a message, multipart or not. */
function texts(message) {
  const end = message.search(/\r?\n\r?\n/);
  const head = message.slice(0, end).replace(/\r?\n[ \t]+/g, " ");
  const body = message.slice(end).replace(/^\r?\n\r?\n/, "");
  const boundary = /content-type:\s*multipart\/[^\n]*boundary="?([^";\r\n]+)/i.exec(head)?.[1];
  if (boundary) return body.split(`--${boundary}`).slice(1, -1).map((part) => texts(part.replace(/^\r?\n/, ""))).join("\n");
  return decode(body, /content-transfer-encoding:\s*(\S+)/i.exec(head)?.[1] ?? "");
}

export class Mailbox {
  letters = [];

  async open() {
    this.server = net.createServer((socket) => this.#converse(socket));
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    this.url = `smtp://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  /** Keeps a message; the control server hands its own over directly. */
  keep(recipients, text) {
    this.letters.push({ recipients: recipients.map((one) => one.toLowerCase()), text });
  }

  /** The newest match of the pattern in the letters to that address. */
  async wait(to, pattern, milliseconds = 15_000) {
    const deadline = Date.now() + milliseconds;
    for (;;) {
      for (const letter of [...this.letters].reverse()) {
        const found = letter.recipients.includes(to.toLowerCase()) && pattern.exec(letter.text);
        if (found) return found;
      }
      if (Date.now() > deadline) throw new Error(`no letter to ${to} with ${pattern}`);
      await new Promise((done) => setTimeout(done, 25));
    }
  }

  close() {
    this.server.close();
  }

  #converse(socket) {
    let pending = "";
    let recipients = [];
    let data = null;
    const say = (line) => socket.write(`${line}\r\n`);
    socket.setEncoding("latin1").on("error", () => {});
    say("220 mailbox ready");
    socket.on("data", (chunk) => {
      pending += chunk;
      for (let end; (end = pending.indexOf("\r\n")) >= 0; ) {
        const line = pending.slice(0, end);
        pending = pending.slice(end + 2);
        if (data) {
          if (line !== ".") data.push(line.replace(/^\.\./, "."));
          else {
            this.keep(recipients, texts(data.join("\r\n")));
            [recipients, data] = [[], null];
            say("250 kept");
          }
        } else if (/^EHLO/i.test(line)) socket.write("250-mailbox\r\n250 8BITMIME\r\n");
        else if (/^RCPT TO/i.test(line)) recipients.push(/<(.*?)>/.exec(line)[1]), say("250 accepted");
        else if (/^DATA/i.test(line)) (data = []), say("354 end with a dot");
        else if (/^QUIT/i.test(line)) socket.end("221 goodbye\r\n");
        else say("250 ok");
      }
    });
  }
}
