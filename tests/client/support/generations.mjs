// Both generations of the official client, each with the plugins that a portal registers.
import { scimClient } from "@better-auth/scim/client";
import { createAuthClient as createAuthClient16 } from "better-auth/client";
import { organizationClient as organizationClient16 } from "better-auth/client/plugins";
import { createAuthClient as createAuthClient17 } from "better-auth-17/client";
import { organizationClient as organizationClient17 } from "better-auth-17/client/plugins";
import { Browser } from "./browser.mjs";

const recipes = {
  1.6: (options) => createAuthClient16({ ...options, plugins: [organizationClient16(), scimClient()] }),
  // 1.7 has no client for the management of tokens; its proxy still reaches the endpoints by their path.
  1.7: (options) => createAuthClient17({ ...options, plugins: [organizationClient17()] }),
};

export const generations = Object.keys(recipes);

/** A client of that generation in a browser of its own; `client.browser` is the browser. */
export function createClient(generation, base, { token } = {}) {
  const browser = new Browser(base);
  const fetchOptions = { customFetchImpl: browser.fetch, ...(token && { auth: { type: "Bearer", token } }) };
  return { client: recipes[generation]({ baseURL: base, fetchOptions }), browser };
}
