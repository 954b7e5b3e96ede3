//! Rippling.

use super::{Guide, Hint, Step, Value};

pub const GUIDE: Guide = Guide {
    name: "Rippling",
    modes: &["http_header"],
    unique: "userName",
    actions: &[
        "Create users",
        "Update users",
        "Deactivate users",
        "Groups",
        "Pagination",
        "Create and delete groups",
        "PATCH groups",
    ],
    steps: &[
        Step {
            title: "Add the application",
            text: "In Rippling choose IT Management, Custom App, and let it use SCIM provisioning.",
            fields: &[],
        },
        Step {
            title: "Connect",
            text: "Paste both values. Rippling reads the service's configuration to test them.",
            fields: &[("SCIM Base URL", Value::BaseUrl), ("Bearer Token", Value::Token)],
        },
        Step {
            title: "Tick what is served",
            text: "Everything that Rippling asks about is: groups, pagination, creating and deleting groups, and changing them by PATCH.",
            fields: &[
                ("Supports groups", Value::Text("yes")),
                ("Supports pagination", Value::Text("yes")),
                ("Supports creating and deleting groups", Value::Text("yes")),
                ("Supports PATCH for groups", Value::Text("yes")),
            ],
        },
        Step {
            title: "Choose attributes and people",
            text: "Tick the attributes below, then give people access by the rules of the application.",
            fields: &[(
                "Supported attributes",
                Value::Text("userName, emails.primary, name.givenName, name.familyName, externalId, active"),
            )],
        },
    ],
    hints: &[Hint { attribute: "emails.primary", text: "The address says whose account it is: have it sent." }],
    remarks: &["Who leaves is deactivated or deleted here, as the application's rules say."],
};
