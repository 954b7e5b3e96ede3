//! `/v1/users`: people of the instance. For the platform only; the administrators of an organization
//! see theirs as memberships.

mod factors;
mod metadata;
pub mod wire;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use auth_core::credentials;
use auth_core::db::{Listed, Place};
use auth_core::ids::UserId;
use auth_core::two_factor;
use auth_core::users::{self, Changes, OrderBy, User, UserQuery};
use utoipa::IntoParams;

use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::gate::Gate;
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, TooMany, Unauthenticated, UnsupportedMedia};
use crate::page::{CursorPage, CursorParam, PagingParams, Query};
use crate::params::{Idempotent, UserPath};
use crate::resource;
use factors::SecondFactorsOut;
use metadata::MergeMetadata;
use wire::{BanUser, CreateUser, PasswordVerdict, TotalCount, UpdateUser, UserOut, VerifyPassword};

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(resource("/users", [(Method::GET, web::to(list)), (Method::POST, web::to(create))]))
        .service(resource("/users/count", [(Method::GET, web::to(count))]))
        .service(resource(
            "/users/{user_id}",
            [(Method::GET, web::to(get)), (Method::PATCH, web::to(update)), (Method::DELETE, web::to(delete))],
        ))
        .service(resource("/users/{user_id}/ban", [(Method::POST, web::to(ban))]))
        .service(resource("/users/{user_id}/unban", [(Method::POST, web::to(unban))]))
        .service(resource("/users/{user_id}/lock", [(Method::POST, web::to(lock))]))
        .service(resource("/users/{user_id}/unlock", [(Method::POST, web::to(unlock))]))
        .service(resource(
            "/users/{user_id}/mfa",
            [(Method::GET, web::to(second_factors)), (Method::DELETE, web::to(remove_second_factors))],
        ))
        .service(resource("/users/{user_id}/metadata", [(Method::PATCH, web::to(update_metadata))]))
        .service(resource("/users/{user_id}/verify-password", [(Method::POST, web::to(verify_password))]));
}

/// Which people.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Filter {
    /// Somewhere in the name or the address, whatever the case; or the id itself.
    #[param(max_length = 320, example = "ann")]
    query: Option<String>,
    /// With exactly this address.
    #[param(max_length = 320, example = "ann@acme.example")]
    email_address: Option<String>,
    /// With exactly this id of the integrator.
    #[param(max_length = 320, example = "00u1")]
    external_id: Option<String>,
}

/// In which order.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Order {
    /// `created_at`, `updated_at` or `email_address`; with `-` in front descending. Newest first if it is left out.
    #[param(pattern = r"^[-+]?(created_at|updated_at|email_address)$", example = "-created_at")]
    order_by: Option<String>,
}

fn filter(query: &mut Query) -> UserQuery {
    UserQuery {
        query: query.text("query"),
        email: query.text("email_address"),
        external_id: query.text("external_id"),
        ..UserQuery::default()
    }
}

/// List people
///
/// People of the instance, newest first unless `order_by` says otherwise. Platform only.
#[utoipa::path(
    get, path = "/v1/users", tag = "Users", operation_id = "listUsers", params(Filter, Order, CursorParam, PagingParams),
    responses((status = 200, description = "A page of people", body = CursorPage<UserOut>), BadRequest, Unauthenticated, Forbidden)
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let mut query = call.query()?;
    let paging = query.paging();
    let order_by = match query.order(&["created_at", "updated_at", "email_address"]) {
        ("updated_at", true) => OrderBy::UpdatedAt,
        ("updated_at", false) => OrderBy::UpdatedAtDescending,
        ("email_address", true) => OrderBy::Email,
        ("email_address", false) => OrderBy::EmailDescending,
        (_, true) => OrderBy::CreatedAt,
        (_, false) => OrderBy::CreatedAtDescending,
    };
    let in_its_order = matches!(order_by, OrderBy::CreatedAt | OrderBy::CreatedAtDescending);
    let beyond = query.cursor(in_its_order);
    let order = if in_its_order { "created_at" } else { "" };
    // One more, which tells whether there are more.
    let limit = paging.limit + 1;
    let wanted = UserQuery { order_by, beyond, limit, offset: paging.offset, ..filter(&mut query) };
    query.finish()?;
    let page = call
        .read(&Gate::Platform, async |rx| {
            let (users, total_count) = users::list(rx, &wanted).await?;
            let found = Listed::of_one_more(users, total_count, paging.limit);
            let place = |user: &User| Place { at: user.created_at, id: user.id.to_string() };
            Ok(CursorPage::new(found, order, place, |user| UserOut::new(user, rx)))
        })
        .await?;
    Ok(ok(&page))
}

