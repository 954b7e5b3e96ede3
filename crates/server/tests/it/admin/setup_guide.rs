//! Setup guides: each product's own, with this directory's values, and never a secret.

use super::{faults, problem, within};
use crate::support::*;

db_test!(each_product_has_its_guide_with_the_values_filled_in, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = within(&boot, &format!("/directories/{}", boot.directory_id));
    let base = format!("{}/scim/v2", app.base);
    for (provider, name, label) in [
        ("okta", "Okta", "SCIM connector base URL"),
        ("entra", "Microsoft Entra ID", "Tenant URL"),
        ("onelogin", "OneLogin", "SCIM Base URL"),
        ("jumpcloud", "JumpCloud", "Base URL"),
        ("ping", "Ping Identity", "SCIM BASE URL"),
        ("google", "Google Workspace", "Endpoint URL"),
        ("rippling", "Rippling", "SCIM Base URL"),
        ("cyberark", "CyberArk Identity", "SCIM Service URL"),
        ("generic", "SCIM 2.0", "Base URL"),
    ] {
        assert_eq!(boot.key.patch(&path, json!({"provider": provider})).await.ok()["provider"], provider);
        let answer = boot.key.get(&format!("{path}/setup-guide")).await.expect(200);
        assert!(!answer.text.contains(&boot.scim_token), "{provider}");
        assert_eq!((&answer["provider"], &answer["provider_name"]), (&json!(provider), &json!(name)));
        assert_eq!((&answer["base_url"], &answer["unique_identifier"]), (&json!(base), &json!("userName")));
        assert!(answer["authentication_modes"].as_array().unwrap().contains(&json!("http_header")), "{provider}");
        let steps = answer["steps"].as_array().unwrap();
        let fields: Vec<&Json> = steps.iter().flat_map(|step| step["fields"].as_array().unwrap()).collect();
        assert!(fields.contains(&&json!({"label": label, "value": base})), "{provider}: {fields:?}");
        for step in steps {
            assert!(
                !step["title"].as_str().unwrap().is_empty() && step["text"].as_str().unwrap().ends_with('.'),
                "{step}"
            );
        }
        let hints = answer["mapping_hints"].as_array().unwrap();
        assert!(hints.iter().any(|hint| hint["attribute"] == "active"), "{provider}");
        assert!(!answer["supported_actions"].as_array().unwrap().is_empty());
    }
    let wrong = problem(boot.key.patch(&path, json!({"provider": "acme"})).await, 400, "validation_failed");
    assert_eq!(faults(&wrong), [("provider".to_owned(), "unknown_value".to_owned())]);
    let made =
        boot.key.post(&within(&boot, "/directories"), json!({"name": "SSO", "provider": "ping"})).await.created();
    assert_eq!((&made["provider"], &made["state"]), (&json!("ping"), &json!("setting_up")));
});

db_test!(the_client_id_is_filled_in_once_there_is_a_client, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = within(&boot, &format!("/directories/{}", boot.directory_id));
    boot.key.patch(&path, json!({"provider": "okta"})).await.expect(200);
    let client_id = async || {
        let guide = boot.key.get(&format!("{path}/setup-guide")).await.ok();
        let steps = guide["steps"].as_array().unwrap().clone();
        let mut fields = steps.iter().flat_map(|step| step["fields"].as_array().unwrap());
        let field = fields.find(|field| field["label"] == "OAuth 2: Client ID").expect("a field");
        field["value"].as_str().unwrap().to_owned()
    };
    assert_eq!(client_id().await, "<client id>");
    let new = json!({"name": "Okta", "type": "oauth2"});
    let made = boot.key.post(&format!("{path}/credentials"), new).await.created();
    assert_eq!(json!(client_id().await), made["client_id"]);
    let id = made["id"].as_str().unwrap();
    boot.key.send("POST", &format!("{path}/credentials/{id}/revoke"), None, &[]).await.expect(200);
    assert_eq!(client_id().await, "<client id>", "one that is revoked opens nothing");
});

db_test!(settings_are_checked_field_by_field, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = within(&boot, &format!("/directories/{}", boot.directory_id));
    for (settings, field, code) in [
        (json!({"link_policy": "maybe"}), "link_policy", "unknown_value"),
        (json!({"on_deactivation": "remove_membership"}), "on_deactivation", "unknown_value"),
        (json!({"on_deletion": "erase"}), "on_deletion", "unknown_value"),
        (json!({"welcome_mail": 1}), "welcome_mail", "wrong_type"),
        (json!({"breaker": true}), "breaker", "wrong_type"),
        (json!({"breaker": {"people": 0}}), "breaker.people", "out_of_range"),
        (json!({"breaker": {"percent": 101}}), "breaker.percent", "out_of_range"),
        (json!({"breaker": {"window_seconds": 59}}), "breaker.window_seconds", "out_of_range"),
        (json!({"request_log_retention_days": 366}), "request_log_retention_days", "out_of_range"),
    ] {
        let answer = problem(boot.key.patch(&path, json!({"settings": settings})).await, 400, "validation_failed");
        assert_eq!(faults(&answer), [(format!("settings.{field}"), code.to_owned())]);
    }
    let all = json!({
        "link_policy": "strict", "on_deactivation": "suspend", "on_deletion": "remove_membership", "welcome_mail": true,
        "breaker": {"enabled": true, "people": 5, "percent": 10, "window_seconds": 60}, "request_log_retention_days": 7,
    });
    let changed = boot.key.patch(&path, json!({"settings": all})).await.ok();
    for (name, value) in all.as_object().unwrap() {
        assert_eq!(&changed["settings"][name], value, "{name}");
    }
    // What is left out stays.
    let partly = boot.key.patch(&path, json!({"settings": {"breaker": {"people": 6}}})).await.ok();
    assert_eq!(
        partly["settings"]["breaker"],
        json!({"enabled": true, "people": 6, "percent": 10, "window_seconds": 60})
    );
    assert_eq!(partly["settings"]["link_policy"], "strict");
});
