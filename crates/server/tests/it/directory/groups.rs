//! Groups and their members.

use auth_core::features::directory::groups::{
    self, Beyond, Condition, DirectoryGroup, Edit, Member, MemberKind, MemberOp, Members, NewDirectoryGroup,
};
use auth_core::features::directory::users::Warning;
use auth_core::features::directory::{DirectoryFault, Page, Place, Query};
use auth_core::ids::DirectoryGroupId;
use auth_core::outbox::EventKind;
use futures_util::future::join_all;
use scim_protocol::{Filter, ResourceType};

use super::*;
use crate::support::*;

fn group(name: &str) -> Attributes {
    attributes(&json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name }))
}

async fn made(dir: &Dir, name: &str, members: &[&DirectoryUser]) -> Changed<DirectoryGroup> {
    let new = NewDirectoryGroup { attributes: group(name), members: ids(members) };
    let make = async |tx: &mut auth_core::Tx| groups::create(tx, &dir.actor, &new, Members::Include).await;
    dir.app.core.write(&dir.ctx, make).await.expect("a group is made")
}

fn ids(users: &[&DirectoryUser]) -> Vec<String> {
    users.iter().map(|user| user.id.to_string()).collect()
}

async fn change(dir: &Dir, id: &DirectoryGroupId, edit: &Edit) -> Result<Changed<DirectoryGroup>> {
    let apply = async |tx: &mut auth_core::Tx| {
        groups::change(tx, &dir.actor, id, None, Members::Include, |_| Ok::<_, Error>(edit.clone())).await
    };
    dir.app.core.write(&dir.ctx, apply).await
}

async fn alter(dir: &Dir, id: &DirectoryGroupId, members: Vec<MemberOp>) -> Changed<DirectoryGroup> {
    change(dir, id, &Edit { attributes: None, members }).await.expect("the members change")
}

fn names(group: &DirectoryGroup) -> Vec<&str> {
    group.members.as_ref().expect("with members").iter().map(|member| member.display.as_str()).collect()
}

async fn listed(dir: &Dir, filter: Option<&str>, members: Members) -> Page<DirectoryGroup> {
    let kind = ResourceType::group();
    let filter = filter.map(|text| Filter::parse(text).unwrap().resolve(kind).unwrap());
    let query = Query {
        filter: filter.as_ref(),
        kind,
        sort: None,
        place: Place::Index(0),
        limit: 100,
        base: "https://id.example/scim/v2",
    };
    dir.app
        .core
        .read(&dir.ctx, async |rx| groups::list(rx, &dir.actor, &query, members, Beyond::Refuse).await)
        .await
        .expect("a list")
}

async fn told(app: &App, kind: EventKind) -> usize {
    app.events_of(kind).await.len()
}

/// A directory with three people: `a`, `b`, `c`.
async fn three(app: &App) -> (Dir, [DirectoryUser; 3]) {
    let acme = organization(app, "Acme", None).await;
    let dir = Dir::of(app, Some(&acme), "okta").await;
    let post = async |name: &str| dir.post(&json!({ "userName": name })).await;
    let people = [post("a").await, post("b").await, post("c").await];
    (dir, people)
}

db_test!(members_come_and_go_and_the_persons_groups_follow, async |app| {
    let (dir, [a, b, c]) = three(&app).await;
    let done = made(&dir, "Engineers", &[&a, &b]).await;
    let id = done.resource.id.clone();
    assert_eq!((names(&done.resource), done.resource.version, done.warnings.len()), (vec!["a", "b"], 1, 0));
    let of_a = dir.get(&a.id).await.unwrap().groups;
    assert_eq!((of_a.len(), of_a[0].id.clone(), of_a[0].display_name.as_str()), (1, id.clone(), "Engineers"));

    let done = alter(&dir, &id, vec![MemberOp::Remove(ids(&[&a])), MemberOp::Add(ids(&[&c, &b, &c]))]).await;
    assert_eq!((names(&done.resource), done.resource.version), (vec!["b", "c"], 2));
    assert!(dir.get(&a.id).await.unwrap().groups.is_empty());
    assert_eq!(told(&app, EventKind::DirectoryGroupMemberAdded).await, 3);
    assert_eq!(told(&app, EventKind::DirectoryGroupMemberRemoved).await, 1);

    let done = alter(&dir, &id, vec![MemberOp::Replace(ids(&[&a, &b]))]).await;
    assert_eq!((names(&done.resource), done.resource.version), (vec!["a", "b"], 3));
    let gone = Condition::new(2, |member: &Member| member.display == "a" && member.kind == MemberKind::User);
    let done = alter(&dir, &id, vec![MemberOp::RemoveWhere(gone)]).await;
    assert_eq!((names(&done.resource), done.resource.version), (vec!["b"], 4));
    let done = alter(&dir, &id, vec![MemberOp::Replace(Vec::new())]).await;
    assert_eq!((names(&done.resource), done.resource.version), (Vec::<&str>::new(), 5));
});

