//! Access ends without a deactivation too: a resource is about somebody else by now, or about a member and inactive. Each
//! person who loses access counts, by whichever resource.

use super::*;

fn other(n: usize) -> String {
    format!("other{n}@acme.example")
}

/// What makes a resource be about somebody else.
fn about(email: &str) -> Json {
    json!({ "emails": [{ "primary": true, "value": email, "type": "work" }] })
}

/// The same, and the resource is inactive from then on, or active.
fn about_and(active: bool, email: &str) -> Json {
    let mut both = about(email);
    both["active"] = active.into();
    both
}

/// People who belong here without any directory.
async fn members_by_hand(app: &App, acme: &OrgId, many: usize) -> Vec<User> {
    let mut others = Vec::new();
    for n in 0..many {
        let (user, _) = proven(app, &other(n)).await;
        add_member(app, acme, &user.id, "member").await;
        others.push(user);
    }
    others
}

async fn status(app: &App, acme: &OrgId, user: &UserId) -> Status {
    member(app, acme, user).await.expect("a member").status
}

async fn patched(dir: &Dir, id: &DirectoryUserId, set: &Json) -> Result<()> {
    dir.try_patch(id, set).await.map(drop)
}

async fn release(app: &App, acme: &OrgId, dir: &Dir) {
    let id = &dir.actor.directory.id;
    app.core.write(&system(), async |tx| connections::release(tx, acme, id).await).await.expect("released");
}

/// Of how many who were active how many had lost access when the breaker tripped.
async fn tripped_at(app: &App) -> (Json, Json) {
    let tripped = app.events_of(EventKind::DirectoryTripped).await;
    let [event] = tripped.as_slice() else { panic!("one event: {tripped:?}") };
    (event.payload["after"]["departed"].clone(), event.payload["after"]["active"].clone())
}

/// How many people are counted.
async fn counted(app: &App) -> i64 {
    app.count("SELECT COUNT(*) FROM directory_departures WHERE standing IN ('counted', 'moved')").await
}

db_test!(who_loses_access_to_another_person_counts_like_all_others, async |app| {
    let (acme, dir, ids) = guarded(&app, ON, 60).await;
    for n in 0..13 {
        proven(&app, &other(n)).await;
    }
    for (n, id) in ids[..12].iter().enumerate() {
        dir.patch(id, &about(&other(n))).await;
    }
    let first = user(&app, "p0@acme.example").await.expect("the person before");
    assert_eq!(status(&app, &acme, &first.id).await, Status::Suspended);
    // A resource that moved is active still, about somebody else: sixty are active, as before. One more is too many: the
    // resource stays whose it is, and nobody loses anything.
    let (last, token) = owner_gets_in(&app, "p12@acme.example").await;
    assert!(is_tripped(&patched(&dir, &ids[12], &about(&other(12))).await));
    assert_eq!(tripped_at(&app).await, (json!(13), json!(60)));
    assert!(is_in(&app, &token).await);
    assert_eq!(status(&app, &acme, &last.id).await, Status::Active);
    let resource = dir.get(&ids[12]).await.unwrap();
    assert_eq!((resource.user_id.as_ref(), resource.version), (Some(&last.id), 1));
    assert_eq!((state(&app, &acme, &dir).await, waiting(&app, &acme, &dir).await), (State::Tripped, 1));
    release(&app, &acme, &dir).await;
    patched(&dir, &ids[12], &about(&other(12))).await.expect("they were released");
    assert_eq!(status(&app, &acme, &last.id).await, Status::Suspended);
});

db_test!(one_resource_takes_access_from_no_more_than_many_do, async |app| {
    let (acme, dir, ids) = guarded(&app, ON, 60).await;
    let others = members_by_hand(&app, &acme, 13).await;
    for n in 0..12 {
        dir.patch(&ids[0], &about(&other(n))).await;
    }
    assert_eq!(status(&app, &acme, &others[10].id).await, Status::Suspended);
    assert!(is_tripped(&patched(&dir, &ids[0], &about(&other(12))).await));
    assert_eq!(tripped_at(&app).await, (json!(13), json!(60)));
    assert_eq!(status(&app, &acme, &others[11].id).await, Status::Active);
    assert_eq!(dir.get(&ids[0]).await.unwrap().user_id.as_ref(), Some(&others[11].id));
});

