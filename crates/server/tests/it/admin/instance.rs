//! What everybody may know of the instance and of an organization's looks.

use api_kit::branding::Branding;

use crate::support::*;

fn branded() -> Options {
    let options = Options::default().settings(|settings| {
        settings.application_name = "Acme ID".into();
        settings.sign_up.enabled = false;
        settings.password.min_length = 12;
    });
    options.kit(|kit| {
        kit.branding = Branding {
            logo_url: Some("https://cdn.example/logo.svg".to_owned()),
            accent_color: Some("#112233".to_owned()),
        };
    })
}

db_test!(a_page_learns_what_it_shows_before_anybody_signs_in, branded(), async |app| {
    let instance = app.http().get("/v1/instance").await.expect(200);
    assert_eq!(instance.header("cache-control"), Some("no-store"));
    assert_eq!(
        instance.json,
        json!({
            "object": "instance", "name": "Acme ID", "version": env!("CARGO_PKG_VERSION"), "base_url": app.base,
            "logo_url": "https://cdn.example/logo.svg", "accent_color": "#112233",
            "methods": { "email_password": {
                "enabled": true, "sign_up_enabled": false, "require_email_verification": false, "min_length": 12,
                "max_length": 128
            }, "magic_link": { "enabled": false, "sign_up_enabled": false },
                "email_otp": { "enabled": false, "sign_up_enabled": false },
                "username": { "enabled": false, "min_length": 3, "max_length": 30 },
                "phone_number": { "enabled": false, "sign_up_enabled": false }, "anonymous": { "enabled": false },
                "passkey": { "enabled": false, "origins": [] }, "device": { "enabled": false }, "multi_session": { "enabled": false },
                "last_login_method": { "enabled": false }, "api_key": { "enabled": false }, "jwt": { "enabled": false },
                "social": [], "two_factor": { "enabled": true } },
            "organization": null
        })
    );
});

db_test!(an_organization_shows_its_name_and_colors_and_nothing_else, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let path = format!("/v1/organizations/{}", boot.organization_id);
    let looks = json!({
        "image_url": "https://acme.example/logo.png",
        "public_metadata": { "branding": { "accent_color": "#AA2200" }, "internal": "not for strangers" },
    });
    boot.key.patch(&path, looks).await.expect(200);
    let expected = json!({ "name": "Acme", "logo_url": "https://acme.example/logo.png", "accent_color": "#aa2200" });
    for wanted in ["acme", &boot.organization_id] {
        let instance = app.http().get(&format!("/v1/instance?organization={wanted}")).await.ok();
        assert_eq!(instance["organization"], expected, "{wanted}");
    }
    for color in [json!("red; background: url(//evil.example)"), json!(7), json!({}), json!("#12345")] {
        let looks = json!({ "public_metadata": { "branding": { "accent_color": color } } });
        boot.key.patch(&path, looks).await.expect(200);
        let instance = app.http().get("/v1/instance?organization=acme").await.ok();
        assert_eq!(instance["organization"]["accent_color"], Json::Null, "{color}");
    }
    boot.key.patch(&path, json!({ "public_metadata": { "branding": "none" } })).await.expect(200);
    app.http().get("/v1/instance?organization=acme").await.ok();
});

db_test!(what_is_no_organization_is_none, async |app| {
    for wanted in ["nobody", "org_01h455vb4pex5vsknk084sn02q", "%25", "a%20b", "'", &"x".repeat(300)] {
        let instance = app.http().get(&format!("/v1/instance?organization={wanted}")).await.ok();
        assert_eq!(instance["organization"], Json::Null, "{wanted}");
    }
    for wrong in ["organization=%00", "organization=%FF", "organization=a&organization=b"] {
        app.http().get(&format!("/v1/instance?{wrong}")).await.expect(400);
    }
    app.http().post("/v1/instance", json!({})).await.expect(405);
});
