//! Teams by groups: a place in a team is there as long as somebody is in the group, and beside what was done by hand.

use auth_core::features::directory::jobs;
use auth_core::fields::Given;
use auth_core::ids::{SessionId, TeamId};
use auth_core::orgs::teams::{self, TeamMember, TeamsFault};
use auth_core::outbox::EventKind::{TeamMemberAdded, TeamMemberRemoved};

use super::*;

/// What a test does with teams.
impl Place {
    async fn team(&self, name: &str) -> TeamId {
        let make = async |tx: &mut auth_core::Tx| teams::create(tx, &self.acme, name, &Given::default()).await;
        self.app.core.write(&system(), make).await.expect("a team").id
    }

    async fn save_teams(&mut self, wanted: &[(Named, &[&TeamId])]) -> Result<Vec<Rule>, Refused> {
        let rule = |(group, teams): &(Named, &[&TeamId])| NewRule {
            group: group.clone(),
            roles: Vec::new(),
            teams: teams.iter().map(|&team| team.clone()).collect(),
        };
        let wanted: Vec<NewRule> = wanted.iter().map(rule).collect();
        let (owner, directory) = (&self.acme, self.directory());
        let saved = self.app.core.write(&system(), async |tx| rules::put(tx, owner, directory, &wanted).await).await;
        self.dir = Dir::by_token(&self.app, &self.dir.token).await;
        saved
    }

    async fn places(&self, team: &TeamId) -> Vec<TeamMember> {
        self.app.core.read(&system(), async |rx| teams::list_members(rx, team, 500, 0).await).await.expect("places")
    }

    /// Who is in the team, by their ids in order.
    async fn inside(&self, team: &TeamId) -> Vec<String> {
        let mut ids: Vec<String> = self.places(team).await.iter().map(|place| place.user_id.to_string()).collect();
        ids.sort();
        ids
    }

    async fn by_hand(&self, team: &TeamId, user: &DirectoryUser) -> Result<TeamMember> {
        let id = user.user_id.as_ref().expect("a person");
        self.app.core.write(&system(), async |tx| teams::add(tx, &self.acme, team, id).await).await
    }

    async fn out(&self, team: &TeamId, user: &DirectoryUser) -> Result<()> {
        let id = user.user_id.as_ref().expect("a person");
        self.app.core.write(&system(), async |tx| teams::remove(tx, &self.acme, team, id).await).await
    }

    /// How often events told that somebody came, and that somebody went, by a group.
    async fn told_teams(&self) -> (usize, usize) {
        let by_group = async |kind| {
            let events = self.app.events_of(kind).await;
            events.iter().filter(|event| event.payload["source"] == "group").count()
        };
        (by_group(TeamMemberAdded).await, by_group(TeamMemberRemoved).await)
    }
}

fn ids(people: &[&DirectoryUser]) -> Vec<String> {
    let mut ids: Vec<String> = people.iter().map(|user| user.user_id.as_ref().expect("a person").to_string()).collect();
    ids.sort();
    ids
}

