//! The core schema of a group (RFC 7643 section 4.2).

use std::sync::{Arc, LazyLock};

use super::Schema;
use super::attribute::Attribute;

/// The schema's URN.
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// The definition.
pub static SCHEMA: LazyLock<Arc<Schema>> = LazyLock::new(|| {
    let s = Attribute::string;
    Arc::new(Schema {
        id: GROUP.into(),
        name: "Group".into(),
        description: "Group".into(),
        attributes: vec![
            s("displayName", "The name of the group.").required(),
            Attribute::complex(
                "members",
                "The members of the group.",
                vec![
                    s("value", "The id of the member.").exact().immutable(),
                    Attribute::reference("$ref", "The address of the member.", &["User", "Group"]).immutable(),
                    s("type", "What the member is.").canonical(&["User", "Group"]).immutable(),
                    // Nobody matches by it, and looking it up for every member is dear in a large group.
                    s("display", "The name of the member; shown if it is asked for.").read_only().on_request(),
                ],
            )
            .multi(),
        ],
    })
});
