//! What a person consented to ends when their access does.

use crate::db::{self, Tx};
use crate::fault::Result;
use crate::features::directory::connections::{Directory, owner_key};
use crate::ids::{Id as _, UserId};

/// Ends the consents of a person, with all tokens that were got by them, and the codes that were not exchanged yet: all
/// of them, or those in the directory's organization. Returns how many grants ended.
///
/// The tokens by which the directory itself speaks stay: they are the organization's connection, the person only made
/// it, and without it nobody else's access would end. The person's row is locked, so that nobody consents meanwhile.
pub(in crate::features::directory) async fn end_of(
    tx: &Tx,
    directory: &Directory,
    user: &UserId,
    everywhere: bool,
) -> Result<u64> {
    // A grant that is being made of a code is there once the code's row can be had.
    db::run(
        tx,
        "DELETE FROM directory_oauth_codes WHERE user_id = $1 AND ($2 OR owner_key = $3)",
        [user.as_str().into(), everywhere.into(), owner_key(directory.organization_id.as_ref()).into()],
    )
    .await?;
    db::run(
        tx,
        "DELETE FROM directory_oauth_grants WHERE user_id = $1 AND ($2 OR owner_key = $3)
           AND credential_id NOT IN (SELECT c.id FROM directory_credentials c WHERE c.directory_id = $4)",
        [
            user.as_str().into(),
            everywhere.into(),
            owner_key(directory.organization_id.as_ref()).into(),
            directory.id.as_str().into(),
        ],
    )
    .await
}
