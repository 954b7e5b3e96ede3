// Both generations of the official client, each with the plugins that a portal registers.
import * as old from "../better-auth-1.6/client.mjs";
import * as current from "../better-auth-1.7/client.mjs";
import { Browser } from "./browser.mjs";

/** The plugins of the ways in beside the password, and of what programs show themselves by. */
const methods = (of) => [
  of.magicLinkClient(),
  of.emailOTPClient(),
  of.usernameClient(),
  of.anonymousClient(),
  of.phoneNumberClient(),
  of.oneTimeTokenClient(),
  of.multiSessionClient(),
  of.lastLoginMethodClient(),
  of.twoFactorClient(),
  of.passkeyClient(),
  of.deviceAuthorizationClient(),
  of.apiKeyClient(),
  of.jwtClient(),
  of.inferAdditionalFields(fields),
];

/** The fields that `stories/additional-fields.mjs` declares. */
const fields = {
  user: { company: { type: "string" }, tier: { type: "string", input: false }, age: { type: "number" } },
  session: { theme: { type: "string" }, level: { type: "string", input: false } },
};

/** Organizations with teams, which make roles of their own, and the administration. */
const always = (of) => [of.organizationClient({ teams: { enabled: true }, dynamicAccessControl: { enabled: true } }), of.adminClient()];

// 1.7 has no client for the management of tokens; its proxy still reaches the endpoints by their path. Nor has it one
// for generic OAuth: every provider is one of `signIn.social`.
const recipes = {
  1.6: { from: old, own: (of) => [of.scimClient(), of.genericOAuthClient()] },
  1.7: { from: current, own: () => [] },
};

export const generations = Object.keys(recipes);

/** A client of that generation in a browser of its own; `client.browser` is the browser. */
export function createClient(generation, base, { token, headers, methods: all = false } = {}) {
  const { from, own } = recipes[generation];
  const browser = new Browser(base);
  const fetchOptions = { customFetchImpl: browser.fetch, ...(headers && { headers }), ...(token && { auth: { type: "Bearer", token } }) };
  const plugins = [...always(from.plugins), ...own(from.plugins), ...(all ? methods(from.plugins) : [])];
  return { client: from.createAuthClient({ baseURL: base, fetchOptions, plugins }), browser };
}
