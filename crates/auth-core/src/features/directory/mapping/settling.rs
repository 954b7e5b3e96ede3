//! What a mapping gives beside the profile, put into its place: the role as a grant of its own, the metadata on the
//! person where the directory is authoritative, else on the membership. Only what is different is written.

use serde_json::{Map, Value as Json, json};

use super::evaluation::{Mapped, Role};
use super::opening::{Kept, Opened};
use crate::db::{self, Change, Tx};
use crate::fault::{Kind, Result};
use crate::features::directory::linking::Linked;
use crate::features::directory::{Directory, authority};
use crate::ids::{DirectoryUserId, Id as _, MemberId, OrgId};
use crate::orgs::members::{self, Source, Withdrawn};
use crate::users::{self, User};

/// Gives the person of a resource, which is written already, what the mapping says beside the profile. `active`:
/// whether the resource is. Returns the person as they are now.
pub(in crate::features::directory) async fn settle(
    tx: &mut Tx,
    directory: &Directory,
    opened: &Opened,
    id: &DirectoryUserId,
    active: bool,
    mut linked: Linked,
    mapped: &Mapped,
) -> Result<Linked> {
    let mut kept = opened.kept.clone();
    if opened.version > 0 && active {
        // Boxed: the futures of all requests would carry it.
        kept = Box::pin(give(tx, directory, &mut linked, kept, mapped)).await?;
    }
    if opened.version != opened.applied || opened.sent != opened.sent_before || kept != opened.kept {
        let row = Change::new(
            "INSERT INTO directory_user_mapped (directory_user_id, directory_id, version, sent_groups, metadata)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (directory_user_id) DO UPDATE SET version = excluded.version,
                 sent_groups = excluded.sent_groups, metadata = excluded.metadata",
            [
                id.as_str().into(),
                directory.id.as_str().into(),
                opened.version.into(),
                opened.sent.clone().into(),
                kept.to_stored().into(),
            ],
        );
        db::later(tx, row);
    }
    Ok(linked)
}

async fn give(tx: &mut Tx, directory: &Directory, linked: &mut Linked, kept: Kept, mapped: &Mapped) -> Result<Kept> {
    if let (Some(organization), Some(user)) = (&directory.organization_id, &linked.user) {
        give_role(tx, directory, organization, user, &mapped.role).await?;
    }
    give_metadata(tx, directory, linked, kept, &mapped.metadata).await
}

async fn give_role(tx: &mut Tx, directory: &Directory, organization: &OrgId, user: &User, role: &Role) -> Result<()> {
    let Some(member) = members::find(tx, organization, &user.id).await? else { return Ok(()) };
    let present = present_roles(tx, directory, organization, &member.id).await?;
    let wanted = match role {
        Role::None => None,
        Role::Give(role) => Some(role.clone()),
        Role::Unchanged => present.iter().find(|role| directory.settings.mapping_roles.contains(role)).cloned(),
    };
    if present.iter().eq(wanted.iter()) {
        return Ok(());
    }
    let source = Source::Mapping(directory.id.clone());
    if present.iter().any(|role| Some(role) != wanted.as_ref()) {
        let gone = match &wanted {
            Some(role) => Withdrawn::AllBut(source.clone(), role.clone()),
            None => Withdrawn::Source(source.clone()),
        };
        members::revoke_grants(tx, organization, &member.id, &gone).await?;
    }
    if let Some(role) = wanted.as_ref().filter(|role| !present.contains(role)) {
        members::grant(tx, organization, &member.id, role, source).await?;
    }
    tx.note(
        "mapping.role",
        || match &wanted {
            Some(role) => format!("The mapping gives the role {role}"),
            None => "The mapping gives no role any more".to_owned(),
        },
        || json!({ "before": present, "after": wanted }),
    );
    Ok(())
}

