// The official server in this process, in memory: the control. What the suite expects of Portico and is not marked as
// Portico's own must hold for the original too; `run.sh --control` proves it.
import { createHash } from "node:crypto";
import http from "node:http";
import { domain, page } from "./credentials.mjs";
import { startIssuer } from "./issuer.mjs";
import { Mailbox } from "./mailbox.mjs";
import { admin } from "./portico.mjs";

const packages = { 1.6: () => import("../better-auth-1.6/server.mjs"), 1.7: () => import("../better-auth-1.7/server.mjs") };

const TABLES =
  "user session account verification organization member invitation team teamMember organizationRole twoFactor scimProvider " +
  "rateLimit passkey apikey deviceCode jwks";

/** Hashes are nothing that anybody sees, and those of the original cost most of the time. */
const digest = async (password) => createHash("sha256").update(password).digest("hex");
const cheap = { hash: digest, verify: async ({ hash, password }) => hash === (await digest(password)) };

/** The plugins of the ways in beside the password, with the code or link of each letter alone on a line of it. */
const ways = (of, letter) => {
  const message = ({ phoneNumber, code }) => letter(phoneNumber, code);
  return [
    of.magicLink({ sendMagicLink: ({ email, url }) => letter(email, url) }),
    of.emailOTP({ sendVerificationOTP: ({ email, otp }) => letter(email, otp), changeEmail: { enabled: true, verifyCurrentEmail: true } }),
    of.username(),
    of.anonymous(),
    of.phoneNumber({
      sendOTP: message,
      sendPasswordResetOTP: message,
      // As Portico has it: a number is what E.164 calls one.
      phoneNumberValidator: (number) => /^\+[1-9]\d{6,14}$/.test(number),
      signUpOnVerification: { getTempEmail: (number) => `a-number-of-somebody-${number.slice(1)}@phone.placeholder.invalid` },
    }),
    of.oneTimeToken(),
    of.lastLoginMethod(),
    of.multiSession(),
    of.passkey({ rpID: domain, rpName: "Portico", origin: page }),
    of.deviceAuthorization({ validateClient: (id) => id === "television" }),
    // As Portico has it: keys have no limit unless somebody says so.
    of.apiKey({ rateLimit: { enabled: false }, enableMetadata: true, enableSessionForAPIKeys: true }),
    of.jwt(),
    of.openAPI(),
  ];
};

/** What `stories/additional-fields.mjs` of the differential harness declares to Portico. */
const theirFields = {
  user: {
    company: { type: "string", required: true },
    tier: { type: "string", required: false, defaultValue: "free", input: false },
    credit: { type: "number", required: false, input: false },
    note: { type: "string", required: false, returned: false },
    age: { type: "number", required: false },
    news: { type: "boolean", required: false },
    tags: { type: "string[]", required: false },
  },
  organization: {
    vat: { type: "string", required: true },
    plan: { type: "string", required: false, defaultValue: "free", input: false },
    seats: { type: "number", required: false },
    note: { type: "string", required: false, returned: false },
  },
  session: {
    theme: { type: "string", required: false },
    level: { type: "string", required: false, defaultValue: "base", input: false },
    credit: { type: "number", required: false, input: false },
    hidden: { type: "string", required: false, defaultValue: "hush", returned: false },
  },
  member: {
    plan: { type: "string", required: false, defaultValue: "free", input: false },
    desk: { type: "number", required: false },
  },
  team: {
    plan: { type: "string", required: false, defaultValue: "free", input: false },
    floor: { type: "number", required: false },
    note: { type: "string", required: false, returned: false },
  },
  organizationRole: {
    plan: { type: "string", required: false, defaultValue: "free", input: false },
    color: { type: "string", required: false },
  },
  invitation: {
    plan: { type: "string", required: false, defaultValue: "free", input: false },
    desk: { type: "number", required: false },
  },
};

/** Those of organizations, and of what belongs to them, as the plugin takes them. */
const within = ({ user, session, ...fields }) => Object.fromEntries(Object.entries(fields).map(([name, additionalFields]) => [name, { additionalFields }]));

/**
 * Gives the same face as `startPortico`, without `boot`. `methods` adds every method, `services` another service to sign in
 * with, and that deleting an account takes a letter; `fields` adds fields of an operator's own.
 */
export async function startControl(generation, { methods = false, services = false, fields = false } = {}) {
  const { betterAuth, memoryAdapter, toNodeHandler, plugins, defaultAc, administration } = await packages[generation]();
  const mail = await new Mailbox().open();
  const letter = async (to, text) => mail.keep([to], text);
  const server = http.createServer((request, response) => handler(request, response));
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const base = `http://127.0.0.1:${server.address().port}`;
  const issuer = services ? await startIssuer(["", "/oauth2"].map((way) => `${base}/api/auth${way}/callback/acme`)) : null;
  const acme = issuer && {
    providerId: "acme",
    discoveryUrl: `${issuer.url}/.well-known/openid-configuration`,
    clientId: issuer.clientId,
    clientSecret: issuer.clientSecret,
    scopes: ["openid", "profile", "email"],
    pkce: true,
  };
  const tables = Object.fromEntries(TABLES.split(" ").map((name) => [name, []]));
  const auth = betterAuth({
    appName: "Portico",
    baseURL: base,
    secret: "a-secret-for-judges-only-0123456789abcdef",
    database: memoryAdapter(tables),
    emailAndPassword: { enabled: true, password: cheap, sendResetPassword: ({ user, url }) => letter(user.email, url) },
    emailVerification: { sendVerificationEmail: ({ user, url }) => letter(user.email, url) },
    user: {
      changeEmail: { enabled: true, sendChangeEmailConfirmation: ({ user, url }) => letter(user.email, url) },
      deleteUser: { enabled: true, ...(services && { sendDeleteAccountVerification: ({ user, url }) => letter(user.email, url) }) },
      ...(fields && { additionalFields: theirFields.user }),
    },
    ...(fields && { session: { additionalFields: theirFields.session } }),
    ...(services && { account: { accountLinking: { trustedProviders: ["acme"] } } }),
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
    plugins: [
      plugins.organization({
        teams: { enabled: true },
        ac: defaultAc,
        dynamicAccessControl: { enabled: true },
        ...(fields && { schema: within(theirFields) }),
        sendInvitationEmail: ({ id, email }) => letter(email, `${base}/invitation/${id}`),
      }),
      plugins.admin(administration),
      plugins.bearer(),
      // As Portico has it: who has no password needs none.
      plugins.twoFactor({ allowPasswordless: true, otpOptions: { sendOTP: ({ user, otp }) => letter(user.email, otp) } }),
      ...(methods ? ways(plugins, letter) : []),
      ...(services ? [plugins.genericOAuth({ config: [acme] })] : []),
      ...(plugins.scim ? [plugins.scim({})] : []),
    ],
  });
  const handler = toNodeHandler(auth);
  await auth.api.signUpEmail({ body: { name: "admin", ...admin, ...(fields && { company: "Acme" }) } });
  Object.assign(tables.user.find((user) => user.email === admin.email), { role: "admin", emailVerified: true });
  const stop = async () => {
    mail.close();
    issuer?.close();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return { base, mail, issuer, endpoints: () => endpoints(auth.api), stop };
}

/** What of it can be called from elsewhere, as `GET /path/:name`. */
function endpoints(api) {
  const found = Object.values(api).flatMap(({ path, options }) => {
    if (!path || !options || options.metadata?.SERVER_ONLY) return [];
    return [options.method].flat().map((method) => `${method} ${path}`);
  });
  return [...new Set(found)];
}
