import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { end, reachable } from "./portico";

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

  /** The portal with React and the official client. */
  static async react(origin: string, portico: string): Promise<Portal> {
    const { hostname, port } = new URL(origin);
    const words = ["node_modules/vite/bin/vite.js", "--host", hostname, "--port", port, "--strictPort"];
    const portal = new Portal(origin, words, `${examples}portal-react`, { PORTICO_URL: portico });
    await reachable(origin, portal.#child, () => portal.#said);
    return portal;
  }

  stop(): Promise<void> {
    return end(this.#child);
  }
}
