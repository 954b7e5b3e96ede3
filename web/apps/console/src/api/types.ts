/** The objects of the administration API, by short names. Free JSON is `Json`, which the generated types cannot say. */
import type { components } from "../../../../packages/sdk/src/generated/admin";
import type { components as authComponents } from "../../../../packages/sdk/src/generated/auth";

type Schemas = components["schemas"];
type AuthSchemas = authComponents["schemas"];

// biome-ignore lint/suspicious/noExplicitAny: what others define has no shape here
export type Json = any;

type Free<T, K extends keyof T> = Omit<T, K> & { [P in K]: Json };

export interface Page<T> {
  data: T[];
  total_count: number;
}

export type User = Free<Schemas["AdminUser"], "public_metadata" | "private_metadata">;
export type Session = Schemas["AdminSession"];
export type Organization = Free<Schemas["AdminOrganization"], "public_metadata" | "private_metadata">;
export type Membership = Free<Schemas["OrganizationMembership"], "public_metadata" | "private_metadata">;
export type Grant = Schemas["MembershipGrant"];
export type Invitation = Schemas["OrganizationInvitation"];
export type InvitationResult = Schemas["OrganizationInvitationResult"];
/** A team, and somebody's place in one, as the authentication API writes them. */
export type Team = AuthSchemas["Team"];
export type TeamPlace = AuthSchemas["TeamMember"];
/** A member as the authentication API shows one to other members. */
export type FellowMember = AuthSchemas["Member"];
export type Domain = Schemas["OrganizationDomain"];
export type Role = Schemas["OrganizationRole"];
export type Permission = Schemas["OrganizationPermission"];
export type Directory = Schemas["Directory"];
export type DirectorySettings = Schemas["DirectorySettings"];
export type Health = Schemas["DirectoryHealth"];
export type Credential = Schemas["DirectoryCredential"];
export type DirectoryUser = Schemas["DirectoryUser"];
export type DirectoryGroup = Schemas["DirectoryGroup"];
export type RoleRule = Schemas["DirectoryRoleRule"];
export type RoleRules = Schemas["DirectoryRoleRules"];
export type RoleRulePut = Schemas["DirectoryRoleRulePut"];
export type Simulation = Schemas["DirectoryRoleRulesSimulation"];
export type Difference = Schemas["DirectoryDifference"];
export type DriftPage = Schemas["DirectoryDriftPage"];
export type Job = Schemas["DirectoryJob"];
export type ImportEntry = Free<Schemas["DirectoryImportEntry"], "detail">;
export type ImportOutcomes = Schemas["DirectoryImportOutcomes"];
export type ImportPage = Omit<Schemas["DirectoryImportPage"], "data"> & { data: ImportEntry[] };
export type Mapping = Free<Schemas["AttributeMapping"], "mapping">;
export type MappingVersion = Free<Schemas["AttributeMappingVersion"], "mapping">;
export type MappingPreviewPerson = Free<Schemas["AttributeMappingPreviewPerson"], "before" | "after">;
export type MappingPreview = Omit<Schemas["AttributeMappingPreview"], "people"> & { people: MappingPreviewPerson[] };
export interface Note {
  code: string;
  text?: string;
  message?: string;
  facts?: Json;
  [key: string]: Json;
}
export type ScimRequest = Omit<Schemas["DirectoryRequest"], "body" | "answer" | "notes"> & {
  body?: Json;
  answer?: Json;
  notes: Note[];
};
export type Replayed = Omit<Schemas["DirectoryRequestReplayed"], "body" | "notes" | "events" | "differences"> & {
  body?: Json;
  notes: Note[];
  events: Json[];
  differences: { path: string; before?: Json; after?: Json }[];
};
export type Receipt = Free<Schemas["Receipt"], "payload">;
export type SetupGuide = Schemas["DirectorySetupGuide"];
export type SelfTestReport = Schemas["SelfTestReport"];
export type SelfTestCheck = Schemas["SelfTestCheck"];
export type PorticoEvent = Free<Schemas["Event"], "data">;
export type EventPage = Omit<Schemas["EventPage"], "data"> & { data: PorticoEvent[] };
export type AuditEntry = Free<Schemas["AuditEntry"], "before" | "after" | "details">;
export type AuditPage = Omit<Schemas["AuditPage"], "data"> & { data: AuditEntry[] };
export type ApiKey = Schemas["ApiKey"];
export type SecretKey = Schemas["SecretKey"];
export type WebhookEndpoint = Schemas["WebhookEndpoint"];
export type WebhookDelivery = Schemas["WebhookDelivery"];

export interface MeMembership {
  organization: { id: string; name: string; slug: string; image_url: string | null };
  role: string;
  role_name: string;
  permissions: string[];
  status: string;
}

export interface Me {
  object: "me";
  kind: "user" | "secret_key" | "setup";
  user: Pick<User, "id" | "email_address" | "name" | "image_url"> | null;
  instance_admin: boolean;
  impersonated_by: string | null;
  memberships: MeMembership[];
  memberships_total: number;
}

export interface Instance {
  name: string;
  version: string;
  base_url: string;
  logo_url: string | null;
  accent_color: string | null;
  /** The ways to sign in and what belongs to them; an older server does not speak of all. */
  methods?: {
    api_key?: { enabled: boolean };
    passkey?: { enabled: boolean };
    social?: { id: string; name: string }[];
    two_factor?: { enabled: boolean };
  };
}

export interface Activity {
  at: number;
  requests: number;
  failures: number;
  changes: number;
}

export interface AttributePath {
  path: string;
  count: number;
  sample: Json;
  last_seen_at: number;
}

export interface TimelineEntry {
  at: number;
  kind: "request" | "event";
  title: string;
  request_id: string | null;
  event_id: string | null;
  type: string;
  status: number | null;
  decisions: Note[];
}

export interface SetupLink {
  id: string;
  url?: string;
  created_by: string | null;
  created_at: number;
  expires_at: number;
  used_at: number | null;
  revoked_at: number | null;
}
