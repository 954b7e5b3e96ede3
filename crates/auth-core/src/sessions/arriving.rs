//! Sessions that come from another system, with the tokens that open them there.

use crate::arrivals::{self, BAD_ID, Came};
use crate::clock::Timestamp;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::fields::Given;
use crate::ids::{Id as _, OrgId, SessionId};
use crate::orgs::members;
use crate::secret::{self, Secret};
use crate::users;

const KIND: &str = "session";
/// How such a session is said to have been obtained: nobody knows here.
const METHOD: &str = "imported";
/// Longest `User-Agent` and longest address that are kept.
const LONGEST: usize = 512;

/// A session as it is there.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Its id.
    pub id: String,
    /// What opens it.
    pub token: Secret,
    /// Whose.
    pub user_id: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// From where it was opened.
    pub ip_address: Option<String>,
    /// By which program.
    pub user_agent: Option<String>,
    /// The organization in which its person works.
    pub active_organization_id: Option<String>,
    /// Whether an administrator acts in it.
    pub impersonated: bool,
    /// When it was opened.
    pub created_at: Option<Timestamp>,
    /// When it was prolonged.
    pub updated_at: Option<Timestamp>,
    /// Fields that the operator added.
    pub additional_fields: Given,
}

/// Takes a session over, while nothing has ended its person's access here since they came: what has would have ended it too.
/// It has shown no second factor.
///
/// # Errors
/// Those of the database; [`arrivals::demand`].
pub async fn take_over(tx: &mut Tx, opened: Opened) -> Result<Came> {
    arrivals::demand(tx)?;
    let Some(id) = SessionId::parse(&opened.id) else { return Ok(BAD_ID) };
    if arrivals::has_row(tx, "sessions", id.as_str()).await? {
        return Ok(Came::Present(Vec::new()));
    }
    if arrivals::was_taken(tx, KIND, id.as_str()).await? {
        return Ok(Came::Gone);
    }
    if opened.expires_at <= tx.now() {
        return Ok(Came::refused("it has expired"));
    }
    if opened.impersonated {
        return Ok(Came::refused("an administrator acts in it as somebody else"));
    }
    let token = opened.token.expose();
    if !(16..=256).contains(&token.len()) {
        return Ok(Came::refused("its token is none"));
    }
    let user = match users::arrived(tx, &opened.user_id).await? {
        Ok(user) => user,
        Err(refused) => return Ok(refused),
    };
    if user.access_epoch != 0 || user.is_banned(tx.now()) || user.is_locked() {
        return Ok(Came::refused("its person is shut out, or their sessions were ended here"));
    }
    let hash = secret::hash(token);
    if db::one(tx, "SELECT 1 FROM sessions WHERE token_hash = $1", [hash.as_str().into()]).await?.is_some() {
        return Ok(Came::refused("another session here has its token"));
    }
    let organization = match opened.active_organization_id.as_deref().and_then(OrgId::parse) {
        Some(organization) if members::active(tx, &organization, &user.id).await?.is_some() => Some(organization),
        _ => None,
    };
    let text = |text: Option<String>| text.filter(|text| text.len() <= LONGEST && !text.contains('\0'));
    let created_at = opened.created_at.unwrap_or(tx.now()).min(tx.now());
    let expires_at = opened.expires_at.min(super::end(&tx.settings().session, true, created_at, tx.now()));
    let mut without = Vec::new();
    let declared = &tx.settings().fields.session;
    let fields = arrivals::additional_fields(declared, &opened.additional_fields, &mut without)?;
    let sql = "INSERT INTO sessions (id, token_hash, user_id, user_epoch, expires_at, remember, ip_address, user_agent,
             active_organization_id, method, created_at, updated_at, additional_fields)
         VALUES ($1, $2, $3, $4, $5, TRUE, $6, $7, $8, $9, $10, $11, $12)";
    let values = [
        id.as_str().into(),
        hash.into(),
        user.id.as_str().into(),
        user.access_epoch.into(),
        expires_at.into(),
        text(opened.ip_address).into(),
        text(opened.user_agent).into(),
        organization.map(String::from).into(),
        METHOD.into(),
        created_at.into(),
        opened.updated_at.unwrap_or(created_at).into(),
        super::stored(&fields)?.into(),
    ];
    db::run(tx, sql, values).await?;
    arrivals::note(tx, KIND, id.as_str());
    Ok(Came::New(without))
}
