//! Listing the members of an organization.

use actix_web::{HttpResponse, web};
use auth_core::orgs::members::{self, Filter, MemberField, MemberQuery, Operator};
use auth_core::orgs::{self, OrgsFault};
use auth_core::roles;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::error::{ErrorOut, Result};
use crate::extract::Caller;
use crate::input::choice::{DIRECTIONS, OPERATORS, instant, one_of, values};
use crate::input::{Input, Query};
use crate::organization::access::{self, meant_by_slug, strangers};
use crate::organization::view::{MOST, USUAL};
use crate::organization::wire::MemberOut;
use crate::reply;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(list))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/organization/list-members", web::get().to(list));
}

/// Members of an organization.
#[derive(Serialize, ToSchema)]
#[schema(as = MemberList)]
struct MemberListOut {
    /// Those of this page.
    members: Vec<MemberOut>,
    /// How many match, whatever limit and offset are.
    total: i64,
}

/// List members
///
/// The active members of the organization that is named by slug or id, else of the one in which the
/// session works.
#[utoipa::path(
    get, path = "/api/auth/organization/list-members", tag = "Organizations", operation_id = "listOrganizationMembers",
    params(
        ("organizationId" = Option<String>, Query, description = "Which organization"),
        ("organizationSlug" = Option<String>, Query, description = "Which organization, by its slug; wins over the id"),
        ("limit" = Option<u64>, Query, description = "How many at most: 100 if nothing is said, never more than 1000"),
        ("offset" = Option<u64>, Query, description = "How many to pass over"),
        ("sortBy" = Option<String>, Query, description = "`createdAt`, `role`, `userId` or `id`"),
        ("sortDirection" = Option<String>, Query, description = "`asc` or `desc`"),
        ("filterField" = Option<String>, Query, description = "`createdAt`, `role`, `userId` or `id`"),
        ("filterValue" = Option<String>, Query, description = "What the field is compared with; several times for lists"),
        ("filterOperator" = Option<String>, Query, description = "`eq`, `ne`, `lt`, `lte`, `gt`, `gte`, `in`, `not_in`, \
            `contains`, `starts_with`, `ends_with`"),
    ),
    responses(
        (status = 200, description = "The members", body = MemberListOut),
        (status = 400, description = "`VALIDATION_ERROR`, `NO_ACTIVE_ORGANIZATION`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION` (also if there is none)", body = ErrorOut,
            example = json!({"message": "You are not a member of this organization",
                "code": "YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn list(caller: Caller, query: Query) -> Result<HttpResponse> {
    let mut input = query.input();
    let (id, slug) = (input.optional("organizationId"), input.optional("organizationSlug"));
    let query = wanted(&mut input);
    input.finish()?;
    let refusal = access::not_yours;
    let id = meant_by_slug(&caller, id.as_deref(), slug.as_deref(), access::no_active, refusal).await?;
    let (found, total) = caller
        .core()
        .read(&caller.ctx(), async |rx| {
            roles::authority(rx, &id).await?;
            let found = members::list(rx, &id, &query).await?;
            if found.1 == 0 && orgs::find(rx, &id).await?.is_none() {
                return Err(OrgsFault::NotFound.into());
            }
            Ok(found)
        })
        .await
        .map_err(strangers(refusal))?;
    Ok(reply::ok(&MemberListOut { members: MemberOut::all(found, caller.edge.settings()), total }))
}

const FIELDS: [(&str, MemberField); 4] = [
    ("createdAt", MemberField::CreatedAt),
    ("role", MemberField::Role),
    ("userId", MemberField::UserId),
    ("id", MemberField::Id),
];
fn wanted(input: &mut Input) -> MemberQuery {
    let filter = one_of(input, "filterField", &FIELDS).map(|field| {
        let operator = one_of(input, "filterOperator", &OPERATORS).unwrap_or(Operator::Eq);
        let values = values(input.take("filterValue"));
        let values =
            if field == MemberField::CreatedAt { values.iter().map(|text| instant(text)).collect() } else { values };
        Filter { field, operator, values }
    });
    MemberQuery {
        filter,
        order_by: one_of(input, "sortBy", &FIELDS).unwrap_or(MemberField::CreatedAt),
        descending: one_of(input, "sortDirection", &DIRECTIONS).unwrap_or(false),
        limit: input.count("limit").filter(|limit| *limit > 0).unwrap_or(USUAL).min(MOST),
        offset: input.count("offset").unwrap_or(0),
        ..MemberQuery::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn read(fields: Value) -> (MemberQuery, Result<()>) {
        let Value::Object(fields) = fields else { panic!("an object") };
        let mut input = Input::new("query", fields);
        let query = wanted(&mut input);
        (query, input.finish())
    }

    #[test]
    fn limits_are_bounded_and_zero_is_the_usual() {
        for (sent, limit) in [("0", USUAL), ("7", 7), ("100000", MOST)] {
            assert_eq!(read(serde_json::json!({ "limit": sent })).0.limit, limit);
        }
        assert!(read(serde_json::json!({"limit": "-1"})).1.is_err());
    }

    #[test]
    fn instants_become_milliseconds() {
        let (query, read) = read(serde_json::json!({"filterField": "createdAt", "filterOperator": "gt",
            "filterValue": "1970-01-01T00:00:01.000Z"}));
        read.unwrap();
        assert_eq!(query.filter.unwrap().values, ["1000"]);
    }

    #[test]
    fn unknown_words_are_told() {
        let (_, read) = read(serde_json::json!({"sortBy": "password"}));
        assert!(
            read.unwrap_err().message().starts_with("[query.sortBy] Invalid option: expected one of \"createdAt\"|")
        );
    }
}