db_test!(a_group_puts_who_is_in_it_into_teams, async |app| {
    let mut acme = place(&app).await;
    let (ann, bob) = (acme.person("ann").await, acme.person("bob").await);
    let sales = acme.team("Sales").await;
    let (inner, outer) = (acme.group("Inner", &[bob.id.as_str()]).await, acme.group("Outer", &[ann.id.as_str()]).await);
    let saved = acme.save_teams(&[(id(&outer), &[&sales])]).await.expect("rules");
    assert_eq!((&saved[0].teams, saved[0].roles.len()), (&vec![sales.clone()], 0));
    assert_eq!(acme.rules().await, saved);
    // In force at once, groups in groups included.
    assert_eq!(acme.inside(&sales).await, ids(&[&ann]));
    acme.add(&outer, &[inner.as_str()]).await;
    assert_eq!(acme.inside(&sales).await, ids(&[&ann, &bob]));
    assert_eq!(acme.told_teams().await, (2, 0));
    assert_eq!(acme.roles(&ann).await, ["member"], "a team permits nothing by itself");
    // Each place has an id that stays, and is not the other's.
    let places = acme.places(&sales).await;
    assert!(places.iter().all(|place| place.by_group) && places[0].id != places[1].id, "{places:?}");
    assert_eq!(acme.places(&sales).await, places);

    // It is for the directory to take away; by hand there is another place beside it.
    assert!(acme.out(&sales, &ann).await.unwrap_err().is(&TeamsFault::ByGroup));
    assert!(!acme.by_hand(&sales, &ann).await.expect("by hand as well").by_group);
    assert_eq!(app.events_of(TeamMemberAdded).await.len(), 2, "who was in it did not come into it");
    assert_eq!(acme.inside(&sales).await, ids(&[&ann, &bob]), "nobody is there twice");
    acme.out(&sales, &ann).await.expect("by hand");
    assert_eq!(app.events_of(TeamMemberRemoved).await.len(), 0, "who is still in it did not leave");
    acme.by_hand(&sales, &ann).await.expect("by hand again");
    acme.remove(&outer, &[ann.id.as_str(), inner.as_str()]).await;
    assert_eq!(acme.inside(&sales).await, ids(&[&ann]), "what was done by hand stays");
    assert_eq!(acme.told_teams().await, (2, 1), "who stays is not told of");
    acme.out(&sales, &ann).await.expect("by hand");
    assert_eq!(app.events_of(TeamMemberRemoved).await.len(), 2);
    assert_eq!(acme.inside(&sales).await, Vec::<String>::new());

    // With the deactivation, and back with the reactivation.
    acme.add(&outer, &[ann.id.as_str()]).await;
    acme.dir.set_active(&ann.id, false).await;
    assert_eq!(acme.inside(&sales).await, Vec::<String>::new());
    acme.dir.set_active(&ann.id, true).await;
    assert_eq!(acme.inside(&sales).await, ids(&[&ann]));
    // With the group, and not with another one of its name.
    acme.delete(&outer).await;
    assert_eq!(acme.inside(&sales).await, Vec::<String>::new());
    acme.group("Outer", &[ann.id.as_str()]).await;
    assert_eq!(acme.inside(&sales).await, Vec::<String>::new());
});

db_test!(a_session_works_in_a_team_by_a_group_as_long_as_its_person_is_in_it, async |app| {
    let mut acme = place(&app).await;
    let ann = acme.person("ann").await;
    let (sales, other) = (acme.team("Sales").await, acme.team("Other").await);
    let group = acme.group("Sellers", &[ann.id.as_str()]).await;
    acme.save_teams(&[(id(&group), &[&sales])]).await.expect("rules");
    let (user, token) = owner_gets_in(&app, "ann@acme.example").await;
    let session = app.look(async |rx| sessions::resolve(rx, &token).await).await.expect("a session").session;
    let own: &SessionId = &session.id;
    let enter =
        async |tx: &mut auth_core::Tx| sessions::set_active_organization(tx, &user.id, own, Some(&acme.acme)).await;
    app.core.write(&system(), enter).await.expect("it works there");
    let choose = async |team: &TeamId| {
        app.core.write(&system(), async |tx| teams::choose(tx, own, &user.id, &acme.acme, team).await).await
    };
    assert!(choose(&other).await.unwrap_err().is(&TeamsFault::NotInTeam));
    choose(&sales).await.expect("it is theirs");
    let active = async || {
        app.look(async |rx| sessions::resolve(rx, &token).await).await.expect("a session").session.active_team_id
    };
    assert_eq!(active().await, Some(sales.clone()));
    let theirs = app.core.read(&system(), async |rx| teams::of_user(rx, &user.id, Some(&acme.acme), 10).await).await;
    assert_eq!(
        theirs.expect("teams").into_iter().map(|team| team.id).collect::<Vec<_>>(),
        std::slice::from_ref(&sales)
    );
    acme.remove(&group, &[ann.id.as_str()]).await;
    assert_eq!(active().await, None, "the next request does not work in it any more");
});

