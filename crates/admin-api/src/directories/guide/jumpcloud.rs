//! JumpCloud.

use super::{Guide, Step, Value};

pub const GUIDE: Guide = Guide {
    name: "JumpCloud",
    modes: &["http_header"],
    unique: "userName",
    actions: &["Create users", "Update users", "Deactivate users", "Manage groups and their members"],
    steps: &[
        Step {
            title: "Add the application",
            text: "In the JumpCloud admin portal choose SSO Applications, Add New Application, Custom Application, and export users by SCIM.",
            fields: &[],
        },
        Step {
            title: "Connect",
            text: "In the Identity Management tab paste both values, and give the address of a test user that nobody here has.",
            fields: &[
                ("API Type", Value::Text("SCIM API")),
                ("SCIM Version", Value::Text("SCIM 2.0")),
                ("Base URL", Value::BaseUrl),
                ("Token Key", Value::Token),
            ],
        },
        Step {
            title: "Test and activate",
            text: "Choose Test Connection, then Activate. JumpCloud makes a test user and a test group, changes both and removes them \
                   again: they pass through this directory.",
            fields: &[],
        },
        Step {
            title: "Assign groups",
            text: "Turn on the management of groups, and assign user groups in the User Groups tab.",
            fields: &[("Enable management of User Groups and Group Membership", Value::Text("on"))],
        },
    ],
    hints: &[],
    remarks: &[
        "Who is unassigned is deactivated here.",
        "Unassigning a group takes its people out of it; the group itself stays.",
    ],
};
