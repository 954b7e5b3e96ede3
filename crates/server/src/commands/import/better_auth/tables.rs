//! The tables of Better Auth and its plugins, 1.4 to 1.7.

use crate::commands::import::source::Table;

pub(super) const USER: Table = Table {
    name: "user",
    fields: &[
        "id",
        "name",
        "email",
        "emailVerified",
        "image",
        "role",
        "banned",
        "banReason",
        "banExpires",
        "username",
        "displayUsername",
        "phoneNumber",
        "phoneNumberVerified",
        "isAnonymous",
        "twoFactorEnabled",
        "createdAt",
        "updatedAt",
    ],
    ignored: &["lastLoginMethod"],
};

pub(super) const ACCOUNT: Table = Table {
    name: "account",
    fields: &[
        "id",
        "accountId",
        "providerId",
        "userId",
        "accessToken",
        "refreshToken",
        "idToken",
        "accessTokenExpiresAt",
        "refreshTokenExpiresAt",
        "scope",
        "password",
        "createdAt",
        "updatedAt",
    ],
    ignored: &["issuer"],
};

pub(super) const SESSION: Table = Table {
    name: "session",
    fields: &[
        "id",
        "expiresAt",
        "token",
        "createdAt",
        "updatedAt",
        "ipAddress",
        "userAgent",
        "userId",
        "activeOrganizationId",
        "impersonatedBy",
        "activeTeamId",
    ],
    ignored: &[],
};

pub(super) const TWO_FACTOR: Table = Table {
    name: "twoFactor",
    fields: &["id", "secret", "backupCodes", "userId", "verified", "lockedUntil", "failedVerificationCount"],
    ignored: &["createdAt", "updatedAt"],
};

pub(super) const PASSKEY: Table = Table {
    name: "passkey",
    fields: &[
        "id",
        "name",
        "publicKey",
        "userId",
        "credentialID",
        "counter",
        "deviceType",
        "backedUp",
        "transports",
        "createdAt",
        "aaguid",
    ],
    ignored: &["updatedAt"],
};

pub(super) const API_KEY: Table = Table {
    name: "apikey",
    fields: &[
        "id",
        "configId",
        "name",
        "start",
        "referenceId",
        "userId",
        "prefix",
        "key",
        "refillInterval",
        "refillAmount",
        "lastRefillAt",
        "enabled",
        "rateLimitEnabled",
        "rateLimitTimeWindow",
        "rateLimitMax",
        "remaining",
        "expiresAt",
        "createdAt",
        "permissions",
        "metadata",
        "requestCount",
    ],
    ignored: &["lastRequest", "updatedAt"],
};

pub(super) const ORGANIZATION: Table = Table {
    name: "organization",
    fields: &["id", "name", "slug", "logo", "metadata", "createdAt"],
    ignored: &["updatedAt"],
};

pub(super) const ROLE: Table = Table {
    name: "organizationRole",
    fields: &["id", "organizationId", "role", "permission", "createdAt"],
    ignored: &["updatedAt"],
};

pub(super) const MEMBER: Table = Table {
    name: "member",
    fields: &["id", "organizationId", "userId", "role", "createdAt"],
    ignored: &["teamId", "updatedAt"],
};

pub(super) const TEAM: Table = Table {
    name: "team",
    fields: &["id", "organizationId", "name", "createdAt"],
    ignored: &["updatedAt", "memberCount"],
};

pub(super) const TEAM_MEMBER: Table =
    Table { name: "teamMember", fields: &["id", "teamId", "userId", "createdAt"], ignored: &["membershipKey"] };

pub(super) const INVITATION: Table = Table {
    name: "invitation",
    fields: &["id", "organizationId", "email", "role", "status", "teamId", "expiresAt", "createdAt", "inviterId"],
    ignored: &["updatedAt"],
};

/// Directories of 1.6 and before.
pub(super) const SCIM_PROVIDER: Table = Table {
    name: "scimProvider",
    fields: &["id", "providerId", "scimToken", "organizationId"],
    ignored: &["userId", "createdAt", "updatedAt"],
};

/// Directories of 1.7: every connection that was ever used.
pub(super) const SCIM_BINDING: Table = Table {
    name: "scimConnectionBinding",
    fields: &["id", "connectionId", "provisioningDomainId", "createdAt", "decommissionStatus"],
    ignored: &[
        "connectionKey",
        "decommissionedAt",
        "decommissionCursorUserId",
        "decommissionReconciledUserCount",
        "decommissionBatchCount",
        "decommissionRevision",
        "decommissionCompletedAt",
        "decommissionLeaseId",
        "decommissionLeaseExpiresAt",
    ],
};

