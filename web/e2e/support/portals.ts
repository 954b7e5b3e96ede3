import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { end, freePort, type Person, reachable } from "./portico";

const examples = fileURLToPath(new URL("../../../examples/", import.meta.url));

/** One of the example portals, running. */
export class Portal {
  readonly origin: string;
  readonly #child: ChildProcess;
  #said = "";

  private constructor(origin: string, words: string[], cwd: string, env: Record<string, string>) {
    this.origin = origin;
    this.#child = spawn(process.execPath, words, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.on("data", (data) => (this.#said += data));
  }

  /** The portal of plain pages. */
  static async plain(origin: string, portico: string): Promise<Portal> {
    const { hostname, port } = new URL(origin);
    const portal = new Portal(origin, ["server.mjs"], `${examples}portal`, {
      PORTICO_URL: portico,
      HOST: hostname,
      PORT: port,
    });
    await reachable(origin, portal.#child, () => portal.#said);
    return portal;
  }

  /** The portal with React and the official client, which is told where people are signed in and nothing else. */
  static async react(origin: string, auth: string): Promise<Portal> {
    const { hostname, port } = new URL(origin);
    const words = ["node_modules/vite/bin/vite.js", "--host", hostname, "--port", port, "--strictPort"];
    const portal = new Portal(origin, words, `${examples}portal-react`, { AUTH_URL: auth });
    await reachable(origin, portal.#child, () => portal.#said);
    return portal;
  }

  stop(): Promise<void> {
    return end(this.#child);
  }
}

/** The Better Auth that the portal with React has before it moves. Keeps what it knows in a folder that is removed. */
export class BetterAuth {
  readonly base: string;
  readonly #child: ChildProcess;
  readonly #folder = mkdtempSync(join(tmpdir(), "portico-before-"));
  #said = "";

  private constructor(base: string, portal: string) {
    this.base = base;
    const { hostname, port } = new URL(base);
    this.#child = spawn(process.execPath, ["before/server.mjs"], {
      cwd: `${examples}portal-react`,
      env: { ...process.env, HOST: hostname, PORT: port, PORTAL: portal, DATABASE: join(this.#folder, "before.db") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.on("data", (data) => (this.#said += data));
  }

  static async for(portal: string): Promise<BetterAuth> {
    const before = new BetterAuth(`http://127.0.0.1:${await freePort()}`, portal);
    await reachable(`${before.base}/api/auth/ok`, before.#child, () => before.#said);
    return before;
  }

  async signUp(person: Pick<Person, "name" | "email" | "password">): Promise<void> {
    const response = await fetch(`${this.base}/api/auth/sign-up/email`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: this.base },
      body: JSON.stringify(person),
    });
    if (!response.ok) throw new Error(`sign-up: ${response.status} ${await response.text()}`);
  }

  /** The link in the last letter to somebody, as soon as there is one. */
  async link(email: string): Promise<string> {
    for (const deadline = Date.now() + 10_000; ; ) {
      const line = this.#said.split("\n").findLast((one) => one.startsWith(`to ${email}: `));
      if (line) return line.slice(`to ${email}: `.length);
      if (Date.now() > deadline) throw new Error(`no letter to ${email}:\n${this.#said}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  async stop(): Promise<void> {
    await end(this.#child);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
