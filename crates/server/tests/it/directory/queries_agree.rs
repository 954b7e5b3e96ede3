//! What columns answer is what the evaluator says: generated filters and orders, over all attributes of the schemas.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use auth_core::features::directory::groups::{self, Beyond, DirectoryGroup, Members, NewDirectoryGroup};
use auth_core::features::directory::{Page, Place, Query};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use scim_protocol::schema::{AttrType, Attribute, COMMON};
use scim_protocol::{AttrPath, CompareOp, Filter, Literal, ResourceType, Sort};

use super::*;
use crate::support::*;

/// How many filters are tried of each kind of resource, on each database.
const FILTERS: usize = 250;

/// Texts that differ in letter case, begin with one another, or mean something to SQL.
const TEXTS: [&str; 14] =
    ["a", "A", "ab", "AB", "ann", "Ann", "a%", "a_b", "b", "é", "É", "\u{d7ff}x", "z\u{10ffff}", "work"];

fn text() -> impl Strategy<Value = String> {
    prop::sample::select(&TEXTS[..]).prop_map(str::to_owned)
}

/// A value of an attribute as it is stored.
fn value(attribute: &Attribute) -> BoxedStrategy<Json> {
    if attribute.is_complex() {
        let parts: Vec<_> = attribute
            .sub_attributes
            .iter()
            .map(|sub| (Just(sub.name.to_string()), prop::option::weighted(0.6, simple(sub))))
            .collect();
        return parts
            .prop_map(|parts| parts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect::<Json>())
            .boxed();
    }
    simple(attribute)
}

fn simple(attribute: &Attribute) -> BoxedStrategy<Json> {
    match attribute.kind {
        AttrType::Boolean => any::<bool>().prop_map(Json::from).boxed(),
        AttrType::Integer | AttrType::Decimal => (-2_i64..3).prop_map(Json::from).boxed(),
        AttrType::DateTime => prop::sample::select(&["2026-01-01T00:00:00Z", "2026-01-01T02:00:00.5+02:00"][..])
            .prop_map(Json::from)
            .boxed(),
        _ => text().prop_map(Json::from).boxed(),
    }
}

/// The attributes of a resource, of which some are there.
fn resource(attributes: &[Attribute]) -> BoxedStrategy<Attributes> {
    let parts: Vec<_> = attributes
        .iter()
        .filter(|attribute| !["groups", "members", "password", "userName"].contains(&&*attribute.name))
        .map(|attribute| {
            let one = value(attribute).prop_filter("empty", |value| value.as_object().is_none_or(|o| !o.is_empty()));
            let value = if attribute.multi_valued {
                prop::collection::vec(one, 1..4).prop_map(Json::from).boxed()
            } else {
                one.boxed()
            };
            (Just(attribute.name.to_string()), prop::option::weighted(0.5, value))
        })
        .collect();
    parts.prop_map(|parts| parts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()).boxed()
}

fn user() -> BoxedStrategy<Attributes> {
    let kind = ResourceType::user();
    let extension = &kind.extensions[0].schema;
    (resource(&kind.schema.attributes), resource(&extension.attributes), prop::option::of(text()), text(), 0_usize..4)
        .prop_map(|(mut user, more, external, name, n)| {
            user.insert("userName".to_owned(), format!("{name}{}", ["", "", "b", "%"][n]).into());
            user.insert("schemas".to_owned(), json!([&*ResourceType::user().schema.id]));
            if !more.is_empty() {
                user.insert(ResourceType::user().extensions[0].schema.id.to_string(), more.into());
            }
            if let Some(external) = external {
                user.insert("externalId".to_owned(), external.into());
            }
            user
        })
        .boxed()
}

fn group() -> BoxedStrategy<Attributes> {
    (text(), prop::option::of(text()))
        .prop_map(|(name, external)| {
            let mut group = attributes(&json!({ "displayName": name, "schemas": [&*ResourceType::group().schema.id] }));
            if let Some(external) = external {
                group.insert("externalId".to_owned(), external.into());
            }
            group
        })
        .boxed()
}

/// Every attribute and sub-attribute that may be asked for.
fn paths(kind: &ResourceType) -> Vec<(AttrPath, Attribute)> {
    let mut all = Vec::new();
    let mut add = |schema: Option<&str>, attribute: &Attribute| {
        let path = AttrPath { schema: schema.map(str::to_owned), attr: attribute.name.to_string(), sub: None };
        for sub in &attribute.sub_attributes {
            all.push((path.clone().with_sub(sub.name.to_string()), sub.clone()));
        }
        all.push((path, attribute.clone()));
    };
    COMMON.iter().chain(&kind.schema.attributes).for_each(|attribute| add(None, attribute));
    for extension in &kind.extensions {
        extension.schema.attributes.iter().for_each(|attribute| add(Some(&extension.schema.id), attribute));
    }
    all
}

