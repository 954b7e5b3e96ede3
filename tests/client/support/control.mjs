// The official server in this process, in memory: the control. What the suite expects of Portico and is not marked as
// Portico's own must hold for the original too; `run.sh --control` proves it.
import http from "node:http";
import { Mailbox } from "./mailbox.mjs";
import { admin } from "./portico.mjs";

const packages = {
  1.6: async () => ({
    ...(await import("better-auth")),
    ...(await import("better-auth/adapters/memory")),
    ...(await import("better-auth/node")),
    plugins: await import("better-auth/plugins"),
    access: await import("better-auth/plugins/organization/access"),
    extra: [(await import("@better-auth/scim")).scim({})],
  }),
  1.7: async () => ({
    ...(await import("better-auth-17")),
    ...(await import("better-auth-17/adapters/memory")),
    ...(await import("better-auth-17/node")),
    plugins: await import("better-auth-17/plugins"),
    access: await import("better-auth-17/plugins/organization/access"),
    extra: [],
  }),
};

/** The plugins of the ways in beside the password, with the code or link of each letter alone on a line of it. */
const methods = (of, letter) => [
  of.magicLink({ sendMagicLink: ({ email, url }) => letter(email, url) }),
  of.emailOTP({ sendVerificationOTP: ({ email, otp }) => letter(email, otp), changeEmail: { enabled: true, verifyCurrentEmail: true } }),
  of.username(),
  of.anonymous(),
  of.oneTimeToken(),
  of.lastLoginMethod(),
  of.multiSession(),
];

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
};

/** Gives the same face as `startPortico`, without `boot`. `all` adds every method, `fields` fields of an operator's own. */
export async function startControl(generation, { all = false, fields = false } = {}) {
  const { betterAuth, memoryAdapter, toNodeHandler, plugins, access, extra } = await packages[generation]();
  const mail = await new Mailbox().open();
  const letter = async (to, text) => mail.keep([to], text);
  const server = http.createServer((request, response) => handler(request, response));
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const base = `http://127.0.0.1:${server.address().port}`;
  const tables = Object.fromEntries(
    "user session account verification organization member invitation team teamMember organizationRole twoFactor scimProvider rateLimit"
      .split(" ")
      .map((name) => [name, []]),
  );
  const auth = betterAuth({
    appName: "Portico",
    baseURL: base,
    secret: "a-secret-for-judges-only-0123456789abcdef",
    database: memoryAdapter(tables),
    emailAndPassword: { enabled: true, sendResetPassword: ({ user, url }) => letter(user.email, url) },
    emailVerification: { sendVerificationEmail: ({ user, url }) => letter(user.email, url) },
    user: { deleteUser: { enabled: true }, ...(fields && { additionalFields: theirFields.user }) },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
    plugins: [
      plugins.organization({
        teams: { enabled: true },
        ac: access.defaultAc,
        dynamicAccessControl: { enabled: true },
        ...(fields && { schema: { organization: { additionalFields: theirFields.organization } } }),
        sendInvitationEmail: ({ id, email }) => letter(email, `${base}/invitation/${id}`),
      }),
      plugins.admin(),
      plugins.bearer(),
      // As Portico has it: who has no password needs none.
      plugins.twoFactor({ allowPasswordless: true, otpOptions: { sendOTP: ({ user, otp }) => letter(user.email, otp) } }),
      ...(all ? methods(plugins, letter) : []),
      ...extra,
    ],
  });
  const handler = toNodeHandler(auth);
  await auth.api.signUpEmail({ body: { name: "admin", ...admin, ...(fields && { company: "Acme" }) } });
  Object.assign(tables.user.find((user) => user.email === admin.email), { role: "admin", emailVerified: true });
  const stop = async () => {
    mail.close();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return { base, mail, stop };
}
