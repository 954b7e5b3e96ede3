//! Receipts: the proof that access ended, what was revoked, when and by which request, signed with the
//! instance's published key.

use serde_json::{Value as Json, json};

use super::Directory;
use super::connections::authorize;
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
        "revoked": { "sessions": revoked.sessions, "grants": 0, "invitations": revoked.invitations, "keys": 0 },
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

/// The receipts about a user resource, newest first.
///
/// # Errors
/// Those of the authorization.
pub async fn list<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    resource: &DirectoryUserId,
) -> Result<Vec<Receipt>> {
    const MOST: i64 = 500;
    let owner = owner.into();
    authorize(db, owner).await?;
    let rows = db::all(
        db,
        "SELECT id, directory_id, organization_id, directory_user_id, user_id, request_id, cause, payload, signature, created_at
         FROM receipts WHERE directory_user_id = $1 AND COALESCE(organization_id, '') = $2
         ORDER BY created_at DESC, id DESC LIMIT (0 + $3)",
        [resource.as_str().into(), owner.map_or("", Id::as_str).into(), MOST.into()],
    )
    .await?;
    rows.iter().map(read).collect()
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