db_test!(what_has_no_effect_changes_neither_version_nor_time, async |app| {
    let (dir, [a, b, _]) = three(&app).await;
    let before = made(&dir, "Engineers", &[&a]).await.resource;
    let same = vec![
        MemberOp::Add(ids(&[&a])),
        MemberOp::Remove(ids(&[&b])),
        MemberOp::Replace(ids(&[&a])),
        MemberOp::RemoveWhere(Condition::new(1, |_| false)),
    ];
    let done = change(&dir, &before.id, &Edit { attributes: Some(group("Engineers")), members: same }).await.unwrap();
    assert!(!done.changed);
    assert_eq!(done.resource, before);
    let renamed =
        change(&dir, &before.id, &Edit { attributes: Some(group("Builders")), members: vec![] }).await.unwrap();
    assert!(renamed.changed && renamed.resource.version == 2 && names(&renamed.resource) == ["a"]);
    assert_eq!(dir.get(&a.id).await.unwrap().groups[0].display_name, "Builders");
});

db_test!(unknown_members_are_passed_over_and_named, async |app| {
    let (dir, [a, _, _]) = three(&app).await;
    let globex = organization(&app, "Globex", None).await;
    let other = Dir::of(&app, Some(&globex), "okta").await;
    let foreign = other.post(&json!({ "userName": "foreign" })).await;
    let done = made(&dir, "Engineers", &[]).await;
    let given = vec![a.id.to_string(), foreign.id.to_string(), "scimu_none".to_owned(), "no id at all".to_owned()];
    let done = alter(&dir, &done.resource.id, vec![MemberOp::Add(given)]).await;
    assert_eq!(names(&done.resource), ["a"]);
    let mut unknown: Vec<_> = done.warnings.into_iter().map(|Warning::UnknownMember(id)| id).collect();
    unknown.sort();
    let mut wanted = vec![foreign.id.to_string(), "no id at all".to_owned(), "scimu_none".to_owned()];
    wanted.sort();
    assert_eq!(unknown, wanted);
});

db_test!(a_deleted_person_is_in_no_group_and_a_deleted_group_holds_nobody, async |app| {
    let (dir, [a, b, _]) = three(&app).await;
    let first = made(&dir, "One", &[&a, &b]).await.resource;
    let second = made(&dir, "Two", &[&a]).await.resource;
    dir.delete(&a.id).await;
    let page = listed(&dir, None, Members::Include).await;
    assert_eq!(page.resources.iter().map(names).collect::<Vec<_>>(), [vec!["b"], vec![]]);
    assert!(page.resources.iter().all(|group| group.version == 2));
    let delete = async |tx: &mut auth_core::Tx| groups::delete(tx, &dir.actor, &first.id, None).await;
    app.core.write(&dir.ctx, delete).await.unwrap();
    assert!(app.core.write(&dir.ctx, delete).await.unwrap_err().is(&DirectoryFault::ResourceNotFound));
    assert!(dir.get(&b.id).await.unwrap().groups.is_empty());
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_group_members").await, 0);
    let gone = change(&dir, &first.id, &Edit::default()).await;
    assert!(gone.unwrap_err().is(&DirectoryFault::ResourceNotFound));
    assert!(change(&dir, &second.id, &Edit::default()).await.is_ok());
});

