//! Domains, of which one organization at most is the holder.

use auth_core::orgs::domains::{self, DomainsFault};
use auth_core::{Actor, Result};

use super::*;

async fn assert_domain(app: &App, organization: &str, name: &str) -> Result<domains::Domain> {
    let id = OrgId::from_text(organization.to_owned());
    let ctx = Ctx::system("test");
    app.core.write(&ctx, async |tx| domains::assert_domain(tx, &id, name).await).await
}

async fn holder(app: &App, name: &str) -> Option<String> {
    app.look(async |db| domains::holder(db, name).await).await.map(String::from)
}

db_test!(one_organization_holds_a_domain_and_no_subdomain_is_implied, async |app| {
    let ann = app.signed_up("ann").await;
    let (acme, evil) = (organization(&ann, "acme").await, organization(&ann, "evil").await);
    let domain = assert_domain(&app, &acme, "Acme.Example.").await.unwrap();
    assert_eq!((domain.name.as_str(), domain.verified_how.as_deref()), ("acme.example", Some("asserted")));
    assert_eq!(assert_domain(&app, &acme, "acme.example").await.unwrap().id, domain.id, "said twice, it is one");
    assert!(assert_domain(&app, &evil, "ACME.example").await.unwrap_err().is(&DomainsFault::Taken));
    assert_eq!(holder(&app, "acme.EXAMPLE").await, Some(acme.clone()));
    for other in ["mail.acme.example", "example", "notacme.example", "acme.example.evil", "%", "*.example"] {
        assert_eq!(holder(&app, other).await, None, "{other}");
    }
    let id = OrgId::from_text(acme);
    let holds = async |address: &'static str| app.look(async |db| domains::holds(db, &id, address).await).await;
    assert!(holds("Ann@ACME.example").await && !holds("ann@mail.acme.example").await && !holds("acme.example").await);
    assert_eq!(events(&app, "domain.created").await, 1);
});

db_test!(a_mail_providers_domain_is_nobodys, async |app| {
    let ann = app.signed_up("ann").await;
    let acme = organization(&ann, "acme").await;
    for name in ["gmail.com", "Outlook.com", "gmx.de"] {
        assert!(assert_domain(&app, &acme, name).await.unwrap_err().is(&DomainsFault::Public), "{name}");
    }
    assert!(assert_domain(&app, &acme, "localhost").await.unwrap_err().is(&DomainsFault::BadName));
    assert_eq!(app.count("SELECT COUNT(*) FROM organization_domains").await, 0);
});

db_test!(an_owner_does_not_assert_a_domain, async |app| {
    let ann = app.signed_up("ann").await;
    let acme = organization(&ann, "acme").await;
    let session = ann.get("/api/auth/get-session").await.ok();
    let text = |value: &Json| value.as_str().expect("a text").to_owned();
    let actor = Actor::User {
        user_id: UserId::from_text(text(&session["user"]["id"])),
        session_id: auth_core::ids::SessionId::from_text(text(&session["session"]["id"])),
        platform_admin: false,
        impersonated_by: None,
    };
    let (ctx, id) = (Ctx::system("test").with_actor(actor), OrgId::from_text(acme));
    let refused = app.core.write(&ctx, async |tx| domains::assert_domain(tx, &id, "acme.example").await).await;
    assert_eq!(refused.unwrap_err().code(), "forbidden");
    let foreign = OrgId::from_text("org_none".to_owned());
    let refused = app.core.write(&ctx, async |tx| domains::assert_domain(tx, &foreign, "acme.example").await).await;
    assert_eq!(refused.unwrap_err().code(), "organization_not_found");
});

db_test!(a_domain_goes_with_its_organization, async |app| {
    let ann = app.signed_up("ann").await;
    let (acme, other) = (organization(&ann, "acme").await, organization(&ann, "other").await);
    assert_domain(&app, &acme, "acme.example").await.unwrap();
    ann.post("/api/auth/organization/delete", json!({"organizationId": acme})).await.expect(200);
    assert_eq!(holder(&app, "acme.example").await, None);
    assert_domain(&app, &other, "acme.example").await.unwrap();
});
