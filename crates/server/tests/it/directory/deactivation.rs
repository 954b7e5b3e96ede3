//! Deactivation is complete before it is answered, and says what it ended.

use auth_core::features::directory::users::Link;
use auth_core::features::directory::{DirectoryFault, receipts};
use auth_core::ids::{DirectoryUserId, SessionId};
use auth_core::jwt;
use auth_core::orgs::invitations::{self, InvitationStatus, NewInvitation};
use auth_core::outbox::{self, EventKind};

use super::*;
use crate::support::*;

/// Lets a session work in an organization.
async fn work_in(app: &App, token: &str, organization: &OrgId) -> SessionId {
    let found = app.look(async |rx| sessions::resolve(rx, token).await).await.expect("a session").session;
    let (user, id) = (&found.user_id, &found.id);
    let change =
        async |tx: &mut auth_core::Tx| sessions::set_active_organization(tx, user, id, Some(organization)).await;
    app.core.write(&system(), change).await.expect("it works there");
    found.id
}

async fn works_in(app: &App, token: &str) -> Option<OrgId> {
    app.look(async |rx| sessions::resolve(rx, token).await).await.expect("a session").session.active_organization_id
}

async fn events(app: &App, kind: EventKind) -> Vec<outbox::Published> {
    app.events_of(kind).await
}

db_test!(with_authority_every_access_ends_and_a_receipt_says_so, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ann@acme.example")).await;
    let (ann, first) = owner_gets_in(&app, "ann@acme.example").await;
    let second = sign_in(&app, "ann@acme.example").await.unwrap().token.expose().to_owned();
    let invite = async |tx: &mut auth_core::Tx| {
        let new = NewInvitation {
            organization_id: acme.clone(),
            email: "ann.private@acme.example".into(),
            roles: vec!["admin".into()],
            inviter_id: None,
            directory_id: None,
            resend: false,
            additional_fields: auth_core::fields::Given::default(),
        };
        invitations::invite(tx, new).await
    };
    let invitation = app.core.write(&system(), invite).await.expect("an invitation");
    dir.patch(&made.id, &json!({ "emails": [{ "primary": true, "value": "ann@acme.example" }, { "value": "ann.private@acme.example" }] })).await;

    dir.set_active(&made.id, false).await;
    assert!(!is_in(&app, &first).await && !is_in(&app, &second).await);
    let refused = sign_in(&app, "ann@acme.example").await.unwrap_err();
    assert!(refused.is(&DirectoryFault::AccessSuspended), "{refused:?}");
    let now = member(&app, &acme, &ann.id).await.expect("a member");
    assert_eq!(now.status, Status::Suspended);
    assert_eq!(now.suspended_by, Some(format!("directory:{}", dir.actor.directory.id)));
    let open =
        app.core.read(&system(), async |rx| invitations::find_in(rx, &acme, &invitation.id).await).await.unwrap();
    assert_eq!(open.status, InvitationStatus::Pending, "an address that is not theirs by the rules is left alone");
    let resource = dir.get(&made.id).await.unwrap();
    assert!(!resource.active && resource.attributes["active"] == false, "the directory still reads them");

    let listed = app.core.read(&system(), async |rx| receipts::list(rx, &acme, &made.id).await).await.unwrap();
    let [receipt] = listed.as_slice() else { panic!("one receipt: {listed:?}") };
    assert_eq!((receipt.cause.as_str(), &receipt.user_id), ("deactivated", &Some(ann.id.clone())));
    assert_eq!(receipt.payload["revoked"]["sessions"], 2);
    assert_eq!(receipt.payload["scope"], "account");
    assert_eq!(receipt.payload["membership_suspended"], true);
    assert_eq!(receipt.request_id, "req_test");
    let keys = app.look(async |rx| jwt::public_jwks(rx).await).await;
    assert_eq!(signed(&receipt.signature, &keys), receipt.payload);

    let told = events(&app, EventKind::DirectoryUserDeprovisioned).await;
    let [event] = told.as_slice() else { panic!("one event: {told:?}") };
    assert_eq!((&event.organization_id, event.subject.as_str()), (&Some(acme), made.id.as_str()));
    assert_eq!(event.payload["user"]["email"], "ann@acme.example");
    assert_eq!(event.payload["receipt_id"], receipt.id.as_str());
    assert_eq!(event.payload["after"]["active"], false);
});