db_test!(a_team_that_is_deleted_goes_from_its_rules, async |app| {
    let mut acme = place(&app).await;
    let ann = acme.person("ann").await;
    let (sales, other) = (acme.team("Sales").await, acme.team("Other").await);
    let group = acme.group("Sellers", &[ann.id.as_str()]).await;
    acme.save_teams(&[(id(&group), &[&sales, &other])]).await.expect("rules");
    let gone = async |tx: &mut auth_core::Tx| teams::delete(tx, &acme.acme, &sales, None).await;
    app.core.write(&system(), gone).await.expect("a team is deleted");
    assert_eq!(acme.rules().await[0].teams, std::slice::from_ref(&other));
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_rule_teams").await, 1);
    // Nor can it be named again, nor one of another organization.
    let globex = organization(&app, "Globex", None).await;
    let make = async |tx: &mut auth_core::Tx| teams::create(tx, &globex, "Theirs", &Given::default()).await;
    let theirs = app.core.write(&system(), make).await.expect("a team").id;
    for team in [&sales, &theirs] {
        let refused = acme.save_teams(&[(id(&group), &[team])]).await.expect_err("no such team");
        assert!(refused.place == Some(0) && refused.error.is(&RulesFault::UnknownTeam), "{refused:?}");
    }
    // With the directory ends what it gave.
    let (owner, directory) = (acme.acme.clone(), acme.directory().clone());
    let end = async |tx: &mut auth_core::Tx| connections::disconnect(tx, &owner, &directory).await;
    app.core.write(&system(), end).await.expect("disconnected");
    assert_eq!(acme.inside(&other).await, Vec::<String>::new());
});

db_test!(a_rule_whose_last_team_was_deleted_is_put_back_as_it_was_read, async |app| {
    let mut acme = place(&app).await;
    let (sales, group, other) =
        (acme.team("Sales").await, acme.group("Sellers", &[]).await, acme.group("Others", &[]).await);
    acme.team("The last one stays").await;
    acme.save_teams(&[(id(&group), &[&sales])]).await.expect("rules");
    let gone = async |tx: &mut auth_core::Tx| teams::delete(tx, &acme.acme, &sales, None).await;
    app.core.write(&system(), gone).await.expect("a team is deleted");
    let read = acme.rules().await;
    assert!(read[0].roles.is_empty() && read[0].teams.is_empty(), "{read:?}");
    assert_eq!(acme.save_teams(&[(id(&group), &[])]).await.expect("as it was read"), read);
    let refused =
        acme.save_teams(&[(id(&group), &[]), (id(&other), &[])]).await.expect_err("a new one gives something");
    assert!(refused.place == Some(1) && refused.error.is(&RulesFault::GivesNothing), "{refused:?}");
});

db_test!(
    who_is_in_a_team_by_a_group_is_counted_and_not_held_up_by_its_limit,
    Options::default().settings(|settings| settings.organization.teams.member_limit = Some(2)),
    async |app| {
        let mut acme = place(&app).await;
        let people = [acme.person("ann").await, acme.person("bob").await, acme.person("cyd").await];
        let dan = acme.person("dan").await;
        let sales = acme.team("Sales").await;
        let all: Vec<&str> = people.iter().map(|user| user.id.as_str()).collect();
        let group = acme.group("Sellers", &all).await;
        acme.save_teams(&[(id(&group), &[&sales])]).await.expect("rules");
        assert_eq!(acme.inside(&sales).await.len(), 3);
        assert!(acme.by_hand(&sales, &dan).await.unwrap_err().is(&TeamsFault::Full));
        acme.by_hand(&sales, &people[0]).await.expect("who is in it already takes no other place");
    }
);

db_test!(of_many_people_in_a_team_a_job_tells, async |app| {
    let mut acme = place(&app).await;
    let people = many::many(&acme, 130).await;
    let all: Vec<&str> = people.iter().map(|user| user.id.as_str()).collect();
    let (sales, group) = (acme.team("Sales").await, acme.group("All", &all).await);
    acme.save_teams(&[(id(&group), &[&sales])]).await.expect("rules");
    assert_eq!(acme.inside(&sales).await.len(), 130, "it is in force before anybody is told");
    many::work(&app).await;
    assert_eq!(acme.told_teams().await, (130, 0));
    acme.delete(&group).await;
    assert_eq!(acme.inside(&sales).await.len(), 0);
    many::work(&app).await;
    assert_eq!(acme.told_teams().await, (130, 130));
    assert!(!jobs::step(&app.core).await.expect("a step"), "nothing is left to be told");
});
