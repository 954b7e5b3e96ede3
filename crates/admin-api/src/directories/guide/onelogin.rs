//! OneLogin.

use super::{Guide, Hint, Step, Value};

pub const GUIDE: Guide = Guide {
    name: "OneLogin",
    modes: &["http_header"],
    unique: "userName",
    actions: &["Create user", "Update user", "Delete user", "Suspend user", "Provision groups by rules"],
    steps: &[
        Step {
            title: "Add the application",
            text: "In the OneLogin administration choose Applications, Add App, and a SCIM provisioner for SCIM 2.0.",
            fields: &[],
        },
        Step {
            title: "Connect",
            text: "In the Configuration tab paste both values, and enable the API connection. Keep the SCIM JSON template; if you \
                   change it, it must have userName.",
            fields: &[
                ("SCIM Base URL", Value::BaseUrl),
                ("SCIM Bearer Token", Value::Token),
                ("API Connection", Value::Text("Enable")),
            ],
        },
        Step {
            title: "Turn provisioning on",
            text: "In the Provisioning tab enable provisioning, and decide what happens to people who leave: suspending them \
                   ends their access and keeps the resource, deleting removes it.",
            fields: &[
                ("Enable provisioning", Value::Text("on")),
                ("When users are deleted in OneLogin", Value::Text("Suspend")),
            ],
        },
        Step {
            title: "Assign people and groups",
            text: "Give people access by roles. To provision groups, include them in user provisioning in the Parameters tab and map \
                   them by rules; the existing groups are offered by name.",
            fields: &[],
        },
    ],
    hints: &[Hint {
        attribute: "active",
        text: "Templates often leave it out. Without it a new person is active, and an update changes nobody's access.",
    }],
    remarks: &["Attributes that the template fills with an empty text count as not given."],
};
