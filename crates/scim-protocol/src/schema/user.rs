//! The core schema of a user (RFC 7643 section 4.1).

use std::sync::{Arc, LazyLock};

use super::Schema;
use super::attribute::{AttrType, Attribute};

/// The schema's URN.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// The definition.
pub static SCHEMA: LazyLock<Arc<Schema>> = LazyLock::new(|| {
    let mut attributes = single();
    attributes.extend(multi());
    Arc::new(Schema { id: USER.into(), name: "User".into(), description: "User Account".into(), attributes })
});

fn single() -> Vec<Attribute> {
    let s = Attribute::string;
    vec![
        s("userName", "The name by which the directory knows the user; unique in the directory.").required().unique(),
        Attribute::complex(
            "name",
            "The parts of the user's real name.",
            vec![
                s("formatted", "The full name, as it is displayed."),
                s("familyName", "The family name, or last name."),
                s("givenName", "The given name, or first name."),
                s("middleName", "The middle names."),
                s("honorificPrefix", "The title, such as \"Ms.\"."),
                s("honorificSuffix", "The suffix, such as \"III\"."),
            ],
        ),
        s("displayName", "The name that is shown to others."),
        s("nickName", "How the user is addressed in everyday life."),
        Attribute::reference("profileUrl", "A page about the user.", &["external"]),
        s("title", "The user's title, such as \"Vice President\"."),
        s("userType", "The relationship between the organization and the user."),
        s("preferredLanguage", "The preferred language, as an HTTP Accept-Language value."),
        s("locale", "Where the user is, for formats of currency, dates and numbers."),
        s("timezone", "The time zone, as \"America/Los_Angeles\"."),
        Attribute::boolean("active", "Whether the user may sign in."),
        s("password", "Accepted where the directory is allowed to set passwords; never returned.").exact().write_only(),
    ]
}

fn multi() -> Vec<Attribute> {
    let s = Attribute::string;
    let reference = Attribute::reference;
    vec![
        plural("emails", "Email addresses.", s("value", "The address."), &["work", "home", "other"]),
        plural(
            "phoneNumbers",
            "Phone numbers.",
            s("value", "The number."),
            &["work", "home", "mobile", "fax", "pager", "other"],
        ),
        plural(
            "ims",
            "Instant messaging addresses.",
            s("value", "The address."),
            &["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"],
        ),
        plural(
            "photos",
            "Pictures of the user.",
            reference("value", "The address of the picture.", &["external"]),
            &["photo", "thumbnail"],
        ),
        Attribute::complex(
            "addresses",
            "Postal addresses.",
            vec![
                s("formatted", "The whole address, with line breaks."),
                s("streetAddress", "Street, house number, and so on."),
                s("locality", "The city."),
                s("region", "The state or region."),
                s("postalCode", "The postal code."),
                s("country", "The country, as an ISO 3166-1 alpha-2 code."),
                s("type", "What the address is used for.").canonical(&["work", "home", "other"]),
                Attribute::boolean("primary", "Whether it is the preferred one; at most one is."),
            ],
        )
        .multi(),
        Attribute::complex(
            "groups",
            "The groups that the user belongs to, computed from their members.",
            vec![
                s("value", "The id of the group.").exact().read_only(),
                reference("$ref", "The address of the group.", &["User", "Group"]).read_only(),
                s("display", "The name of the group.").read_only(),
                s("type", "Whether the user is a member itself or through another group.")
                    .canonical(&["direct", "indirect"])
                    .read_only(),
            ],
        )
        .multi()
        .read_only(),
        plural("entitlements", "What the user is entitled to.", s("value", "The entitlement."), &[]),
        plural("roles", "The user's roles, as the directory calls them.", s("value", "The role."), &[]),
        plural(
            "x509Certificates",
            "Certificates.",
            Attribute::new("value", AttrType::Binary, "The DER encoded certificate, in base 64.").exact(),
            &[],
        ),
    ]
}

/// A list of values with the usual sub-attributes (RFC 7643 section 2.4).
fn plural(name: &'static str, description: &'static str, value: Attribute, types: &[&'static str]) -> Attribute {
    Attribute::complex(
        name,
        description,
        vec![
            value,
            Attribute::string("display", "What is shown of the value."),
            Attribute::string("type", "What the value is used for.").canonical(types),
            Attribute::boolean("primary", "Whether it is the preferred one; at most one is."),
        ],
    )
    .multi()
}
