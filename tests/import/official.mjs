// The official server of a generation, started on a database of its own, and the people and things that are made on it: all over
// its real API, as its users would.
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { join } from "node:path";
import { freePort } from "../client/support/portico.mjs";
import { Browser } from "../client/support/browser.mjs";
import { Authenticator } from "./authenticator.mjs";

export const secret = "an-import-secret-for-judges-0123456789";
export const scimHashSecret = "managed-scim-hash-secret-0123456789ab";
export const password = "correct horse battery";

/** Starts it. `where` is a file or a URL. Gives `{base, stop}`. */
export async function startOfficial(generation, where, scimStore) {
  const port = await freePort();
  const folder = process.env[`IMPORT_${generation.replace(".", "_")}`];
  const child = spawn("node", [join(folder, "server.mjs"), generation, where, port], {
    env: { ...process.env, BETTER_AUTH_SECRET: secret, SCIM_HASH_SECRET: scimHashSecret, SCIM_STORE: scimStore },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let told = "";
  const ready = new Promise((done, failed) => {
    const late = setTimeout(() => failed(new Error(`the official server did not become ready:\n${told}`)), 60_000);
    const hear = (part) => {
      told += part;
      if (told.includes("ready")) done(clearTimeout(late));
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", () => failed(new Error(`the official server ended:\n${told}`)));
  });
  const ended = new Promise((done) => child.once("exit", done));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  await ready.catch(async (error) => {
    child.kill("SIGKILL");
    throw error;
  });
  return { base: `http://localhost:${port}`, stop, told: () => told };
}

/** Somebody with a browser. */
export class Somebody {
  constructor(base, email) {
    this.base = base;
    this.email = email;
    this.browser = new Browser(base);
  }

  async ask(method, path, body, headers = {}) {
    const init = { method, headers: { ...headers } };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers["content-type"] = "application/json";
    }
    const response = await this.browser.fetch(`${this.base}/api/auth${path}`, init);
    const text = await response.text();
    let json = null;
    try {
      json = JSON.parse(text);
    } catch {
      json = text;
    }
    return { status: response.status, body: json };
  }

  async done(method, path, body, headers) {
    const answer = await this.ask(method, path, body, headers);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async signUp(more = {}) {
    const name = this.email.split("@")[0];
    const { user } = await this.done("POST", "/sign-up/email", { name, email: this.email, password, ...more });
    this.id = user.id;
    return this;
  }
}

/** The code of an app now (RFC 6238), by the address that it reads. */
export function totp(uri, step = 0) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...new URL(uri).searchParams.get("secret")].map((c) => alphabet.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + step));
  const mac = createHmac("sha1", key).update(counter).digest();
  const at = mac.at(-1) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

async function scim(base, token, method, path, body) {
  const response = await fetch(`${base}/api/auth/scim/v2${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`SCIM ${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

async function own(base, path, body) {
  const response = await fetch(`${base}/own${path}`, { method: "POST", body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${text}`);
  return JSON.parse(text);
}

/** A company's own provider. */
const registerProvider = async (ann) => {
  await ann.done("POST", "/sso/register", {
    providerId: "acme-oidc",
    issuer: "https://idp.acme.example",
    domain: "acme.example",
    oidcConfig: {
      clientId: "c",
      clientSecret: "s",
      skipDiscovery: true,
      authorizationEndpoint: "https://idp.acme.example/authorize",
      tokenEndpoint: "https://idp.acme.example/token",
      jwksEndpoint: "https://idp.acme.example/jwks",
    },
  });
};

/** Everything that is imported, once. */
export async function populate(generation, base) {
  const person = (name) => new Somebody(base, `${name}@acme.example`);
  const ann = await person("ann").signUp({ username: "Ann.Owner", company: "Acme", age: 41, newsletter: true, tags: ["a", "b"], shoeSize: 42 });
  const bob = await person("bob").signUp();
  const eve = await person("eve").signUp();

  const org = await ann.done("POST", "/organization/create", { name: "Acme", slug: "acme", plan: "gold", metadata: { plan: "gold" } });
  await ann.done("POST", "/organization/set-active", { organizationId: org.id });
  const invite = (email, role, more) => ann.done("POST", "/organization/invite-member", { email, role, organizationId: org.id, ...more });
  const joined = await invite(bob.email, "admin");
  await bob.done("POST", "/organization/accept-invitation", { invitationId: joined.id });
  const open = await invite("newcomer@acme.example", "member", { desk: 7 });
  await ann.done("POST", "/organization/create-role", { role: "auditor", permission: { ac: ["read"] }, organizationId: org.id, additionalFields: { color: "red" } });
  const asked = await invite(eve.email, "auditor");
  await eve.done("POST", "/organization/accept-invitation", { invitationId: asked.id });
  const team = await ann.done("POST", "/organization/create-team", { name: "Rockets", organizationId: org.id, floor: -1 });
  await ann.done("POST", "/organization/add-team-member", { teamId: team.id, userId: bob.id });

  // Second factor: bob's.
  const { totpURI, backupCodes } = await bob.done("POST", "/two-factor/enable", { password });
  await bob.done("POST", "/two-factor/verify-totp", { code: totp(totpURI) });

  // A passkey: ann's.
  const authenticator = new Authenticator();
  const options = await ann.done("GET", "/passkey/generate-register-options");
  const response = authenticator.register(options, base);
  await ann.done("POST", "/passkey/verify-registration", { response, name: "Laptop" });

  // Keys: one of ann's, and one that the back end has limited.
  const key = await ann.done("POST", "/api-key/create", { name: "ci", prefix: "acme_", metadata: { for: "ci" } });
  const limited = await own(base, "/api-key", { userId: ann.id, name: "limited", remaining: 1, permissions: { files: ["read"] } });

  if (generation !== "1.4") await ann.done("POST", "/update-session", { theme: "dark" });
  if (!["1.4", "1.5"].includes(generation)) await registerProvider(ann);

  // A directory with a person, and in 1.7 a group.
  const directory = {};
  if (generation !== "1.7") {
    const made = await ann.done("POST", "/scim/generate-token", { providerId: "okta", organizationId: org.id });
    directory.token = made.scimToken;
  } else {
    const made = await own(base, "/managed-connection", {
      creationRequestId: "import-judge-request-01",
      actorId: "judge",
      provisioningDomainId: org.id,
      scopes: ["scim.users.read", "scim.users.write", "scim.groups.read", "scim.groups.write"],
      expiresAt: new Date(Date.now() + 30 * 864e5),
    });
    directory.token = made.token ?? made.credential.token;
  }
  const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
  const zoe = { schemas, userName: "zoe@acme.example", externalId: "ext-zoe", name: { givenName: "Zoe", familyName: "Zimmer" } };
  directory.user = await scim(base, directory.token, "POST", "/Users", { ...zoe, emails: [{ value: "zoe@acme.example", primary: true }] });
  if (generation === "1.7") {
    const group = { schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], displayName: "Pilots", members: [{ value: directory.user.id }] };
    directory.group = await scim(base, directory.token, "POST", "/Groups", group);
  }
  return { ann, bob, eve, org, open, team, totpURI, backupCodes, authenticator, key, limited, directory };
}

/**
 * What else there is about people: a telephone number, an administrator, somebody who is banned, somebody who only began with a
 * second factor, a key of the organization (since 1.5), an account elsewhere.
 */
export async function populateMore(generation, base, { ann, bob, org }) {
  const phoneNumber = "+4915112345678";
  await bob.done("POST", "/phone-number/send-otp", { phoneNumber });
  const code = await own(base, "/texted", { phoneNumber });
  await bob.done("POST", "/phone-number/verify", { phoneNumber, code, updatePhoneNumber: true });

  const ada = await new Somebody(base, "ada@acme.example").signUp();
  const mal = await new Somebody(base, "mal@acme.example").signUp();
  await own(base, "/role", { userId: ada.id, role: "admin" });
  await ada.done("POST", "/admin/ban-user", { userId: mal.id, banReason: "spam" });

  const una = await new Somebody(base, "una@acme.example").signUp();
  await una.done("POST", "/two-factor/enable", { password });

  const ofAcme = { configId: "organization", organizationId: org.id, name: "of Acme" };
  const key = generation === "1.4" ? null : await ann.done("POST", "/api-key/create", ofAcme);
  const tokens = { accessToken: "an access token of acme", refreshToken: "a refresh token of acme" };
  await own(base, "/account", { userId: ann.id, providerId: "acme", accountId: "ann-at-acme", scope: "openid,email", ...tokens });
  return { phoneNumber, ada, mal, una, key, tokens };
}