/// What a compact JWS says, if one of the keys signed it.
fn signed(jws: &str, keys: &Json) -> Json {
    let header = jsonwebtoken::decode_header(jws).expect("a JWS");
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_value(keys.clone()).expect("a set of keys");
    let key = set.find(&header.kid.expect("a key id")).expect("the key is published");
    let key = jsonwebtoken::DecodingKey::from_jwk(key).expect("a key");
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
    rules.required_spec_claims.clear();
    rules.validate_exp = false;
    jsonwebtoken::decode::<Json>(jws, &key, &rules).expect("a good signature").claims
}

db_test!(reactivation_brings_back_the_membership_and_its_roles_not_the_sessions, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ann@acme.example")).await;
    let (ann, token) = owner_gets_in(&app, "ann@acme.example").await;
    let id = member(&app, &acme, &ann.id).await.unwrap().id;
    let give = async |tx: &mut auth_core::Tx| members::grant(tx, &acme, &id, "admin", Source::Manual).await;
    app.core.write(&system(), give).await.unwrap();
    dir.set_active(&made.id, false).await;
    dir.set_active(&made.id, true).await;
    let now = member(&app, &acme, &ann.id).await.expect("a member");
    assert_eq!((now.status, now.roles, now.suspended_by), (Status::Active, vec!["admin".to_owned()], None));
    assert!(!is_in(&app, &token).await);
    assert!(sign_in(&app, "ann@acme.example").await.is_ok());
});

db_test!(without_authority_sessions_go_on_without_the_organization, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let (ann, token) = proven(&app, "ann@elsewhere.example").await;
    add_member(&app, &acme, &ann.id, "member").await;
    work_in(&app, &token, &acme).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ann@elsewhere.example")).await;
    let epoch = member(&app, &acme, &ann.id).await.unwrap().access_epoch;
    dir.set_active(&made.id, false).await;
    assert_eq!(works_in(&app, &token).await, None);
    let now = member(&app, &acme, &ann.id).await.unwrap();
    assert!(now.status == Status::Suspended && now.access_epoch > epoch);
    assert!(sign_in(&app, "ann@elsewhere.example").await.is_ok());
    let listed = app.core.read(&system(), async |rx| receipts::list(rx, &acme, &made.id).await).await.unwrap();
    assert_eq!(
        (&listed[0].payload["scope"], &listed[0].payload["revoked"]["sessions"]),
        (&json!("organization"), &json!(1))
    );
});

db_test!(an_account_that_it_made_and_nothing_else_refers_to_is_left_by_all_sessions, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let globex = organization(&app, "Globex", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let alone = dir.post(&person("alone@elsewhere.example")).await;
    let (_, token) = owner_gets_in(&app, "alone@elsewhere.example").await;
    dir.set_active(&alone.id, false).await;
    assert!(!is_in(&app, &token).await);

    let shared = dir.post(&person("shared@elsewhere.example")).await;
    let (person, token) = owner_gets_in(&app, "shared@elsewhere.example").await;
    add_member(&app, &globex, &person.id, "member").await;
    dir.set_active(&shared.id, false).await;
    assert!(is_in(&app, &token).await);
    assert_eq!(member(&app, &globex, &person.id).await.unwrap().status, Status::Active);
});

