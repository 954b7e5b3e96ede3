//! All that a directory said about a person and what was done, in the order of time.
//!
//! Three sources, each by an index of its own: the requests about the resource; those about something else by which
//! something happened to the person, such as that they came to a group; and the events about the resource and about the
//! membership that came of it.

use std::collections::HashMap;

use crate::clock::Timestamp;
use crate::db::{self, Scope};
use crate::fault::Result;
use crate::features::directory::DirectoryFault;
use crate::features::directory::connections::{bounded, owner_key};
use crate::features::directory::request_log::{self, Filter, Logged, Person, Sight, Walk, Within};
use crate::ids::{DirectoryId, DirectoryUserId, Id as _, OrgId, RequestLogId};
use crate::outbox::{self, Published};

/// Something in the life of a person.
#[derive(Clone, Debug)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: Happening,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Happening {
    /// The directory asked for something.
    Request(Box<Logged>),
    /// Something became otherwise.
    Event(Box<Published>),
}

/// What happened to one of the people of a directory, newest first, and how much there is. People whom the directory has
/// deleted have a past too.
///
/// # Errors
/// [`DirectoryFault::ResourceNotFound`] if nothing is known of anybody of that id; those of
/// [`sight`](request_log::sight).
pub async fn timeline<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    directory: &DirectoryId,
    id: &DirectoryUserId,
    (limit, offset): (u64, u64),
) -> Result<(Vec<Moment>, i64)> {
    let owner = owner.into();
    let sight = request_log::sight(db, owner, directory).await?;
    request_log::refuse_far(offset)?;
    // The person of the resource, or of the receipt that is left of it.
    let row = db::one(
        db,
        "SELECT 1, (SELECT m.id FROM members m WHERE m.organization_id = $3 AND m.user_id = x.user_id)
         FROM (SELECT user_id FROM directory_users WHERE directory_id = $1 AND id = $2
               UNION ALL SELECT user_id FROM receipts WHERE directory_id = $1 AND directory_user_id = $2) x LIMIT 1",
        [directory.as_str().into(), id.as_str().into(), owner.map_or("", OrgId::as_str).into()],
    )
    .await?;
    let known = row.is_some();
    let member: Option<String> = row.map_or(Ok(None), |row| row.get(1))?;
    let order = db::event_order(db.backend());
    // An instance's directory has events of no organization, one of an organization that organization's only.
    let from = format!(
        "(SELECT r.created_at AS at, CAST(0 AS BIGINT) AS source, r.id AS id FROM directory_requests r
              WHERE r.directory_id = $1 AND r.owner_key = $2 AND r.target_id = $3
          UNION ALL SELECT p.created_at, CAST(0 AS BIGINT), p.request_id FROM directory_request_people p
              WHERE p.directory_id = $1 AND p.owner_key = $2 AND p.directory_user_id = $3
          UNION ALL SELECT e.created_at, CAST(1 AS BIGINT), e.id FROM events e
              WHERE e.subject IN ($3, $4) AND e.{order} IS NOT NULL AND COALESCE(e.organization_id, '') = $5) t"
    );
    let values: [sea_orm::Value; 5] = [
        directory.as_str().into(),
        owner_key(owner).into(),
        id.as_str().into(),
        member.as_deref().unwrap_or(id.as_str()).into(),
        owner.map_or("", OrgId::as_str).into(),
    ];
    let count = db::one(db, format!("SELECT COUNT(*) FROM {from}"), values.clone()).await?;
    let person = Person { targets: vec![id.as_str().to_owned()], ..Person::default() };
    let about = Filter::of(person);
    let within = Within::new(directory, owner, None, None);
    let packed = request_log::total(db, &within, &about).await?;
    let total = count.map_or(Ok(0), |row| row.get::<i64>(0))? + packed;
    if !known && total == 0 {
        return Err(DirectoryFault::ResourceNotFound.into());
    }
    let sql = format!(
        "SELECT t.at, t.source, t.id FROM {from} ORDER BY t.at DESC, t.source DESC, t.id DESC LIMIT (0 + $6) OFFSET (0 + $7)"
    );
    // Some of those that are passed over may be in segments.
    let (most, passed) = if packed == 0 { (limit, offset) } else { (limit.saturating_add(offset), 0) };
    let page = [bounded(most).into(), bounded(passed).into()];
    let rows = db::all(db, sql, values.into_iter().chain(page)).await?;
    let mut places: Vec<Place> = Vec::with_capacity(rows.len());
    for row in &rows {
        places.push((row.get(0)?, row.get::<i64>(1)? == 1, row.get(2)?));
    }
    let mut requests: HashMap<String, Logged> = HashMap::new();
    if packed > 0 {
        let segments = Walk::new(db, within, &about, false);
        places = merged(places, segments, (limit, offset), sight, &mut requests).await?;
    }
    let of = |event: bool| places.iter().filter(move |place| place.1 == event).map(|place| place.2.clone());
    let rows = of(false).filter(|id| !requests.contains_key(id)).map(RequestLogId::from_text).collect::<Vec<_>>();
    let rows = request_log::some(db, owner, directory, &rows, sight).await?;
    requests.extend(rows.into_iter().map(|logged| (logged.id.as_str().to_owned(), logged)));
    // Of those about something else nobody knows yet where they lie.
    let rest = of(false).filter(|id| !requests.contains_key(id)).map(RequestLogId::from_text).collect::<Vec<_>>();
    for mut logged in request_log::packed(db, directory, owner, &rest).await? {
        if sight == Sight::Masked {
            request_log::hide(&mut logged);
        }
        requests.insert(logged.id.as_str().to_owned(), logged);
    }
    let events: Vec<String> = of(true).collect();
    let events = outbox::find_all(db, &events).await?;
    let mut events: HashMap<String, Published> = events.into_iter().map(|event| (event.id.clone(), event)).collect();
    let moments = places.into_iter().filter_map(|(at, _, id)| {
        let request = requests.remove(&id).map(|logged| Happening::Request(Box::new(logged)));
        let what = request.or_else(|| events.remove(&id).map(|event| Happening::Event(Box::new(event))))?;
        Some(Moment { at, what })
    });
    Ok((moments.collect(), total))
}

/// A place in the order of time: when, whether it is an event, and its id.
type Place = (Timestamp, bool, String);

/// The part that is wanted of these places and of the requests in segments, the newest first each; the requests of that part are
/// `found`.
async fn merged<S: Scope>(
    places: Vec<Place>,
    mut segments: Walk<'_, S>,
    (limit, offset): (u64, u64),
    sight: Sight,
    found: &mut HashMap<String, Logged>,
) -> Result<Vec<Place>> {
    let (mut page, mut passed) = (Vec::new(), 0);
    let mut places = places.into_iter().peekable();
    let mut next = segments.next().await?;
    while (page.len() as u64) < limit {
        let packed = next.as_ref().map(|logged| (logged.at, false, logged.id.as_str()));
        let place = places.peek().map(|(at, event, id)| (*at, *event, id.as_str()));
        if place.is_none() && packed.is_none() {
            break;
        }
        // Nothing is before everything.
        let logged = if packed > place { std::mem::replace(&mut next, segments.next().await?) } else { None };
        let wanted = passed >= offset;
        passed += 1;
        match logged {
            Some(mut logged) if wanted => {
                if sight == Sight::Masked {
                    request_log::hide(&mut logged);
                }
                page.push((logged.at, false, logged.id.to_string()));
                found.insert(logged.id.to_string(), logged);
            }
            Some(_) => {}
            None => page.extend(places.next().filter(|_| wanted)),
        }
    }
    Ok(page)
}
