//! Receipts: the proof that access ended, what was revoked, when and by which request, signed with the
//! instance's published key.

use serde_json::{Value as Json, json};

use super::connections::{Of, authorize, owner_key};
use super::{Directory, DirectoryFault};
use crate::clock::Timestamp;
use crate::db::{self, Change, Row, Scope, Tx};
use crate::fault::Result;
use crate::ids::{DirectoryId, DirectoryUserId, Id, OrgId, ReceiptId, UserId};
use crate::jwt;

/// A receipt as it was stored.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Its id.
    pub id: ReceiptId,
    /// Which directory ended the access.
    pub directory_id: DirectoryId,
    /// In which organization; `None` for a directory of the instance.
    pub organization_id: Option<OrgId>,
    /// Which user resource was deactivated or deleted.
    pub directory_user_id: DirectoryUserId,
    /// Whose access ended; `None` if the resource was linked to nobody who had accepted it.
    pub user_id: Option<UserId>,
    /// By which request.
    pub request_id: String,
    /// Why: `deactivated`, `deleted`, `disconnected`, `moved`.
    pub cause: String,
    /// What was revoked and how many: what the signature says too.
    pub payload: Json,
    /// A JWS over the payload in compact form; the key is among the instance's published ones.
    pub signature: String,
    /// When.
    pub created_at: Timestamp,
}

/// What ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Revoked {
    /// Whether all access ended, or only that to the organization.
    pub everywhere: bool,
    /// Whether the membership was suspended (or another directory keeps it).
    pub membership: bool,
    /// Sessions ended, or sent out of the organization.
    pub sessions: u64,
    /// Open invitations canceled.
    pub invitations: u64,
    /// Consents of OAuth 2.0 clients ended, with their tokens.
    pub grants: u64,
    /// Secret keys and API keys revoked.
    pub keys: u64,
}

/// Stores a receipt and signs it. Returns its id.
pub(super) async fn store(
    tx: &mut Tx,
    directory: &Directory,
    resource: &DirectoryUserId,
    user: Option<&UserId>,
    cause: &'static str,
    revoked: Revoked,
) -> Result<ReceiptId> {
    let id: ReceiptId = tx.new_id();
    let request_id = tx.ctx().request_id.clone();
    let scope = match (user.is_some(), revoked.everywhere) {
        (false, _) => "none",
        (true, true) => "account",
        (true, false) => "organization",
    };
    let payload = json!({
        "v": 1,
        "jti": id.as_str(),
        "iss": tx.settings().public_url,
        "iat": tx.now().millis() / 1000,
        "sub": user.map(Id::as_str),
        "directory_id": directory.id.as_str(),
        "organization_id": directory.organization_id.as_ref().map(Id::as_str),
        "directory_user_id": resource.as_str(),
        "request_id": request_id,
        "cause": cause,
        "scope": scope,
        "membership_suspended": revoked.membership,
        "revoked": {
            "sessions": revoked.sessions,
            "grants": revoked.grants,
            "invitations": revoked.invitations,
            "keys": revoked.keys,
        },
        "at": tx.now().millis(),
    });
    let signature = jwt::sign(tx, &payload).await?;
    let row = Change::new(
        "INSERT INTO receipts (id, directory_id, organization_id, directory_user_id, user_id, request_id, cause, payload, signature, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        [
            id.as_str().into(),
            directory.id.as_str().into(),
            directory.organization_id.as_ref().map(|id| id.as_str().to_owned()).into(),
            resource.as_str().into(),
            user.map(|id| id.as_str().to_owned()).into(),
            request_id.into(),
            cause.into(),
            payload.to_string().into(),
            signature.into(),
            tx.now().into(),
        ],
    );
    db::later(tx, row);
    Ok(id)
}

/// Which receipts to list. Whatever is `None` is no condition.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Those of this directory.
    pub directory_id: Option<DirectoryId>,
    /// Those about this person.
    pub user_id: Option<UserId>,
    /// Those about this user resource.
    pub directory_user_id: Option<DirectoryUserId>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Which part.
    pub part: db::Part,
}

/// What receipts can be ordered and searched by.
pub const LISTED: db::Columns = db::Columns {
    orders: &[("created_at", "created_at")],
    unless_said: ("created_at", false),
    searched: &["id", "user_id", "directory_user_id", "request_id", "cause"],
    id: "id",
};