pub(super) const SCIM_MANAGED: Table = Table {
    name: "scimManagedConnection",
    fields: &["id", "connectionId", "provisioningDomainId", "status", "createdAt"],
    ignored: &[
        "creationRequestId",
        "revision",
        "createdBy",
        "decommissionStartedAt",
        "decommissionStartedBy",
        "decommissionedAt",
        "decommissionedBy",
    ],
};

pub(super) const SCIM_CREDENTIAL: Table = Table {
    name: "scimManagedCredential",
    fields: &[
        "id",
        "connectionRecordId",
        "credentialId",
        "tokenDigest",
        "status",
        "serializedScopes",
        "expiresAt",
        "createdAt",
    ],
    ignored: &["hashVersion", "activeSlotKey", "createdBy", "lastUsedAt", "revokedAt", "revokedBy", "decommissionedAt"],
};

pub(super) const SCIM_USER: Table = Table {
    name: "scimUser",
    fields: &[
        "id",
        "connectionId",
        "userId",
        "userName",
        "displayName",
        "formattedName",
        "givenName",
        "familyName",
        "serializedEmails",
        "serializedAttributes",
        "externalId",
        "active",
        "createdAt",
    ],
    ignored: &[
        "provisioningDomainId",
        "connectionUserKey",
        "userNameKey",
        "primaryEmail",
        "workEmailValueIndex",
        "emailValueIndex",
        "externalIdKey",
        "orderKey",
        "updatedAt",
    ],
};

pub(super) const SCIM_GROUP: Table = Table {
    name: "scimGroup",
    fields: &["id", "connectionId", "displayName", "externalId", "createdAt"],
    ignored: &["provisioningDomainId", "revision", "displayNameKey", "externalIdKey", "orderKey", "updatedAt"],
};

pub(super) const SCIM_GROUP_MEMBER: Table = Table {
    name: "scimGroupMember",
    fields: &["id", "groupId", "scimUserId"],
    ignored: &["connectionId", "membershipKey", "createdAt"],
};

/// All of which something is taken.
pub(super) const TAKEN: &[&Table] = &[
    &USER,
    &ACCOUNT,
    &SESSION,
    &TWO_FACTOR,
    &PASSKEY,
    &API_KEY,
    &ORGANIZATION,
    &ROLE,
    &MEMBER,
    &TEAM,
    &TEAM_MEMBER,
    &INVITATION,
    &SCIM_PROVIDER,
    &SCIM_BINDING,
    &SCIM_MANAGED,
    &SCIM_CREDENTIAL,
    &SCIM_USER,
    &SCIM_GROUP,
    &SCIM_GROUP_MEMBER,
];

/// Those of which nothing is, why, and the column that names a row.
pub(super) const UNTAKEN: &[(&str, &str, Option<&str>)] = &[
    ("ssoProvider", "sign-in through a company's own OIDC or SAML is set up anew", Some("providerId")),
    ("verification", "links and codes that were mailed: they are short-lived and are mailed anew", None),
    ("rateLimit", "counts of the last minutes", None),
    ("jwks", "Portico signs tokens with keys of its own: whoever checks them reads /api/auth/jwks", None),
    ("deviceCode", "codes of devices that are signing in: they are short-lived", None),
    ("oauthApplication", "Portico signs nobody in to other applications by OpenID Connect", Some("name")),
    ("oauthClient", "Portico signs nobody in to other applications by OpenID Connect", Some("name")),
    ("oauthAccessToken", "they belong to an OpenID provider, which Portico is not", None),
    ("oauthRefreshToken", "they belong to an OpenID provider, which Portico is not", None),
    ("oauthConsent", "they belong to an OpenID provider, which Portico is not", None),
    ("walletAddress", "Portico has no sign-in by wallets", None),
    ("subscription", "what customers pay for is no business of Portico's", Some("plan")),
    ("scimSubject", "what 1.7 keeps by the way; Portico derives it", None),
    ("scimProjectionGrant", "which roles groups gave: make rules of the directory's groups instead", None),
    ("scimIdentityTombstone", "what is left of people that directories deleted: if they come back they are new", None),
    ("scimManagedConnectionEvent", "a history; Portico's own begins with the import", None),
];
