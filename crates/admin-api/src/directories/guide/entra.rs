//! Microsoft Entra ID.

use super::{Guide, Hint, Step, Value};

pub const GUIDE: Guide = Guide {
    name: "Microsoft Entra ID",
    modes: &["http_header"],
    unique: "userName",
    actions: &["Create", "Update", "Delete", "Provision groups", "Provision on demand"],
    steps: &[
        Step {
            title: "Add the application",
            text: "In the Entra admin center choose Enterprise applications, New application, Create your own application, and \
                   \"Integrate any other application you don't find in the gallery\".",
            fields: &[],
        },
        Step {
            title: "Connect",
            text: "In the application choose Provisioning, set the mode to Automatic, and paste both values under Admin Credentials. \
                   Then choose Test Connection, and Save.",
            fields: &[
                ("Provisioning Mode", Value::Text("Automatic")),
                ("Tenant URL", Value::BaseUrl),
                ("Secret Token", Value::Token),
            ],
        },
        Step {
            title: "Look at the mappings",
            text: "Under Mappings the defaults will do. Let externalId be the objectId, which never changes, and match by userName.",
            fields: &[
                ("userName", Value::Text("userPrincipalName")),
                ("externalId", Value::Text("objectId")),
                ("emails[type eq \"work\"].value", Value::Text("mail")),
            ],
        },
        Step {
            title: "Choose who is provisioned",
            text: "Assign people and groups under Users and groups. Under Settings, Scope, leave \"Sync only assigned users and groups\".",
            fields: &[("Scope", Value::Text("Sync only assigned users and groups"))],
        },
        Step {
            title: "Start",
            text: "Try one person with Provision on demand, then choose Start provisioning.",
            fields: &[],
        },
    ],
    hints: &[
        Hint {
            attribute: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            text: "Department, manager and employee number arrive here; the manager in a later cycle, once both people exist.",
        },
        Hint { attribute: "displayName (group)", text: "Must be unique among the groups that are provisioned." },
    ],
    remarks: &[
        "Entra works in cycles of about 40 minutes.",
        "Who is unassigned or deleted in Entra is deactivated here; 30 days after a deletion Entra deletes the user here too.",
        "The flag ?aadOptscim062020 at the end of the Tenant URL is understood and not needed.",
        "Values that are cleared in Entra are not sent by default.",
    ],
};
