//! Okta.

use super::{Guide, Hint, Step, Value};

pub const GUIDE: Guide = Guide {
    name: "Okta",
    modes: &["http_header", "oauth2", "basic"],
    unique: "userName",
    actions: &[
        "Import new users and profile updates",
        "Push new users",
        "Push profile updates",
        "Push groups",
        "Create Users",
        "Update User Attributes",
        "Deactivate Users",
    ],
    steps: &[
        Step {
            title: "Add the application",
            text: "In the Okta Admin Console choose Applications, Browse App Catalog, and add \"SCIM 2.0 Test App (OAuth Bearer \
                   Token)\". If people sign in through an application of your own, turn on SCIM provisioning in its General tab instead.",
            fields: &[],
        },
        Step {
            title: "Connect",
            text: "In the Provisioning tab choose Integration, Configure API Integration, Enable API integration, and paste both \
                   values. \"SCIM 2.0 Test App (Header Auth)\" sends its API Token as it stands; with or without the word Bearer, it is understood.",
            fields: &[
                ("SCIM 2.0 Base URL", Value::BaseUrl),
                ("OAuth Bearer Token", Value::Token),
                ("API Token (Header Auth)", Value::Bearer),
            ],
        },
        Step {
            title: "Or connect an application of your own",
            text: "The App Integration Wizard asks for more. Under Supported provisioning actions tick all but Import Groups, which \
                   is not needed. HTTP Header is the simplest mode.",
            fields: &[
                ("SCIM connector base URL", Value::BaseUrl),
                ("Unique identifier field for users", Value::Text("userName")),
                ("Authentication Mode", Value::Text("HTTP Header")),
                ("HTTP Header: Authorization", Value::Token),
                ("Basic Auth: Username", Value::ClientId),
                ("Basic Auth: Password", Value::ClientSecret),
                ("OAuth 2: Access token endpoint URI", Value::TokenUrl),
                ("OAuth 2: Authorization endpoint URI", Value::AuthorizationUrl),
                ("OAuth 2: Client ID", Value::ClientId),
                ("OAuth 2: Client Secret", Value::ClientSecret),
            ],
        },
        Step {
            title: "Test",
            text: "Choose Test API Credentials (Test Connector Configuration in an application of your own), then Save.",
            fields: &[],
        },
        Step {
            title: "Say what Okta may do",
            text: "In Provisioning, To App, choose Edit and turn on these.",
            fields: &[
                ("Create Users", Value::Text("Enable")),
                ("Update User Attributes", Value::Text("Enable")),
                ("Deactivate Users", Value::Text("Enable")),
            ],
        },
        Step {
            title: "Assign people and push groups",
            text: "Assign people or groups in the Assignments tab. In Push Groups choose Find groups by name and push them \
                   immediately; groups that are pushed should not be the ones by which people are assigned.",
            fields: &[],
        },
    ],
    hints: &[Hint {
        attribute: "password",
        text: "Okta always sends one. It is dropped, unless the directory keeps passwords.",
    }],
    remarks: &[
        "Okta deactivates whom you unassign and never deletes them.",
        "The base URL must not hold an underscore.",
        "Okta tries again at most ten times. After a directory was paused for long, retry the failed tasks in Okta's dashboard.",
    ],
};
