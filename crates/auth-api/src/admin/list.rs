//! Listing and reading people.

use actix_web::{HttpResponse, web};
use auth_core::db::{Holds, Operator};
use auth_core::users;
use auth_core::users::administration::{self, AdministrationFault};
use auth_core::users::listing::{self, Field, Filter, Search, Wanted};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::id_of;
use crate::error::{ErrorOut, Result};
use crate::extract::Caller;
use crate::input::choice::{DIRECTIONS, OPERATORS, instant, one_of, values};
use crate::input::{Input, Query};
use crate::organization::{MOST, USUAL};
use crate::reply;
use crate::wire::UserOut;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(list_users, get_user))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/admin/list-users", web::get().to(list_users)).route("/admin/get-user", web::get().to(get_user));
}

/// People of the instance.
#[derive(Serialize, ToSchema)]
#[schema(as = UserList)]
struct UserListOut<'a> {
    /// Those of this page.
    users: Vec<UserOut<'a>>,
    /// How many match, whatever limit and offset are.
    total: i64,
    /// The limit, if one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    limit: Option<u64>,
    /// The offset, if one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    offset: Option<u64>,
}

/// List people
///
/// People of the instance, searched, filtered and ordered, oldest first unless something else is said. For administrators
/// of the instance.
#[utoipa::path(
    get, path = "/api/auth/admin/list-users", tag = "Administration", operation_id = "adminListUsers",
    params(
        ("searchValue" = Option<String>, Query, description = "A text to search for, whatever its case"),
        ("searchField" = Option<String>, Query, description = "Where: `email` (if nothing is said) or `name`"),
        ("searchOperator" = Option<String>, Query, description = "`contains` (if nothing is said), `starts_with`, `ends_with`"),
        ("limit" = Option<u64>, Query, description = "How many at most: 100 if nothing is said, never more than 1000"),
        ("offset" = Option<u64>, Query, description = "How many to pass over"),
        ("sortBy" = Option<String>, Query, description = "`id`, `name`, `email`, `emailVerified`, `role`, `banned`, `banReason`, \
            `banExpires`, `username`, `isAnonymous`, `createdAt` or `updatedAt`"),
        ("sortDirection" = Option<String>, Query, description = "`asc` or `desc`"),
        ("filterField" = Option<String>, Query, description = "The same fields as for `sortBy`; `email` if nothing is said"),
        ("filterValue" = Option<String>, Query, description = "What the field is compared with; several times for lists"),
        ("filterOperator" = Option<String>, Query, description = "`eq`, `ne`, `lt`, `lte`, `gt`, `gte`, `in`, `not_in`, \
            `contains`, `starts_with`, `ends_with`"),
    ),
    responses(
        (status = 200, description = "A page of people", body = UserListOut),
        (status = 400, description = "`VALIDATION_ERROR`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_LIST_USERS`", body = ErrorOut,
            example = json!({"message": "You are not allowed to list users", "code": "YOU_ARE_NOT_ALLOWED_TO_LIST_USERS"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn list_users(caller: Caller, query: Query) -> Result<HttpResponse> {
    let mut input = query.input();
    let asked = [input.has("limit"), input.has("offset")];
    let wanted = wanted(&mut input);
    input.finish()?;
    let (found, total) = caller
        .core()
        .read(&caller.ctx(), async |rx| {
            administration::demand(rx, AdministrationFault::List).await?;
            listing::list(rx, &wanted).await
        })
        .await?;
    let users = found.iter().map(|user| UserOut::of(user, caller.edge.settings())).collect();
    let [limit, offset] = asked;
    let (limit, offset) = (limit.then_some(wanted.limit), offset.then_some(wanted.offset));
    Ok(reply::ok(&UserListOut { users, total, limit, offset: offset.filter(|count| *count > 0) }))
}

const FIELDS: [(&str, Field); 12] = [
    ("id", Field::Id),
    ("name", Field::Name),
    ("email", Field::Email),
    ("emailVerified", Field::EmailVerified),
    ("role", Field::Role),
    ("banned", Field::Banned),
    ("banReason", Field::BanReason),
    ("banExpires", Field::BanExpiresAt),
    ("username", Field::Username),
    ("isAnonymous", Field::IsAnonymous),
    ("createdAt", Field::CreatedAt),
    ("updatedAt", Field::UpdatedAt),
];
/// Whether something may stand before the text that is searched for, and after it.
const AROUND: [(&str, (bool, bool)); 3] =
    [("contains", (true, true)), ("starts_with", (false, true)), ("ends_with", (true, false))];

fn wanted(input: &mut Input) -> Wanted {
    let in_name = one_of(input, "searchField", &[("email", false), ("name", true)]).unwrap_or(false);
    let (open_start, open_end) = one_of(input, "searchOperator", &AROUND).unwrap_or((true, true));
    let text = input.optional("searchValue").filter(|text| !text.is_empty());
    let search = text.map(|text| Search { in_name, open_start, open_end, text });
    let field = one_of(input, "filterField", &FIELDS).unwrap_or(Field::Email);
    let operator = one_of(input, "filterOperator", &OPERATORS).unwrap_or(Operator::Eq);
    let filter = input.take("filterValue").map(|sent| {
        let values = values(Some(sent));
        let values = match field.holds() {
            Holds::Instants => values.iter().map(|text| instant(text)).collect(),
            _ => values,
        };
        Filter { field, operator, values }
    });
    Wanted {
        search,
        filter,
        order_by: one_of(input, "sortBy", &FIELDS).unwrap_or(Field::CreatedAt),
        descending: one_of(input, "sortDirection", &DIRECTIONS).unwrap_or(false),
        limit: input.count("limit").filter(|limit| *limit > 0).unwrap_or(USUAL).min(MOST),
        offset: input.count("offset").unwrap_or(0),
    }
}

/// Read a person
///
/// For administrators of the instance.
#[utoipa::path(
    get, path = "/api/auth/admin/get-user", tag = "Administration", operation_id = "adminGetUser",
    params(("id" = String, Query, description = "The id of the person", example = "user_01h455vb4pex5vsknk084sn02q")),
    responses(
        (status = 200, description = "The person", body = UserOut),
        (status = 400, description = "`VALIDATION_ERROR`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_GET_USER`", body = ErrorOut,
            example = json!({"message": "You are not allowed to get user", "code": "YOU_ARE_NOT_ALLOWED_TO_GET_USER"})),
        (status = 404, description = "`USER_NOT_FOUND`", body = ErrorOut,
            example = json!({"message": "User not found", "code": "USER_NOT_FOUND"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn get_user(caller: Caller, query: Query) -> Result<HttpResponse> {
    let mut input = query.input();
    let id = input.string("id");
    input.finish()?;
    let user = caller
        .core()
        .read(&caller.ctx(), async |rx| {
            administration::demand(rx, AdministrationFault::Get).await?;
            users::get(rx, &id_of(&id)).await
        })
        .await?;
    Ok(reply::ok(&UserOut::of(&user, caller.edge.settings())))
}
