/** An answer that is no success, or none at all (`status` 0). `errorInfo` reads it. */
export class ApiFailure extends Error {
  readonly status: number;
  readonly body: unknown;
  /** Seconds until another try makes sense. */
  readonly retryAfter: number | null;

  constructor(status: number, body: unknown, retryAfter: number | null = null) {
    super(`The server answered ${status}`);
    this.status = status;
    this.body = body;
    this.retryAfter = retryAfter;
  }
}

interface Options {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  /** A token in place of the cookies. */
  bearer?: string | undefined;
  signal?: AbortSignal | undefined;
}

async function call<Answer>(path: string, { method = "GET", body, bearer, signal }: Options = {}): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      // As the links of the page's head are asked, whose answers are taken up so (`scripts/hints.ts`).
      credentials: bearer ? "omit" : "include",
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(bearer ? { authorization: `Bearer ${bearer}` } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiFailure(0, null);
  }
  const text = await response.text();
  let json: unknown = null;
  try {
    json = text ? JSON.parse(text) : null;
  } catch {
    // A proxy in between may answer with a page; its status says enough.
  }
  if (response.ok) return json as Answer;
  const after = Number(response.headers.get("retry-after") ?? response.headers.get("x-retry-after") ?? "");
  throw new ApiFailure(response.status, json, after > 0 ? after : null);
}

export interface User {
  id: string;
  name: string;
  email: string;
  emailVerified: boolean;
  image: string | null;
  createdAt: string;
  /** Whether a sign-in asks for a second factor; an older server does not say. */
  twoFactorEnabled?: boolean;
  /** The name to sign in with, in small letters, where there are such names. */
  username?: string | null;
  /** The same as its owner writes it. */
  displayUsername?: string | null;
  /** The number to sign in with as E.164 writes it, where there are such, and whether it was proven here. */
  phoneNumber?: string | null;
  phoneNumberVerified?: boolean;
  /** Whether this is a visitor who has not said who they are, where there are such. */
  isAnonymous?: boolean;
}

/** A way in: a password (`credential`), or an account at a service. */
export interface Account {
  id: string;
  providerId: string;
  createdAt: string;
}

export interface Session {
  id: string;
  token: string;
  createdAt: string;
  updatedAt: string;
  expiresAt: string;
  ipAddress: string;
  userAgent: string;
  activeOrganizationId?: string | null;
  impersonatedBy?: string | null;
}

export interface SessionAndUser {
  session: Session;
  user: User;
}

export interface Organization {
  id: string;
  name: string;
  slug: string;
  logo: string | null;
}

export interface Offer {
  id: string;
  email: string;
  role: string;
  status: string;
  expiresAt: string;
  organizationId: string;
  organizationName: string;
  organizationSlug: string;
  inviterEmail: string | null;
}

export interface Branding {
  name: string;
  logo_url: string | null;
  accent_color: string | null;
}

export interface Instance extends Branding {
  base_url: string;
  methods: {
    email_password: {
      enabled: boolean;
      sign_up_enabled: boolean;
      require_email_verification: boolean;
      min_length: number;
      max_length: number;
    };
    /** The other ways are there if the server says so; an older one does not speak of them. */
    magic_link?: { enabled: boolean };
    email_otp?: { enabled: boolean };
    username?: { enabled: boolean; min_length: number; max_length: number };
    phone_number?: { enabled: boolean; sign_up_enabled: boolean };
    social?: { id: string; name: string }[];
    two_factor?: { enabled: boolean };
    /** `origins` are those whose pages may ask for one. */
    passkey?: { enabled: boolean; origins: string[] };
    device?: { enabled: boolean };
    api_key?: { enabled: boolean };
    multi_session?: { enabled: boolean };
    last_login_method?: { enabled: boolean };
  };
  organization: Branding | null;
}

/** What a sign-in is answered: who it is, or that a second factor is wanted first. */
export type Entry = { user: User } | { twoFactorRedirect: true; twoFactorMethods: string[] };

/** How a second factor is proven. */
export type Factor = "totp" | "otp" | "backup-code";

