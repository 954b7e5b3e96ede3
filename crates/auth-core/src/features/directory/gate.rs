//! Who may not sign in: the person whom the directories of an organization, or of the instance, carry
//! as inactive or deleted while they have authority over them. Derived from present facts in one
//! query, never stored as a ban.

use std::future::Future;
use std::pin::Pin;

use super::{DirectoryFault, tombstones};
use crate::db::{self, Tx};
use crate::fault::Result;
use crate::ids::Id as _;
use crate::orgs::domains;
use crate::sign_in::SignInGate;
use crate::users::{User, email};

/// Refuses whoever a directory with authority over them has deactivated or deleted.
///
/// For the organization that holds the domain of the person's address: one of its directories carries
/// them as inactive or has deleted them, none carries them as active, and the membership is not active
/// (an owner may have restored it by hand). Platform admins pass.
///
/// For the instance: a directory of the instance carries them as inactive or has deleted them, none
/// carries them as active, and it made the account, or no organization holds the domain and they are
/// no platform admin.
#[derive(Debug, Default)]
pub struct DirectoryGate;

impl SignInGate for DirectoryGate {
    fn check<'a>(&'a self, tx: &'a Tx, user: &'a User) -> Pin<Box<dyn Future<Output = Result<()>> + 'a>> {
        Box::pin(async move {
            if is_blocked(tx, user).await? { Err(DirectoryFault::AccessSuspended.into()) } else { Ok(()) }
        })
    }
}

/// What directories say about a person: `$1` the person, `$2` the domain, `$3` whether they are a
/// platform admin, `$4` their address folded, `$5` its mark. By the address and by the mark are found those whose account
/// was erased, and who signed up again.
const BLOCKED: &str = "
WITH holder AS (
    SELECT organization_id AS id FROM organization_domains WHERE name = $2 AND verified_at IS NOT NULL
), carried AS (
    SELECT d.owner_key, d.id AS directory_id, u.active AS active FROM directory_users u
    JOIN directories d ON d.id = u.directory_id WHERE u.user_id = $1 AND u.link = 'linked'
    UNION ALL
    SELECT d.owner_key, d.id, FALSE FROM directory_tombstones t
    JOIN directories d ON d.id = t.directory_id WHERE t.user_id = $1 AND t.link = 'linked'
    UNION ALL
    SELECT d.owner_key, d.id, u.active FROM directory_users u
    JOIN directories d ON d.id = u.directory_id
    WHERE u.user_id IS NULL AND u.link = 'linked' AND d.owner_key IN (SELECT id FROM holder)
      AND (u.user_name_key = $4 OR EXISTS (SELECT 1 FROM directory_user_emails e
                                           WHERE e.directory_user_id = u.id AND e.value_key = $4))
    UNION ALL
    SELECT d.owner_key, d.id, FALSE FROM directory_tombstones t
    JOIN directories d ON d.id = t.directory_id
    WHERE t.user_id IS NULL AND t.email_key = $4 AND d.owner_key IN (SELECT id FROM holder)
    UNION ALL
    SELECT d.owner_key, d.id, FALSE FROM directory_tombstones t
    JOIN directories d ON d.id = t.directory_id WHERE t.user_id IS NULL AND t.email_key = $5
)
SELECT 1 FROM carried c
WHERE NOT EXISTS (SELECT 1 FROM carried o WHERE o.owner_key = c.owner_key AND o.active)
  AND (
    ($3 = 0 AND c.owner_key IN (SELECT id FROM holder)
     AND NOT EXISTS (SELECT 1 FROM members m WHERE m.organization_id = c.owner_key AND m.user_id = $1 AND m.status = 'active'))
    OR (c.owner_key = 'instance' AND (
        ($3 = 0 AND NOT EXISTS (SELECT 1 FROM holder))
        OR c.directory_id = (SELECT created_by_directory_id FROM users WHERE id = $1)))
  )
LIMIT 1";

/// Whether the person may not sign in, whatever they present.
pub(super) async fn is_blocked(tx: &Tx, user: &User) -> Result<bool> {
    let domain = email::domain(&user.email).and_then(|domain| domains::normalize(&domain)).unwrap_or_default();
    let admin = i64::from(user.is_platform_admin());
    let (address, mark) = (email::key(&user.email), tombstones::mark_of(tx, &user.email)?);
    let values = [user.id.as_str().into(), domain.into(), admin.into(), address.into(), mark.into()];
    Ok(db::one(tx, BLOCKED, values).await?.is_some())
}