/// Make a person
///
/// With a password they can sign in at once; without one they get in through their mailbox. Platform only.
#[utoipa::path(
    post, path = "/v1/users", tag = "Users", operation_id = "createUser", params(Idempotent), request_body = CreateUser,
    responses(
        (status = 201, description = "The person", body = UserOut),
        BadRequest, Unauthenticated, Forbidden, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn create(call: Call) -> Result<HttpResponse, ApiError> {
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let new = CreateUser::read(&mut fields, &call.core.settings().fields.user);
    fields.finish()?;
    // Hashing costs: who may not make people does not get to ask for it.
    call.read(&Gate::Platform, async |_| Ok(())).await?;
    let hash = match &new.password {
        Some(password) => {
            credentials::check_new(call.core.settings(), password, &[])?;
            Some(credentials::hash_password(&call.core, password).await?)
        }
        None => None,
    };
    call.once(&Gate::Platform, &bytes, StatusCode::CREATED, async |tx| {
        let user = users::create(tx, new.command()).await?;
        if let Some(hash) = &hash {
            credentials::set_password(tx, &user.id, hash).await?;
        }
        Ok(UserOut::new(user, tx))
    })
    .await
}

/// Count people
///
/// How many people match. Platform only.
#[utoipa::path(
    get, path = "/v1/users/count", tag = "Users", operation_id = "countUsers", params(Filter),
    responses((status = 200, description = "How many", body = TotalCount), BadRequest, Unauthenticated, Forbidden)
)]
pub async fn count(call: Call) -> Result<HttpResponse, ApiError> {
    let mut query = call.query()?;
    let wanted = UserQuery { limit: 1, ..filter(&mut query) };
    query.finish()?;
    let (_, total_count) = call.read(&Gate::Platform, async |rx| Ok(users::list(rx, &wanted).await?)).await?;
    Ok(ok(&TotalCount { object: "total_count", total_count }))
}

