//! The people of a directory.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::{Condition, inside};
use crate::clock::Timestamp;
use crate::db::{self, Row, Scope};
use crate::fault::Result;
use crate::features::directory::connections::{self, bounded};
use crate::features::directory::query::beginning;
use crate::features::directory::users::Link;
use crate::features::directory::{Attributes, Directory, DirectoryFault};
use crate::ids::{DirectoryId, DirectoryUserId, Id as _, MemberId, OrgId, UserId};
use crate::orgs::members::{self, Grant, Member, derived};

/// A user resource and whom it is about.
#[derive(Clone, Debug)]
pub struct SeenPerson {
    /// The resource's id.
    pub id: DirectoryUserId,
    /// Its `userName`.
    pub user_name: String,
    /// Its `externalId`.
    pub external_id: Option<String>,
    /// Its `displayName`.
    pub display_name: Option<String>,
    /// Whether the directory carries the person as active.
    pub active: bool,
    /// Whether it belongs to somebody: a pending link counts as accepted once its person is or was a member.
    pub link: Link,
    /// To whom, or to whom it will when they accept.
    pub user_id: Option<UserId>,
    /// Its addresses.
    pub emails: Vec<Address>,
    /// How many groups it is a direct member of.
    pub groups: i64,
    /// The person's membership of the directory's organization, whatever its standing.
    pub member: Option<Member>,
    /// Where the roles of the membership come from.
    pub grants: Vec<Grant>,
    /// When the resource was made.
    pub created_at: Timestamp,
    /// When it changed.
    pub updated_at: Timestamp,
}

/// An address of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The address as it was sent.
    pub value: String,
    /// `work`, `home`, ….
    pub kind: Option<String>,
    /// Whether it is the primary one.
    pub primary: bool,
}

/// Which people are wanted.
#[derive(Clone, Debug, Default)]
pub struct WantedPeople {
    /// Those with this inside their `userName`, `displayName`, `externalId` or an address, whatever the case.
    pub query: Option<String>,
    /// Those whom the directory carries so.
    pub active: Option<bool>,
    /// Those whose link is so.
    pub link: Option<Link>,
    /// Oldest first; else newest first.
    pub ascending: bool,
    /// At most so many.
    pub limit: u64,
    /// Passing over so many first.
    pub offset: u64,
}

const FROM: &str = "FROM directory_users u";
/// How the link is once it is known whether a pending one was accepted; `$2` is the organization.
const LINK: &str = "CASE WHEN u.link = 'pending' AND EXISTS (SELECT 1 FROM members m WHERE m.organization_id = $2
    AND m.user_id = u.user_id AND m.status <> 'awaiting') THEN 'linked' ELSE u.link END";

/// A page of the people of a directory, and how many match in all.
///
/// # Errors
/// [`DirectoryFault::NotFound`], and those of the authorization.
pub async fn people<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    directory: &DirectoryId,
    wanted: &WantedPeople,
) -> Result<(Vec<SeenPerson>, i64)> {
    let directory = connections::get(db, owner, directory).await?;
    let mut condition = of(&directory);
    if let Some(key) = wanted.query.as_deref().and_then(beginning) {
        let place = condition.place(inside(&key));
        condition.and(&format!(
            "(u.user_name_key LIKE {place} ESCAPE '!' OR u.display_name_key LIKE {place} ESCAPE '!'
              OR LOWER(u.external_id) LIKE {place} ESCAPE '!' OR EXISTS (SELECT 1 FROM directory_user_emails e
                  WHERE e.directory_user_id = u.id AND e.value_key LIKE {place} ESCAPE '!'))"
        ));
    }
    if let Some(active) = wanted.active {
        condition.and(if active { "u.active" } else { "NOT u.active" });
    }
    if let Some(link) = wanted.link {
        let place = condition.place(link.as_str());
        condition.and(&format!("{LINK} = {place}"));
    }
    let total = condition.total(db, &directory.id, "user", FROM).await?;
    let way = if wanted.ascending { "ASC" } else { "DESC" };
    let (limit, offset) = (bounded(wanted.limit), bounded(wanted.offset));
    let (limit, offset) = (condition.place(limit), condition.place(offset));
    let more = format!("ORDER BY u.id {way} LIMIT (0 + {limit}) OFFSET (0 + {offset})");
    Ok((read(db, &directory, condition, &more).await?, total))
}

