// Better Auth itself, as a portal has it before it moves to Portico. Letters are printed. Its database is a file where Node.js
// has SQLite built in (22.13 and newer), which `portico import better-auth` reads; otherwise it is kept in memory.
import http from "node:http";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { magicLink, organization, twoFactor } from "better-auth/plugins";

const { HOST = "localhost", PORT = "4002", PORTAL = "http://localhost:4001", DATABASE = "before.db" } = process.env;
const secret = process.env.BETTER_AUTH_SECRET ?? "for-trying-it-on-one-machine-only-0123456789";

const sqlite = await import("node:sqlite").catch(() => null);
const auth = betterAuth({
  baseURL: `http://${HOST}:${PORT}`,
  secret,
  ...(sqlite ? { database: new sqlite.DatabaseSync(DATABASE) } : {}),
  trustedOrigins: [PORTAL],
  emailAndPassword: { enabled: true },
  telemetry: { enabled: false },
  logger: { level: "error" },
  plugins: [
    organization(),
    twoFactor({ issuer: "Contoso" }),
    magicLink({ sendMagicLink: async ({ email, url }) => console.log(`to ${email}: ${url}`) }),
  ],
});
if (sqlite) await (await getMigrations(auth.options)).runMigrations();

const handle = toNodeHandler(auth);
http
  .createServer((request, response) => {
    // The portal's pages are of another origin.
    response.setHeader("access-control-allow-origin", PORTAL);
    response.setHeader("access-control-allow-credentials", "true");
    response.setHeader("access-control-allow-headers", "content-type, authorization");
    response.setHeader("vary", "origin");
    if (request.method === "OPTIONS") return response.writeHead(204).end();
    return handle(request, response);
  })
  .listen(Number(PORT), HOST, () => console.log(`Better Auth: http://${HOST}:${PORT}`));
