//! The identity provider: who is in it, who is in which group, and what it sends when that changes.

use reqwest::Method;
use serde_json::{Value, json};

use super::Outcome;
use super::client::{Failure, Okta};
use super::people::{Dice, Person};

const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A group that is pushed.
struct Group {
    name: String,
    /// What the server calls it, once it knows it.
    id: String,
    /// Places of people.
    members: Vec<usize>,
}

/// The identity provider's own data, and its connection.
pub struct World {
    okta: Okta,
    dice: Dice,
    domain: String,
    people: Vec<Person>,
    groups: Vec<Group>,
    refused: u32,
}

/// What a step came to, in a line; what the server refused is told and counted, and the next step follows.
type Told = Result<String, Failure>;

impl World {
    /// With groups of these names, and nobody in them.
    pub fn new(okta: Okta, seed: u64, domain: &str, groups: Vec<String>) -> Self {
        let group = |name| Group { name, id: String::new(), members: Vec::new() };
        let groups = groups.into_iter().map(group).collect();
        Self { okta, dice: Dice::of(seed), domain: domain.to_owned(), people: Vec::new(), groups, refused: 0 }
    }

    /// How many groups are pushed.
    pub const fn groups(&self) -> usize {
        self.groups.len()
    }

    /// What it came to so far.
    pub fn outcome(&self) -> Outcome {
        Outcome {
            people: self.people.len(),
            active: self.people.iter().filter(|person| person.active).count(),
            groups: self.groups.iter().filter(|group| !group.id.is_empty()).count(),
            refused: self.refused,
            requests: self.okta.requests,
        }
    }

    /// What happens when an admin presses the button: what the server can do, and whether it finds nobody.
    pub async fn test_credentials(&mut self) -> Result<(), Failure> {
        self.okta.send(Method::GET, "/ServiceProviderConfig", None).await?;
        let nobody = format!("nobody@{}", self.domain);
        self.okta.find("/Users", "userName", &nobody).await?;
        Ok(())
    }

    /// Somebody new is assigned.
    pub async fn assign_next(&mut self) -> Told {
        let person = Person::next(&mut self.dice, &self.domain, &self.people);
        self.people.push(person);
        let place = self.people.len() - 1;
        let how = self.assign(place).await;
        self.join_groups(place);
        let person = &self.people[place];
        let line = format!("+ {} <{}>, {} in {}", person.name(), person.user_name, person.title, person.department);
        self.tell(&line, how)
    }