/** Asks what is below `/api/auth`. What only some pages ask stands beside them. */
export const post = <Answer>(path: string, body: unknown = {}) =>
  call<Answer>(`/api/auth${path}`, { method: "POST", body });
export const get = <Answer>(path: string, signal?: AbortSignal) => call<Answer>(`/api/auth${path}`, { signal });

/** Whoever has no password proves by a fresh session that it is they. */
const confirmedBy = (password: string) => (password ? { password } : {});

/** The endpoints under `/api/auth` that the pages use. */
export const auth = {
  session: () => get<SessionAndUser | null>("/get-session"),
  signIn: (body: { email: string; password: string; rememberMe: boolean }) => post<Entry>("/sign-in/email", body),
  signInByName: (body: { username: string; password: string; rememberMe: boolean }) =>
    post<Entry>("/sign-in/username", body),
  sendLink: (body: { email: string; callbackURL: string; errorCallbackURL: string }) =>
    post("/sign-in/magic-link", body),
  sendCode: (email: string) => post("/email-otp/send-verification-otp", { email, type: "sign-in" }),
  signInByCode: (email: string, otp: string) => post<Entry>("/sign-in/email-otp", { email, otp }),
  signInBySocial: (body: {
    provider: string;
    callbackURL: string;
    errorCallbackURL: string;
    requestSignUp?: boolean;
  }) => post<{ url: string }>("/sign-in/social", body),
  sendFactor: () => post("/two-factor/send-otp"),
  verifyFactor: (factor: Factor, code: string, trustDevice: boolean) =>
    post<{ user: User }>(`/two-factor/verify-${factor}`, { code, trustDevice }),
  /** The three that change second factors want the password of whoever has one; of the others, a fresh session. */
  enableApp: (password: string) =>
    post<{ totpURI: string; backupCodes: string[] }>("/two-factor/enable", confirmedBy(password)),
  renewBackupCodes: (password: string) =>
    post<{ backupCodes: string[] }>("/two-factor/generate-backup-codes", confirmedBy(password)),
  disableFactor: (password: string) => post("/two-factor/disable", confirmedBy(password)),
  signUp: (body: { name: string; email: string; password: string; callbackURL: string }) =>
    post<{ token: string | null; user: User }>("/sign-up/email", body),
  signOut: () => post("/sign-out"),
  stopImpersonating: () => post("/admin/stop-impersonating"),
  requestReset: (email: string, redirectTo: string) => post("/request-password-reset", { email, redirectTo }),
  resetPassword: (token: string, newPassword: string) => post("/reset-password", { token, newPassword }),
  sendVerification: (email: string, callbackURL: string) => post("/send-verification-email", { email, callbackURL }),
  verifyEmail: (token: string) => get(`/verify-email?token=${encodeURIComponent(token)}`),
  updateUser: (body: {
    name?: string;
    image?: string | null;
    username?: string | null;
    displayUsername?: string | null;
  }) => post("/update-user", body),
  isUsernameFree: (username: string) => post<{ available: boolean }>("/is-username-available", { username }),
  changeEmail: (newEmail: string, callbackURL: string) => post("/change-email", { newEmail, callbackURL }),
  changePassword: (body: { currentPassword: string; newPassword: string; revokeOtherSessions: boolean }) =>
    post("/change-password", body),
  accounts: () => get<Account[]>("/list-accounts"),
  link: (body: { provider: string; callbackURL: string; errorCallbackURL: string }) =>
    post<{ url: string }>("/link-social", body),
  unlink: (accountId: string) => post("/unlink-account", { accountId }),
  sessions: () => get<Session[]>("/list-sessions"),
  revokeSession: (token: string) => post("/revoke-session", { token }),
  revokeOtherSessions: () => post("/revoke-other-sessions"),
  deleteUser: (password: string) => post<{ message: string }>("/delete-user", confirmedBy(password)),
  organizations: () => get<Organization[]>("/organization/list"),
  createOrganization: (name: string, slug: string) =>
    post<Organization>("/organization/create", { name, slug, keepCurrentActiveOrganization: true }),
  setActive: (organizationId: string | null) => post("/organization/set-active", { organizationId }),
  leave: (organizationId: string) => post("/organization/leave", { organizationId }),
  userInvitations: () => get<(Offer & { organizationName?: string })[]>("/organization/list-user-invitations"),
  invitation: (id: string) => get<Offer>(`/organization/get-invitation?id=${encodeURIComponent(id)}`),
  acceptInvitation: (invitationId: string) => post("/organization/accept-invitation", { invitationId }),
  rejectInvitation: (invitationId: string) => post("/organization/reject-invitation", { invitationId }),
  authorize: (body: { client_origin: string; redirect_uri?: string; code_challenge: string }) =>
    post<{ code: string; expires_at: number }>("/portico/authorize", body),
  /** Whether the server would send somebody to `url`. It refuses addresses of strangers on every endpoint. */
  trusts: async (url: string): Promise<boolean> => {
    try {
      await get(`/ok?callbackURL=${encodeURIComponent(url)}`);
      return true;
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 403) return false;
      throw error;
    }
  },
};

