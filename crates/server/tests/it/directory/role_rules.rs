//! Roles that groups give by rules: in force at once, as long as somebody is in the group.

mod many;
mod teams;

use auth_core::AuthCore;
use auth_core::features::directory::groups::{self, DirectoryGroup, Edit, MemberOp, Members, NewDirectoryGroup};
use auth_core::features::directory::rules::{self, Named, NewRule, Refused, Rule, RulesFault};
use auth_core::ids::{DirectoryGroupId, DirectoryId};
use auth_core::orgs::members::{Grant, grants_of};
use auth_core::outbox::{EventKind, Published};
use auth_core::roles::RolesFault;

use super::*;
use crate::support::*;

/// An organization with a domain, a directory of it, and what a test does with both.
struct Place {
    app: App,
    /// What changes are made by.
    core: AuthCore,
    acme: OrgId,
    dir: Dir,
}

async fn place(app: &App) -> Place {
    let acme = organization(app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(app, Some(&acme), "okta").await;
    Place { app: app.clone(), core: app.core.clone(), acme, dir }
}

impl Place {
    fn directory(&self) -> &DirectoryId {
        &self.dir.actor.directory.id
    }

    /// Saves rules: the group by its id or its name, and the roles.
    async fn try_save(&self, by: &Ctx, wanted: &[(Named, &[&str])]) -> Result<Vec<Rule>, Refused> {
        let wanted = new_rules(wanted);
        let owner = &self.acme;
        self.app.core.write(by, async |tx| rules::put(tx, owner, self.directory(), &wanted).await).await
    }

    async fn save(&mut self, wanted: &[(Named, &[&str])]) -> Vec<Rule> {
        let saved = self.try_save(&system(), wanted).await.expect("rules are saved");
        self.dir = Dir::by_token(&self.app, &self.dir.token).await;
        saved
    }

    async fn rules(&self) -> Vec<Rule> {
        self.app.core.read(&system(), async |rx| rules::list(rx, &self.acme, self.directory()).await).await.unwrap()
    }

    async fn group(&self, name: &str, members: &[&str]) -> DirectoryGroupId {
        let attributes = attributes(&json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name
        }));
        let members = members.iter().map(|&id| id.to_owned()).collect();
        let new = NewDirectoryGroup { attributes, members };
        let make = async |tx: &mut auth_core::Tx| groups::create(tx, &self.dir.actor, &new, Members::Omit).await;
        self.core.write(&self.dir.ctx, make).await.expect("a group is made").resource.id
    }

    async fn change(&self, group: &DirectoryGroupId, edit: &Edit) -> DirectoryGroup {
        let apply = async |tx: &mut auth_core::Tx| {
            groups::change(tx, &self.dir.actor, group, None, Members::Omit, |_| Ok::<_, Error>(edit.clone())).await
        };
        self.core.write(&self.dir.ctx, apply).await.expect("a group is changed").resource
    }

    async fn add(&self, group: &DirectoryGroupId, members: &[&str]) {
        let members = vec![MemberOp::Add(members.iter().map(|&id| id.to_owned()).collect())];
        self.change(group, &Edit { attributes: None, members }).await;
    }

    async fn remove(&self, group: &DirectoryGroupId, members: &[&str]) {
        let members = vec![MemberOp::Remove(members.iter().map(|&id| id.to_owned()).collect())];
        self.change(group, &Edit { attributes: None, members }).await;
    }

    async fn rename(&self, group: &DirectoryGroupId, name: &str) {
        let attributes = Some(attributes(&json!({ "displayName": name })));
        self.change(group, &Edit { attributes, members: Vec::new() }).await;
    }

    async fn delete(&self, group: &DirectoryGroupId) {
        let gone = async |tx: &mut auth_core::Tx| groups::delete(tx, &self.dir.actor, group, None).await;
        self.core.write(&self.dir.ctx, gone).await.expect("a group is deleted");
    }

    async fn person(&self, name: &str) -> DirectoryUser {
        self.dir.post(&person(&format!("{name}@acme.example"))).await
    }

    async fn roles(&self, user: &DirectoryUser) -> Vec<String> {
        let id = user.user_id.as_ref().expect("a person");
        member(&self.app, &self.acme, id).await.expect("a member").roles
    }

    async fn grants(&self, user: &DirectoryUser) -> Vec<Grant> {
        let id = user.user_id.as_ref().expect("a person");
        let member = member(&self.app, &self.acme, id).await.expect("a member").id;
        self.app.look(async |rx| grants_of(rx, &self.acme, std::slice::from_ref(&member)).await).await
    }

    /// What the events said about somebody's roles: before and after each.
    async fn told(&self, user: &DirectoryUser) -> Vec<(String, String)> {
        let id = user.user_id.as_ref().expect("a person").to_string();
        let events = self.app.events_of(EventKind::MembershipUpdated).await;
        let of = |event: &&Published| event.payload["after"]["user_id"] == id.as_str();
        let roles = |facts: &Json| {
            let roles = facts["roles"].as_array().expect("roles").iter().map(|role| role.as_str().expect("a role"));
            roles.collect::<Vec<_>>().join(",")
        };
        let both = |event: &Published| (roles(&event.payload["before"]), roles(&event.payload["after"]));
        events.iter().filter(of).map(both).filter(|(before, after)| before != after).collect()
    }
}