db_test!(who_had_the_resource_before_counts_beside_who_has_it, async |app| {
    let (acme, dir, ids) = guarded(&app, ON, 60).await;
    let others = members_by_hand(&app, &acme, 2).await;
    dir.patch(&ids[0], &about(&other(0))).await;
    assert_eq!(counted(&app).await, 1);
    try_off(&dir, &ids[0]).await.expect("not too many");
    assert_eq!(counted(&app).await, 2, "the one before and the one by now");
    // It comes back as somebody else: neither of the two did.
    dir.patch(&ids[0], &about_and(true, &other(1))).await;
    assert_eq!(counted(&app).await, 2);
    try_off(&dir, &ids[0]).await.expect("not too many");
    assert_eq!(counted(&app).await, 3);
    dir.set_active(&ids[0], true).await;
    assert_eq!(counted(&app).await, 2, "who came back does not count");
    // One of the others gets a resource that somebody else had.
    dir.patch(&ids[1], &about(&other(0))).await;
    assert_eq!(status(&app, &acme, &others[0].id).await, Status::Active);
    assert_eq!(counted(&app).await, 2, "one came back, and one lost the resource");
});

db_test!(inactive_resources_for_members_count, async |app| {
    let (acme, dir, _) = guarded(&app, ON, 60).await;
    let others = members_by_hand(&app, &acme, 13).await;
    let inactive = |n: usize| {
        let mut resource = person(&other(n));
        resource["active"] = false.into();
        resource
    };
    for n in 0..12 {
        dir.post(&inactive(n)).await;
    }
    assert_eq!(status(&app, &acme, &others[11].id).await, Status::Suspended);
    let (last, token) = owner_gets_in(&app, &other(12)).await;
    assert!(is_tripped(&dir.try_post(&inactive(12)).await.map(drop)));
    assert_eq!(tripped_at(&app).await, (json!(13), json!(60)));
    assert!(is_in(&app, &token).await);
    assert_eq!(status(&app, &acme, &last.id).await, Status::Active);
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_users").await, 72, "nothing of it is stored");
    assert_eq!(waiting(&app, &acme, &dir).await, 1);
    // Who has nothing to lose is no reason to wait.
    let mut new = person("new@acme.example");
    new["active"] = false.into();
    dir.post(&new).await;
    release(&app, &acme, &dir).await;
    dir.post(&inactive(12)).await;
    assert_eq!(status(&app, &acme, &last.id).await, Status::Suspended);
    assert!(!is_in(&app, &token).await);
});

db_test!(an_inactive_resource_that_comes_to_be_about_a_member_counts, async |app| {
    let (acme, dir, _) = guarded(&app, ON, 60).await;
    let others = members_by_hand(&app, &acme, 13).await;
    let mut ids = Vec::new();
    for n in 0..13 {
        let mut resource = person(&format!("q{n}@acme.example"));
        resource["active"] = false.into();
        ids.push(dir.post(&resource).await.id);
    }
    assert_eq!(counted(&app).await, 0);
    for (n, id) in ids[..12].iter().enumerate() {
        dir.patch(id, &about(&other(n))).await;
    }
    assert_eq!(status(&app, &acme, &others[11].id).await, Status::Suspended);
    assert!(is_tripped(&patched(&dir, &ids[12], &about(&other(12))).await));
    assert_eq!(tripped_at(&app).await, (json!(13), json!(60)));
    assert_eq!(status(&app, &acme, &others[12].id).await, Status::Active);
    assert_eq!(dir.get(&ids[12]).await.unwrap().version, 1);
});