/** What everybody may know of the instance. */
export const readInstance = (organization: string | null): Promise<Instance> =>
  call<Instance>(`/v1/instance${organization ? `?organization=${encodeURIComponent(organization)}` : ""}`);

export interface List<Item> {
  data: Item[];
  total_count: number;
}

export interface SetupSession {
  token: string;
  expires_at: number;
  directory_id: string;
  organization_id: string;
  organization_name: string;
}

export interface Directory {
  id: string;
  name: string;
  provider: string;
  state: string;
  endpoint_url: string;
  last_request_at: number | null;
}

export interface SetupGuide {
  provider: string;
  provider_name: string;
  base_url: string;
  authentication_modes: string[];
  steps: { title: string; text: string; fields: { label: string; value: string }[] }[];
  mapping_hints: { attribute: string; text: string }[];
  remarks: string[];
}

export interface Credential {
  id: string;
  name: string;
  type: string;
  prefix: string;
  client_id?: string | null;
  token?: string;
  client_secret?: string;
  created_at: number;
  revoked_at: number | null;
  last_used_at: number | null;
}

export interface Health {
  state: string;
  last_request_at: number | null;
  last_success_at: number | null;
  counts: { users: number; active: number; groups: number };
}

export interface Group {
  id: string;
  display_name: string;
  members_count: number;
}

export interface RoleRule {
  group_id: string | null;
  group_name: string;
  roles: string[];
  /** The ids of teams; an older server does not speak of them. */
  teams?: string[];
}

export interface RequestLine {
  id: string;
  operation: string;
  status: number;
  created_at: number;
}

/** Uses up a setup link. */
export const consumeSetupLink = (token: string): Promise<SetupSession> =>
  call<SetupSession>("/v1/setup-sessions", { method: "POST", body: { token } });

/** What a setup session reaches: its own directory. */
export function setupApi(session: Pick<SetupSession, "token" | "organization_id" | "directory_id">) {
  const base = `/v1/organizations/${encodeURIComponent(session.organization_id)}/directories/${encodeURIComponent(session.directory_id)}`;
  const bearer = session.token;
  return {
    directory: () => call<Directory>(base, { bearer }),
    update: (body: { provider?: string; name?: string }) => call<Directory>(base, { method: "PATCH", body, bearer }),
    guide: () => call<SetupGuide>(`${base}/setup-guide`, { bearer }),
    credentials: () => call<List<Credential>>(`${base}/credentials?limit=50`, { bearer }),
    createCredential: (body: { name: string; type: string }) =>
      call<Credential>(`${base}/credentials`, { method: "POST", body, bearer }),
    health: (signal?: AbortSignal) => call<Health>(`${base}/health`, { bearer, signal }),
    groups: () => call<List<Group>>(`${base}/groups?limit=100`, { bearer }),
    rules: () => call<{ rules: RoleRule[] }>(`${base}/role-rules`, { bearer }),
    saveRules: (rules: { group_id?: string; group_name?: string; roles: string[]; teams?: string[] }[]) =>
      call(`${base}/role-rules`, { method: "PUT", body: { rules }, bearer }),
    requests: (signal?: AbortSignal) => call<List<RequestLine>>(`${base}/requests?limit=5`, { bearer, signal }),
  };
}