fn new_rules(wanted: &[(Named, &[&str])]) -> Vec<NewRule> {
    let roles = |roles: &[&str]| roles.iter().map(|&role| role.to_owned()).collect();
    let rule =
        |(group, given): &(Named, &[&str])| NewRule { group: group.clone(), roles: roles(given), teams: Vec::new() };
    wanted.iter().map(rule).collect()
}

fn id(group: &DirectoryGroupId) -> Named {
    Named::Id(group.clone())
}

fn name(name: &str) -> Named {
    Named::Name(name.to_owned())
}

fn told(before: &str, after: &str) -> (String, String) {
    (before.to_owned(), after.to_owned())
}

db_test!(a_group_gives_its_roles_to_who_is_in_it, async |app| {
    let mut acme = place(&app).await;
    let (ann, bob) = (acme.person("ann").await, acme.person("bob").await);
    let admins = acme.group("Admins", &[ann.id.as_str()]).await;
    assert_eq!(acme.roles(&ann).await, ["member"]);
    let saved = acme.save(&[(id(&admins), &["member", "admin"])]).await;
    assert_eq!((saved.len(), saved[0].roles.join(",").as_str(), saved[0].present), (1, "admin,member", true));
    assert_eq!(
        (acme.roles(&ann).await, acme.roles(&bob).await),
        (vec!["admin".into(), "member".into()], vec!["member".to_owned()])
    );
    acme.add(&admins, &[bob.id.as_str()]).await;
    acme.remove(&admins, &[ann.id.as_str()]).await;
    assert_eq!((acme.roles(&ann).await, acme.roles(&bob).await[0].as_str()), (vec!["member".to_owned()], "admin"));
    assert_eq!(acme.told(&ann).await, [told("member", "admin,member"), told("admin,member", "member")]);
    assert_eq!(acme.told(&bob).await, [told("member", "admin,member")]);

    // Without its rule a group gives nothing, and who had nothing by it is not told of.
    acme.save(&[]).await;
    assert_eq!(acme.roles(&bob).await, ["member"]);
    assert_eq!(acme.told(&bob).await[1], told("admin,member", "member"));
    assert_eq!(acme.told(&ann).await.len(), 2);
    // Each change of the rules is recorded with what they were and are.
    let changes: Vec<Published> = app
        .events_of(EventKind::DirectoryUpdated)
        .await
        .into_iter()
        .filter(|event| !event.payload["after"]["rules"].is_null())
        .collect();
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[0].payload["before"]["rules"], json!([]));
    assert_eq!(changes[0].payload["after"]["rules"][0]["roles"], json!(["admin", "member"]));
    assert_eq!(changes[1].payload["before"], changes[0].payload["after"]);
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_rule_groups").await, 0);
});

