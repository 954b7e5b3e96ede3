//! Organizations that come from another system, with the ids that they have there.

use serde_json::{Map, Value as Json};

use super::{Organization, store, texts};
use crate::arrivals::{self, BAD_ID, Came, NO_ORGANIZATION, Words};
use crate::clock::Timestamp;
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::fields::Given;
use crate::ids::{Id as _, OrgId};

const KIND: &str = "organization";

/// An organization as it is there.
#[derive(Clone, Debug, Default)]
pub struct Arriving {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// By what addresses name it.
    pub slug: String,
    /// What shows it.
    pub logo: Option<String>,
    /// What its members see besides.
    pub metadata: Option<Map<String, Json>>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Fields that the operator added.
    pub additional_fields: Given,
}

/// Takes an organization over, without its members. One that is here keeps its name; a slug is one organization's.
///
/// # Errors
/// Those of the database; [`arrivals::demand`].
pub async fn take_over(tx: &mut Tx, there: Arriving) -> Result<Came> {
    arrivals::demand(tx)?;
    let Some(id) = OrgId::parse(&there.id) else { return Ok(BAD_ID) };
    if let Some(here) = store::find(tx, &id).await? {
        if !arrivals::was_taken(tx, KIND, id.as_str()).await? {
            return Ok(Came::refused("an organization here that did not come from there has its id"));
        }
        let differing = [("name", here.name != there.name), ("slug", here.slug != there.slug)];
        return Ok(Came::Present(differing.into_iter().filter_map(|(field, yes)| yes.then_some(field)).collect()));
    }
    if arrivals::was_taken(tx, KIND, id.as_str()).await? {
        return Ok(Came::Gone);
    }
    if texts::check_slug(&there.slug).is_err() {
        return Ok(Came::refused("its slug is none: 1 to 64 characters without blanks"));
    }
    if let Some(other) = store::find_by_slug(tx, &there.slug).await? {
        return Ok(Came::refused(format!("the organization {} here has its slug", other.id)));
    }
    let mut without: Vec<Words> = Vec::new();
    let name = if texts::check_name(&there.name).is_ok() {
        there.name
    } else {
        without.push("a name that is too long or cannot be seen: it is named by its slug".into());
        there.slug.clone()
    };
    let logo = texts::checked_logo(there.logo).unwrap_or_else(|_| {
        without.push("a logo that is no web address and no small picture".into());
        None
    });
    let fits = texts::check_metadata(there.metadata.as_ref()).is_ok();
    if !fits {
        without.push("metadata of more than 16 KiB".into());
    }
    let declared = &tx.settings().fields.organization;
    let additional_fields = arrivals::additional_fields(declared, &there.additional_fields, &mut without)?;
    let created_at = there.created_at.unwrap_or(tx.now());
    let organization = Organization {
        id,
        name,
        slug: there.slug,
        logo,
        public_metadata: there.metadata.filter(|_| fits),
        private_metadata: Map::new(),
        max_allowed_memberships: None,
        require_two_factor: false,
        require_sso: Vec::new(),
        created_by: None,
        ownerless_since: None,
        created_at,
        updated_at: created_at,
        additional_fields,
    };
    let done = store::insert(tx, &organization).await;
    done.map_err(|error| if error.is_unique_violation() { error.lost_race() } else { error })?;
    arrivals::note(tx, KIND, organization.id.as_str());
    Ok(Came::New(without))
}

/// The organization of an id of the other system, if it came from there and is here.
pub(crate) async fn arrived(tx: &Tx, id: &str) -> Result<std::result::Result<OrgId, Came>> {
    let Some(id) = OrgId::parse(id) else { return Ok(Err(NO_ORGANIZATION)) };
    let here = arrivals::was_taken(tx, KIND, id.as_str()).await?
        && arrivals::has_row(tx, "organizations", id.as_str()).await?;
    Ok(if here { Ok(id) } else { Err(NO_ORGANIZATION) })
}