db_test!(another_directory_that_carries_them_keeps_the_membership, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let okta = Dir::of(&app, Some(&acme), "okta").await;
    let entra = Dir::of(&app, Some(&acme), "entra").await;
    let one = okta.post(&person("ann@acme.example")).await;
    let two = entra.post(&person("ann@acme.example")).await;
    let (ann, token) = owner_gets_in(&app, "ann@acme.example").await;
    okta.set_active(&one.id, false).await;
    assert_eq!(member(&app, &acme, &ann.id).await.unwrap().status, Status::Active);
    assert!(!is_in(&app, &token).await && sign_in(&app, "ann@acme.example").await.is_ok());
    // Who holds the domain ends all sessions, though the membership stays.
    let receipt = last_receipt(&app, &acme, &one.id).await;
    assert_eq!((&receipt["scope"], &receipt["membership_suspended"]), (&json!("account"), &json!(false)));
    entra.set_active(&two.id, false).await;
    assert_eq!(member(&app, &acme, &ann.id).await.unwrap().status, Status::Suspended);
    assert!(sign_in(&app, "ann@acme.example").await.is_err());
    okta.set_active(&one.id, true).await;
    assert!(sign_in(&app, "ann@acme.example").await.is_ok());
});

/// What the receipt of the last end of access by this resource says.
async fn last_receipt(app: &App, organization: &OrgId, resource: &DirectoryUserId) -> Json {
    let listed = app.core.read(&system(), async |rx| receipts::list(rx, organization, resource).await).await.unwrap();
    listed.first().expect("a receipt").payload.clone()
}

db_test!(without_the_domain_who_is_carried_by_another_directory_loses_the_organization_only_in_sessions, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let okta = Dir::of(&app, Some(&acme), "okta").await;
    let entra = Dir::of(&app, Some(&acme), "entra").await;
    let one = okta.post(&person("ann@elsewhere.example")).await;
    let two = entra.post(&person("ann@elsewhere.example")).await;
    let (ann, token) = owner_gets_in(&app, "ann@elsewhere.example").await;
    assert_eq!((&one.link, &two.link), (&Link::Linked, &Link::Linked));
    work_in(&app, &token, &acme).await;

    // The first made the account; the second refers to it.
    okta.set_active(&one.id, false).await;
    assert_eq!(works_in(&app, &token).await, None, "the session goes on, without the organization");
    assert_eq!(member(&app, &acme, &ann.id).await.unwrap().status, Status::Active);
    let receipt = last_receipt(&app, &acme, &one.id).await;
    assert_eq!(receipt["scope"], "organization");
    assert_eq!((&receipt["membership_suspended"], &receipt["revoked"]["sessions"]), (&json!(false), &json!(1)));

    // With the last word of the owner's directories the account that one of them made is left by everything.
    entra.set_active(&two.id, false).await;
    assert!(!is_in(&app, &token).await);
    assert_eq!(member(&app, &acme, &ann.id).await.unwrap().status, Status::Suspended);
    let receipt = last_receipt(&app, &acme, &two.id).await;
    assert_eq!((&receipt["scope"], &receipt["membership_suspended"]), (&json!("account"), &json!(true)));
});

db_test!(deletion_by_one_directory_is_no_end_of_what_another_one_carries_either, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let okta = Dir::of(&app, Some(&acme), "okta").await;
    let entra = Dir::of(&app, Some(&acme), "entra").await;
    let one = okta.post(&person("ann@elsewhere.example")).await;
    entra.post(&person("ann@elsewhere.example")).await;
    let (ann, token) = owner_gets_in(&app, "ann@elsewhere.example").await;
    okta.delete(&one.id).await;
    assert!(is_in(&app, &token).await);
    assert_eq!(member(&app, &acme, &ann.id).await.unwrap().status, Status::Active);
});

db_test!(the_last_owner_goes_and_the_organization_is_marked, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let (boss, token) = proven(&app, "boss@acme.example").await;
    add_member(&app, &acme, &boss.id, "owner").await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("boss@acme.example")).await;
    dir.set_active(&made.id, false).await;
    assert!(!is_in(&app, &token).await && sign_in(&app, "boss@acme.example").await.is_err());
    let now = app.look(async |rx| orgs::get(rx, &acme).await).await;
    assert!(now.ownerless_since.is_some());
    assert_eq!(events(&app, EventKind::OrganizationOwnerless).await.len(), 1);
});