db_test!(what_changes_nothing_is_no_change, async |app| {
    let mut acme = place(&app).await;
    let ann = acme.person("ann").await;
    let admins = acme.group("Admins", &[ann.id.as_str()]).await;
    let wanted: &[(Named, &[&str])] = &[(id(&admins), &["admin"]), (name("Later"), &["member"])];
    let saved = acme.save(wanted).await;
    let events = app.count("SELECT COUNT(*) FROM events").await;
    assert_eq!(acme.save(wanted).await, saved);
    assert_eq!(app.count("SELECT COUNT(*) FROM events").await, events);
    // Another order is another set, of the same rules.
    let turned = acme.save(&[(name("later"), &["member"]), (id(&admins), &["admin"])]).await;
    assert_eq!((&turned[0].id, &turned[1].id), (&saved[1].id, &saved[0].id));
    assert!(acme.told(&ann).await.len() == 1 && acme.roles(&ann).await == ["admin"]);
});

db_test!(a_rule_holds_for_the_groups_inside_its_group, async |app| {
    let mut acme = place(&app).await;
    let (ann, bob) = (acme.person("ann").await, acme.person("bob").await);
    let inner = acme.group("Inner", &[ann.id.as_str()]).await;
    let middle = acme.group("Middle", &[bob.id.as_str()]).await;
    let outer = acme.group("Outer", &[middle.as_str()]).await;
    acme.save(&[(id(&outer), &["admin"])]).await;
    assert_eq!((acme.roles(&ann).await, acme.roles(&bob).await), (vec!["member".to_owned()], vec!["admin".to_owned()]));
    acme.add(&middle, &[inner.as_str()]).await;
    assert_eq!(acme.roles(&ann).await, ["admin"]);
    assert_eq!(acme.told(&ann).await, [told("member", "admin")]);
    let grant = acme.grants(&ann).await.into_iter().find(|grant| grant.source == "group").expect("a grant");
    assert_eq!((grant.source_id.as_str(), grant.group_name.as_deref()), (outer.as_str(), Some("Outer")));
    // A circle ends where it began.
    acme.add(&inner, &[outer.as_str()]).await;
    assert_eq!(acme.roles(&ann).await, ["admin"]);
    acme.remove(&inner, &[outer.as_str()]).await;
    // Whoever is in through two groups loses nothing with one.
    acme.add(&outer, &[inner.as_str()]).await;
    acme.remove(&middle, &[inner.as_str()]).await;
    assert_eq!((acme.roles(&ann).await, acme.told(&ann).await.len()), (vec!["admin".to_owned()], 1));
    acme.delete(&middle).await;
    assert_eq!((acme.roles(&ann).await, acme.roles(&bob).await), (vec!["admin".to_owned()], vec!["member".to_owned()]));
    acme.remove(&outer, &[inner.as_str()]).await;
    assert_eq!(acme.told(&ann).await[1], told("admin", "member"));
    assert_eq!(acme.told(&bob).await[1], told("admin", "member"));
});

db_test!(a_group_in_the_midst_takes_what_came_through_it_along, async |app| {
    let mut acme = place(&app).await;
    let (ann, bob) = (acme.person("ann").await, acme.person("bob").await);
    let inner = acme.group("Inner", &[ann.id.as_str()]).await;
    let middle = acme.group("Middle", &[inner.as_str(), bob.id.as_str(), ann.id.as_str()]).await;
    let outer = acme.group("Outer", &[middle.as_str()]).await;
    acme.save(&[(id(&outer), &["admin"])]).await;
    acme.delete(&middle).await;
    for user in [&ann, &bob] {
        assert_eq!(acme.roles(user).await, ["member"]);
        assert_eq!(acme.told(user).await, [told("member", "admin"), told("admin", "member")]);
    }
    assert!(acme.rules().await[0].present);
});

