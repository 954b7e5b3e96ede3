//! The discovery documents (RFC 7643 sections 5 to 7) as JSON.

use serde_json::{Value, json};

use super::{Attribute, ResourceType, Schema};
use crate::{Resource, message};

const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SERVICE_PROVIDER_CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";

impl Attribute {
    /// The definition on the wire. Nothing is null, because Entra ID cannot read that.
    pub fn to_json(&self) -> Value {
        let mut json = Resource::new();
        json.insert("name".into(), self.name.as_ref().into());
        json.insert("type".into(), self.kind.as_str().into());
        json.insert("multiValued".into(), self.multi_valued.into());
        json.insert("description".into(), self.description.as_ref().into());
        json.insert("required".into(), self.required.into());
        if !self.canonical_values.is_empty() {
            json.insert("canonicalValues".into(), json!(self.canonical_values));
        }
        json.insert("caseExact".into(), self.case_exact.into());
        json.insert("mutability".into(), self.mutability.as_str().into());
        json.insert("returned".into(), self.returned.as_str().into());
        json.insert("uniqueness".into(), self.uniqueness.as_str().into());
        if !self.reference_types.is_empty() {
            json.insert("referenceTypes".into(), json!(self.reference_types));
        }
        if self.is_complex() {
            json.insert("subAttributes".into(), self.sub_attributes.iter().map(Self::to_json).collect());
        }
        Value::Object(json)
    }
}

impl Schema {
    /// The schema on the wire; `base` is the address of the service without a final slash.
    pub fn to_json(&self, base: &str) -> Value {
        json!({
            "schemas": [SCHEMA],
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "attributes": self.attributes.iter().map(Attribute::to_json).collect::<Vec<_>>(),
            "meta": { "resourceType": "Schema", "location": format!("{base}/Schemas/{}", self.id) },
        })
    }
}

impl ResourceType {
    /// The resource type on the wire; `base` is the address of the service without a final slash.
    pub fn to_json(&self, base: &str) -> Value {
        let extensions: Vec<Value> =
            self.extensions.iter().map(|e| json!({ "schema": e.schema.id, "required": e.required })).collect();
        json!({
            "schemas": [RESOURCE_TYPE],
            "id": self.name,
            "name": self.name,
            "endpoint": self.endpoint,
            "description": self.description,
            "schema": self.schema.id,
            "schemaExtensions": extensions,
            "meta": { "resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{}", self.name) },
        })
    }
}

/// One way to authenticate, as it is announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticationScheme {
    /// `oauthbearertoken`, `httpbasic`, `oauth2`.
    pub kind: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What to do.
    pub description: &'static str,
    /// Whether it is the one to prefer.
    pub primary: bool,
}

/// The limits of a bulk request, as they are announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bulk {
    /// How many operations at most.
    pub max_operations: usize,
    /// How many bytes the body may have at most.
    pub max_payload_size: usize,
}

/// The ways through a long list, as they are announced (RFC 9865 section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pagination {
    /// By cursor.
    pub cursor: bool,
    /// By `startIndex`.
    pub index: bool,
    /// Which of them is used if nothing was said: `cursor` or `index`.
    pub default_method: &'static str,
    /// How many resources a page has if nothing was said.
    pub default_page_size: usize,
    /// How many it has at most.
    pub max_page_size: usize,
    /// How many seconds a cursor is good for.
    pub cursor_timeout: u64,
}

/// What a service provider announces about itself. Each flag must be true to what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a feature of its own on the wire")]
pub struct ServiceProviderConfig {
    /// A page for people.
    pub documentation_uri: Option<String>,
    /// PATCH.
    pub patch: bool,
    /// Bulk operations.
    pub bulk: Option<Bulk>,
    /// Filters: resources at most.
    pub filter: Option<usize>,
    /// Whether a client may change passwords.
    pub change_password: bool,
    /// Sorting.
    pub sort: bool,
    /// Entity tags.
    pub etag: bool,
    /// Paging (RFC 9865).
    pub pagination: Option<Pagination>,
    /// How to authenticate.
    pub authentication_schemes: Vec<AuthenticationScheme>,
}

impl ServiceProviderConfig {
    /// The document; `base` is the address of the service without a final slash.
    pub fn to_json(&self, base: &str) -> Value {
        let (operations, payload) =
            self.bulk.map_or_else(Default::default, |bulk| (bulk.max_operations, bulk.max_payload_size));
        let schemes: Vec<Value> = self
            .authentication_schemes
            .iter()
            .map(|s| json!({ "type": s.kind, "name": s.name, "description": s.description, "primary": s.primary }))
            .collect();
        let mut json = json!({
            "schemas": [SERVICE_PROVIDER_CONFIG],
            "patch": { "supported": self.patch },
            "bulk": { "supported": self.bulk.is_some(), "maxOperations": operations, "maxPayloadSize": payload },
            "filter": { "supported": self.filter.is_some(), "maxResults": self.filter.unwrap_or_default() },
            "changePassword": { "supported": self.change_password },
            "sort": { "supported": self.sort },
            "etag": { "supported": self.etag },
            "authenticationSchemes": schemes,
            "meta": { "resourceType": "ServiceProviderConfig", "location": format!("{base}/ServiceProviderConfig") },
        });
        if let Some(pagination) = self.pagination {
            json["pagination"] = json!({
                "cursor": pagination.cursor,
                "index": pagination.index,
                "defaultPaginationMethod": pagination.default_method,
                "defaultPageSize": pagination.default_page_size,
                "maxPageSize": pagination.max_page_size,
                "cursorTimeout": pagination.cursor_timeout,
            });
        }
        if let Some(uri) = &self.documentation_uri {
            json["documentationUri"] = uri.as_str().into();
        }
        json
    }
}

