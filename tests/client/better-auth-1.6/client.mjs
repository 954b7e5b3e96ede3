// The client of this generation, with its plugins.
import { apiKeyClient } from "@better-auth/api-key/client";
import { passkeyClient } from "@better-auth/passkey/client";
import { scimClient } from "@better-auth/scim/client";
import * as core from "better-auth/client/plugins";

export { createAuthClient } from "better-auth/client";
export const plugins = { ...core, apiKeyClient, passkeyClient, scimClient };
