//! People and sessions as this dialect shows them, borrowed from what the core returned.
//!
//! Absent values are null, never missing. Instants are ISO 8601 in UTC with milliseconds and `Z`: the
//! client turns exactly that into dates.

use auth_core::clock::Timestamp;
use auth_core::ids::Id;
use auth_core::sessions::Session;
use auth_core::settings::FieldSettings;
use auth_core::users::User;
use auth_core::{Settings, fields};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// An instant, written without an allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Iso(pub Timestamp);

impl Iso {
    /// `YYYY-MM-DDTHH:MM:SS.sssZ`. The calendar is computed as in "chrono-compatible low-level date
    /// algorithms": days since 0000-03-01, in eras of 400 years.
    fn write(self) -> [u8; 24] {
        let millis = self.0.millis();
        let (days, rest) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
        let days = days + 719_468;
        let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        let mut out = *b"0000-00-00T00:00:00.000Z";
        for (at, width, value) in [
            (0, 4, year),
            (5, 2, month),
            (8, 2, day),
            (11, 2, rest / 3_600_000),
            (14, 2, rest / 60_000 % 60),
            (17, 2, rest / 1000 % 60),
            (20, 3, rest % 1000),
        ] {
            digits(&mut out[at..at + width], value);
        }
        out
    }
}

fn digits(place: &mut [u8], mut value: i64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + u8::try_from(value.rem_euclid(10)).unwrap_or_default();
        value = value.div_euclid(10);
    }
}

impl Serialize for Iso {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.write();
        serializer.serialize_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl utoipa::PartialSchema for Iso {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)))
            .examples([serde_json::json!("2026-11-21T20:27:53.053Z")])
            .into()
    }
}

impl ToSchema for Iso {
    fn name() -> std::borrow::Cow<'static, str> {
        "Instant".into()
    }
}

/// A person.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
pub struct UserOut<'a> {
    /// The name that is shown.
    pub name: &'a str,
    /// The address, in small letters.
    pub email: &'a str,
    /// Whether the mailbox was proven.
    pub email_verified: bool,
    /// An http(s) address or a data image.
    pub image: Option<&'a str>,
    /// When the account was made.
    pub created_at: Iso,
    /// When it last changed.
    pub updated_at: Iso,
    /// The role in the instance: `admin` or `user`.
    pub role: &'a str,
    /// Whether an admin shut this person out.
    pub banned: bool,
    /// Why.
    pub ban_reason: Option<&'a str>,
    /// Until when; null: for ever.
    pub ban_expires: Option<Iso>,
    /// Whether a sign-in asks for a second factor.
    pub two_factor_enabled: bool,
    /// The id.
    pub id: &'a str,
    /// What the administration API and the directories' attribute mappings noted for everybody to see. Only with the session,
    /// and only if the instance is configured to show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<Object>)]
    pub public_metadata: Option<&'a Map<String, Value>>,
    /// The name to sign in with, folded; null if there is none. Only where there are such names.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub username: Option<Option<&'a str>>,
    /// The same as its owner writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub display_username: Option<Option<&'a str>>,
    /// Whether this is a visitor who has not said who they are. Only where there are such visitors.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub is_anonymous: Option<bool>,
    /// The telephone number (E.164); null if there is none. Only where people sign in by such numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub phone_number: Option<Option<&'a str>>,
    /// Whether it was proven; null if there is none. Only where people sign in by such numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<bool>)]
    pub phone_number_verified: Option<Option<bool>>,
    /// Fields that the operator added.
    #[serde(flatten)]
    #[schema(ignore)]
    pub additional_fields: AdditionalOut<'a>,
}

/// Fields that the operator added, those that people are shown: null where they are empty.
#[derive(Clone, Copy, Default)]
pub struct AdditionalOut<'a> {
    declared: &'a [FieldSettings],
    values: Option<&'a Map<String, Value>>,
}

impl Serialize for AdditionalOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.values.into_iter().flat_map(|values| fields::shown(self.declared, values)))
    }
}

