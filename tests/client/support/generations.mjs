// Both generations of the official client, each with the plugins that a portal registers.
import { scimClient } from "@better-auth/scim/client";
import { createAuthClient as createAuthClient16 } from "better-auth/client";
import * as plugins16 from "better-auth/client/plugins";
import { createAuthClient as createAuthClient17 } from "better-auth-17/client";
import * as plugins17 from "better-auth-17/client/plugins";
import { Browser } from "./browser.mjs";

/** The plugins of the ways in beside the password. */
const methods = (of) => [
  of.magicLinkClient(),
  of.emailOTPClient(),
  of.usernameClient(),
  of.anonymousClient(),
  of.oneTimeTokenClient(),
  of.multiSessionClient(),
  of.lastLoginMethodClient(),
  of.twoFactorClient(),
  of.jwtClient(),
  of.inferAdditionalFields(fields),
];

/** The fields that `stories/additional-fields.mjs` declares. */
const fields = {
  user: { company: { type: "string" }, tier: { type: "string", input: false }, age: { type: "number" } },
};

/** That organizations make roles of their own. */
const roles = { dynamicAccessControl: { enabled: true } };

const recipes = {
  1.6: (options, all) =>
    createAuthClient16({
      ...options,
      plugins: [plugins16.organizationClient(roles), scimClient(), plugins16.genericOAuthClient(), ...(all ? methods(plugins16) : [])],
    }),
  // 1.7 has no client for the management of tokens; its proxy still reaches the endpoints by their path. Nor has it one
  // for generic OAuth: every provider is one of `signIn.social`.
  1.7: (options, all) =>
    createAuthClient17({ ...options, plugins: [plugins17.organizationClient(roles), ...(all ? methods(plugins17) : [])] }),
};

export const generations = Object.keys(recipes);

/** A client of that generation in a browser of its own; `client.browser` is the browser. */
export function createClient(generation, base, { token, methods = false } = {}) {
  const browser = new Browser(base);
  const fetchOptions = { customFetchImpl: browser.fetch, ...(token && { auth: { type: "Bearer", token } }) };
  return { client: recipes[generation]({ baseURL: base, fetchOptions }, methods), browser };
}
