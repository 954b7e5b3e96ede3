//! What every resource has, whatever its schema (RFC 7643 section 3.1).

use std::sync::LazyLock;

use super::attribute::{AttrType, Attribute};

/// `schemas`, `id`, `externalId` and `meta`. They are part of no schema's definition.
pub static COMMON: LazyLock<Vec<Attribute>> = LazyLock::new(|| {
    vec![
        Attribute::new("schemas", AttrType::Reference, "The schemas of this resource.").multi().read_only().always(),
        Attribute::string("id", "The identifier that the service provider gave.").exact().read_only().always().unique(),
        Attribute::string("externalId", "The identifier that the client gave.").exact(),
        Attribute::complex(
            "meta",
            "What the service provider knows about the resource.",
            vec![
                Attribute::string("resourceType", "The name of the resource type.").exact().read_only(),
                Attribute::new("created", AttrType::DateTime, "When it was made.").read_only(),
                Attribute::new("lastModified", AttrType::DateTime, "When it was last changed.").read_only(),
                Attribute::reference("location", "Its address.", &["uri"]).read_only(),
                Attribute::string("version", "Its version, an entity tag.").exact().read_only(),
            ],
        )
        .read_only(),
    ]
});