/// One of the people of a directory.
///
/// # Errors
/// [`DirectoryFault::NotFound`], [`DirectoryFault::ResourceNotFound`], and those of the authorization.
pub async fn person<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    directory: &DirectoryId,
    id: &DirectoryUserId,
) -> Result<SeenPerson> {
    let directory = connections::get(db, owner, directory).await?;
    let mut condition = of(&directory);
    let place = condition.place(id.as_str());
    condition.and(&format!("u.id = {place}"));
    read(db, &directory, condition, "").await?.pop().ok_or_else(|| DirectoryFault::ResourceNotFound.into())
}

/// All of a directory. Every statement says something of the organization, so that its place has a type.
fn of(directory: &Directory) -> Condition {
    let organization = directory.organization_id.as_ref().map_or("", OrgId::as_str);
    Condition {
        sql: "u.directory_id = $1 AND $2 = $2".to_owned(),
        values: vec![directory.id.as_str().into(), organization.into()],
        narrowed: false,
    }
}

async fn read(db: &impl Scope, directory: &Directory, condition: Condition, more: &str) -> Result<Vec<SeenPerson>> {
    let sql = format!(
        "SELECT u.id, u.user_name, u.external_id, u.display_name, u.active, {LINK}, u.user_id, u.resource,
             (SELECT COUNT(*) FROM directory_group_members y WHERE y.member_id = u.id), u.created_at, u.updated_at
         {FROM} WHERE {} {more}",
        condition.sql
    );
    let rows = db::all(db, sql, condition.values).await?;
    let mut people = rows.iter().map(seen).collect::<Result<Vec<_>>>()?;
    if let Some(organization) = &directory.organization_id {
        let users: Vec<UserId> = people.iter().filter_map(|person| person.user_id.clone()).collect();
        let found = derived::explain(db, organization, &users).await?;
        let ids: Vec<MemberId> = found.iter().map(|one| one.member.id.clone()).collect();
        let mut grants: HashMap<MemberId, Vec<Grant>> = HashMap::new();
        for grant in members::grants_of(db, organization, &ids).await? {
            grants.entry(grant.member_id.clone()).or_default().push(grant);
        }
        let found: HashMap<UserId, Member> =
            found.into_iter().map(|one| (one.member.user_id.clone(), one.member)).collect();
        for person in &mut people {
            let Some(member) = person.user_id.as_ref().and_then(|user| found.get(user)) else { continue };
            person.grants = grants.get(&member.id).cloned().unwrap_or_default();
            person.member = Some(member.clone());
        }
    }
    Ok(people)
}

fn seen(row: &Row) -> Result<SeenPerson> {
    let (link, resource): (String, String) = (row.get(5)?, row.get(7)?);
    let attributes: Attributes = serde_json::from_str(&resource)?;
    Ok(SeenPerson {
        id: row.get(0)?,
        user_name: row.get(1)?,
        external_id: row.get(2)?,
        display_name: row.get(3)?,
        active: row.get(4)?,
        link: Link::from_stored(&link),
        user_id: row.get(6)?,
        emails: addresses(&attributes),
        groups: row.get(8)?,
        member: None,
        grants: Vec::new(),
        created_at: row.get(9)?,
        updated_at: row.get(10)?,
    })
}

fn addresses(attributes: &Attributes) -> Vec<Address> {
    let all = attributes.get("emails").and_then(Json::as_array).into_iter().flatten();
    all.filter_map(|email| {
        Some(Address {
            value: email.get("value")?.as_str()?.to_owned(),
            kind: email.get("type").and_then(Json::as_str).map(str::to_owned),
            primary: email.get("primary") == Some(&Json::Bool(true)),
        })
    })
    .collect()
}
