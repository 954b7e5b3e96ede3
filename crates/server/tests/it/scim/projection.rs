//! `attributes` and `excludedAttributes`, on every operation that answers with a resource.

use super::*;
use crate::support::*;

/// The members of an object, sorted, without `id` and `schemas`, which must be there.
fn keys(resource: &Json) -> Vec<&str> {
    let object = resource.as_object().expect("a resource");
    assert!(object.contains_key("id") && object.contains_key("schemas"), "{resource}");
    let mut keys: Vec<&str> =
        object.keys().map(String::as_str).filter(|key| !["id", "schemas"].contains(key)).collect();
    keys.sort_unstable();
    keys
}

db_test!(every_operation_shows_what_was_asked_for, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let query = "attributes=USERNAME,name.givenName,nothing";
    let made = scim.post(&format!("/scim/v2/Users?{query}"), person("ann")).await.created();
    let path = format!("/scim/v2/Users/{}?{query}", id(&made));
    let put = scim.put(&path, person("ann")).await.ok();
    let patched = scim.patch(&path, op("replace", "title", json!("Dr"))).await.ok();
    let list = scim.get(&format!("/scim/v2/Users?{query}")).await.ok();
    for resource in [&made, &put, &patched, &scim.get(&path).await.ok(), &list["Resources"][0]] {
        assert_eq!(keys(resource), ["name", "userName"]);
        assert_eq!(resource["name"], json!({"givenName": "ann"}));
    }
});

db_test!(urns_sub_attributes_and_exclusions, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    let get = async |query: String| scim.get(&format!("/scim/v2/Users/{ann}?{query}")).await.ok();
    assert_eq!(keys(&get(format!("attributes={USER}:userName")).await), ["userName"]);
    assert_eq!(get(format!("attributes={ENTERPRISE}")).await[ENTERPRISE], json!({"department": "Engineering"}));
    assert_eq!(keys(&get(format!("attributes={ENTERPRISE}:department")).await), [ENTERPRISE]);
    assert_eq!(get("attributes=emails.value".to_owned()).await["emails"], json!([{"value": "ann@acme.example"}]));
    assert_eq!(keys(&get("attributes=id".to_owned()).await), Vec::<&str>::new());
    assert_eq!(keys(&get("attributes=meta.version".to_owned()).await), ["meta"]);
    let rest = get(format!("excludedAttributes=emails,id,schemas,meta,{ENTERPRISE},name.familyName")).await;
    assert_eq!(keys(&rest), ["active", "displayName", "externalId", "name", "userName"]);
    assert_eq!(rest["name"], json!({"givenName": "ann"}));
    assert!(keys(&get("attributes=".to_owned()).await).len() > 5);
});
