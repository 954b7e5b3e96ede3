//! The names of events on the wire, for the neutral kinds of the core.

use auth_core::outbox::EventKind;

/// What `/v1` calls a kind.
pub const fn name(kind: EventKind) -> &'static str {
    match kind {
        EventKind::UserCreated => "user.created",
        EventKind::UserUpdated => "user.updated",
        EventKind::UserDeleted => "user.deleted",
        EventKind::SessionCreated => "session.created",
        EventKind::SessionEnded => "session.ended",
        EventKind::SessionRevoked => "session.revoked",
        EventKind::SessionImpersonated => "session.impersonated",
        EventKind::SessionImpersonationEnded => "session.impersonationEnded",
        EventKind::SessionImpersonationRefused => "session.impersonationRefused",
        EventKind::OrganizationCreated => "organization.created",
        EventKind::OrganizationUpdated => "organization.updated",
        EventKind::OrganizationDeleted => "organization.deleted",
        EventKind::OrganizationOwnerless => "organization.ownerless",
        EventKind::MembershipCreated => "organizationMembership.created",
        EventKind::MembershipUpdated => "organizationMembership.updated",
        EventKind::MembershipDeleted => "organizationMembership.deleted",
        EventKind::InvitationCreated => "organizationInvitation.created",
        EventKind::InvitationAccepted => "organizationInvitation.accepted",
        EventKind::InvitationRevoked => "organizationInvitation.revoked",
        EventKind::TeamCreated => "organizationTeam.created",
        EventKind::TeamUpdated => "organizationTeam.updated",
        EventKind::TeamDeleted => "organizationTeam.deleted",
        EventKind::TeamMemberAdded => "organizationTeam.memberAdded",
        EventKind::TeamMemberRemoved => "organizationTeam.memberRemoved",
        EventKind::DomainCreated => "organizationDomain.created",
        EventKind::DomainUpdated => "organizationDomain.updated",
        EventKind::DomainDeleted => "organizationDomain.deleted",
        EventKind::RoleCreated => "role.created",
        EventKind::RoleUpdated => "role.updated",
        EventKind::RoleDeleted => "role.deleted",
        EventKind::DirectoryCreated => "directory.created",
        EventKind::DirectoryUpdated => "directory.updated",
        EventKind::DirectoryPaused => "directory.paused",
        EventKind::DirectoryTripped => "directory.tripped",
        EventKind::DirectoryReleased => "directory.released",
        EventKind::DirectoryRequestReplayed => "scimRequest.replayed",
        EventKind::CredentialIssued => "scimToken.issued",
        EventKind::CredentialRevoked => "scimToken.revoked",
        EventKind::CredentialRotated => "scimToken.rotated",
        EventKind::CredentialExpiring => "scimToken.expiring",
        EventKind::CredentialUnused => "scimToken.unused",
        EventKind::DirectoryUserProvisioned => "scimUser.provisioned",
        EventKind::DirectoryUserUpdated => "scimUser.updated",
        EventKind::DirectoryUserDeprovisioned => "scimUser.deprovisioned",
        EventKind::DirectoryGroupCreated => "scimGroup.created",
        EventKind::DirectoryGroupUpdated => "scimGroup.updated",
        EventKind::DirectoryGroupDeleted => "scimGroup.deleted",
        EventKind::DirectoryGroupMemberAdded => "scimGroup.memberAdded",
        EventKind::DirectoryGroupMemberRemoved => "scimGroup.memberRemoved",
        EventKind::SetupLinkCreated => "setupLink.created",
        EventKind::SetupLinkRevoked => "setupLink.revoked",
        EventKind::SetupSessionCreated => "setupSession.created",
        EventKind::SetupSessionRevoked => "setupSession.revoked",
        EventKind::WebhookEndpointCreated => "webhookEndpoint.created",
        EventKind::WebhookEndpointUpdated => "webhookEndpoint.updated",
        EventKind::WebhookEndpointDeleted => "webhookEndpoint.deleted",
        EventKind::WebhookEndpointDisabled => "webhookEndpoint.disabled",
        EventKind::WebhookEndpointRotated => "webhookEndpoint.rotated",
        EventKind::WebhookEndpointReplayed => "webhookEndpoint.replayed",
        EventKind::WebhookTest => "webhook.test",
        EventKind::SecretKeyIssued => "secretKey.issued",
        EventKind::SecretKeyRevoked => "secretKey.revoked",
        EventKind::ApiKeyIssued => "apiKey.issued",
        EventKind::ApiKeyUpdated => "apiKey.updated",
        EventKind::ApiKeyRevoked => "apiKey.revoked",
        EventKind::AccountLinked => "account.linked",
        EventKind::AccountUnlinked => "account.unlinked",
        EventKind::UserTwoFactorEnabled => "user.twoFactorEnabled",
        EventKind::UserTwoFactorDisabled => "user.twoFactorDisabled",
        EventKind::UserTwoFactorReset => "user.twoFactorReset",
        EventKind::UserTwoFactorLocked => "user.twoFactorLocked",
        EventKind::PasskeyCreated => "passkey.created",
        EventKind::PasskeyUpdated => "passkey.updated",
        EventKind::PasskeyDeleted => "passkey.deleted",
        EventKind::PasskeyRefused => "passkey.refused",
        EventKind::ImportApplied => "import.applied",
    }
}

/// The kind of a name.
pub fn kind(text: &str) -> Option<EventKind> {
    EventKind::ALL.iter().copied().find(|kind| name(*kind) == text)
}

/// Whether the event is about somebody whom a directory pushed.
pub const fn is_about_directory_user(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::DirectoryUserProvisioned | EventKind::DirectoryUserUpdated | EventKind::DirectoryUserDeprovisioned
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_name_of_its_own_by_which_it_is_found() {
        for one in EventKind::ALL {
            assert_eq!(kind(name(*one)), Some(*one));
        }
        assert_eq!(kind("membership.created"), None);
    }
}
