//! HTTP Basic: an id and a secret of the directory, as Okta's wizard asks for them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::oauth::credential;
use super::*;
use crate::support::*;

fn with(app: &App, header: &str) -> Client {
    app.http().with("authorization", header).media("application/scim+json")
}

fn pair(id: &str, secret: &str) -> String {
    STANDARD.encode(format!("{id}:{secret}"))
}

db_test!(a_directory_authenticates_with_id_and_secret, async |app| {
    let boot = app.boot("Acme", None).await;
    let made = credential(&boot, json!({"name": "Okta", "type": "basic"})).await;
    let (id, secret) = (made["client_id"].as_str().unwrap(), made["client_secret"].as_str().unwrap());
    let okta = with(&app, &format!("Basic {}", pair(id, secret)));
    okta.get("/scim/v2/ServiceProviderConfig").await.expect(200);
    okta.get("/api/auth/scim/v2/Users?startIndex=1&count=2").await.expect(200);
    let ann = make(&okta, "ann").await;
    boot.scim.get(&format!("/scim/v2/Users/{ann}")).await.expect(200);
    for header in [
        format!("basic  {}", pair(id, secret)),
        format!("BASIC {}", STANDARD_NO_PAD.encode(format!("{id}:{secret}"))),
        format!("Basic {}", pair(&url_encode(id), &url_encode(secret))),
    ] {
        with(&app, &header).get("/scim/v2/Users").await.expect(200);
    }
});

db_test!(what_is_not_exactly_that_is_refused_before_the_body_is_read, async |app| {
    let boot = app.boot("Acme", None).await;
    let made = credential(&boot, json!({"name": "Okta", "type": "basic"})).await;
    let client = credential(&boot, json!({"name": "Okta", "type": "oauth2"})).await;
    let other = credential(&app.boot("Beta", None).await, json!({"name": "Okta", "type": "basic"})).await;
    let text = |made: &Json, field: &str| made[field].as_str().unwrap().to_owned();
    let (id, secret) = (text(&made, "client_id"), text(&made, "client_secret"));
    for header in [
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic !".to_owned(),
        format!("Basic {id}:{secret}"),
        format!("Basic {}", STANDARD.encode(&id)),
        format!("Basic {}", STANDARD.encode(b"\xff:\xff")),
        format!("Basic {}", pair(&id, "")),
        format!("Basic {}", pair("", &secret)),
        format!("Basic {}", pair(&id, "wrong")),
        format!("Basic {}", pair(&id, &format!("{secret} "))),
        format!("Basic {}", pair(&id.to_uppercase(), &secret)),
        format!("Basic {}", pair(&text(&other, "client_id"), &secret)),
        format!("Basic {}", pair(&id, &text(&other, "client_secret"))),
        // A client's secret fetches tokens, and a token is no password.
        format!("Basic {}", pair(&text(&client, "client_id"), &text(&client, "client_secret"))),
        format!("Basic {}", pair(&id, &boot.scim_token)),
        format!("Bearer {secret}"),
        format!("Bearer {}", text(&client, "client_secret")),
        format!("Digest {}", pair(&id, &secret)),
        secret.clone(),
    ] {
        let answer = with(&app, &header).send("POST", "/scim/v2/Users", Some(b"{ not json".to_vec()), &[]).await;
        refused(&answer, 401, "");
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        assert!(challenge.contains("Bearer realm=") && challenge.contains("Basic realm="), "{challenge}");
        // Discovery takes no wrong credentials either: it is how Okta tests them.
        refused(&with(&app, &header).get("/scim/v2/ServiceProviderConfig").await, 401, "");
    }
});

db_test!(all_schemes_are_announced, async |app| {
    let config = app.http().get("/scim/v2/ServiceProviderConfig").await.ok();
    let schemes = config["authenticationSchemes"].as_array().unwrap();
    let kinds: Vec<&str> = schemes.iter().map(|scheme| scheme["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["oauthbearertoken", "httpbasic", "oauth2"]);
    assert_eq!(schemes.iter().filter(|scheme| scheme["primary"] == true).count(), 1);
});
