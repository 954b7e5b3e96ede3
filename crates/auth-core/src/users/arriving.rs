//! People who come from another system, with the ids that they have there.

use sea_orm::Value;

use super::{User, email, phone, store, texts, username};
use crate::arrivals::{self, BAD_ID, Came, NO_USER, Words};
use crate::clock::Timestamp;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::fields::{self, Given};
use crate::ids::{Id as _, UserId};

const KIND: &str = "user";

/// A person as they are there.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Person {
    /// Their id.
    pub id: String,
    /// The name that is shown.
    pub name: String,
    /// The address.
    pub email: String,
    /// Whether they have proven to read that mailbox.
    pub email_verified: bool,
    /// What shows them.
    pub image: Option<String>,
    /// Whether they administer the instance.
    pub is_admin: bool,
    /// Whether they are shut out.
    pub banned: bool,
    /// Why.
    pub ban_reason: Option<String>,
    /// Until when.
    pub ban_expires_at: Option<Timestamp>,
    /// The name to sign in with.
    pub username: Option<String>,
    /// The same as they write it.
    pub display_username: Option<String>,
    /// Their telephone number.
    pub phone_number: Option<String>,
    /// Whether they have proven to read what is sent there.
    pub phone_number_verified: bool,
    /// Whether they have not said who they are.
    pub is_anonymous: bool,
    /// Whether a sign-in asks for a second factor.
    pub two_factor_enabled: bool,
    /// When the account was made.
    pub created_at: Option<Timestamp>,
    /// When it changed.
    pub updated_at: Option<Timestamp>,
    /// Fields that the operator added.
    pub additional_fields: Given,
}

/// Takes a person over. An address is one person's: somebody else's account is never taken for theirs. What is here of them
/// already stays, whatever it says there.
///
/// # Errors
/// Those of the database; [`arrivals::demand`].
pub async fn take_over(tx: &mut Tx, person: Person) -> Result<Came> {
    arrivals::demand(tx)?;
    let Some(id) = UserId::parse(&person.id) else { return Ok(BAD_ID) };
    let address = email::key(&person.email);
    if let Some(here) = store::find(tx, &id).await? {
        if !arrivals::was_taken(tx, KIND, id.as_str()).await? {
            return Ok(Came::refused("somebody here who did not come from there has its id"));
        }
        return Ok(Came::Present(differing(&here, &person, &address)));
    }
    if arrivals::was_taken(tx, KIND, id.as_str()).await? {
        return Ok(Came::Gone);
    }
    if texts::check_email(&address).is_err() {
        return Ok(Came::refused("its address is none"));
    }
    if let Some(other) = store::find_by_email(tx, &address).await? {
        return Ok(Came::refused(format!("the account {} here has its address", other.id)));
    }
    let (kept, without) = kept(tx, person).await?;
    insert(tx, &id, &address, kept).await?;
    arrivals::note(tx, KIND, id.as_str());
    Ok(Came::New(without))
}

fn differing(here: &User, there: &Person, address: &str) -> Vec<&'static str> {
    [
        ("email", here.email != address),
        ("name", here.name != there.name),
        ("email_verified", here.email_verified != there.email_verified),
        ("role", here.is_platform_admin() != there.is_admin),
        ("banned", here.banned != there.banned),
        ("phone_number", there.phone_number.is_some() && here.phone_number != there.phone_number),
        ("two_factor_enabled", here.two_factor_enabled != there.two_factor_enabled),
    ]
    .into_iter()
    .filter_map(|(field, differs)| differs.then_some(field))
    .collect()
}

/// What can be kept of a person, and what cannot.
async fn kept(tx: &Tx, mut person: Person) -> Result<(Person, Vec<Words>)> {
    let mut without: Vec<Words> = Vec::new();
    if texts::check_name(&person.name).is_err() {
        person.name = person.name.chars().filter(|c| !c.is_control()).take(100).collect();
        without.push("the end of its name, or characters that are not seen".into());
    }
    if texts::check_image(person.image.as_ref()).is_err() {
        person.image = None;
        without.push("an image that is no web address and no small picture".into());
    }
    if fields::made(&tx.settings().fields.user, &person.additional_fields).is_err() {
        person.additional_fields = Given::default();
        without.push("additional fields of more than 64 KiB".into());
    }
    if texts::check_reason(person.ban_reason.as_deref()).is_err() {
        person.ban_reason = None;
        without.push("the reason of its ban, which is too long".into());
    }
    if let Some(name) = person.username.take().filter(|name| !name.is_empty()) {
        if username::check(&tx.settings().methods.username, &name).is_err() {
            without.push("a username that the settings do not allow".into());
        } else if username::is_free(tx, &name, None).await? {
            person.username = Some(username::key(&name));
        } else {
            without.push("a username that somebody else has here".into());
        }
    }
    if let Some(number) = person.phone_number.take().filter(|number| !number.is_empty()) {
        if !phone::is_valid(&number) {
            without.push("a telephone number that is not written as E.164 writes them, such as +4915112345678".into());
        } else if phone::find(tx, &number).await?.is_some() {
            without.push("a telephone number that somebody else has here".into());
        } else {
            person.phone_number = Some(number);
        }
    }
    if person.username.is_none() || person.display_username.as_deref().is_some_and(|d| texts::check_name(d).is_err()) {
        person.display_username = None;
    }
    Ok((person, without))
}

async fn insert(tx: &Tx, id: &UserId, address: &str, person: Person) -> Result<()> {
    let created_at = person.created_at.unwrap_or(tx.now());
    let fields = fields::made(&tx.settings().fields.user, &person.additional_fields)?;
    // One that was not proven there signs nobody in until it is proven here.
    let proven = person.phone_number_verified && person.phone_number.is_some();
    let values: [Value; 19] = [
        id.as_str().into(),
        person.name.into(),
        address.into(),
        person.email_verified.into(),
        person.image.into(),
        if person.is_admin { "admin" } else { "user" }.into(),
        person.banned.into(),
        person.ban_reason.filter(|_| person.banned).into(),
        person.ban_expires_at.filter(|_| person.banned).into(),
        person.username.into(),
        person.display_username.into(),
        person.is_anonymous.into(),
        // Somebody who is asked for a second factor there is asked here, whatever becomes of the rest of it.
        person.two_factor_enabled.into(),
        created_at.into(),
        person.updated_at.unwrap_or(created_at).into(),
        "{}".into(),
        person.phone_number.into(),
        proven.into(),
        serde_json::to_string(&fields)?.into(),
    ];
    let sql = "INSERT INTO users (id, name, email, email_key, email_verified, image, role, banned, ban_reason,
             ban_expires_at, username, display_username, is_anonymous, two_factor_enabled, public_metadata,
             private_metadata, access_epoch, created_at, updated_at, phone_number, phone_number_verified, additional_fields)
         VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $16, $16, 0, $14, $15, $17, $18, $19)";
    // Somebody may have signed up with the address at this very moment: the next attempt sees them.
    let done = db::run(tx, sql, values).await;
    done.map(drop).map_err(|error| if error.is_unique_violation() { error.lost_race() } else { error })
}

/// The person of an id of the other system, if they came from there: nothing from there is about anybody else, whatever id it
/// names. Their row is locked.
pub(crate) async fn arrived(tx: &Tx, id: &str) -> Result<std::result::Result<User, Came>> {
    let Some(id) = UserId::parse(id) else { return Ok(Err(NO_USER)) };
    if !arrivals::was_taken(tx, KIND, id.as_str()).await? {
        return Ok(Err(NO_USER));
    }
    Ok(store::lock(tx, &id).await?.ok_or(NO_USER))
}
