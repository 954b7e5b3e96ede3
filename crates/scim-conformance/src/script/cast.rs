//! Those who act in many checks: filters, sorting and projection look at the same people and groups, which are made once.

use serde_json::{Value, json};

use crate::answer::Verdict;
use crate::run::{Call, DOMAIN, ENTERPRISE, GROUP, Run, USER};

/// The cast of a run.
#[derive(Clone, Debug)]
pub(crate) struct Cast {
    /// Their names and ids.
    pub ids: Vec<(String, String)>,
    /// What is to be deleted at the end.
    pub kept: Vec<String>,
}

impl Cast {
    /// Who they are: five people, and the groups `crew` (Ann and Bob) and `nobody`.
    pub(crate) const NAMES: &[&str] = &["ann", "bob", "cyd", "dee", "eve", "crew", "nobody"];

    /// Calls them, and makes them the first time.
    pub(crate) async fn call(run: &mut Run) -> Verdict<Self> {
        if let Some(cast) = &run.cast {
            return Ok(cast.clone());
        }
        let (since, mut ids) = (run.mark(), Vec::new());
        let prefix = run.prefix();
        for (name, attributes) in people(&prefix) {
            let manager = ids.first().map(|(_, id): &(String, String)| id.clone());
            let body = person(&prefix, name, attributes, manager.as_deref());
            let made = run.send(Call::post("/Users", &body)).await?;
            ids.push((name.to_owned(), made.is("201")?.id()?.to_owned()));
        }
        if run.announced.has(crate::announced::Feature::Groups) {
            let members = [json!({ "value": ids[0].1 }), json!({ "value": ids[1].1 })];
            for (name, title, members) in [("crew", "Crew", &members[..]), ("nobody", "Nobody", &[])] {
                let body = json!({ "schemas": [GROUP], "displayName": format!("{prefix}{title}"), "members": members });
                let made = run.send(Call::post("/Groups", &body)).await?;
                ids.push((name.to_owned(), made.is("201")?.id()?.to_owned()));
            }
        }
        let cast = Self { ids, kept: run.keep(since) };
        run.cast = Some(cast.clone());
        Ok(cast)
    }
}

/// What each of them is like. The names sort as they are listed; `Bob` is inactive; `cyd` has next to nothing.
fn people(prefix: &str) -> [(&'static str, Value); 5] {
    let mail = |who: &str, place: &str| format!("{prefix}{who}@{place}.{DOMAIN}");
    [
        (
            "ann",
            json!({
                "externalId": format!("{prefix}Ext-Ann"), "displayName": "Ann Archer", "title": "Engineer", "active": true,
                "nickName": "100%_sure*", "name": { "givenName": "Ann", "familyName": "Archer" }, "userType": "Employee",
                "emails": [
                    { "value": mail("ann", "work"), "type": "work", "primary": true },
                    { "value": mail("ann", "home"), "type": "home" },
                ],
                ENTERPRISE: { "department": "Research", "employeeNumber": "007" },
            }),
        ),
        (
            "bob",
            json!({
                "displayName": "bob Baker", "title": "Designer", "active": false, "name": { "familyName": "baker" },
                "nickName": "the \"quoted\" \\ one", "emails": [{ "value": mail("bob", "other"), "type": "work" }],
                ENTERPRISE: { "department": "Sales" },
            }),
        ),
        ("cyd", json!({ "active": true })),
        (
            "dee",
            json!({
                "displayName": "Dee Drüber", "active": true, "nickName": "100 percent", "name": { "familyName": "Drüber" },
                "emails": [{ "value": mail("dee", "work"), "type": "home" }],
            }),
        ),
        (
            "eve",
            json!({
                "displayName": "Eve", "active": true, "name": { "familyName": "Eaton" },
                "emails": [
                    { "value": mail("eve", "other"), "type": "work", "primary": true },
                    { "value": mail("eve", "work"), "type": "home" },
                ],
            }),
        ),
    ]
}

fn person(prefix: &str, name: &str, attributes: Value, manager: Option<&str>) -> Value {
    // Capitalized, so that letter case can be told apart.
    let user_name = format!("{prefix}{}{}", name[..1].to_uppercase(), &name[1..]);
    let mut body = json!({ "schemas": [USER], "userName": user_name });
    if let (Some(body), Value::Object(attributes)) = (body.as_object_mut(), attributes) {
        body.extend(attributes);
    }
    if body.get(ENTERPRISE).is_some() {
        body["schemas"] = json!([USER, ENTERPRISE]);
        if let Some(manager) = manager {
            body[ENTERPRISE]["manager"] = json!({ "value": manager });
        }
    }
    body
}
