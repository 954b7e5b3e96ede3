//! Rules over groups of many people: what is told of them in a job, and what a change costs.

use auth_core::features::directory::jobs;

use super::*;
use crate::support::statements::{Cost, cheapest};

/// Makes people who are members, and returns their resources.
pub(super) async fn many(acme: &Place, count: usize) -> Vec<DirectoryUser> {
    let actor = &acme.dir.actor;
    let make = async |tx: &mut auth_core::Tx| {
        let mut made = Vec::new();
        for n in 0..count {
            let resource = person(&format!("p{n:04}@acme.example"));
            let new = NewDirectoryUser { attributes: attributes(&resource), password: None };
            made.push(resources::create(tx, actor, &new).await?);
        }
        Ok::<_, Error>(made)
    };
    acme.app.core.write(&acme.dir.ctx, make).await.expect("people")
}

/// Works until no job is left.
pub(super) async fn work(app: &App) {
    for _ in 0..1000 {
        if jobs::step(&app.core).await.expect("a step") {
            continue;
        }
        if app.count("SELECT COUNT(*) FROM directory_jobs WHERE state IN ('queued', 'running')").await == 0 {
            return;
        }
        // The server's own worker is at it.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the jobs never end");
}

db_test!(of_many_people_a_job_tells, async |app| {
    let mut acme = place(&app).await;
    let people = many(&acme, 230).await;
    let ids: Vec<&str> = people.iter().map(|user| user.id.as_str()).collect();
    let (all, some) = (acme.group("All", &ids).await, acme.group("Some", &ids[..150]).await);
    let events = async || app.events_of(EventKind::MembershipUpdated).await.len();
    acme.save(&[(id(&all), &["admin"]), (id(&some), &["admin"])]).await;
    assert_eq!(acme.roles(&people[229]).await, ["admin"], "it is in force before anybody is told");
    work(&app).await;
    assert_eq!(events().await, 230, "each once, in however many groups");
    assert_eq!(acme.told(&people[3]).await, [told("member", "admin")]);
    // Whoever keeps the role by the other group is not told of.
    acme.delete(&all).await;
    assert_eq!(
        (acme.roles(&people[3]).await[0].as_str(), acme.roles(&people[200]).await[0].as_str()),
        ("admin", "member")
    );
    work(&app).await;
    assert_eq!(events().await, 230 + 80);
    acme.remove(&some, &ids[..140]).await;
    work(&app).await;
    assert_eq!(events().await, 310 + 140);
    acme.add(&some, &ids).await;
    work(&app).await;
    assert_eq!(events().await, 450 + 220);
    assert_eq!(acme.told(&people[3]).await.len(), 3);
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_role_touches").await, 0);
});

/// A connection that has rested may be asked first whether it still lives.
fn no_dearer(one: Cost, other: Cost) -> bool {
    one.statements <= other.statements + 1 && one.rows <= other.rows + 1
}

db_test!(what_a_change_costs_follows_from_the_change, Options::default().alone().idle(), async |app| {
    let mut acme = place(&app).await;
    let people = many(&acme, 330).await;
    let ids: Vec<&str> = people.iter().map(|user| user.id.as_str()).collect();
    let (small, large) = (acme.group("Small", &ids[..10]).await, acme.group("Large", &ids[..300]).await);
    acme.save(&[(id(&small), &["admin"]), (id(&large), &["admin"])]).await;
    work(&app).await;
    // Nobody seals and publishes what thousands of changes have left, while others are counted.
    let quiet = server::compose::builder(app.core.db().clone(), app.core.settings().clone());
    acme.core = quiet.clock(app.clock.clone()).build();
    // One person more, one person less, however many there are.
    let mut costs = Vec::new();
    for group in [&small, &large] {
        let add = cheapest(&app, 12, async |n| acme.add(group, &[ids[310 + n]]).await).await;
        let remove = cheapest(&app, 12, async |n| acme.remove(group, &[ids[310 + n]]).await).await;
        costs.push((add, remove));
    }
    let [(add, remove), (add_to_large, remove_from_large)] = costs[..] else { panic!("two groups: {costs:?}") };
    assert!(no_dearer(add_to_large, add) && no_dearer(remove_from_large, remove), "{costs:?}");
    // Who asks for a person's roles reads as much.
    let look = async |n: usize| cheapest(&app, 12, async |_| drop(acme.roles(&people[n]).await)).await;
    let (first, last) = (look(0).await, look(299).await);
    assert!(no_dearer(first, last) && no_dearer(last, first), "{first:?} {last:?}");
    // A group that gives something is deleted for the same whatever its size, as soon as a job tells of its people.
    let mut costs = Vec::new();
    for size in [150, 300] {
        let mut groups = Vec::new();
        for n in 0..8 {
            groups.push(acme.group(&format!("G{size}-{n}"), &ids[..size]).await);
        }
        let wanted: Vec<(Named, &[&str])> = groups.iter().map(|group| (id(group), &["member"][..])).collect();
        acme.save(&wanted).await;
        work(&app).await;
        costs.push(cheapest(&app, 8, async |n| acme.delete(&groups[n]).await).await);
    }
    assert!(no_dearer(costs[1], costs[0]), "{costs:?}");
});
