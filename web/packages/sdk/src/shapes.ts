import type { Answer } from "./client.js";
import type { components as Admin } from "./generated/admin.js";
import type { components as Auth } from "./generated/auth.js";

/** The schemas of the administration API, `/v1`. */
export type AdminSchemas = Admin["schemas"];
/** The schemas of Better Auth's endpoints, `/api/auth`. */
export type AuthSchemas = Auth["schemas"];

/** The person who is signed in. */
export type User = AuthSchemas["User"];
/** A session; dates are ISO 8601 texts. */
export type Session = AuthSchemas["Session"];
export type SessionAndUser = AuthSchemas["SessionAndUser"];
/** An organization as its members see it. */
export type Organization = AuthSchemas["Organization"];
export type Member = AuthSchemas["Member"];
export type Invitation = AuthSchemas["Invitation"];
export type SignedIn = Answer<"/api/auth/sign-in/email", "post">;
