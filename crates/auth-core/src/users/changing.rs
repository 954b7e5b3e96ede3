//! Making, changing and erasing people, with the events that tell of it.

use sea_orm::{ActiveValue, IntoActiveModel as _};
use serde_json::{Value as Json, json};

use super::access::{keep_an_administrator, shut_out};
use super::{Changes, NewUser, User, UsersFault, email, entity, get, lock, store, texts};
use crate::audit;
use crate::clock::Timestamp;
use crate::db::{self, Scope as _, Tx};
use crate::fault::{Error, OrConflict as _, Result};
use crate::fields;
use crate::ids::{EventId, Id as _, UserId};
use crate::orgs::domains::enrollment;
use crate::orgs::{invitations, members};
use crate::outbox::{Event, EventKind};

/// Makes a person. Without a way in: that is set apart.
pub async fn create(tx: &mut Tx, new: NewUser) -> Result<User> {
    let row = row_of(tx, new)?;
    let user = row.clone().into_user()?;
    store::insert(tx, row.into_active_model()).await.or_conflict(UsersFault::AlreadyExists)?;
    record_created(tx, &user);
    Ok(user)
}

/// The same, where nobody waits for the row to be written. `taken` is why the transaction fails if somebody has
/// the address after all.
pub fn create_later(tx: &mut Tx, new: NewUser, taken: Error) -> Result<User> {
    let row = row_of(tx, new)?;
    let user = row.clone().into_user()?;
    db::later(tx, store::insertion(row).or_conflict(taken));
    record_created(tx, &user);
    Ok(user)
}

fn record_created(tx: &mut Tx, user: &User) {
    tx.record(Event::new(EventKind::UserCreated, &user.id, json!({ "v": 1, "user": snapshot(tx, user) })));
}

fn row_of(tx: &Tx, new: NewUser) -> Result<entity::Model> {
    let role = if new.role.is_empty() { "user".to_owned() } else { new.role };
    texts::check_name(&new.name)?;
    texts::check_optional_name(new.first_name.as_ref())?;
    texts::check_optional_name(new.last_name.as_ref())?;
    texts::check_email(&new.email)?;
    texts::check_image(new.image.as_ref())?;
    texts::check_external_id(new.external_id.as_ref())?;
    texts::check_role(&role)?;
    let email = email::key(&new.email);
    Ok(entity::Model {
        id: tx.new_id(),
        name: new.name,
        first_name: new.first_name,
        last_name: new.last_name,
        email_key: email.clone(),
        email,
        email_verified: new.email_verified,
        image: new.image,
        external_id: new.external_id,
        role,
        banned: false,
        ban_reason: None,
        ban_expires_at: None,
        locked_at: None,
        two_factor_enabled: false,
        public_metadata: texts::metadata(&new.public_metadata)?,
        private_metadata: texts::metadata(&new.private_metadata)?,
        access_epoch: 0,
        created_by_directory_id: new.created_by_directory_id,
        last_sign_in_at: None,
        created_at: tx.now(),
        updated_at: tx.now(),
        username: None,
        display_username: None,
        is_anonymous: new.is_anonymous,
        phone_number: None,
        phone_number_verified: false,
        additional_fields: serde_json::to_string(&fields::made(&tx.settings().fields.user, &new.additional_fields)?)?,
    })
}

/// Changes a person's profile.
pub async fn update(tx: &mut Tx, id: &UserId, changes: Changes) -> Result<User> {
    let before = lock(tx, id).await?;
    let mut row = unchanged(&before.id);
    if let Some(name) = changes.name {
        texts::check_name(&name)?;
        row.name = ActiveValue::Set(name);
    }
    if let Some(name) = changes.first_name {
        texts::check_optional_name(name.as_ref())?;
        row.first_name = ActiveValue::Set(name);
    }
    if let Some(name) = changes.last_name {
        texts::check_optional_name(name.as_ref())?;
        row.last_name = ActiveValue::Set(name);
    }
    if let Some(image) = changes.image {
        texts::check_image(image.as_ref())?;
        row.image = ActiveValue::Set(image);
    }
    if let Some(external_id) = changes.external_id {
        texts::check_external_id(external_id.as_ref())?;
        row.external_id = ActiveValue::Set(external_id);
    }
    if let Some(role) = changes.role {
        texts::check_role(&role)?;
        if role != before.role {
            keep_an_administrator(tx, &before).await?;
        }
        row.role = ActiveValue::Set(role);
    }
    if let Some(object) = changes.public_metadata {
        row.public_metadata = ActiveValue::Set(texts::metadata(&object)?);
    }
    if let Some(object) = changes.private_metadata {
        row.private_metadata = ActiveValue::Set(texts::metadata(&object)?);
    }
    if !changes.additional_fields.is_empty() {
        let after = fields::changed(&tx.settings().fields.user, &before.additional_fields, &changes.additional_fields)?;
        row.additional_fields = ActiveValue::Set(serde_json::to_string(&after)?);
    }
    save(tx, &before, row).await
}