/// A discovery list: everything on one page.
pub(crate) fn list(resources: Vec<Value>) -> Value {
    let total_results = resources.len();
    message::list::ListResponse {
        total_results,
        start_index: Some(1),
        next_cursor: None,
        previous_cursor: None,
        resources,
    }
    .into_json()
}

impl ResourceType {
    /// The list of resource types.
    pub fn list_json(types: &[&Self], base: &str) -> Value {
        list(types.iter().map(|kind| kind.to_json(base)).collect())
    }

    /// The list of all schemas of the given resource types, each once.
    pub fn schemas_json(types: &[&Self], base: &str) -> Value {
        let mut seen: Vec<&Schema> = Vec::new();
        for schema in types.iter().flat_map(|kind| kind.schemas()) {
            if !seen.iter().any(|other| other.id == schema.id) {
                seen.push(schema);
            }
        }
        list(seen.into_iter().map(|schema| schema.to_json(base)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks every definition of a schema, sub-attributes too.
    fn walk(json: &Value, check: &mut impl FnMut(&Value)) {
        for key in ["attributes", "subAttributes"] {
            for attribute in json[key].as_array().into_iter().flatten() {
                check(attribute);
                walk(attribute, check);
            }
        }
    }

    #[test]
    fn every_definition_is_complete_and_without_null() {
        let mut count = 0;
        for kind in [ResourceType::user(), ResourceType::group()] {
            for schema in kind.schemas() {
                walk(&schema.to_json("https://x"), &mut |attribute| {
                    count += 1;
                    for key in ["name", "type", "mutability", "returned", "uniqueness"] {
                        assert!(attribute[key].is_string(), "{attribute}");
                    }
                    for key in ["multiValued", "required", "caseExact"] {
                        assert!(attribute[key].is_boolean(), "{attribute}");
                    }
                    assert!(attribute.as_object().unwrap().values().all(|value| !value.is_null()), "{attribute}");
                });
            }
        }
        assert!(count > 60, "{count}");
    }

    #[test]
    fn the_definitions_say_what_the_rfc_says() {
        let json = ResourceType::user().schema.to_json("https://x/scim/v2");
        assert_eq!(json["meta"]["location"], "https://x/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User");
        let find =
            |name: &str| json["attributes"].as_array().unwrap().iter().find(|a| a["name"] == name).cloned().unwrap();
        let user_name = find("userName");
        assert_eq!(
            [&user_name["required"], &user_name["uniqueness"], &user_name["caseExact"]],
            [&json!(true), &json!("server"), &json!(false)]
        );
        let password = find("password");
        assert_eq!([&password["mutability"], &password["returned"]], ["writeOnly", "never"]);
        assert_eq!(find("groups")["mutability"], "readOnly");
        assert_eq!(find("emails")["subAttributes"][2]["canonicalValues"], json!(["work", "home", "other"]));
    }

    fn config() -> ServiceProviderConfig {
        ServiceProviderConfig {
            documentation_uri: None,
            patch: true,
            bulk: None,
            filter: None,
            change_password: false,
            sort: false,
            etag: true,
            pagination: None,
            authentication_schemes: Vec::new(),
        }
    }

    #[test]
    fn what_is_not_supported_is_announced_as_that() {
        let json = config().to_json("https://x/scim/v2");
        assert_eq!(json["schemas"], json!([SERVICE_PROVIDER_CONFIG]));
        assert_eq!(json["bulk"], json!({"supported": false, "maxOperations": 0, "maxPayloadSize": 0}));
        assert_eq!(json["filter"], json!({"supported": false, "maxResults": 0}));
        assert_eq!([&json["sort"], &json["etag"]], [&json!({"supported": false}), &json!({"supported": true})]);
        assert_eq!((json.get("pagination"), json.get("documentationUri")), (None, None));
        assert_eq!(json["meta"]["location"], "https://x/scim/v2/ServiceProviderConfig");
    }

    #[test]
    fn limits_and_schemes_are_announced() {
        let scheme = |kind, primary| AuthenticationScheme { kind, name: "N", description: "D", primary };
        let json = ServiceProviderConfig {
            documentation_uri: Some("https://x/docs".to_owned()),
            bulk: Some(Bulk { max_operations: 1000, max_payload_size: 16 << 20 }),
            filter: Some(500),
            sort: true,
            pagination: Some(Pagination {
                cursor: true,
                index: true,
                default_method: "index",
                default_page_size: 100,
                max_page_size: 1000,
                cursor_timeout: 3600,
            }),
            authentication_schemes: vec![
                scheme("oauthbearertoken", true),
                scheme("httpbasic", false),
                scheme("oauth2", false),
            ],
            ..config()
        }
        .to_json("");
        assert_eq!(json["bulk"], json!({"supported": true, "maxOperations": 1000, "maxPayloadSize": 16_777_216}));
        assert_eq!(json["filter"], json!({"supported": true, "maxResults": 500}));
        assert_eq!(
            json["pagination"],
            json!({
                "cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 100, "maxPageSize": 1000,
                "cursorTimeout": 3600,
            })
        );
        assert_eq!(json["documentationUri"], "https://x/docs");
        assert_eq!(
            json["authenticationSchemes"][1],
            json!({"type": "httpbasic", "name": "N", "description": "D", "primary": false})
        );
    }

    #[test]
    fn schemas_are_listed_once_each() {
        let list = ResourceType::schemas_json(&[ResourceType::user(), ResourceType::group(), ResourceType::user()], "");
        assert_eq!(list["totalResults"], 3);
    }
}