db_test!(invitations_to_their_address_are_withdrawn_and_none_brings_them_back, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ann@acme.example")).await;
    let (ann, _) = owner_gets_in(&app, "ann@acme.example").await;
    dir.set_active(&made.id, false).await;
    let invite = async |tx: &mut auth_core::Tx| {
        let new = NewInvitation {
            organization_id: acme.clone(),
            email: "ann@acme.example".into(),
            roles: vec!["member".into()],
            inviter_id: None,
            directory_id: None,
            resend: false,
            additional_fields: auth_core::fields::Given::default(),
        };
        invitations::invite(tx, new).await
    };
    assert!(app.core.write(&system(), invite).await.is_err());
    assert_eq!(member(&app, &acme, &ann.id).await.unwrap().status, Status::Suspended);

    // An owner's explicit act does.
    app.core.write(&system(), async |tx| members::restore(tx, &acme, &ann.id).await).await.expect("restored");
    assert!(sign_in(&app, "ann@acme.example").await.is_ok());
});

db_test!(who_was_removed_by_hand_before_is_not_brought_back_either, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let (ann, _) = proven(&app, "ann@elsewhere.example").await;
    add_member(&app, &acme, &ann.id, "member").await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ann@elsewhere.example")).await;
    app.core.write(&system(), async |tx| members::remove(tx, &acme, &ann.id).await).await.expect("removed");
    dir.set_active(&made.id, false).await;
    let new = NewMember {
        organization_id: acme.clone(),
        user_id: ann.id.clone(),
        status: Status::Active,
        role: "member".into(),
        source: Source::Manual,
        additional_fields: auth_core::fields::Given::default(),
    };
    let added = app.core.write(&system(), async |tx| members::add(tx, new.clone()).await).await;
    assert!(added.unwrap_err().is(&members::MembersFault::Suspended));
    let back = dir.set_active(&made.id, true).await;
    assert_eq!(back.link, Link::Pending);
    let standing = member(&app, &acme, &ann.id).await.unwrap().status;
    assert_eq!(standing, Status::Awaiting, "without authority only their own consent brings them back");
});

db_test!(what_a_directory_gave_ends_with_its_word_though_another_keeps_the_member, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let (okta, entra) = (Dir::of(&app, Some(&acme), "okta").await, Dir::of(&app, Some(&acme), "entra").await);
    let (made, kept) = (okta.post(&person("ann@acme.example")).await, entra.post(&person("ann@acme.example")).await);
    let ann = user(&app, "ann@acme.example").await.expect("an account");
    let before = member(&app, &acme, &ann.id).await.expect("a member");
    // By its mapping the first directory gave a role too, and somebody another one by hand.
    let give = async |tx: &mut auth_core::Tx| {
        let source = Source::Mapping(okta.actor.directory.id.clone());
        members::grant(tx, &acme, &before.id, "admin", source).await
    };
    app.core.write(&system(), give).await.expect("a grant");
    let sources = async || {
        let grants = app.look(async |rx| members::grants_of(rx, &acme, std::slice::from_ref(&before.id)).await).await;
        let mut all: Vec<(String, String)> = grants.into_iter().map(|one| (one.source, one.source_id)).collect();
        all.sort();
        all
    };
    let (first, second) = (okta.actor.directory.id.to_string(), entra.actor.directory.id.to_string());
    assert!(sources().await.contains(&("mapping".to_owned(), first.clone())));
    okta.set_active(&made.id, false).await;
    let left = sources().await;
    assert!(left.iter().all(|(_, source)| *source != first), "{left:?}");
    let now = member(&app, &acme, &ann.id).await.expect("a member");
    assert_eq!(now.status, Status::Active, "the other directory carries them");
    assert!(!now.roles.contains(&"admin".to_owned()), "{:?}", now.roles);
    entra.set_active(&kept.id, false).await;
    assert_eq!(member(&app, &acme, &ann.id).await.expect("a member").status, Status::Suspended);
    assert!(left.iter().all(|(source, id)| source != "default" || *id == second), "{left:?}");
});
