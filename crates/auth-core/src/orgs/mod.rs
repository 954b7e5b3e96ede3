//! Organizations: what they are, who made them, how they change and end.
//!
//! Members and their roles are in [`members`], invitations in [`invitations`], teams in [`teams`], email
//! domains in [`domains`]. What a role permits is in [`roles`](crate::roles). Rows are locked in one order
//! everywhere: the organization, then its members.

pub(crate) mod arriving;
pub mod domains;
pub(crate) mod entity;
pub mod invitations;
pub mod listing;
pub mod members;
mod public_domains;
pub mod requirements;
mod store;
pub mod teams;
pub mod texts;

use serde_json::{Map, Value as Json, json};

use crate::clock::Timestamp;
use crate::ctx::Actor;
use crate::db::{Scope, Tx};
use crate::fault::{OrConflict as _, Result};
use crate::fields::{self, Given};
use crate::ids::{OrgId, UserId};
use crate::outbox::{Event, EventKind};
use crate::{roles, sessions, users};

pub use arriving::{Arriving, take_over};
pub use listing::{OrgOrder, OrgQuery, Summary, list, list_of_user, summaries};

crate::faults! {
    /// What can go wrong with organizations.
    pub enum OrgsFault {
        /// There is none, or none that the caller may know of.
        NotFound => NotFound, "organization_not_found", "Organization not found";
        /// A new organization wants a slug that is taken.
        AlreadyExists => Conflict, "organization_already_exists", "Organization already exists", field "slug";
        /// An organization wants the slug of another.
        SlugTaken => Conflict, "organization_slug_already_taken", "Organization slug already taken", field "slug";
        /// The operator lets platform admins only make organizations.
        MayNotCreate => Forbidden, "you_are_not_allowed_to_create_a_new_organization", "You are not allowed to create a new organization";
        /// The person made as many as one may.
        TooMany => Forbidden, "you_have_reached_the_maximum_number_of_organizations", "You have reached the maximum number of organizations";
        /// A member without the right to change it.
        MayNotUpdate => Forbidden, "you_are_not_allowed_to_update_this_organization", "You are not allowed to update this organization";
        /// A member without the right to delete it.
        MayNotDelete => Forbidden, "you_are_not_allowed_to_delete_this_organization", "You are not allowed to delete this organization";
        /// A name that is none.
        BadName => Invalid, "invalid_organization_name", "The name must have 1 to 256 characters, none of them control characters", field "name";
        /// A slug that is none.
        BadSlug => Invalid, "invalid_slug", "The slug must have 1 to 64 characters, without spaces and control characters", field "slug";
        /// A logo that is no image's address.
        BadLogo => Invalid, "invalid_logo", "The logo must be an http(s) address or a data image", field "logo";
        /// Metadata that is too much.
        MetadataTooLarge => Invalid, "metadata_too_large", "Metadata may have 16384 bytes at most", field "metadata";
        /// A limit that is none.
        BadLimit => Invalid, "invalid_max_allowed_memberships", "The number of memberships must be at least 1", field "max_allowed_memberships";
    }
}

/// An organization.
#[derive(Clone, Debug, PartialEq)]
pub struct Organization {
    /// Its id.
    pub id: OrgId,
    /// What people call it.
    pub name: String,
    /// Its name in addresses; unique in the instance.
    pub slug: String,
    /// The address of its logo.
    pub logo: Option<String>,
    /// What members may see besides; `None` if it was never given, which one dialect shows.
    pub public_metadata: Option<Map<String, Json>>,
    /// What only the administration API sees.
    pub private_metadata: Map<String, Json>,
    /// How many active members it may have; otherwise the instance's setting.
    pub max_allowed_memberships: Option<i64>,
    /// Whether its members act in it only with a second factor: see [`requirements`].
    pub require_two_factor: bool,
    /// The services through one of which its members come in, by their ids; empty if any way will do.
    pub require_sso: Vec<String>,
    /// Who made it, if a person did.
    pub created_by: Option<UserId>,
    /// Since when it has no active owner left.
    pub ownerless_since: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// What is in the fields that the operator added: see [`fields`](crate::fields).
    pub additional_fields: Map<String, Json>,
}

