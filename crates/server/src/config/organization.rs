//! Organizations.

use auth_core::settings::OrganizationSettings;

use super::read::Reader;

/// What organizations may do, and how many of what they have.
pub(super) fn settings(r: &mut Reader<'_>, organization: &mut OrganizationSettings) {
    organization.allow_user_to_create = r.flag("organization.allow_user_to_create");
    organization.limit = r.limit("organization.limit");
    organization.member_role = r.text("organization.member_role");
    if !is_role(&organization.member_role) {
        r.fault(
            "organization.member_role",
            format!("{:?} is no role that may be given without being named", organization.member_role),
            "write member, admin, or the key of a role of the instance, such as billing",
        );
    }
    organization.membership_limit = r.limit("organization.membership_limit");
    organization.invitation_limit = r.number("organization.invitation_limit", 1, 1_000_000);
    organization.invitation_expires_in = r.number("organization.invitation_expires_in", 60, 365 * 86_400);
    organization.cancel_pending_invitations_on_re_invite =
        r.flag("organization.cancel_pending_invitations_on_re_invite");
    organization.require_email_verification_on_invitation =
        r.flag("organization.require_email_verification_on_invitation");
    organization.teams.enabled = r.flag("organization.teams.enabled");
    organization.teams.limit = r.limit("organization.teams.limit");
    organization.teams.member_limit = r.limit("organization.teams.member_limit");
    organization.teams.allow_removing_all = r.flag("organization.teams.allow_removing_all");
    organization.dynamic_roles.enabled = r.flag("organization.dynamic_roles.enabled");
    organization.dynamic_roles.limit = r.limit("organization.dynamic_roles.limit");
}

/// Whether this is the key of a role, and not that of owners, whom somebody makes by name.
fn is_role(key: &str) -> bool {
    let of_role = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    key != "owner" && key.len() <= 63 && key.starts_with(|c: char| c.is_ascii_lowercase()) && key.bytes().all(of_role)
}