/// Read a person
///
/// Platform only.
#[utoipa::path(
    get, path = "/v1/users/{user_id}", tag = "Users", operation_id = "getUser", params(UserPath),
    responses((status = 200, description = "The person", body = UserOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn get(call: Call) -> Result<HttpResponse, ApiError> {
    let user = call
        .read(&Gate::Platform, async |rx| Ok(UserOut::new(users::get(rx, &call.id::<UserId>("user_id")?).await?, rx)))
        .await?;
    Ok(ok(&user))
}

/// Change a person
///
/// What is absent stays as it is, what is null is cleared. Platform only.
#[utoipa::path(
    patch, path = "/v1/users/{user_id}", tag = "Users", operation_id = "updateUser", params(UserPath), request_body = UpdateUser,
    responses(
        (status = 200, description = "The person", body = UserOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn update(call: Call) -> Result<HttpResponse, ApiError> {
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let changes = UpdateUser::read(&mut fields, &call.core.settings().fields.user);
    fields.finish()?;
    call.change(&Gate::Platform, async |tx| {
        let id: UserId = call.id("user_id")?;
        let mut user = users::update(tx, &id, changes.changes()).await?;
        if let Some(address) = &changes.email_address {
            user = users::set_email(tx, &id, address, changes.email_verified.unwrap_or(false)).await?;
        }
        Ok(UserOut::new(user, tx))
    })
    .await
}

/// Erase a person
///
/// With their sessions, accounts and memberships. The last owner of an organization is not erased. Platform only.
#[utoipa::path(
    delete, path = "/v1/users/{user_id}", tag = "Users", operation_id = "deleteUser", params(UserPath),
    responses((status = 204, description = "Erased"), Unauthenticated, Forbidden, NotFound, Conflict)
)]
pub async fn delete(call: Call) -> Result<HttpResponse, ApiError> {
    call.remove(&Gate::Platform, async |tx| {
        let id: UserId = call.id("user_id")?;
        Ok(users::delete(tx, &id).await?)
    })
    .await
}

/// Shut a person out
///
/// Ends all sessions before it is answered, and refuses sign-in until the ban expires or is lifted. Platform only.
#[utoipa::path(
    post, path = "/v1/users/{user_id}/ban", tag = "Users", operation_id = "banUser", params(UserPath, Idempotent),
    request_body = Option<BanUser>,
    responses(
        (status = 200, description = "The person", body = UserOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn ban(call: Call) -> Result<HttpResponse, ApiError> {
    let bytes = call.bytes().await?;
    let mut fields = call.optional_fields(&bytes)?;
    let ban = BanUser::read(&mut fields, call.core.clock().now());
    fields.finish()?;
    call.once(&Gate::Platform, &bytes, StatusCode::OK, async |tx| {
        let user = users::ban(tx, &call.id("user_id")?, ban.reason.clone(), ban.expires_at).await?;
        Ok(UserOut::new(user, tx))
    })
    .await
}

/// Let a person in again
///
/// What the ban ended stays ended. Platform only.
#[utoipa::path(
    post, path = "/v1/users/{user_id}/unban", tag = "Users", operation_id = "unbanUser", params(UserPath, Idempotent),
    responses(
        (status = 200, description = "The person", body = UserOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn unban(call: Call) -> Result<HttpResponse, ApiError> {
    let bytes = call.bytes().await?;
    call.once(&Gate::Platform, &bytes, StatusCode::OK, async |tx| {
        let user = users::unban(tx, &call.id("user_id")?).await?;
        Ok(UserOut::new(user, tx))
    })
    .await
}

/// Lock an account
///
/// Ends all sessions before it is answered, and refuses sign-in until it is unlocked: while something is looked into, for
/// instance. It says nothing about the person, and is apart from a ban. Locking again changes nothing. Platform only.
#[utoipa::path(
    post, path = "/v1/users/{user_id}/lock", tag = "Users", operation_id = "lockUser", params(UserPath, Idempotent),
    responses(
        (status = 200, description = "The person", body = UserOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn lock(call: Call) -> Result<HttpResponse, ApiError> {
    let bytes = call.bytes().await?;
    call.once(&Gate::Platform, &bytes, StatusCode::OK, async |tx| {
        let user = users::lock_out(tx, &call.id("user_id")?).await?;
        Ok(UserOut::new(user, tx))
    })
    .await
}

/// Unlock an account
///
/// What the lock ended stays ended; a ban holds on. Unlocking again changes nothing. Platform only.
#[utoipa::path(
    post, path = "/v1/users/{user_id}/unlock", tag = "Users", operation_id = "unlockUser", params(UserPath, Idempotent),
    responses(
        (status = 200, description = "The person", body = UserOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn unlock(call: Call) -> Result<HttpResponse, ApiError> {
    let bytes = call.bytes().await?;
    call.once(&Gate::Platform, &bytes, StatusCode::OK, async |tx| {
        let user = users::let_in(tx, &call.id("user_id")?).await?;
        Ok(UserOut::new(user, tx))
    })
    .await
}

/// See somebody's second factors
///
/// Which they have and how many backup codes are left, nothing that opens anything. For the platform, and for the person
/// themselves.
#[utoipa::path(
    get, path = "/v1/users/{user_id}/mfa", tag = "Users", operation_id = "getUserSecondFactors", params(UserPath),
    responses(
        (status = 200, description = "The second factors", body = SecondFactorsOut), Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn second_factors(call: Call) -> Result<HttpResponse, ApiError> {
    let id: UserId = call.id("user_id")?;
    let found = call.core.read(&call.ctx, async |rx| two_factor::overview(rx, &id).await).await?;
    Ok(ok(&SecondFactorsOut::new(&id, &found)))
}

/// Remove second factors
///
/// Takes away the app, the codes by mail, the backup codes and the trusted devices of a person, and ends their access:
/// afterwards they sign in without any. Succeeds where there is none, too, and then changes nothing. Platform only.
#[utoipa::path(
    delete, path = "/v1/users/{user_id}/mfa", tag = "Users", operation_id = "removeUserSecondFactors", params(UserPath),
    responses((status = 204, description = "There are none now"), Unauthenticated, Forbidden, NotFound)
)]
pub async fn remove_second_factors(call: Call) -> Result<HttpResponse, ApiError> {
    call.remove(&Gate::Platform, async |tx| Ok(two_factor::reset(tx, &call.id("user_id")?).await?)).await
}

/// Merge metadata
///
/// Merges into what is there (RFC 7396): what is null is removed. Platform only.
#[utoipa::path(
    patch, path = "/v1/users/{user_id}/metadata", tag = "Users", operation_id = "updateUserMetadata", params(UserPath),
    request_body = MergeMetadata,
    responses(
        (status = 200, description = "The person", body = UserOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMedia
    )
)]
pub async fn update_metadata(call: Call) -> Result<HttpResponse, ApiError> {
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let patch = MergeMetadata::read(&mut fields);
    fields.finish()?;
    call.change(&Gate::Platform, async |tx| {
        let before = users::lock(tx, &call.id("user_id")?).await?;
        let (mut public, mut private) = (before.public_metadata, before.private_metadata);
        metadata::merge(&mut public, patch.public_metadata.as_ref().unwrap_or(&serde_json::Map::new()));
        metadata::merge(&mut private, patch.private_metadata.as_ref().unwrap_or(&serde_json::Map::new()));
        let changes = Changes {
            public_metadata: patch.public_metadata.is_some().then_some(public),
            private_metadata: patch.private_metadata.is_some().then_some(private),
            ..Changes::default()
        };
        Ok(UserOut::new(users::update(tx, &before.id, changes).await?, tx))
    })
    .await
}

/// Compare a password
///
/// Says whether it is the person's; opens nothing and changes nothing. Wrong ones are counted for the person and the address that
/// asks, as where people give theirs themselves. Platform only.
#[utoipa::path(
    post, path = "/v1/users/{user_id}/verify-password", tag = "Users", operation_id = "verifyUserPassword", params(UserPath),
    request_body = VerifyPassword,
    responses(
        (status = 200, description = "Whether it is", body = PasswordVerdict),
        BadRequest, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMedia, TooMany
    )
)]
pub async fn verify_password(call: Call) -> Result<HttpResponse, ApiError> {
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let asked = VerifyPassword::read(&mut fields);
    fields.finish()?;
    let (id, hash) = call
        .read(&Gate::Platform, async |rx| {
            let user = users::get(rx, &call.id("user_id")?).await?;
            let hash = credentials::find_password(rx, &user.id).await?.map(|(_, hash)| hash);
            Ok((user.id, hash))
        })
        .await?;
    let given = &asked.password;
    let verdict = credentials::guess_password(&call.core, &call.ctx, &id, hash.as_deref(), given).await?;
    Ok(ok(&PasswordVerdict { object: "password_verification", verified: verdict.ok }))
}