/// An organization to be made.
#[derive(Clone, Debug, Default)]
pub struct NewOrganization {
    /// What people call it.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
    /// The address of its logo.
    pub logo: Option<String>,
    /// What members may see besides.
    pub public_metadata: Option<Map<String, Json>>,
    /// What only the administration API sees.
    pub private_metadata: Map<String, Json>,
    /// How many active members it may have.
    pub max_allowed_memberships: Option<i64>,
    /// Its first owner. A person without platform rights can only name themselves.
    pub owner: Option<UserId>,
    /// Fields that the operator added.
    pub additional_fields: Given,
}

/// What is to be different. The outer `None` leaves a thing as it is.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// What people call it.
    pub name: Option<String>,
    /// Its name in addresses.
    pub slug: Option<String>,
    /// The address of its logo.
    pub logo: Option<Option<String>>,
    /// What members may see besides.
    pub public_metadata: Option<Option<Map<String, Json>>>,
    /// What only the administration API sees.
    pub private_metadata: Option<Map<String, Json>>,
    /// How many active members it may have.
    pub max_allowed_memberships: Option<Option<i64>>,
    /// Whether its members act in it only with a second factor.
    pub require_two_factor: Option<bool>,
    /// Through which services they come in; none: any way will do.
    pub require_sso: Option<Vec<String>>,
    /// Some of the fields that the operator added.
    pub additional_fields: Given,
}

/// The organization with that id.
///
/// # Errors
/// Those of the database.
pub async fn find(db: &impl Scope, id: &OrgId) -> Result<Option<Organization>> {
    store::find(db, id).await
}

/// The organization with that id.
///
/// # Errors
/// [`OrgsFault::NotFound`].
pub async fn get(db: &impl Scope, id: &OrgId) -> Result<Organization> {
    store::find(db, id).await?.ok_or_else(|| OrgsFault::NotFound.into())
}

/// The organization with that slug, letter by letter.
///
/// # Errors
/// Those of the database.
pub async fn find_by_slug(db: &impl Scope, slug: &str) -> Result<Option<Organization>> {
    store::find_by_slug(db, slug).await
}

/// The organization, whose row nobody else changes until the transaction ends.
///
/// # Errors
/// [`OrgsFault::NotFound`].
pub async fn lock(tx: &Tx, id: &OrgId) -> Result<Organization> {
    store::lock(tx, id).await?.ok_or_else(|| OrgsFault::NotFound.into())
}

/// Makes an organization, with its first owner if one is named.
///
/// # Errors
/// Those of [`OrgsFault`] about names, slugs and who may create how many.
pub async fn create(tx: &mut Tx, new: NewOrganization) -> Result<Organization> {
    let actor = tx.ctx().actor.clone();
    may_create(tx, &actor, new.owner.as_ref()).await?;
    texts::check_name(&new.name)?;
    texts::check_slug(&new.slug)?;
    let logo = texts::checked_logo(new.logo)?;
    texts::check_metadata(new.public_metadata.as_ref())?;
    texts::check_metadata(Some(&new.private_metadata))?;
    texts::check_limit(new.max_allowed_memberships)?;
    let organization = Organization {
        id: tx.new_id(),
        name: new.name,
        slug: new.slug,
        logo,
        public_metadata: new.public_metadata,
        private_metadata: new.private_metadata,
        max_allowed_memberships: new.max_allowed_memberships,
        require_two_factor: false,
        require_sso: Vec::new(),
        created_by: new.owner.clone().or_else(|| actor.user_id().cloned()),
        ownerless_since: None,
        created_at: tx.now(),
        updated_at: tx.now(),
        additional_fields: fields::made(&tx.settings().fields.organization, &new.additional_fields)?,
    };
    store::insert(tx, &organization).await.or_conflict(OrgsFault::AlreadyExists)?;
    tx.record(
        Event::new(
            EventKind::OrganizationCreated,
            &organization.id,
            json!({"v": 1, "organization": facts(tx, &organization)}),
        )
        .within(Some(&organization.id)),
    );
    if let Some(owner) = &new.owner {
        members::found(tx, &organization.id, owner).await?;
    }
    Ok(organization)
}

