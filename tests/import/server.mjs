// The official server of a generation, 1.4 to 1.7, with every plugin whose data is imported. It is copied beside the packages
// of that generation and started there: node server.mjs GENERATION DATABASE PORT, where DATABASE is a file or a postgres://
// URL. Prints "ready" when it is.
import http from "node:http";
import { passkey } from "@better-auth/passkey";
import { scim } from "@better-auth/scim";
import { betterAuth } from "better-auth";
import { setTokenUtil } from "better-auth/oauth2";
import { toNodeHandler } from "better-auth/node";
import * as plugins from "better-auth/plugins";
import { createAccessControl } from "better-auth/plugins/access";
import { defaultStatements } from "better-auth/plugins/organization/access";

const [generation, where, port] = process.argv.slice(2);
const base = `http://localhost:${port}`;

// What is elsewhere in an older one. Sign-in through a company's own provider is installed beside the newer two alone.
const { getMigrations } = await import(generation === "1.4" ? "better-auth/db" : "better-auth/db/migration");
const { apiKey } = generation === "1.4" ? plugins : await import("@better-auth/api-key");
const { sso } = ["1.4", "1.5"].includes(generation) ? {} : await import("@better-auth/sso");

async function open() {
  if (where.startsWith("postgres")) {
    const { default: pg } = await import("pg");
    return new pg.Pool({ connectionString: where });
  }
  const builtIn = await import("node:sqlite").catch(() => null);
  if (builtIn) return new builtIn.DatabaseSync(where);
  const { default: Database } = await import("better-sqlite3");
  return new Database(where);
}

// Fields of the portal's own. The shoe size is not declared to Portico.
const optional = (type) => ({ type, required: false });
const fields = {
  user: { company: optional("string"), age: optional("number"), newsletter: optional("boolean"), tags: optional("string[]"), shoeSize: optional("number") },
  organization: { plan: optional("string") },
  member: { seat: { ...optional("string"), defaultValue: "window" } },
  invitation: { desk: optional("number") },
  team: { floor: optional("number") },
  organizationRole: { color: optional("string") },
  session: { theme: optional("string"), level: { ...optional("string"), defaultValue: "base" } },
};
const within = ["organization", "member", "invitation", "team", "organizationRole"];
const managed = { credentialHashSecret: process.env.SCIM_HASH_SECRET };
const keys = {
  people: { rateLimit: { enabled: false }, enableMetadata: true },
  organizations: { configId: "organization", references: "organization", rateLimit: { enabled: false } },
};
const texted = new Map();
const auth = betterAuth({
  account: { encryptOAuthTokens: true },
  baseURL: base,
  secret: process.env.BETTER_AUTH_SECRET,
  database: await open(),
  emailAndPassword: { enabled: true },
  user: { additionalFields: fields.user },
  session: { additionalFields: fields.session },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { level: "error" },
  plugins: [
    plugins.organization({
      teams: { enabled: true },
      ac: createAccessControl(defaultStatements),
      dynamicAccessControl: { enabled: true },
      schema: Object.fromEntries(within.map((name) => [name, { additionalFields: fields[name] }])),
      sendInvitationEmail: async () => {},
    }),
    plugins.admin(),
    plugins.bearer(),
    plugins.username(),
    plugins.twoFactor({ issuer: "Judge" }),
    plugins.phoneNumber({ sendOTP: async ({ phoneNumber, code }) => void texted.set(phoneNumber, code) }),
    apiKey(generation === "1.4" ? keys.people : [{ configId: "default", ...keys.people }, keys.organizations]),
    passkey({ rpID: "localhost", rpName: "Judge", origin: base }),
    ...(sso ? [sso()] : []),
    scim(generation === "1.7" ? { connections: [], managedConnections: managed } : { storeSCIMToken: process.env.SCIM_STORE }),
  ],
});
await (await getMigrations(auth.options)).runMigrations();

const handler = toNodeHandler(auth);
// What has no address in the original is asked of the program itself.
const own = {
  "/own/managed-connection": (body) => auth.api.createSCIMManagedConnection({ body: { ...body, expiresAt: new Date(body.expiresAt) } }),
  "/own/api-key": (body) => auth.api.createApiKey({ body }),
  "/own/texted": async ({ phoneNumber }) => texted.get(phoneNumber),
  "/own/role": async ({ userId, role }) => (await auth.$context).internalAdapter.updateUser(userId, { role }),
  // As the way back from a provider stores what it gave.
  "/own/account": async ({ accessToken, refreshToken, ...account }) => {
    const context = await auth.$context;
    const sealed = { accessToken: await setTokenUtil(accessToken, context), refreshToken: await setTokenUtil(refreshToken, context) };
    return context.internalAdapter.createAccount({ ...account, ...sealed });
  },
};
const server = http.createServer(async (request, response) => {
  const ask = own[request.url];
  if (!ask) return handler(request, response);
  let text = "";
  for await (const part of request) text += part;
  try {
    response.end(JSON.stringify(await ask(JSON.parse(text))));
  } catch (error) {
    response.writeHead(500).end(String(error?.stack ?? error));
  }
});
server.listen(Number(port), "localhost", () => console.log("ready"));
process.on("SIGTERM", () => process.exit(0));