db_test!(one_request_that_ends_the_access_of_two_ends_it_for_both_or_for_nobody, async |app| {
    let (acme, dir, ids) = guarded(&app, ON, 60).await;
    let others = members_by_hand(&app, &acme, 6).await;
    try_off(&dir, &ids[0]).await.expect("not too many yet");
    for n in 0..5 {
        dir.patch(&ids[n + 1], &about_and(false, &other(n))).await;
    }
    assert_eq!(counted(&app).await, 11);
    let (before, token) = owner_gets_in(&app, "p6@acme.example").await;
    assert!(is_tripped(&patched(&dir, &ids[6], &about_and(false, &other(5))).await), "the second of them is the 13th");
    assert!(is_in(&app, &token).await);
    assert_eq!(status(&app, &acme, &before.id).await, Status::Active);
    assert_eq!(status(&app, &acme, &others[5].id).await, Status::Active);
    let resource = dir.get(&ids[6]).await.unwrap();
    assert_eq!((resource.user_id.as_ref(), resource.active, resource.version), (Some(&before.id), true, 1));
    assert_eq!((counted(&app).await, waiting(&app, &acme, &dir).await), (11, 2));

    release(&app, &acme, &dir).await;
    assert_eq!(app.events_of(EventKind::DirectoryReleased).await[0].payload["after"]["released"], 2);
    dir.patch(&ids[6], &about_and(false, &other(5))).await;
    assert_eq!(status(&app, &acme, &before.id).await, Status::Suspended);
    assert_eq!(status(&app, &acme, &others[5].id).await, Status::Suspended);
    assert_eq!(counted(&app).await, 0, "both were released");
});

db_test!(who_was_released_may_lose_the_resource_at_once, async |app| {
    let (acme, dir, ids) = guarded(&app, ON, 75).await;
    proven(&app, "stranger@elsewhere.example").await;
    // A fifth of them is fifteen.
    for id in &ids[..15] {
        try_off(&dir, id).await.expect("not too many yet");
    }
    assert!(is_tripped(&try_off(&dir, &ids[15]).await));
    release(&app, &acme, &dir).await;
    // Of the sixty who are left a fifth is twelve.
    for id in &ids[16..28] {
        try_off(&dir, id).await.expect("not too many yet");
    }
    patched(&dir, &ids[15], &about_and(false, "stranger@elsewhere.example")).await.expect("they were released");
    let gone = user(&app, "p15@acme.example").await.expect("the person before");
    assert_eq!(status(&app, &acme, &gone.id).await, Status::Suspended);
    assert_eq!(counted(&app).await, 12);
    assert!(is_tripped(&try_off(&dir, &ids[28]).await));
});

db_test!(a_resource_may_come_back_as_somebody_else_while_others_wait, async |app| {
    let (acme, dir, ids) = guarded(&app, ON, 60).await;
    let (first, _) = proven(&app, &other(0)).await;
    for id in &ids[..13] {
        let _ = try_off(&dir, id).await;
    }
    assert_eq!((state(&app, &acme, &dir).await, counted(&app).await), (State::Tripped, 12));
    dir.patch(&ids[0], &about_and(true, &other(0))).await;
    assert_eq!(status(&app, &acme, &first.id).await, Status::Active);
    let gone = user(&app, "p0@acme.example").await.expect("the person before");
    assert_eq!(status(&app, &acme, &gone.id).await, Status::Suspended);
    assert_eq!(counted(&app).await, 12, "they did not come back");

    // To whom somebody gave the membership back by hand, the end of it is refused, and nobody came back by that.
    let second = user(&app, "p1@acme.example").await.expect("the person of the resource");
    app.core.write(&system(), async |tx| members::restore(tx, &acme, &second.id).await).await.expect("restored");
    proven(&app, &other(1)).await;
    assert!(is_tripped(&patched(&dir, &ids[1], &about_and(true, &other(1))).await));
    assert_eq!(status(&app, &acme, &second.id).await, Status::Active);
    assert!(!dir.get(&ids[1]).await.unwrap().active);
    assert_eq!(
        app.count("SELECT COUNT(*) FROM directory_departures").await,
        14,
        "twelve, who was first to wait, and they"
    );
});