/// Who may make an organization, and whether they made enough already. The person's row is locked
/// for the count, so that two requests at once do not pass the limit together.
async fn may_create(tx: &Tx, actor: &Actor, owner: Option<&UserId>) -> Result<()> {
    if actor.is_platform() {
        return Ok(());
    }
    let Actor::User { user_id, .. } = actor else { return Err(OrgsFault::MayNotCreate.into()) };
    if owner != Some(user_id) || !tx.settings().organization.allow_user_to_create {
        return Err(OrgsFault::MayNotCreate.into());
    }
    if let Some(limit) = tx.settings().organization.limit {
        users::lock(tx, user_id).await?;
        if store::count_created_by(tx, user_id).await?.unsigned_abs() >= limit {
            return Err(OrgsFault::TooMany.into());
        }
    }
    Ok(())
}

/// Changes an organization.
///
/// # Errors
/// [`OrgsFault::NotFound`] for strangers; [`OrgsFault::MayNotUpdate`]; those about names and slugs, and of [`requirements`].
pub async fn update(tx: &mut Tx, id: &OrgId, changes: Changes) -> Result<Organization> {
    roles::demand(tx, id, "organization:update", OrgsFault::MayNotUpdate).await?;
    let before = lock(tx, id).await?;
    let mut after = before.clone();
    if let Some(name) = changes.name {
        texts::check_name(&name)?;
        after.name = name;
    }
    if let Some(slug) = changes.slug {
        texts::check_slug(&slug)?;
        after.slug = slug;
    }
    if let Some(logo) = changes.logo {
        after.logo = texts::checked_logo(logo)?;
    }
    if let Some(metadata) = changes.public_metadata {
        texts::check_metadata(metadata.as_ref())?;
        after.public_metadata = metadata;
    }
    if let Some(metadata) = changes.private_metadata {
        texts::check_metadata(Some(&metadata))?;
        after.private_metadata = metadata;
    }
    if let Some(limit) = changes.max_allowed_memberships {
        texts::check_limit(limit)?;
        after.max_allowed_memberships = limit;
    }
    after.require_two_factor = changes.require_two_factor.unwrap_or(before.require_two_factor);
    if let Some(named) = changes.require_sso {
        after.require_sso = requirements::check_providers(tx.settings(), named)?;
    }
    after.additional_fields =
        fields::changed(&tx.settings().fields.organization, &before.additional_fields, &changes.additional_fields)?;
    if after == before {
        return Ok(after);
    }
    after.updated_at = tx.now();
    store::update(tx, &after).await.or_conflict(OrgsFault::SlugTaken)?;
    requirements::begin(tx, &before, &after).await?;
    tx.record(
        Event::new(
            EventKind::OrganizationUpdated,
            id,
            json!({"v": 1, "before": facts(tx, &before), "after": facts(tx, &after)}),
        )
        .within(Some(id)),
    );
    Ok(after)
}

/// Deletes an organization with its members, invitations, domains and directories. Sessions go on
/// without it.
///
/// # Errors
/// [`OrgsFault::NotFound`] for strangers; [`OrgsFault::MayNotDelete`] for all but owners.
pub async fn delete(tx: &mut Tx, id: &OrgId) -> Result<Organization> {
    roles::demand(tx, id, "organization:delete", OrgsFault::MayNotDelete).await?;
    let organization = lock(tx, id).await?;
    sessions::abandon_organization(tx, id).await?;
    store::delete(tx, id).await?;
    tx.record(
        Event::new(EventKind::OrganizationDeleted, id, json!({"v": 1, "organization": facts(tx, &organization)}))
            .within(Some(id)),
    );
    Ok(organization)
}

/// What an event says about an organization. Private metadata stays private, and so do fields that people are not shown.
fn facts(tx: &Tx, organization: &Organization) -> Json {
    json!({
        "id": organization.id.to_string(),
        "name": organization.name,
        "slug": organization.slug,
        "logo": organization.logo,
        "public_metadata": organization.public_metadata,
        "additional_fields": fields::told(&tx.settings().fields.organization, &organization.additional_fields),
        "max_allowed_memberships": organization.max_allowed_memberships,
        "require_two_factor": organization.require_two_factor,
        "require_sso": organization.require_sso,
        "created_by": organization.created_by.as_ref().map(ToString::to_string),
    })
}