db_test!(a_rule_waits_for_its_group_and_is_bound_to_it_for_good, async |app| {
    let mut acme = place(&app).await;
    let (ann, bob) = (acme.person("ann").await, acme.person("bob").await);
    let saved = acme.save(&[(name("Platform Admins"), &["admin"])]).await;
    assert_eq!((&saved[0].group_id, saved[0].present), (&None, false));
    acme.group("Others", &[ann.id.as_str()]).await;
    assert_eq!(acme.roles(&ann).await, ["member"]);
    let first = acme.group("platform admins", &[ann.id.as_str()]).await;
    assert_eq!(acme.rules().await[0].group_id.as_ref(), Some(&first));
    assert_eq!(
        (acme.roles(&ann).await, acme.told(&ann).await),
        (vec!["admin".to_owned()], vec![told("member", "admin")])
    );
    // Another group of the name inherits nothing, neither beside the first nor after it.
    let second = acme.group("Platform Admins", &[bob.id.as_str()]).await;
    assert_eq!(acme.roles(&bob).await, ["member"]);
    acme.rename(&first, "Something else").await;
    assert_eq!((acme.roles(&ann).await, acme.roles(&bob).await), (vec!["admin".to_owned()], vec!["member".to_owned()]));
    let rule = acme.rules().await.remove(0);
    assert_eq!((rule.group_name.as_str(), rule.present, &rule.id), ("Something else", true, &saved[0].id));
    acme.rename(&second, "Platform admins").await;
    // Nor does saving the same rule once more bind it to another.
    acme.save(&[(name("Platform Admins"), &["admin"]), (name("Nobody"), &["member"])]).await;
    assert_eq!((acme.roles(&ann).await, acme.roles(&bob).await), (vec!["admin".to_owned()], vec!["member".to_owned()]));
    acme.delete(&first).await;
    assert_eq!(acme.roles(&ann).await, ["member"]);
    let rule = acme.rules().await.remove(0);
    assert_eq!((rule.group_id.as_ref(), rule.present), (Some(&first), false));
    acme.group("Platform Admins", &[bob.id.as_str()]).await;
    acme.save(&[(name("Platform Admins"), &["admin"])]).await;
    assert_eq!(acme.roles(&bob).await, ["member"]);
});

db_test!(a_rule_is_bound_by_a_rename_too, async |app| {
    let mut acme = place(&app).await;
    let ann = acme.person("ann").await;
    let group = acme.group("Staff", &[ann.id.as_str()]).await;
    acme.save(&[(name("Admins"), &["admin"])]).await;
    acme.rename(&group, "Admins").await;
    assert_eq!(
        (acme.roles(&ann).await, acme.told(&ann).await),
        (vec!["admin".to_owned()], vec![told("member", "admin")])
    );
    // Without any rule it is bound as well, by who saves first.
    acme.save(&[]).await;
    acme.save(&[(name("ADMINS"), &["admin"])]).await;
    assert_eq!(acme.rules().await[0].group_id.as_ref(), Some(&group));
});

