/** The identity providers that the server has a guide for. */

export interface Provider {
  id: string;
  name: string;
}

export const PROVIDERS: Provider[] = [
  { id: "okta", name: "Okta" },
  { id: "entra", name: "Microsoft Entra ID" },
  { id: "google", name: "Google Workspace" },
  { id: "onelogin", name: "OneLogin" },
  { id: "jumpcloud", name: "JumpCloud" },
  { id: "ping", name: "PingOne" },
  { id: "rippling", name: "Rippling" },
  { id: "cyberark", name: "CyberArk" },
  { id: "generic", name: "Another SCIM 2.0 provider" },
];

export function providerName(id: string): string {
  return PROVIDERS.find((provider) => provider.id === id)?.name ?? id;
}

/** Which kinds of credential a provider's authentication modes need, in the order of the guide. */
export function credentialTypes(modes: readonly string[]): ("bearer" | "basic" | "oauth2")[] {
  const of: Record<string, "bearer" | "basic" | "oauth2"> = {
    http_header: "bearer",
    bearer: "bearer",
    header: "bearer",
    token: "bearer",
    basic: "basic",
    oauth2: "oauth2",
    oauth: "oauth2",
    oauth2_client_credentials: "oauth2",
  };
  const types = modes.map((mode) => of[mode] ?? "bearer");
  return [...new Set(types.length > 0 ? types : (["bearer"] as const))];
}

export const CREDENTIAL_NAMES = {
  bearer: "Bearer token",
  basic: "User name and password (Basic)",
  oauth2: "OAuth 2.0 client",
} as const;

/** The guide's placeholders with what was just shown, while it is still known. */
export function fillIn(
  value: string,
  secret: {
    token?: string | undefined;
    client_id?: string | null | undefined;
    client_secret?: string | undefined;
  } | null,
): string {
  if (!secret) return value;
  return value
    .replace("<bearer token>", secret.token ?? "<bearer token>")
    .replace("<client id>", secret.client_id ?? "<client id>")
    .replace("<client secret>", secret.client_secret ?? "<client secret>");
}
