import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Mailbox } from "../../../tests/client/support/mailbox.mjs";
import { BODY, Telephones } from "./telephones";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
export const binary = resolve(process.env.PORTICO_BIN || join(repository, "target/debug/portico"));

export const ADMIN = { name: "Ada Admin", email: "admin@example.com", password: "a long enough admin password" };

/** What `portico bootstrap` prints. */
export interface Boot {
  secret_key: string;
  scim_token: string;
  organization_id: string;
}

// biome-ignore lint/suspicious/noExplicitAny: what a server answers, of which a story reads what it is about
export type Json = any;

export interface Answer<T = Json> {
  status: number;
  body: T;
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Waits until something answers there. */
export async function reachable(url: string, child: ChildProcess, log: () => string): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; ) {
    const ready = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready) return;
    if (Date.now() > deadline || child.exitCode !== null)
      throw new Error(`nothing answers on ${url}; the end of its log:\n${log().slice(-3000)}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Ends a process by its id. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), 20_000);
  await ended;
  clearTimeout(late);
}

/** The real binary with a SQLite file, a mailbox, telephones and a first admin of its own. */
export class Portico {
  /** The name under which browsers reach it. Passkeys are bound to one, which `127.0.0.1` is not. */
  readonly host: "127.0.0.1" | "localhost";
  readonly mail = new Mailbox();
  readonly telephones = new Telephones();
  readonly #folder = mkdtempSync(join(tmpdir(), "portico-e2e-"));
  #child: ChildProcess | undefined;
  base = "";
  boot = {} as Boot;
  /** Where the portals are to be, which the server trusts: one on another site, one on the same. */
  portals = { otherSite: "", sameSite: "" };

  constructor(host: Portico["host"] = "127.0.0.1") {
    this.host = host;
  }

  /** Starts as `portico bootstrap` leaves it; `fresh` starts with nothing, as `just run` does for a newcomer. */
  async start(settings: Record<string, string> = {}, fresh = false): Promise<this> {
    await this.mail.open();
    await this.telephones.open();
    const listen = `127.0.0.1:${await freePort()}`;
    this.base = `http://${listen.replace("127.0.0.1", this.host)}`;
    this.portals = {
      otherSite: `http://localhost:${await freePort()}`,
      sameSite: `http://127.0.0.1:${await freePort()}`,
    };
    const env = {
      ...process.env,
      PORTICO__SERVER__LISTEN: listen,
      PORTICO__SERVER__PUBLIC_URL: this.base,
      PORTICO__DATABASE__URL: `sqlite://${this.database}?mode=rwc`,
      PORTICO__AUTH__SECRET: "a-secret-for-judges-only-0123456789abcdef",
      PORTICO__AUTH__TRUSTED_ORIGINS: Object.values(this.portals).join(","),
      PORTICO__RATE_LIMIT__ENABLED: "false",
      PORTICO__MAIL__TRANSPORT: "smtp",
      PORTICO__MAIL__SMTP_URL: this.mail.url,
      PORTICO__SMS__TRANSPORT: "http",
      PORTICO__SMS__URL: this.telephones.url,
      PORTICO__SMS__BODY: BODY,
      // Passwords are hashed as always, but with less of a small machine's memory and time.
      PORTICO__PASSWORD__ARGON2_MEMORY_KIB: "8192",
      // By that name the portal on it is on the same site, and may ask for passkeys too.
      ...(this.host === "localhost"
        ? { PORTICO__METHODS__PASSKEY__ORIGINS: `${this.base},${this.portals.otherSite}` }
        : {}),
      ...settings,
    };
    const options = { env, cwd: this.#folder };
    const words = [
      "bootstrap",
      "--email",
      ADMIN.email,
      "--password",
      ADMIN.password,
      "--organization",
      "Acme",
      "--domain",
      "acme.example",
    ];
    if (!fresh) this.boot = JSON.parse((await promisify(execFile)(binary, words, options)).stdout);
    const log = openSync(this.#log, "a");
    this.#child = spawn(binary, fresh ? ["serve", "--ensure-admin"] : ["serve"], {
      ...options,
      stdio: ["ignore", log, log],
    });
    await reachable(`${this.base}/readyz`, this.#child, () => this.log());
    // A server without pages shows how to build them: accessible, and no story about what is to be tried.
    const page = await fetch(`${this.base}/sign-in`);
    if (!page.ok) throw new Error(`the server has no pages: /sign-in answered ${page.status}`);
    return this;
  }

  /** The file of the database. */
  get database(): string {
    return join(this.#folder, "portico.db");
  }

  get #log(): string {
    return join(this.#folder, "log");
  }

  log(): string {
    return readFileSync(this.#log, "utf8");
  }

  async stop(): Promise<void> {
    if (this.#child) await end(this.#child);
    this.mail.close();
    this.telephones.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A call by the secret key; fails unless it succeeds. */
  async call<T = Json>(method: string, path: string, body?: unknown, token = this.boot.secret_key): Promise<T> {
    const answer = await this.ask<T>(method, path, body, { authorization: `Bearer ${token}` });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async ask<T = Json>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const response = await fetch(`${this.base}${path}`, {
      method,
      headers: { origin: this.base, ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text ? JSON.parse(text) : undefined) as T };
  }

  /** An account with a password and a proven mailbox. */
  async person(name: string, email: string, password = "correct horse battery"): Promise<Person> {
    const user = await this.call("POST", "/v1/users", { email_address: email, name, password, email_verified: true });
    return { id: user.id, name, email, password };
  }

  /** Somebody's sessions are two days old from now on. */
  async age(person: Pick<Person, "id">): Promise<void> {
    await this.sql("UPDATE sessions SET created_at = created_at - 172800000 WHERE user_id = ?", person.id);
  }

  /** Changes what is stored, where a story cannot wait. */
  async sql(statement: string, ...values: (string | number)[]): Promise<void> {
    const words = [
      "import json, sqlite3, sys",
      "with sqlite3.connect(sys.argv[1], timeout=30) as db:",
      "    db.execute(sys.argv[2], json.loads(sys.argv[3]))",
    ];
    await promisify(execFile)("python3", ["-c", words.join("\n"), this.database, statement, JSON.stringify(values)]);
  }

  /** An organization with its owner. */
  async organization(name: string, owner: Person): Promise<{ id: string; name: string; slug: string }> {
    return this.call("POST", "/v1/organizations", { name, created_by: owner.id });
  }
}

export interface Person {
  id: string;
  name: string;
  email: string;
  password: string;
}
