//! `PingOne` and `PingFederate`.

use super::{Guide, Hint, Step, Value};

pub const GUIDE: Guide = Guide {
    name: "Ping Identity",
    modes: &["http_header", "oauth2", "basic"],
    unique: "userName",
    actions: &[
        "Create users",
        "Update users",
        "Disable users",
        "Delete users",
        "Create disabled users",
        "Provision groups",
    ],
    steps: &[
        Step {
            title: "Add the connection",
            text: "In PingOne choose Integrations, Provisioning, New Connection, Identity Store, and SCIM Outbound. In PingFederate \
                   use the SCIM connector.",
            fields: &[],
        },
        Step {
            title: "Connect",
            text: "Paste the values. OAuth 2 with client credentials and Basic are served too: make a credential of that type, and use \
                   its client id and secret.",
            fields: &[
                ("SCIM BASE URL", Value::BaseUrl),
                ("SCIM Version", Value::Text("2.0")),
                ("Users Resource", Value::Text("/Users")),
                ("Groups Resource", Value::Text("/Groups")),
                ("Authentication Method", Value::Text("OAuth 2 Bearer Token")),
                ("OAuth Access Token", Value::Token),
                ("OAuth Token Request (client credentials)", Value::TokenUrl),
                ("User Filter Expression", Value::Text("userName Eq \"%s\"")),
                ("User Identifier", Value::Text("userName")),
            ],
        },
        Step {
            title: "Say what happens",
            text: "Disabling ends the access of people and keeps the resource; deleting removes it. Merging adds to the members of a \
                   group, overwriting replaces them: both are served.",
            fields: &[("Remove Action", Value::Text("Disable")), ("Group Membership Handling", Value::Text("Merge"))],
        },
        Step {
            title: "Make a rule",
            text: "Make a provisioning rule for the connection, choose whom it is for, look at the attribute mapping, and turn it on.",
            fields: &[],
        },
    ],
    hints: &[Hint { attribute: "emails", text: "A filter by address may say `emails eq` or `emails.value eq`." }],
    remarks: &["Choose SCIM 2.0: version 1.1 is not served."],
};
