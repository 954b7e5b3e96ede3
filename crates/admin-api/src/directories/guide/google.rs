//! Google Workspace.

use super::{Guide, Step, Value};

pub const GUIDE: Guide = Guide {
    name: "Google Workspace",
    modes: &["http_header"],
    unique: "userName",
    actions: &["Create users", "Update users", "Suspend users", "Delete users"],
    steps: &[
        Step {
            title: "Add an application of the catalog",
            text: "Google has no application for a SCIM service of your own: in the Admin console choose Apps, Web and mobile apps, \
                   Add app, and an application of the catalog that lets you type the endpoint of its automatic provisioning.",
            fields: &[],
        },
        Step {
            title: "Connect",
            text: "In the application choose Configure auto-provisioning, and paste both values.",
            fields: &[("Endpoint URL", Value::BaseUrl), ("Access token", Value::Token)],
        },
        Step {
            title: "Look at the mappings",
            text: "They belong to the application of the catalog and can hardly be changed. userName must be the primary address.",
            fields: &[("userName", Value::Text("Basic Information > Primary Email"))],
        },
        Step {
            title: "Say who, and what happens",
            text: "Choose for whom it is, and how long Google waits before it suspends and deletes people who leave. Then turn \
                   auto-provisioning on.",
            fields: &[],
        },
    ],
    hints: &[],
    remarks: &[
        "Google provisions people only, no groups: give roles by the default role, or by hand.",
        "Who is suspended in Google is deactivated here, and deleted after the time that you chose.",
    ],
};
