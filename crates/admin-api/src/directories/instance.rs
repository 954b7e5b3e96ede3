//! `/v1/directories`: everybody's directories, and those of the instance itself, which provision its users without an
//! organization. The operations below a directory are those of organizations; here they are described once more.

use actix_web::HttpResponse;
use auth_core::features::directory::connections::{LISTED, Of};
use auth_core::ids::OrgId;
use utoipa::IntoParams;

use super::credential::{CreateCredential, CredentialOut};
use super::page;
use super::wire::{CreateDirectory, DirectoryOut, UpdateDirectory};
use crate::error::ApiError;
use crate::extract::Call;
use crate::gate::Gate;
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, Unauthenticated, UnsupportedMedia};
use crate::page::{NameOrder, Page, PagingParams, Search};
use crate::params::{CredentialPath, DirectoryPath, Idempotent};

/// Whose directories.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Whose {
    /// Those of this organization only.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "org_01h455vb4pex5vsknk084sn02q")]
    organization_id: Option<String>,
    /// `instance`: those of the instance only.
    #[param(pattern = "^instance$", example = "instance")]
    owner: Option<String>,
}

/// List all directories
///
/// Those of all organizations and of the instance, newest first unless `order_by` says otherwise. Platform only.
#[utoipa::path(
    get, path = "/v1/directories", tag = "Directories", operation_id = "listAllDirectories",
    params(Whose, Search, NameOrder, PagingParams),
    responses(
        (status = 200, description = "A page of directories", body = Page<DirectoryOut>), BadRequest, Unauthenticated, Forbidden,
        NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let mut query = call.query()?;
    let organization: Option<OrgId> = query.id("organization_id");
    let instance = query.choice("owner", &["instance"]).is_some();
    if instance && organization.is_some() {
        query.fault("owner", "contradiction", "Cannot be given together with organization_id");
    }
    let part = query.part(&LISTED);
    query.finish()?;
    let of = match &organization {
        Some(_) => Of::Owner(organization.as_ref()),
        None if instance => Of::Owner(None),
        None => Of::Everybody,
    };
    page(&call, &Gate::Platform, of, &part).await
}

/// Describes operations that are served by those of organizations.
macro_rules! described {
    ($(#[$meta:meta] $name:ident;)*) => {$(
        #[$meta]
        #[expect(dead_code, reason = "documentation: the operation is that of organizations")]
        pub fn $name() {}
    )*};
}

