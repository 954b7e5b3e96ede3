import type { Portico } from "./client.js";
import type { Invitation, Organization, SessionAndUser, SignedIn } from "./shapes.js";

/** The session of the caller and its user; null without one. */
export async function getSession(portico: Portico): Promise<SessionAndUser | null> {
  return (await portico.get("/api/auth/get-session")) ?? null;
}

export interface SignInOptions {
  email: string;
  password: string;
  /** Whether the session outlives the browser; yes unless told otherwise. */
  rememberMe?: boolean;
}

/** Opens a session with email and password. */
export function signIn(portico: Portico, { email, password, rememberMe }: SignInOptions): Promise<SignedIn> {
  const body = rememberMe === undefined ? { email, password } : { email, password, rememberMe };
  return portico.post("/api/auth/sign-in/email", { body });
}

export interface SignUpOptions {
  name: string;
  email: string;
  password: string;
  /** Where the link of the verification mail leads to. */
  callbackURL?: string;
}

/** Makes an account. `token` of the answer is null if the mailbox has to be proven first. */
export function signUp(portico: Portico, options: SignUpOptions) {
  return portico.post("/api/auth/sign-up/email", { body: { ...options } });
}

/** Ends the session. */
export async function signOut(portico: Portico): Promise<void> {
  await portico.request("POST", "/api/auth/sign-out", { body: {} });
}

/** The organizations of the caller. */
export function listOrganizations(portico: Portico): Promise<Organization[]> {
  return portico.request<Organization[]>("GET", "/api/auth/organization/list");
}

/** Works in this organization from now on; null: in none. */
export async function setActiveOrganization(portico: Portico, organizationId: string | null): Promise<void> {
  await portico.request("POST", "/api/auth/organization/set-active", { body: { organizationId } });
}

/** Makes an organization whose owner the caller is. */
export function createOrganization(portico: Portico, body: { name: string; slug: string }): Promise<Organization> {
  return portico.request<Organization>("POST", "/api/auth/organization/create", { body });
}

/** The invitations that wait for the caller. */
export function listInvitations(portico: Portico): Promise<Invitation[]> {
  return portico.request<Invitation[]>("GET", "/api/auth/organization/list-user-invitations");
}

/** Accepts an invitation. */
export async function acceptInvitation(portico: Portico, invitationId: string): Promise<void> {
  await portico.request("POST", "/api/auth/organization/accept-invitation", { body: { invitationId } });
}