db_test!(groups_are_found_by_name_external_id_and_member, async |app| {
    let (dir, [a, b, _]) = three(&app).await;
    let mut attributes = group("Engineers");
    attributes.insert("externalId".into(), json!("ext-1"));
    let new = NewDirectoryGroup { attributes, members: ids(&[&a]) };
    let one =
        app.core.write(&dir.ctx, async |tx| groups::create(tx, &dir.actor, &new, Members::Omit).await).await.unwrap();
    made(&dir, "Sales", &[&b]).await;
    let found = async |filter: &str| {
        let page = listed(&dir, Some(filter), Members::Omit).await;
        assert_eq!(page.total, i64::try_from(page.resources.len()).unwrap());
        assert!(page.resources.iter().all(|group| group.members.is_none()));
        page.resources
            .into_iter()
            .map(|group| group.attributes["displayName"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(r#"displayName eq "engineers""#).await, ["Engineers"]);
    assert_eq!(found(r#"externalId eq "ext-1""#).await, ["Engineers"]);
    assert_eq!(found(r#"externalId eq "EXT-1""#).await, Vec::<String>::new());
    assert_eq!(found(&format!(r#"members.value eq "{}""#, b.id)).await, ["Sales"]);
    assert_eq!(found(&format!(r#"id eq "{}" and members.value eq "{}""#, one.resource.id, a.id)).await, ["Engineers"]);
    assert_eq!(found(r#"displayName sw "s""#).await, ["Sales"]);
    assert_eq!(found(r#"displayName eq "nobody""#).await, Vec::<String>::new());
    assert_eq!(found(r#"members.display sw "b" or members.display sw "c""#).await, ["Sales"]);
    assert_eq!(found(r#"not (members.display eq "a")"#).await, ["Sales"]);
    // Of another directory there is nothing to find.
    let entra = Dir::of(&app, dir.actor.directory.organization_id.as_ref(), "entra").await;
    assert_eq!(listed(&entra, None, Members::Include).await.total, 0);
    let get = async |rx: &auth_core::Rx| groups::get(rx, &entra.actor, &one.resource.id, Members::Omit).await;
    assert!(app.core.read(&entra.ctx, get).await.unwrap_err().is(&DirectoryFault::ResourceNotFound));
});

db_test!(parallel_changes_lose_nobody, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let id = made(&dir, "Engineers", &[]).await.resource.id;
    let mut people = Vec::new();
    for n in 0..20 {
        people.push(dir.post(&json!({ "userName": format!("u{n:02}") })).await);
    }
    join_all(people.iter().map(|person| alter(&dir, &id, vec![MemberOp::Add(ids(&[person]))]))).await;
    let get = async |rx: &auth_core::Rx| groups::get(rx, &dir.actor, &id, Members::Include).await;
    let group = app.core.read(&dir.ctx, get).await.unwrap();
    assert_eq!((group.members.unwrap().len(), group.version), (20, 21));
});

db_test!(many_members_are_changed_as_sets, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let post = async |tx: &mut auth_core::Tx| {
        let mut made = Vec::new();
        for n in 0..1200 {
            let new =
                NewDirectoryUser { attributes: attributes(&json!({ "userName": format!("u{n:04}") })), password: None };
            made.push(resources::create(tx, &dir.actor, &new).await?.id.to_string());
        }
        Ok::<_, Error>(made)
    };
    let mut people = app.core.write(&dir.ctx, post).await.unwrap();
    people.sort();
    let id = made(&dir, "All", &[]).await.resource.id;
    let done = alter(&dir, &id, vec![MemberOp::Replace(people.clone())]).await;
    assert_eq!((done.resource.members.unwrap().len(), done.resource.version), (1200, 2));
    let kept: Vec<String> = people.iter().step_by(3).cloned().collect();
    let done = alter(&dir, &id, vec![MemberOp::Replace(kept.clone())]).await;
    assert_eq!(done.resource.members.unwrap().into_iter().map(|member| member.id).collect::<Vec<_>>(), kept);
    let odd = Condition::new(1, |member: &Member| member.display.ends_with('3'));
    let done = alter(&dir, &id, vec![MemberOp::RemoveWhere(odd), MemberOp::Add(people[..10].to_vec())]).await;
    let now = done.resource.members.unwrap();
    assert!(now[..10].iter().map(|member| &member.id).eq(&people[..10]));
    let page = async |rx: &auth_core::Rx| groups::members(rx, &dir.actor, &id, Some(&people[4]), 3, false).await;
    let page = app.core.read(&dir.ctx, page).await.unwrap();
    assert!(page.iter().map(|member| &member.id).eq(&people[5..8]));
});