/// Erases a person with all that is theirs, and with what features hold of them ([`Eraser`](super::Eraser)); what the
/// events before tell of them is forgotten shortly after ([`audit::forget_step`]). The last owner of an organization in
/// which others are left is refused, and so is the last administrator of the instance.
pub async fn delete(tx: &mut Tx, id: &UserId) -> Result<()> {
    delete_if(tx, id, async |_, _| Ok(())).await
}

/// The same, if they are still whom the caller means when their row is locked: `is_meant` refuses otherwise.
///
/// What is locked is locked in the order in which everybody else does, or two would wait for each other: the resources of
/// directories, as requests of SCIM do; the organizations, as whoever changes their members does; the person; and then their
/// memberships and sessions. Whoever calls this has locked none of it.
pub async fn delete_if(tx: &mut Tx, id: &UserId, is_meant: impl AsyncFn(&mut Tx, &User) -> Result<()>) -> Result<()> {
    let seen = get(tx, id).await?;
    let shared = std::sync::Arc::clone(&tx.shared);
    for eraser in &shared.erasers {
        eraser.hold(tx, &seen).await?;
    }
    members::hold_organizations(tx, id).await?;
    let user = lock(tx, id).await?;
    is_meant(tx, &user).await?;
    // Nothing becomes theirs from now on, so what came between the looks is seen here.
    for eraser in &shared.erasers {
        eraser.erase(tx, &user).await?;
    }
    members::before_user_deletion(tx, id).await?;
    keep_an_administrator(tx, &user).await?;
    // Before the cascade does it silently.
    shut_out(tx, id).await?;
    store::delete(tx, id).await?;
    if user.email_verified {
        // Who only says that the address is theirs takes nothing away that others have written to it.
        invitations::forget(tx, &user.email).await?;
    }
    // Who it was, and nothing else of them: this is the one event about them that stays as it is.
    let payload = json!({ "v": 1, "user": { "id": id.as_str(), "external_id": user.external_id, "deleted": true } });
    let event: EventId = tx.new_id();
    audit::begin_erasure(tx, id, user.email_verified.then_some(user.email.as_str()), &event).await?;
    tx.record_as(event, Event::new(EventKind::UserDeleted, id, payload));
    Ok(())
}

/// A row in which nothing is changed yet.
pub(super) fn unchanged(id: &UserId) -> entity::ActiveModel {
    entity::ActiveModel { id: ActiveValue::Unchanged(id.clone()), ..Default::default() }
}

/// Writes what is set in the row, and records what it was before. Whoever comes to have a proven address by it may be invited
/// for that.
pub(super) async fn save(tx: &mut Tx, before: &User, mut row: entity::ActiveModel) -> Result<User> {
    row.updated_at = ActiveValue::Set(tx.now());
    let after = store::update(tx, &before.id, row).await.or_conflict(UsersFault::AlreadyExists)?;
    let (old, new) = (snapshot(tx, before), snapshot(tx, &after));
    let unseen =
        before.private_metadata != after.private_metadata || before.additional_fields != after.additional_fields;
    if old != new || unseen {
        let payload = json!({ "v": 1, "before": old, "after": new });
        tx.record(Event::new(EventKind::UserUpdated, &after.id, payload));
    }
    if after.email_verified && (!before.email_verified || after.email != before.email) {
        Box::pin(enrollment::on_proof(tx, &after)).await?;
    }
    Ok(after)
}

/// A person in an event, as they are at that instant: a ban that has run out is none. Private metadata and fields that people are not shown stay where they
/// are, and images that are their own address are too long to be repeated.
pub(crate) fn snapshot(tx: &Tx, user: &User) -> Json {
    let now = tx.now();
    let image = user.image.as_deref().filter(|image| !image.starts_with("data:"));
    json!({
        "id": user.id.to_string(),
        "email": user.email,
        "email_verified": user.email_verified,
        "name": user.name,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "image": image,
        "external_id": user.external_id,
        "role": user.role,
        "banned": user.is_banned(now),
        "ban_reason": user.ban_reason,
        "ban_expires_at": user.ban_expires_at.map(Timestamp::millis),
        "locked": user.is_locked(),
        "public_metadata": user.public_metadata,
        "additional_fields": fields::told(&tx.settings().fields.user, &user.additional_fields),
        "last_sign_in_at": user.last_sign_in_at.map(Timestamp::millis),
        "username": user.username,
        "display_username": user.display_username,
        "anonymous": user.is_anonymous,
        "phone_number": user.phone_number,
        "phone_number_verified": user.phone_number_verified,
        "created_at": user.created_at.millis(),
        "updated_at": user.updated_at.millis(),
    })
}