db_test!(odd_rules_are_refused_by_their_place, async |app| {
    let acme = place(&app).await;
    let globex = organization(&app, "Globex", None).await;
    let dir = Dir::of(&app, Some(&globex), "okta").await;
    let other = Place { app: app.clone(), core: app.core.clone(), dir, acme: globex };
    let foreign = other.group("Admins", &[]).await;
    acme.group("Twice", &[]).await;
    acme.group("twice", &[]).await;
    let refused = async |by: &Ctx, wanted: &[(Named, &[&str])]| {
        let refused = acme.try_save(by, wanted).await.expect_err("refused");
        (refused.place, refused.error)
    };
    let good: (Named, &[&str]) = (name("Good"), &["admin"]);
    let (place, error) = refused(&system(), &[good.clone(), (id(&foreign), &["admin"])]).await;
    assert!(place == Some(1) && error.is(&RulesFault::UnknownGroup));
    let (place, error) = refused(&system(), &[(name("Twice"), &["admin"])]).await;
    assert!(place == Some(0) && error.is(&RulesFault::AmbiguousGroup));
    let (_, error) = refused(&system(), &[(name(&"x".repeat(2000)), &["admin"])]).await;
    assert!(error.is(&RulesFault::InvalidGroupName));
    let (place, error) = refused(&system(), &[good.clone(), (name("Bosses"), &["owner"])]).await;
    assert!(place == Some(1) && error.is(&RolesFault::OwnerByHandOnly));
    let (_, error) = refused(&system(), &[(name("Kings"), &["king"])]).await;
    assert!(error.is(&RolesFault::NotFound(String::new())));
    let many: Vec<(Named, &[&str])> = (0..501).map(|n| (name(&format!("G{n}")), &["member"][..])).collect();
    let (place, error) = refused(&system(), &many).await;
    assert!(place.is_none() && error.is(&RulesFault::TooMany));
    // Nobody but those who manage the organization's directories.
    let (eve, _) = signed_up(&app, "eve@example.com").await;
    assert_eq!(refused(&by(&eve), std::slice::from_ref(&good)).await.1.code(), "organization_not_found");
    add_member(&app, &acme.acme, &eve.id, "member").await;
    assert!(refused(&by(&eve), std::slice::from_ref(&good)).await.1.is(&RolesFault::Forbidden));
    assert!(acme.rules().await.is_empty());
    // Of another organization there is no such directory.
    let theirs = new_rules(&[good]);
    let put = async |tx: &mut auth_core::Tx| rules::put(tx, &other.acme, acme.directory(), &theirs).await;
    assert!(app.core.write(&system(), put).await.unwrap_err().error.is(&DirectoryFault::NotFound));
});

db_test!(what_a_hand_gave_and_what_a_group_gives_are_two_things, async |app| {
    let mut acme = place(&app).await;
    let ann = acme.person("ann").await;
    let admins = acme.group("Admins", &[ann.id.as_str()]).await;
    let member_id = member(&app, &acme.acme, ann.user_id.as_ref().unwrap()).await.unwrap().id;
    let by_hand =
        async |tx: &mut auth_core::Tx| members::grant(tx, &acme.acme, &member_id, "admin", Source::Manual).await;
    app.core.write(&system(), by_hand).await.unwrap();
    acme.save(&[(id(&admins), &["admin"])]).await;
    let sources = async |place: &Place| {
        let mut sources: Vec<String> = place.grants(&ann).await.into_iter().map(|grant| grant.source).collect();
        sources.sort();
        sources
    };
    assert_eq!(sources(&acme).await, ["default", "group", "manual"]);
    let group = acme.grants(&ann).await.pop().expect("a grant");
    assert_eq!((group.directory_id.as_ref(), group.source_id.as_str()), (Some(acme.directory()), admins.as_str()));
    // The one goes, the other stays, and nobody's roles have changed.
    let events = acme.told(&ann).await.len();
    acme.remove(&admins, &[ann.id.as_str()]).await;
    assert_eq!(
        (acme.roles(&ann).await, sources(&acme).await),
        (vec!["admin".to_owned()], vec!["default".into(), "manual".to_owned()])
    );
    acme.add(&admins, &[ann.id.as_str()]).await;
    assert_eq!(acme.told(&ann).await.len(), events);
    let taken = async |tx: &mut auth_core::Tx| {
        members::revoke_grants(tx, &acme.acme, &member_id, &members::Withdrawn::ByHand).await
    };
    assert_eq!(app.core.write(&system(), taken).await.unwrap(), 1);
    assert_eq!(
        (acme.roles(&ann).await, sources(&acme).await),
        (vec!["admin".to_owned()], vec!["default".into(), "group".to_owned()])
    );
});

