// Better Auth on node:http with SQLite, with the plugins whose features Portico has: organizations, administration (roles
// and bans), bearer, the OpenAPI document, SCIM with one fixed token. With METHODS=1 also magic links, API keys that stand for
// sessions, and session tokens (JWT), which Portico leaves off too unless they are switched on.
// Environment: PORT, DATABASE (a file), SQLITE_SYNC (FULL or NORMAL), SCIM_TOKEN, METHODS.
import http from "node:http";
import { apiKey } from "@better-auth/api-key";
import { scim } from "@better-auth/scim";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { admin, bearer, jwt, magicLink, openAPI, organization } from "better-auth/plugins";
import Database from "better-sqlite3";

const { PORT, DATABASE, SCIM_TOKEN, SQLITE_SYNC = "FULL", METHODS } = process.env;
const database = new Database(DATABASE);
database.pragma("journal_mode = WAL");
database.pragma(`synchronous = ${SQLITE_SYNC}`);
database.pragma("busy_timeout = 5000");

const methods = METHODS
  ? [
      magicLink({ sendMagicLink: async () => {} }),
      apiKey({ enableSessionForAPIKeys: true, rateLimit: { enabled: false } }),
      jwt({ disableSettingJwtHeader: true }),
    ]
  : [];

const auth = betterAuth({
  baseURL: `http://127.0.0.1:${PORT}`,
  secret: "a-secret-for-benchmarks-only-0123456789abcdef",
  database,
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { level: "error" },
  plugins: [
    organization({ sendInvitationEmail: async () => {} }),
    admin(),
    bearer(),
    openAPI(),
    scim({ connections: [{ id: "bench", credentials: [{ type: "bearer", id: "fixed", token: SCIM_TOKEN }] }] }),
    ...methods,
  ],
});

if (process.argv.includes("--migrate")) {
  await (await getMigrations(auth.options)).runMigrations();
} else {
  http.createServer(toNodeHandler(auth)).listen(Number(PORT), "127.0.0.1");
}