/// The roles that the mapping of a directory has given a member.
async fn present_roles(tx: &Tx, directory: &Directory, organization: &OrgId, member: &MemberId) -> Result<Vec<String>> {
    let source = Source::Mapping(directory.id.clone());
    let rows = db::all(
        tx,
        "SELECT role FROM member_grants
         WHERE organization_id = $1 AND member_id = $2 AND source = $3 AND source_id = $4 ORDER BY role",
        [organization.as_str().into(), member.as_str().into(), source.kind().into(), source.id().into()],
    )
    .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

async fn give_metadata(
    tx: &mut Tx,
    directory: &Directory,
    linked: &mut Linked,
    kept: Kept,
    wanted: &Map<String, Json>,
) -> Result<Kept> {
    if wanted.is_empty() && kept.keys.is_empty() {
        return Ok(kept);
    }
    let Some(user) = linked.user.clone() else { return Ok(kept) };
    let accepted = linked.accepted().is_some();
    if accepted && authority::over(tx, directory, &user).await?.profile {
        if kept.on_membership {
            // The organization holds the person's domain by now: what stood on the membership moves.
            on_membership(tx, directory, &user, &kept.keys, &Map::new()).await?;
        }
        let gone: &[String] = if kept.on_membership { &[] } else { &kept.keys };
        let written = match merged(&user.public_metadata, gone, wanted) {
            Some(object) => {
                let changes = users::Changes { public_metadata: Some(object), ..users::Changes::default() };
                let done = users::update(tx, &user.id, changes).await;
                match written(tx, done)? {
                    Some(user) => {
                        linked.user = Some(user);
                        true
                    }
                    None => false,
                }
            }
            None => true,
        };
        return Ok(if written { Kept { on_membership: false, keys: wanted.keys().cloned().collect() } } else { kept });
    }
    // Without authority the person's own metadata stays as it is, also what the mapping put there when it had it.
    let gone: &[String] = if kept.on_membership { &kept.keys } else { &[] };
    let written = on_membership(tx, directory, &user, gone, wanted).await?;
    Ok(if written { Kept { on_membership: true, keys: wanted.keys().cloned().collect() } } else { kept })
}

/// `false` if there is no membership, or no room.
async fn on_membership(
    tx: &mut Tx,
    directory: &Directory,
    user: &User,
    gone: &[String],
    wanted: &Map<String, Json>,
) -> Result<bool> {
    let Some(organization) = &directory.organization_id else { return Ok(false) };
    let Some(member) = members::find(tx, organization, &user.id).await? else { return Ok(false) };
    match merged(&member.public_metadata, gone, wanted) {
        Some(object) => {
            let changes = members::Changes { public_metadata: Some(object), ..members::Changes::default() };
            let done = members::change(tx, organization, &user.id, changes).await;
            Ok(written(tx, done)?.is_some())
        }
        None => Ok(true),
    }
}

/// What was written; `None` if it was refused because it is too much. It is refused before anything is written.
fn written<T>(tx: &Tx, done: Result<T>) -> Result<Option<T>> {
    match done {
        Err(error) if error.kind() == Kind::Invalid => {
            tx.note("mapping.warning", || format!("public_metadata: {}", error.public_message()), || json!({}));
            Ok(None)
        }
        done => done.map(Some),
    }
}

/// Metadata without what is gone and with what is wanted; `None` if that is what it is.
fn merged(present: &Map<String, Json>, gone: &[String], wanted: &Map<String, Json>) -> Option<Map<String, Json>> {
    let mut object = present.clone();
    for key in gone.iter().filter(|key| !wanted.contains_key(*key)) {
        object.shift_remove(key);
    }
    for (key, value) in wanted {
        object.insert(key.clone(), value.clone());
    }
    (object != *present).then_some(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_mapping_set_is_taken_away() {
        let object = |json: Json| match json {
            Json::Object(object) => object,
            other => panic!("no object: {other}"),
        };
        let present = object(json!({"own": 1, "department": "Sales", "number": "7"}));
        let gone = ["department".to_owned(), "number".to_owned()];
        let after = merged(&present, &gone, &object(json!({"number": "8"})));
        assert_eq!(after, Some(object(json!({"own": 1, "number": "8"}))));
        assert_eq!(merged(&present, &[], &object(json!({"number": "7"}))), None);
    }
}