described! {
    #[utoipa::path(
        post, path = "/v1/directories", tag = "Directories", operation_id = "createInstanceDirectory", params(Idempotent),
        summary = "Make a directory of the instance",
        description = "It provisions users of the instance, without any organization. Platform only.",
        request_body = CreateDirectory,
        responses(
            (status = 201, description = "The directory", body = DirectoryOut),
            BadRequest, Unauthenticated, Forbidden, Conflict, TooLarge, UnsupportedMedia
        )
    )]
    create;
    #[utoipa::path(
        get, path = "/v1/directories/{directory_id}", tag = "Directories", operation_id = "getInstanceDirectory",
        summary = "Read a directory of the instance", description = "With what it holds. Platform only.",
        params(DirectoryPath),
        responses((status = 200, description = "The directory", body = DirectoryOut), Unauthenticated, Forbidden, NotFound)
    )]
    get;
    #[utoipa::path(
        patch, path = "/v1/directories/{directory_id}", tag = "Directories", operation_id = "updateInstanceDirectory",
        summary = "Change a directory of the instance", description = "What is absent stays. Platform only.",
        params(DirectoryPath), request_body = UpdateDirectory,
        responses(
            (status = 200, description = "The directory", body = DirectoryOut),
            BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
        )
    )]
    update;
    #[utoipa::path(
        delete, path = "/v1/directories/{directory_id}", tag = "Directories", operation_id = "deleteInstanceDirectory",
        summary = "Disconnect a directory of the instance",
        description = "Its credentials are refused at once; what it decided about people ends shortly after. Platform only.",
        params(DirectoryPath),
        responses((status = 204, description = "Disconnected"), Unauthenticated, Forbidden, NotFound)
    )]
    delete;
    #[utoipa::path(
        get, path = "/v1/directories/{directory_id}/credentials", tag = "Directory credentials",
        operation_id = "listInstanceDirectoryCredentials", summary = "List credentials of a directory of the instance",
        description = "Without their secrets, newest first. Platform only.", params(DirectoryPath, Search, NameOrder, PagingParams),
        responses(
            (status = 200, description = "A page of credentials", body = Page<CredentialOut>),
            BadRequest, Unauthenticated, Forbidden, NotFound
        )
    )]
    list_credentials;
    #[utoipa::path(
        post, path = "/v1/directories/{directory_id}/credentials", tag = "Directory credentials",
        operation_id = "createInstanceDirectoryCredential", summary = "Make a credential of a directory of the instance",
        description = "The token or the secret is shown in this answer and never again. Platform only.",
        params(DirectoryPath, Idempotent), request_body = CreateCredential,
        responses(
            (status = 201, description = "The credential, with its secret", body = CredentialOut),
            BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
        )
    )]
    create_credential;
    #[utoipa::path(
        get, path = "/v1/directories/{directory_id}/credentials/{credential_id}", tag = "Directory credentials",
        operation_id = "getInstanceDirectoryCredential", summary = "Read a credential of a directory of the instance",
        description = "Without its secret. Platform only.", params(DirectoryPath, CredentialPath),
        responses((status = 200, description = "The credential", body = CredentialOut), Unauthenticated, Forbidden, NotFound)
    )]
    get_credential;
    #[utoipa::path(
        delete, path = "/v1/directories/{directory_id}/credentials/{credential_id}", tag = "Directory credentials",
        operation_id = "deleteInstanceDirectoryCredential",
        summary = "Revoke a credential of a directory of the instance, by deleting it",
        description = "It remains in the list, and nothing opens with it. Platform only.", params(DirectoryPath, CredentialPath),
        responses((status = 204, description = "Revoked"), Unauthenticated, Forbidden, NotFound)
    )]
    delete_credential;
    #[utoipa::path(
        post, path = "/v1/directories/{directory_id}/credentials/{credential_id}/revoke", tag = "Directory credentials",
        operation_id = "revokeInstanceDirectoryCredential", summary = "Revoke a credential of a directory of the instance",
        description = "The next request with it is refused. Platform only.",
        params(DirectoryPath, CredentialPath, Idempotent),
        responses(
            (status = 200, description = "The credential", body = CredentialOut),
            BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
        )
    )]
    revoke_credential;
    #[utoipa::path(
        post, path = "/v1/directories/{directory_id}/credentials/{credential_id}/rotate", tag = "Directory credentials",
        operation_id = "rotateInstanceDirectoryCredential",
        summary = "Start a rotation of a credential of a directory of the instance",
        description = "Both secrets are good until the rotation is completed or canceled. Platform only.",
        params(DirectoryPath, CredentialPath, Idempotent),
        responses(
            (status = 200, description = "The credential, with its new secret", body = CredentialOut),
            BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
        )
    )]
    rotate_credential;
    #[utoipa::path(
        post, path = "/v1/directories/{directory_id}/credentials/{credential_id}/rotate/complete", tag = "Directory credentials",
        operation_id = "completeInstanceDirectoryCredentialRotation",
        summary = "Complete a rotation of a credential of a directory of the instance",
        description = "The old secret is refused from now on. Platform only.",
        params(DirectoryPath, CredentialPath, Idempotent),
        responses(
            (status = 200, description = "The credential", body = CredentialOut),
            BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
        )
    )]
    complete_credential_rotation;
    #[utoipa::path(
        post, path = "/v1/directories/{directory_id}/credentials/{credential_id}/rotate/cancel", tag = "Directory credentials",
        operation_id = "cancelInstanceDirectoryCredentialRotation",
        summary = "Cancel a rotation of a credential of a directory of the instance",
        description = "The new secret is refused from now on. Platform only.",
        params(DirectoryPath, CredentialPath, Idempotent),
        responses(
            (status = 200, description = "The credential", body = CredentialOut),
            BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
        )
    )]
    cancel_credential_rotation;
}
