//! Whatever else speaks SCIM 2.0.

use super::{Guide, Hint, Step, Value};

pub const GUIDE: Guide = Guide {
    name: "SCIM 2.0",
    modes: &["http_header", "oauth2", "basic"],
    unique: "userName",
    actions: &[
        "Create users",
        "Update users",
        "Deactivate users",
        "Delete users",
        "Import users and groups",
        "Push groups",
    ],
    steps: &[
        Step {
            title: "Make a credential",
            text: "A bearer token is what most products want. It is shown once. A client for OAuth 2.0, or an id and a secret for \
                   HTTP Basic, can be made instead.",
            fields: &[],
        },
        Step {
            title: "Connect",
            text: "Give the address of the service and the credential. The final slash does not matter.",
            fields: &[
                ("Base URL", Value::BaseUrl),
                ("Bearer token", Value::Token),
                ("Basic: user name", Value::ClientId),
                ("Basic: password", Value::ClientSecret),
                ("OAuth 2.0: token URL", Value::TokenUrl),
                ("OAuth 2.0: authorization URL", Value::AuthorizationUrl),
            ],
        },
        Step {
            title: "Map the attributes",
            text: "userName is needed, and an address. Match people by userName.",
            fields: &[("Match by", Value::Text("userName"))],
        },
        Step {
            title: "Provision",
            text: "Assign a few people first, look at them here, then assign everybody. Push the groups by which roles are given.",
            fields: &[],
        },
    ],
    hints: &[Hint {
        attribute: "members",
        text: "Members of a group are named by the ids of this directory, as `value`.",
    }],
    remarks: &["What is served is announced at /ServiceProviderConfig, /ResourceTypes and /Schemas."],
};
