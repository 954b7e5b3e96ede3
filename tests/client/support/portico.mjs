// Starts the real binary on a free loopback port with a database and a mailbox of its own, and ends it by its process id.
import { spawn, execFile } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startGateway } from "./gateway.mjs";
import { startIssuer } from "./issuer.mjs";
import { Mailbox } from "./mailbox.mjs";

export const admin = { email: "admin@example.com", password: "a long enough admin password" };

const debugBuild = fileURLToPath(new URL("../../../target/debug/portico", import.meta.url));
export const binary = resolve(process.env.PORTICO_BIN || debugBuild);

export async function freePort() {
  const probe = net.createServer();
  await new Promise((done) => probe.listen(0, "127.0.0.1", done));
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

/** A new database on the test server, and how to drop it. */
export async function freshDatabase(adminUrl) {
  const { default: pg } = await import("pg");
  const name = `portico_client_${process.pid}_${randomBytes(3).toString("hex")}`;
  const run = async (statement) => {
    const connection = new pg.Client({ connectionString: adminUrl });
    await connection.connect();
    await connection.query(statement).finally(() => connection.end());
  };
  await run(`CREATE DATABASE "${name}"`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => run(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`) };
}

/** `database` is "sqlite" or "postgres", `more` further settings. Gives `{base, boot, mail, issuer, stop}`. */
export async function startPortico(database, more = {}) {
  const directory = mkdtempSync(join(tmpdir(), "portico-client-"));
  const mail = await new Mailbox().open();
  const postgres = database === "postgres" ? await freshDatabase(process.env.PORTICO_TEST_POSTGRES_URL) : null;
  const listen = `127.0.0.1:${await freePort()}`;
  const base = `http://${listen}`;
  const gateway = await startGateway(mail);
  const issuer = await startIssuer(["", "/oauth2"].map((way) => `${base}/api/auth${way}/callback/acme`));
  const env = {
    ...process.env,
    PORTICO__SERVER__LISTEN: listen,
    PORTICO__SERVER__PUBLIC_URL: base,
    PORTICO__DATABASE__URL: postgres?.url ?? `sqlite://${directory}/portico.db?mode=rwc`,
    PORTICO__AUTH__SECRET: "a-secret-for-judges-only-0123456789abcdef",
    PORTICO__RATE_LIMIT__ENABLED: "false",
    PORTICO__MAIL__TRANSPORT: "smtp",
    PORTICO__MAIL__SMTP_URL: mail.url,
    ...gateway.settings,
    PORTICO__OUTBOUND__ALLOW_PRIVATE: "127.0.0.0/8",
    PORTICO__OUTBOUND__ALLOW_HTTP: "true",
    PORTICO__OIDC__ACME__NAME: "Acme",
    PORTICO__OIDC__ACME__ISSUER: issuer.url,
    PORTICO__OIDC__ACME__CLIENT_ID: issuer.clientId,
    PORTICO__OIDC__ACME__CLIENT_SECRET: issuer.clientSecret,
    PORTICO__OIDC__ACME__TRUSTED: "true",
    ...more,
  };
  const words = ["bootstrap", "--email", admin.email, "--password", admin.password, "--organization", "Acme", "--domain", "acme.example"];
  const boot = JSON.parse((await promisify(execFile)(binary, words, { env, cwd: directory })).stdout);

  const logPath = join(directory, "log");
  const log = openSync(logPath, "a");
  const child = spawn(binary, ["serve"], { env, cwd: directory, stdio: ["ignore", log, log] });
  const ended = new Promise((done) => child.once("exit", done));
  const stop = async () => {
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), 20_000);
    await ended;
    clearTimeout(late);
    mail.close();
    issuer.close();
    gateway.close();
    await postgres?.drop();
    rmSync(directory, { recursive: true, force: true });
  };
  for (const deadline = Date.now() + 60_000; ; ) {
    const ready = await fetch(`${base}/readyz`).then((answer) => answer.ok, () => false);
    if (ready) break;
    if (Date.now() > deadline || child.exitCode !== null) {
      const tail = readFileSync(logPath, "utf8").slice(-3000);
      await stop();
      throw new Error(`portico serve did not become ready; the end of its log:\n${tail}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  return { base, boot, mail, issuer, stop };
}