db_test!(an_owner_stays_one_whatever_groups_say, async |app| {
    let mut acme = place(&app).await;
    let (owner, _) = proven(&app, "olga@acme.example").await;
    add_member(&app, &acme.acme, &owner.id, "owner").await;
    let olga = acme.person("olga").await;
    let group = acme.group("Staff", &[olga.id.as_str()]).await;
    acme.save(&[(id(&group), &["member"])]).await;
    assert_eq!(acme.roles(&olga).await[0], "owner");
    acme.delete(&group).await;
    assert_eq!(acme.roles(&olga).await[0], "owner");
    assert_eq!(app.events_of(EventKind::OrganizationOwnerless).await.len(), 0);
});

db_test!(who_is_not_active_has_nothing_by_a_group, async |app| {
    let mut acme = place(&app).await;
    let ann = acme.person("ann").await;
    let admins = acme.group("Admins", &[ann.id.as_str()]).await;
    acme.save(&[(id(&admins), &["admin"])]).await;
    acme.dir.set_active(&ann.id, false).await;
    assert_eq!(acme.roles(&ann).await, ["member"]);
    let events = acme.told(&ann).await.len();
    acme.remove(&admins, &[ann.id.as_str()]).await;
    acme.add(&admins, &[ann.id.as_str()]).await;
    assert_eq!(acme.told(&ann).await.len(), events, "nobody is told of roles that are not in force");
    acme.dir.set_active(&ann.id, true).await;
    assert_eq!(acme.roles(&ann).await, ["admin"]);
    assert_eq!(acme.told(&ann).await.last(), Some(&told("member", "admin")));
    // Another directory keeps them: what this one's groups gave goes with its resource.
    let entra = Dir::of(&app, Some(&acme.acme), "entra").await;
    entra.post(&person("ann@acme.example")).await;
    acme.dir.delete(&ann.id).await;
    assert_eq!(acme.roles(&ann).await, ["member"]);
    assert_eq!(acme.told(&ann).await.last(), Some(&told("admin", "member")));
});

db_test!(a_directory_that_is_disconnected_gives_nothing, async |app| {
    let mut acme = place(&app).await;
    let ann = acme.person("ann").await;
    let admins = acme.group("Admins", &[ann.id.as_str()]).await;
    acme.save(&[(id(&admins), &["admin"])]).await;
    let entra = Dir::of(&app, Some(&acme.acme), "entra").await;
    entra.post(&person("ann@acme.example")).await;
    let gone = async |tx: &mut auth_core::Tx| connections::disconnect(tx, &acme.acme, acme.directory()).await;
    app.core.write(&system(), gone).await.unwrap();
    assert_eq!(acme.roles(&ann).await, ["member"]);
    assert!(acme.grants(&ann).await.iter().all(|grant| grant.source != "group"));
});

db_test!(nothing_of_a_dry_run_remains, async |app| {
    let acme = place(&app).await;
    let ann = acme.person("ann").await;
    let admins = acme.group("Admins", &[ann.id.as_str()]).await;
    let wanted = new_rules(&[(id(&admins), &["admin"])]);
    let simulate = async |rx: &auth_core::Rx| rules::simulate(rx, &acme.acme, acme.directory(), &wanted).await;
    let simulation = app.core.read(&system(), simulate).await.expect("a simulation");
    assert_eq!((simulation.gaining, simulation.losing, simulation.examined), (1, 1, 1));
    assert_eq!(
        (simulation.people[0].before.join(","), simulation.people[0].after.join(",")),
        ("member".into(), "admin".to_owned())
    );
    assert_eq!(simulation.people[0].user_name, "ann@acme.example");
    let saved = acme.try_save(&system().as_dry_run(), &[(id(&admins), &["admin"])]).await.unwrap();
    assert_eq!(saved.len(), 1);
    assert_eq!((acme.roles(&ann).await, acme.rules().await.len()), (vec!["member".to_owned()], 0));
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_rule_groups").await, 0);
});