/// Those that columns know something about.
fn known(kind: &ResourceType) -> Vec<(AttrPath, Attribute)> {
    let names = [
        "id",
        "userName",
        "externalId",
        "displayName",
        "active",
        "meta",
        "meta.resourceType",
        "meta.created",
        "meta.lastModified",
        "emails",
        "emails.value",
        "emails.type",
        "groups",
        "groups.value",
        "members.value",
    ];
    paths(kind).into_iter().filter(|(path, _)| names.contains(&path.to_string().as_str())).collect()
}

/// A literal for an attribute. `texts` are what texts may be, `times` the same for instants.
fn literal(definition: &Attribute, texts: Vec<String>, times: Vec<String>) -> BoxedStrategy<Literal> {
    let some = match definition.kind {
        AttrType::Boolean => any::<bool>().prop_map(Literal::Boolean).boxed(),
        AttrType::Integer | AttrType::Decimal => (-2_i64..3).prop_map(|n| Literal::Number(n.into())).boxed(),
        AttrType::DateTime => prop::sample::select(times).prop_map(Literal::String).boxed(),
        _ => prop::sample::select(texts).prop_map(Literal::String).boxed(),
    };
    prop_oneof![9 => some, 1 => Just(Literal::Null)].boxed()
}

fn op() -> impl Strategy<Value = CompareOp> {
    prop_oneof![2 => Just(CompareOp::Eq), 3 => prop::sample::select(&CompareOp::ALL[..])]
}

/// A condition on one attribute.
fn term(kind: &ResourceType, texts: &[String], times: &[String]) -> BoxedStrategy<Filter> {
    let (texts, times) = (texts.to_vec(), times.to_vec());
    let path = prop_oneof![2 => prop::sample::select(known(kind)), 1 => prop::sample::select(paths(kind))];
    path.prop_flat_map(move |(path, definition)| {
        let compared = literal(&definition, texts.clone(), times.clone());
        let compare = (Just(path.clone()), op(), compared).prop_map(|(path, op, to)| Filter::Compare(path, op, to));
        let simple = prop_oneof![6 => compare, 1 => Just(Filter::Present(path.clone()))];
        if !definition.is_complex() || definition.sub("value").is_none() {
            return simple.boxed();
        }
        let part = |name: &str| {
            let sub = definition.sub(name).unwrap().clone();
            let to = literal(&sub, texts.clone(), times.clone());
            (Just(AttrPath::new(name)), op(), to).prop_map(|(path, op, to)| Filter::Compare(path, op, to))
        };
        let both =
            (part("value"), part(if definition.sub("type").is_some() { "type" } else { "value" }), any::<bool>());
        let element = both.prop_map(move |(one, two, and)| {
            let inner = if and { Filter::And(vec![one, two]) } else { Filter::Or(vec![one, two]) };
            Filter::ValuePath(path.clone(), Box::new(inner))
        });
        prop_oneof![1 => simple, 1 => element].boxed()
    })
    .boxed()
}

fn filter(kind: &ResourceType, texts: &[String], times: &[String]) -> BoxedStrategy<Filter> {
    let nested = term(kind, texts, times).prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::Or),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    });
    prop_oneof![1 => term(kind, texts, times), 2 => nested].boxed()
}

/// The address of the service as it is called.
const BASE: &str = "https://id.example/scim/v2";

fn complete(
    mut whole: Attributes,
    id: &str,
    kind: &str,
    tag: &str,
    times: [auth_core::clock::Timestamp; 2],
) -> Attributes {
    whole.insert("id".to_owned(), id.into());
    let [created, changed] = times.map(auth_core::clock::Timestamp::rfc3339);
    let version = format!("W/\"{tag}\"");
    let location = format!("{BASE}/{kind}s/{id}");
    let meta = json!({
        "resourceType": kind, "created": created, "lastModified": changed, "version": version, "location": location,
    });
    whole.insert("meta".to_owned(), meta);
    whole
}

fn whole_user(user: &DirectoryUser) -> Attributes {
    let times = [user.created_at, user.updated_at];
    let mut whole = complete(user.attributes.clone(), user.id.as_str(), "User", &user.tag(), times);
    whole.entry("active").or_insert(true.into());
    if !user.groups.is_empty() {
        let groups = user.groups.iter().map(|group| {
            let kind = if group.direct { "direct" } else { "indirect" };
            let address = format!("{BASE}/Groups/{}", group.id);
            json!({ "value": group.id.as_str(), "display": group.display_name, "type": kind, "$ref": address })
        });
        whole.insert("groups".to_owned(), groups.collect());
    }
    whole
}

