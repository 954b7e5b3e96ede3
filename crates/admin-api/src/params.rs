//! The parameters that several operations have, as the documents describe them.

#![expect(dead_code, reason = "documentation: handlers read parameters by name")]

use utoipa::IntoParams;

/// Of a POST.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct Idempotent {
    /// A text of the caller's choice. The same request with the same key within 24 hours is done once and gets the same answer.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255, pattern = "^[!-~]+$", example = "4f2b6a0e")]
    idempotency_key: Option<String>,
}

/// Of what belongs to a person.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct UserPath {
    /// The id of the person.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "user_01h455vb4pex5vsknk084sn02q")]
    user_id: String,
}

/// Of a passkey of a person.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct PasskeyPath {
    /// The id of the person.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "user_01h455vb4pex5vsknk084sn02q")]
    user_id: String,
    /// The id of the passkey.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "pk_01h455vb4pex5vsknk084sn02q")]
    passkey_id: String,
}

/// Of a session.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SessionPath {
    /// The id of the session.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "sess_01h455vb4pex5vsknk084sn02q")]
    session_id: String,
}

/// Of what belongs to an organization.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OrganizationPath {
    /// The id of the organization.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "org_01h455vb4pex5vsknk084sn02q")]
    organization_id: String,
}

/// Of a domain of an organization.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct DomainPath {
    /// The id of the domain.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "dom_01h455vb4pex5vsknk084sn02q")]
    domain_id: String,
}

/// Of a role.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct RolePath {
    /// The id of the role; that of a seeded one is `role_owner`, `role_admin` or `role_member`.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "role_01h455vb4pex5vsknk084sn02q")]
    role_id: String,
}

/// Of a role within an organization.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OrganizationRolePath {
    /// The id of the organization.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "org_01h455vb4pex5vsknk084sn02q")]
    organization_id: String,
    /// The id of the role.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "role_01h455vb4pex5vsknk084sn02q")]
    role_id: String,
}

/// Of an invitation.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct InvitationPath {
    /// The id of the invitation.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "inv_01h455vb4pex5vsknk084sn02q")]
    invitation_id: String,
}

/// Of a SCIM token.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct TokenPath {
    /// The id of the token.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "scimt_01h455vb4pex5vsknk084sn02q")]
    token_id: String,
}

/// Of a directory.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct DirectoryPath {
    /// The id of the directory.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "dir_01h455vb4pex5vsknk084sn02q")]
    directory_id: String,
}

/// Of a user resource of a directory.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct DirectoryUserPath {
    /// The id that the resource has in SCIM too.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "scimu_01h455vb4pex5vsknk084sn02q")]
    directory_user_id: String,
}

/// Of a group resource of a directory.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct DirectoryGroupPath {
    /// The id that the resource has in SCIM too.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "scimg_01h455vb4pex5vsknk084sn02q")]
    directory_group_id: String,
}

/// Of an extension schema of a directory.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SchemaPath {
    /// The URN of the schema.
    #[param(pattern = "^urn:[A-Za-z0-9][A-Za-z0-9:._-]{1,250}$", example = "urn:example:scim:schemas:hr:2.0:User")]
    urn: String,
}

/// Of a recorded request of a directory.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct RequestPath {
    /// The id of the recorded request.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "scimr_01h455vb4pex5vsknk084sn02q")]
    request_id: String,
}

/// Of a credential of a directory.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct CredentialPath {
    /// The id of the credential.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "scimt_01h455vb4pex5vsknk084sn02q")]
    credential_id: String,
}

/// Of a setup link of a directory.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SetupLinkPath {
    /// The id of the setup link.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "setl_01h455vb4pex5vsknk084sn02q")]
    link_id: String,
}

/// Of a setup session.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
pub struct SetupSessionPath {
    /// The id of the setup session.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "sets_01h455vb4pex5vsknk084sn02q")]
    setup_session_id: String,
}

/// Of a receipt.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ReceiptPath {
    /// The id of the receipt.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "rcpt_01h455vb4pex5vsknk084sn02q")]
    receipt_id: String,
}

/// Of a version of a directory's mapping.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct MappingVersionPath {
    /// The number of the version.
    #[param(pattern = "^[1-9][0-9]{0,17}$", example = "3")]
    version: String,
}

/// Of a job of a directory.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct JobPath {
    /// The id of the job.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "job_01h455vb4pex5vsknk084sn02q")]
    job_id: String,
}

/// Of an API key.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ApiKeyPath {
    /// The id of the API key.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "apikey_01h455vb4pex5vsknk084sn02q")]
    api_key_id: String,
}

/// Of a secret key.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SecretKeyPath {
    /// The id of the secret key.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "key_01h455vb4pex5vsknk084sn02q")]
    secret_key_id: String,
}
