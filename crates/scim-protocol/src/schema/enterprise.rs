//! The enterprise extension of a user (RFC 7643 section 4.3).

use std::sync::{Arc, LazyLock};

use super::Schema;
use super::attribute::Attribute;

/// The schema's URN.
pub const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The definition.
pub static SCHEMA: LazyLock<Arc<Schema>> = LazyLock::new(|| {
    let s = Attribute::string;
    Arc::new(Schema {
        id: ENTERPRISE_USER.into(),
        name: "EnterpriseUser".into(),
        description: "Enterprise User".into(),
        attributes: vec![
            s("employeeNumber", "What the organization numbers the person with."),
            s("costCenter", "The cost center."),
            s("organization", "The organization."),
            s("division", "The division."),
            s("department", "The department."),
            Attribute::complex(
                "manager",
                "The user's manager.",
                vec![
                    s("value", "The id of the manager's resource.").exact(),
                    Attribute::reference("$ref", "The address of the manager's resource.", &["User"]),
                    s("displayName", "The manager's name.").read_only(),
                ],
            ),
        ],
    })
});