fn whole_group(group: &DirectoryGroup) -> Attributes {
    let times = [group.created_at, group.updated_at];
    let mut whole = complete(group.attributes.clone(), group.id.as_str(), "Group", &group.tag(), times);
    let members = group.members.as_deref().unwrap_or_default();
    if !members.is_empty() {
        let members = members.iter().map(|member| {
            let kind = if member.kind == groups::MemberKind::User { "User" } else { "Group" };
            let address = format!("{BASE}/{kind}s/{}", member.id);
            json!({ "value": member.id, "display": member.display, "type": kind, "$ref": address })
        });
        whole.insert("members".to_owned(), members.collect());
    }
    whole
}

/// A directory with generated people and groups, and another beside it with the same.
async fn filled(app: &App, runner: &mut TestRunner) -> Dir {
    let acme = organization(app, "Acme", None).await;
    let dirs = [Dir::of(app, Some(&acme), "okta").await, Dir::of(app, Some(&acme), "entra").await];
    for dir in &dirs {
        let mut ids = Vec::new();
        for _ in 0..24 {
            let resource = drawn(runner, &user());
            // Every name is there once at most, whatever its letter case.
            if let Ok(user) = dir.try_post(&resource.into()).await {
                ids.push(user.id.to_string());
            }
        }
        assert!(ids.len() > 6, "too few people were drawn: {}", ids.len());
        for n in 0..7 {
            let members = ids.iter().filter(|_| drawn(runner, &prop::bool::weighted(0.2))).cloned().collect();
            let new = NewDirectoryGroup { attributes: drawn(runner, &group()), members };
            let creation = async |tx: &mut auth_core::Tx| groups::create(tx, &dir.actor, &new, Members::Omit).await;
            let made = dir.app.core.write(&dir.ctx, creation).await.expect("a group");
            // From now on it may be in others.
            if n != 3 {
                ids.push(made.resource.id.to_string());
            }
        }
        app.clock.advance(1);
        for id in ids.iter().filter(|id| id.starts_with("scimu")).step_by(3) {
            dir.patch(&DirectoryUserId::from_text(id.clone()), &json!({ "nickName": "changed" })).await;
        }
    }
    let [dir, _] = dirs;
    dir
}

fn drawn<T>(runner: &mut TestRunner, strategy: &impl Strategy<Value = T>) -> T {
    strategy.new_tree(runner).expect("a value").current()
}

async fn users(dir: &Dir, query: &Query<'_>) -> Page<DirectoryUser> {
    let list = async |rx: &auth_core::Rx| resources::list(rx, &dir.actor, query).await;
    dir.app.core.read(&dir.ctx, list).await.unwrap_or_else(|error| panic!("{query:?}: {error:?}"))
}

async fn groups_of(dir: &Dir, query: &Query<'_>) -> Page<DirectoryGroup> {
    let list = async |rx: &auth_core::Rx| groups::list(rx, &dir.actor, query, Members::Include, Beyond::Refuse).await;
    dir.app.core.read(&dir.ctx, list).await.unwrap_or_else(|error| panic!("{query:?}: {error:?}"))
}

/// A page of users, or of groups: the ids, the total, and where the next begins.
async fn ids(dir: &Dir, query: &Query<'_>) -> (Vec<String>, i64, Option<auth_core::features::directory::Position>) {
    if query.kind.name == "User" {
        let page = users(dir, query).await;
        (page.resources.iter().map(|user| user.id.to_string()).collect(), page.total, page.next)
    } else {
        let page = groups_of(dir, query).await;
        (page.resources.iter().map(|group| group.id.to_string()).collect(), page.total, page.next)
    }
}

/// All pages, one after the other.
async fn walked(dir: &Dir, query: Query<'_>) -> Vec<String> {
    let (mut all, mut position) = (Vec::new(), None);
    loop {
        let place = Place::Cursor(position.as_ref());
        let (page, _, next) = ids(dir, &Query { place, ..query }).await;
        all.extend(page);
        let Some(next) = next else { return all };
        position = Some(next);
    }
}

