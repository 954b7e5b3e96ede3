// The server of this generation, with its plugins.
import { apiKey } from "@better-auth/api-key";
import { passkey } from "@better-auth/passkey";
import { scim } from "@better-auth/scim";
import { adminAc, defaultAc as administrationAc, userAc } from "better-auth/plugins/admin/access";
import * as core from "better-auth/plugins";

export { betterAuth } from "better-auth";
export { memoryAdapter } from "better-auth/adapters/memory";
export { toNodeHandler } from "better-auth/node";
export { defaultAc } from "better-auth/plugins/organization/access";
export const plugins = { ...core, apiKey, passkey, scim };
/** What the plugin admin is told of roles: with this it refuses others. */
export const administration = { ac: administrationAc, roles: { admin: adminAc, user: userAc } };