impl<'a> UserOut<'a> {
    /// With the fields of the methods that are switched on, and those that the operator added.
    #[must_use]
    pub fn of(user: &'a User, settings: &'a Settings) -> Self {
        let methods = &settings.methods;
        let mut this = Self::from(user);
        this.additional_fields =
            AdditionalOut { declared: &settings.fields.user, values: Some(&user.additional_fields) };
        if methods.username.enabled {
            this.username = Some(user.username.as_deref());
            this.display_username = Some(user.display_username.as_deref());
        }
        if methods.phone_number.enabled {
            this.phone_number = Some(user.phone_number.as_deref());
            this.phone_number_verified = Some(user.phone_number.as_ref().map(|_| user.phone_number_verified));
        }
        this.is_anonymous = methods.anonymous.enabled.then_some(user.is_anonymous);
        this
    }
}

impl<'a> From<&'a User> for UserOut<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            name: &user.name,
            email: &user.email,
            email_verified: user.email_verified,
            image: user.image.as_deref(),
            created_at: Iso(user.created_at),
            updated_at: Iso(user.updated_at),
            role: &user.role,
            banned: user.banned,
            ban_reason: user.ban_reason.as_deref(),
            ban_expires: user.ban_expires_at.map(Iso),
            two_factor_enabled: user.two_factor_enabled,
            id: user.id.as_str(),
            public_metadata: None,
            username: None,
            display_username: None,
            is_anonymous: None,
            phone_number: None,
            phone_number_verified: None,
            additional_fields: AdditionalOut::default(),
        }
    }
}

/// A session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
pub struct SessionOut<'a> {
    /// When it ends unless it is used.
    pub expires_at: Iso,
    /// The token of the caller's own session. Of other sessions a handle, which revokes them and opens
    /// nothing.
    pub token: &'a str,
    /// When it was opened.
    pub created_at: Iso,
    /// When it last changed.
    pub updated_at: Iso,
    /// From where; empty if that is unknown.
    pub ip_address: &'a str,
    /// By which program; empty if that is unknown.
    pub user_agent: &'a str,
    /// Whose.
    pub user_id: &'a str,
    /// The organization in which the person works at present.
    pub active_organization_id: Option<&'a str>,
    /// The team of it in which the person works.
    pub active_team_id: Option<&'a str>,
    /// The admin who acts as this person.
    pub impersonated_by: Option<&'a str>,
    /// The id.
    pub id: &'a str,
    /// Fields that the operator added.
    #[serde(flatten)]
    #[schema(ignore)]
    pub additional_fields: AdditionalOut<'a>,
}

impl<'a> SessionOut<'a> {
    /// The caller's own session, with the token by which they came.
    #[must_use]
    pub fn own(session: &'a Session, token: &'a str, settings: &'a Settings) -> Self {
        Self {
            expires_at: Iso(session.expires_at),
            token,
            created_at: Iso(session.created_at),
            updated_at: Iso(session.updated_at),
            ip_address: session.ip_address.as_deref().unwrap_or_default(),
            user_agent: session.user_agent.as_deref().unwrap_or_default(),
            user_id: session.user_id.as_str(),
            active_organization_id: session.active_organization_id.as_ref().map(Id::as_str),
            active_team_id: session.active_team_id.as_ref().map(Id::as_str),
            impersonated_by: session.impersonated_by.as_ref().map(Id::as_str),
            id: session.id.as_str(),
            additional_fields: AdditionalOut {
                declared: &settings.fields.session,
                values: Some(&session.additional_fields),
            },
        }
    }

    /// Any other session: where the token would stand, its handle.
    #[must_use]
    pub fn other(session: &'a Session, settings: &'a Settings) -> Self {
        Self::own(session, session.id.as_str(), settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_as_the_core_writes_them() {
        // Every day at odd hours for eight centuries, and a few edges.
        let daily = (0..300_000_i64).map(|day| day * 86_400_000 + day * 7919 % 86_400_000);
        for millis in daily.chain([0, 1, 999, 86_399_999, 951_782_400_000, 4_102_444_800_000, -1, -62_135_596_800_000])
        {
            let instant = Timestamp(millis);
            assert_eq!(std::str::from_utf8(&Iso(instant).write()).unwrap(), instant.rfc3339());
        }
    }
}