/// What the evaluator says: the ids of those that match, in order.
fn expected(kind: &ResourceType, all: &[Attributes], filter: Option<&Filter>, sort: Option<&Sort>) -> Vec<String> {
    let mut found: Vec<&Attributes> =
        all.iter().filter(|one| filter.is_none_or(|filter| filter.matches(kind, one))).collect();
    let id = |one: &Attributes| one["id"].as_str().unwrap().to_owned();
    found.sort_by(|one, two| {
        let by = sort.map_or(Ordering::Equal, |sort| sort.key(kind, one).cmp(&sort.key(kind, two)));
        let ids = id(one).cmp(&id(two));
        by.then(if sort.is_some_and(|sort| sort.descending) { ids.reverse() } else { ids })
    });
    found.into_iter().map(id).collect()
}

async fn agree(app: &App, kind: &ResourceType) {
    let config = Config { failure_persistence: None, ..Config::default() };
    let seed = [if kind.name == "User" { 7 } else { 8 }; 32];
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let dir = Box::pin(filled(app, &mut runner)).await;
    let everything = |kind| Query { filter: None, kind, sort: None, place: Place::Index(0), limit: 1000, base: BASE };
    let people = users(&dir, &everything(ResourceType::user())).await.resources;
    let groups = groups_of(&dir, &everything(ResourceType::group())).await.resources;
    assert!(people.iter().any(|user| user.groups.iter().any(|group| !group.direct)), "nobody is in a group of a group");
    let user_ids = people.iter().map(|user| user.id.to_string());
    let texts: Vec<String> = TEXTS
        .iter()
        .map(ToString::to_string)
        .chain(user_ids.clone().step_by(3))
        .chain(groups.iter().map(|group| group.id.to_string()))
        .chain(["", "User", "Group", "direct", "indirect", "home"].map(str::to_owned))
        .chain([
            user_ids.clone().next().unwrap().to_uppercase(),
            "scimu_".to_owned(),
            "x".repeat(1010),
            "x".repeat(1030),
        ])
        .collect();
    let mut times: BTreeSet<String> = people.iter().map(|user| user.updated_at.rfc3339()).collect();
    times.extend(times.clone().iter().map(|time| time.replace('Z', "4Z")));
    times.extend(times.clone().iter().map(|time| time.replace('Z', "+00:00")).step_by(2));
    times.extend(["2016-12-31T23:59:60Z".to_owned(), "1960-01-01T00:00:00.0005Z".to_owned()]);
    let times: Vec<String> = times.into_iter().collect();
    let all: Vec<Attributes> = match &*kind.name {
        "User" => people.iter().map(whole_user).collect(),
        _ => groups.iter().map(whole_group).collect(),
    };
    let filters = filter(kind, &texts, &times);
    let sorts: Vec<Option<Sort>> = paths(kind)
        .iter()
        .flat_map(|(path, _)| [false, true].map(|down| Sort::resolve(kind, &path.to_string(), down).ok()))
        .chain([None, None])
        .collect();
    let (mut tried, mut some) = (0, 0);
    while tried < FILTERS {
        let Ok(filter) = drawn(&mut runner, &filters).resolve(kind) else { continue };
        let sort = sorts[tried % sorts.len()].as_ref();
        tried += 1;
        let filter = Some(&filter).filter(|_| tried % 9 != 0);
        let wanted = expected(kind, &all, filter, sort);
        some += usize::from(!wanted.is_empty() && wanted.len() < all.len());
        let said = || format!("{} sorted {sort:?}", filter.map(ToString::to_string).unwrap_or_default());
        let query = Query { filter, kind, sort, place: Place::Index(0), limit: 1000, base: BASE };
        let (got, total, _) = ids(&dir, &query).await;
        assert_eq!(got, wanted, "{}", said());
        assert_eq!(total, i64::try_from(wanted.len()).unwrap(), "the total of {}", said());
        let (offset, limit) = (tried % 7, 1 + tried % 5);
        let part = Query { place: Place::Index(offset as u64), limit: limit as u64, ..query };
        let (got, total, _) = ids(&dir, &part).await;
        let page: Vec<String> = wanted.iter().skip(offset).take(limit).cloned().collect();
        assert_eq!(got, page, "from {offset} on {limit} of {}", said());
        assert_eq!(total, i64::try_from(wanted.len()).unwrap(), "from {offset} on the total of {}", said());
        if tried % 3 == 0 {
            assert_eq!(
                walked(&dir, Query { limit: 1 + tried as u64 % 4, ..query }).await,
                wanted,
                "a walk of {}",
                said()
            );
        }
    }
    assert!(some > FILTERS / 20, "too few filters tell resources apart: {some}");
}

db_test!(filters_and_orders_of_users, async |app| { Box::pin(agree(&app, ResourceType::user())).await });

db_test!(filters_and_orders_of_groups, async |app| { Box::pin(agree(&app, ResourceType::group())).await });