const COLUMNS: &str =
    "id, directory_id, organization_id, directory_user_id, user_id, request_id, cause, payload, signature, created_at";

/// The receipts about a user resource, newest first.
///
/// # Errors
/// Those of the authorization.
pub async fn list<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    resource: &DirectoryUserId,
) -> Result<Vec<Receipt>> {
    const MOST: u64 = 500;
    let part = db::Part { limit: MOST, ..db::Part::default() };
    let wanted = Wanted { directory_user_id: Some(resource.clone()), part, ..Wanted::default() };
    Ok(page(db, Of::Owner(owner.into()), &wanted).await?.0)
}

/// A page of the owner's receipts, or of everybody's, and how many there are. Those of directories that were disconnected
/// are among them: a proof outlives what it is about.
///
/// # Errors
/// [`DirectoryFault::NotFound`] for a directory that the owner never had, [`DirectoryFault::PlatformAdminOnly`], and those
/// of the authorization.
pub async fn page(db: &impl Scope, of: Of<'_>, wanted: &Wanted) -> Result<(Vec<Receipt>, i64)> {
    let mut list = match of {
        Of::Everybody if db.ctx().actor.is_platform() => db::List::new("receipts", "TRUE", []),
        Of::Everybody => return Err(DirectoryFault::PlatformAdminOnly.into()),
        Of::Owner(owner) => {
            authorize(db, owner).await?;
            if let Some(id) = &wanted.directory_id {
                had(db, owner, id).await?;
            }
            db::List::new("receipts", owned(owner), [owner.map_or("", Id::as_str).into()])
        }
    };
    list.and_if("directory_id = {}", wanted.directory_id.as_ref().map(Id::as_str));
    list.and_if("user_id = {}", wanted.user_id.as_ref().map(Id::as_str));
    list.and_if("directory_user_id = {}", wanted.directory_user_id.as_ref().map(Id::as_str));
    list.and_if("created_at >= {}", wanted.since);
    let listed = list.part(db, COLUMNS, &LISTED, &wanted.part, read).await?;
    Ok((listed.entries, listed.total))
}

/// A receipt of the owner or of anybody, of one directory if it is named.
///
/// # Errors
/// [`DirectoryFault::ReceiptNotFound`], [`DirectoryFault::PlatformAdminOnly`], and those of the authorization.
pub async fn get(db: &impl Scope, of: Of<'_>, directory: Option<&DirectoryId>, id: &ReceiptId) -> Result<Receipt> {
    let (whose, owner) = match of {
        Of::Everybody if db.ctx().actor.is_platform() => ("$1 = ''", None),
        Of::Everybody => return Err(DirectoryFault::PlatformAdminOnly.into()),
        Of::Owner(owner) => {
            authorize(db, owner).await?;
            (owned(owner), owner)
        }
    };
    let sql = format!("SELECT {COLUMNS} FROM receipts WHERE {whose} AND id = $2 AND ($3 = '' OR directory_id = $3)");
    let values = [owner.map_or("", Id::as_str).into(), id.as_str().into(), directory.map_or("", Id::as_str).into()];
    let row = db::one(db, sql, values).await?;
    row.map_or(Err(DirectoryFault::ReceiptNotFound.into()), |row| read(&row))
}

/// What is the owner's, whose id is the first parameter; such that an index finds it.
const fn owned(owner: Option<&OrgId>) -> &'static str {
    if owner.is_some() { "organization_id = $1" } else { "organization_id IS NULL AND $1 = ''" }
}

/// Whether the owner has the directory, or had it.
async fn had(db: &impl Scope, owner: Option<&OrgId>, id: &DirectoryId) -> Result<()> {
    let sql = "SELECT 1 FROM directories d WHERE d.owner_key = $1 AND d.id = $2";
    let found = db::one(db, sql, [owner_key(owner).into(), id.as_str().into()]).await?;
    found.map(drop).ok_or_else(|| DirectoryFault::NotFound.into())
}

fn read(row: &Row) -> Result<Receipt> {
    let payload: String = row.get(7)?;
    Ok(Receipt {
        id: row.get(0)?,
        directory_id: row.get(1)?,
        organization_id: row.get(2)?,
        directory_user_id: row.get(3)?,
        user_id: row.get(4)?,
        request_id: row.get(5)?,
        cause: row.get(6)?,
        payload: serde_json::from_str(&payload)?,
        signature: row.get(8)?,
        created_at: row.get(9)?,
    })
}
