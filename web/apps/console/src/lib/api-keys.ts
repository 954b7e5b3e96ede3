/**
 * API keys of an organization, by two roads. Members go by `/api/auth/api-key`, as the permissions of their roles allow, and their
 * keys end with their place in the organization. Administrators of the instance go by `/v1/api-keys`, and what they make ends
 * with the organization.
 */
import { get, patch, post } from "../api/http";
import type { ApiKey, Page } from "../api/types";

export type KeyState = "on" | "off" | "ended" | "expired" | "revoked";

/** A key, whichever road it came by. Instants are milliseconds. */
export interface OrganizationKey {
  id: string;
  name: string | null;
  start: string;
  state: KeyState;
  expiresAt: number | null;
  usedAt: number | null;
  createdAt: number;
}

/** A key as members see it: whether it is off or ended, it does not say. */
interface MembersKey {
  id: string;
  name: string | null;
  start: string;
  enabled: boolean;
  expiresAt: string | null;
  lastRequest: string | null;
  createdAt: string;
}

interface NewKey {
  name: string;
  /** Null is for ever, undefined as the instance is configured. */
  days: number | null | undefined;
}

export interface KeysApi {
  list: (limit: number, offset: number, signal: AbortSignal) => Promise<Page<OrganizationKey>>;
  /** Answers with the key itself, this once. */
  make: (key: NewKey) => Promise<string>;
  /** Answers with what has become of it: nothing turns on what has ended. */
  turn: (id: string, on: boolean) => Promise<KeyState>;
  remove: (id: string) => Promise<unknown>;
}

const DAY = 86_400_000;

export function fromInstance(key: ApiKey, now = Date.now()): OrganizationKey {
  const expired = key.expires_at != null && key.expires_at <= now;
  return {
    id: key.id,
    name: key.name ?? null,
    start: key.start,
    state: key.revoked_at ? "revoked" : key.access_ended ? "ended" : expired ? "expired" : key.enabled ? "on" : "off",
    expiresAt: key.expires_at ?? null,
    usedAt: key.last_used_at ?? null,
    createdAt: key.created_at,
  };
}

export function fromMembers(key: MembersKey, now = Date.now()): OrganizationKey {
  const at = (text: string | null) => (text === null ? null : Date.parse(text));
  const expiresAt = at(key.expiresAt);
  return {
    id: key.id,
    name: key.name,
    start: key.start,
    state: expiresAt !== null && expiresAt <= now ? "expired" : key.enabled ? "on" : "off",
    expiresAt,
    usedAt: at(key.lastRequest),
    createdAt: Date.parse(key.createdAt),
  };
}

const byInstance = (organization: string): KeysApi => ({
  list: async (limit, offset, signal) => {
    const query = { organization_id: organization, limit, offset };
    const page = await get<Page<ApiKey>>("/v1/api-keys", query, signal);
    return { data: page.data.map((key) => fromInstance(key)), total_count: page.total_count };
  },
  make: async ({ name, days }) => {
    const expires_at = days == null ? days : Date.now() + days * DAY;
    const made = await post<ApiKey>("/v1/api-keys", { organization_id: organization, name, expires_at });
    return made.key ?? "";
  },
  turn: async (id, enabled) => fromInstance(await patch<ApiKey>(`/v1/api-keys/${id}`, { enabled })).state,
  remove: (id) => post(`/v1/api-keys/${id}/revoke`),
});

const byMember = (organization: string): KeysApi => ({
  list: async (limit, offset, signal) => {
    const query = { organizationId: organization, limit, offset, sortBy: "createdAt", sortDirection: "desc" };
    const page = await get<{ apiKeys: MembersKey[]; total: number }>("/api/auth/api-key/list", query, signal);
    return { data: page.apiKeys.map((key) => fromMembers(key)), total_count: page.total };
  },
  make: async ({ name, days }) => {
    const expiresIn = days == null ? days : (days * DAY) / 1000;
    const made = await post<{ key: string }>("/api/auth/api-key/create", {
      organizationId: organization,
      name,
      expiresIn,
    });
    return made.key;
  },
  turn: async (keyId, enabled) =>
    fromMembers(await post<MembersKey>("/api/auth/api-key/update", { keyId, enabled })).state,
  remove: (keyId) => post("/api/auth/api-key/delete", { keyId }),
});

export const keysApi = (organization: string, instanceAdmin: boolean): KeysApi =>
  instanceAdmin ? byInstance(organization) : byMember(organization);
