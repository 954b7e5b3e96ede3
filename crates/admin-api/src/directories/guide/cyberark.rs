//! `CyberArk` Identity.

use super::{Guide, Step, Value};

pub const GUIDE: Guide = Guide {
    name: "CyberArk Identity",
    modes: &["http_header"],
    unique: "userName",
    actions: &["Create users", "Update users", "Deprovision users", "Provision groups"],
    steps: &[
        Step {
            title: "Open the application",
            text: "In the CyberArk Identity administration choose Apps & Widgets, Web Apps, and the application that people sign in to.",
            fields: &[],
        },
        Step {
            title: "Connect",
            text: "In its Provisioning page enable provisioning for the application, paste the values, and choose Verify. CyberArk \
                   reads the service's configuration, its resource types and schemas, and one user.",
            fields: &[
                ("SCIM Service URL", Value::BaseUrl),
                ("Authorization Type", Value::Text("Authorization Header")),
                ("Header Type", Value::Text("Bearer Token")),
                ("Bearer Token", Value::Token),
            ],
        },
        Step {
            title: "Say what happens",
            text: "Let people be updated who exist already, and let those be deactivated who lose the application.",
            fields: &[
                ("Sync (overwrite) users to target application when existing users are found", Value::Text("on")),
                ("When a user is removed", Value::Text("Disable the user in the target application")),
            ],
        },
        Step {
            title: "Map roles",
            text: "Under Role Mappings name for each role the group that its people shall be in here. Then start a synchronization.",
            fields: &[],
        },
    ],
    hints: &[],
    remarks: &["People are updated as a whole, groups by their differences."],
};