    /// Assigns somebody: those whom the server has are written over, all others are made.
    async fn assign(&mut self, place: usize) -> Result<&'static str, Failure> {
        let person = self.people[place].clone();
        let (how, resource) = if let Some(found) = self.okta.find("/Users", "userName", &person.user_name).await? {
            ("there already", self.put(&person, found).await?)
        } else {
            let body = person.create();
            ("created", self.okta.send(Method::POST, "/Users", Some(&body)).await?)
        };
        let id = resource["id"].as_str().unwrap_or_default();
        if id.is_empty() {
            return Err(Failure::Refused(201, "the server returned an empty user".to_owned()));
        }
        id.clone_into(&mut self.people[place].id);
        Ok(how)
    }

    /// The whole object goes back as it was read, but for the profile.
    async fn put(&mut self, person: &Person, mut resource: Value) -> Result<Value, Failure> {
        person.write(&mut resource);
        let id = resource["id"].as_str().unwrap_or_default().to_owned();
        self.okta.send(Method::PUT, &format!("/Users/{id}"), Some(&resource)).await
    }

    /// Who is in which group: that of the department, if it is pushed, else any; and some in one more.
    fn join_groups(&mut self, place: usize) {
        if self.groups.is_empty() {
            return;
        }
        let department = &self.people[place].department;
        let own = self.groups.iter().position(|group| group.name == *department);
        let own = own.unwrap_or_else(|| self.dice.below(self.groups.len()));
        self.groups[own].members.push(place);
        let more = self.dice.below(self.groups.len() * 4);
        if more < self.groups.len() && more != own {
            self.groups[more].members.push(place);
        }
    }

    /// Pushes a group by its name: found or made, its name said again, and its members as a whole.
    pub async fn push_group(&mut self, place: usize) -> Told {
        let how = self.push(place).await;
        let group = &self.groups[place];
        let line = format!("+ {}, {}", group.name, counted(group.members.len(), "member"));
        self.tell(&line, how)
    }

    async fn push(&mut self, place: usize) -> Result<&'static str, Failure> {
        let name = self.groups[place].name.clone();
        let (how, resource) = if let Some(found) = self.okta.find("/Groups", "displayName", &name).await? {
            ("linked", found)
        } else {
            let body = json!({ "schemas": [GROUP], "displayName": name, "members": [] });
            ("created", self.okta.send(Method::POST, "/Groups", Some(&body)).await?)
        };
        let id = resource["id"].as_str().unwrap_or_default().to_owned();
        if id.is_empty() {
            return Err(Failure::Refused(201, "the server returned an empty group".to_owned()));
        }
        self.groups[place].id = id;
        self.say_name(place).await?;
        let members: Vec<Value> = self.groups[place].members.iter().filter_map(|one| self.member(*one)).collect();
        self.patch_group(place, json!([{ "op": "replace", "path": "members", "value": members }])).await?;
        Ok(how)
    }

    /// Somebody as a member, if the server knows them.
    fn member(&self, place: usize) -> Option<Value> {
        let person = &self.people[place];
        (!person.id.is_empty()).then(|| json!({ "value": person.id, "display": person.user_name }))
    }

    /// What goes before every change of members: the name, once more, without a path.
    async fn say_name(&mut self, place: usize) -> Result<(), Failure> {
        let group = &self.groups[place];
        let value = json!({ "id": group.id, "displayName": group.name });
        self.patch_group(place, json!([{ "op": "replace", "value": value }])).await
    }

    async fn patch_group(&mut self, place: usize, operations: Value) -> Result<(), Failure> {
        let path = format!("/Groups/{}", self.groups[place].id);
        let body = json!({ "schemas": [PATCH], "Operations": operations });
        self.okta.send(Method::PATCH, &path, Some(&body)).await.map(drop)
    }

    /// Something happens.
    pub async fn change(&mut self) -> Told {
        let present =
            |active: bool| move |(_, person): &(usize, &Person)| person.active == active && !person.id.is_empty();
        let places =
            |active| self.people.iter().enumerate().filter(present(active)).map(|(n, _)| n).collect::<Vec<_>>();
        let (here, gone) = (places(true), places(false));
        let what = self.dice.below(10);
        let (one, other) = (self.dice.below(here.len()), self.dice.below(gone.len()));
        match what {
            3..=5 if !here.is_empty() => self.mover(here[one]).await,
            6 | 7 if !here.is_empty() => self.leaver(here[one]).await,
            8 if !gone.is_empty() => self.returner(gone[other]).await,
            9 if self.groups.iter().any(|group| !group.id.is_empty()) => self.rename().await,
            _ => self.joiner().await,
        }
    }

    /// Somebody new: assigned, and put into groups.
    async fn joiner(&mut self) -> Told {
        let told = self.assign_next().await?;
        let place = self.people.len() - 1;
        for group in 0..self.groups.len() {
            if self.groups[group].members.contains(&place)
                && let Err(failure) = self.change_members(group, None, Some(place)).await
            {
                return self.tell(&told, Err(failure));
            }
        }
        Ok(format!("joins   {told}"))
    }

    /// Somebody gets another post: the profile is read, changed and put back, and the groups follow.
    async fn mover(&mut self, place: usize) -> Told {
        let before = self.people[place].department.clone();
        let mut person = self.people[place].clone();
        person.move_on(&mut self.dice);
        self.people[place] = person.clone();
        let how = self.moved(place, &before, &person).await;
        let line = format!("moves   {}: {before} to {}, {}", person.name(), person.department, person.title);
        self.tell(&line, how)
    }

    async fn moved(&mut self, place: usize, before: &str, person: &Person) -> Result<&'static str, Failure> {
        let resource = self.okta.send(Method::GET, &format!("/Users/{}", person.id), None).await?;
        self.put(person, resource).await?;
        let of =
            |groups: &[Group], name: &str| groups.iter().position(|group| group.name == name && !group.id.is_empty());
        if let Some(left) = of(&self.groups, before) {
            self.groups[left].members.retain(|member| *member != place);
            self.change_members(left, Some(place), None).await?;
        }
        if let Some(joined) = of(&self.groups, &person.department)
            && !self.groups[joined].members.contains(&place)
        {
            self.groups[joined].members.push(place);
            self.change_members(joined, None, Some(place)).await?;
        }
        Ok("updated")
    }

    /// One leaves and one joins, in one request, after the name.
    async fn change_members(
        &mut self,
        group: usize,
        left: Option<usize>,
        joined: Option<usize>,
    ) -> Result<(), Failure> {
        if self.groups[group].id.is_empty() {
            return Ok(());
        }
        self.say_name(group).await?;
        let mut operations = Vec::new();
        if let Some(left) = left {
            let path = format!("members[value eq {}]", Value::from(self.people[left].id.as_str()));
            operations.push(json!({ "op": "remove", "path": path }));
        }
        if let Some(member) = joined.and_then(|joined| self.member(joined)) {
            operations.push(json!({ "op": "add", "path": "members", "value": [member] }));
        }
        self.patch_group(group, operations.into()).await
    }

    /// Somebody is unassigned: never deleted, and by a PATCH without a path.
    async fn leaver(&mut self, place: usize) -> Told {
        let how = self.activate(place, false).await.map(|()| "deactivated");
        let line = format!("leaves  - {}", self.people[place].name());
        self.tell(&line, how)
    }

    /// Somebody who had left is assigned again.
    async fn returner(&mut self, place: usize) -> Told {
        let how = self.activate(place, true).await.map(|()| "reactivated");
        let line = format!("returns + {}", self.people[place].name());
        self.tell(&line, how)
    }

    async fn activate(&mut self, place: usize, active: bool) -> Result<(), Failure> {
        let path = format!("/Users/{}", self.people[place].id);
        let body = json!({ "schemas": [PATCH], "Operations": [{ "op": "replace", "value": { "active": active } }] });
        self.okta.send(Method::PATCH, &path, Some(&body)).await?;
        self.people[place].active = active;
        Ok(())
    }

    /// A group gets another name, or its old one back.
    async fn rename(&mut self) -> Told {
        const MARK: &str = " (renamed)";
        let known: Vec<usize> = (0..self.groups.len()).filter(|place| !self.groups[*place].id.is_empty()).collect();
        let place = known[self.dice.below(known.len())];
        let before = self.groups[place].name.clone();
        let after = before.strip_suffix(MARK).map_or_else(|| format!("{before}{MARK}"), str::to_owned);
        self.groups[place].name.clone_from(&after);
        let how = self.say_name(place).await.map(|()| "renamed");
        if how.is_err() {
            self.groups[place].name.clone_from(&before);
        }
        self.tell(&format!("group   {before} is now {after}"), how)
    }

    /// A line of what happened. What the server refused does not end the play; everything else does.
    fn tell(&mut self, line: &str, how: Result<&'static str, Failure>) -> Told {
        match how {
            Ok(how) => Ok(format!("{line}: {how}")),
            Err(refused @ Failure::Refused(..)) => {
                self.refused += 1;
                Ok(format!("{line}: REFUSED, {refused}"))
            }
            Err(end) => Err(end),
        }
    }
}

fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
