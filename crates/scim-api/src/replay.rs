//! Recorded requests, made again by the `ops` that served them.

use std::future::Future;
use std::pin::Pin;

use actix_web::http::StatusCode;
use auth_core::features::directory::request_log::{Done, Replay, Replayer};
use auth_core::features::directory::{CredentialScope, DirectoryActor, schemas};
use auth_core::{AuthCore, Error};
use scim_protocol::project::Projection;
use serde_json::Value;

use crate::change::Outcome;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::{bulk, groups, log, users};

/// Makes recorded SCIM requests again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Replays;

impl Replayer for Replays {
    fn replay<'a>(
        &'a self,
        core: &'a AuthCore,
        replay: Replay,
    ) -> Pin<Box<dyn Future<Output = auth_core::Result<Done>> + 'a>> {
        Box::pin(again(core, replay))
    }
}

async fn again(core: &AuthCore, replay: Replay) -> auth_core::Result<Done> {
    let Replay { actor, ctx, operation, target, body } = replay;
    let kinds = core.read(&ctx, async |rx| schemas::kinds(rx, &actor).await).await?;
    // What there was before is for whoever asks for the replay, who may see it; the request itself may do what its
    // credential may.
    let all = DirectoryActor { scopes: CredentialScope::ALL.to_vec(), ..actor.clone() };
    let viewer = Caller::replaying(core, all, ctx.clone(), kinds.clone());
    let caller = Caller::replaying(core, actor, ctx, kinds);
    let is_user = operation.starts_with("user.");
    let before = look(&viewer, is_user, target.as_deref()).await?;
    let (id, body) = (target.as_deref().unwrap_or_default(), body.unwrap_or_default());
    let done = Box::pin(change(&caller, &operation, id, body)).await;
    Ok(match done {
        Ok(outcome) => {
            let shown = outcome.body;
            // Of a large group only those who changed are told, by the notes: it is not shown.
            let after = if operation == "bulk" { None } else { shown.clone() };
            Done { status: outcome.status.as_u16(), body: shown, before, after }
        }
        Err(error) => {
            error.log(&caller.ctx.request_id);
            if let Some(notes) = &caller.ctx.notes {
                log::note_refusal(notes, 0, &error, None);
            }
            Done {
                status: error.status(),
                body: Some(error.body(Some(&caller.ctx.request_id))),
                after: before.clone(),
                before,
            }
        }
    })
}

/// The resource as it is now, if there is one.
async fn look(caller: &Caller, is_user: bool, target: Option<&str>) -> Result<Option<Value>, Error> {
    let Some(target) = target else { return Ok(None) };
    if is_user { users::ops::look(caller, target).await } else { groups::ops::look(caller, target).await }
}

async fn change(caller: &Caller, operation: &str, id: &str, body: Value) -> Result<Outcome, ApiError> {
    let all = Projection::default();
    match operation {
        "user.create" => users::ops::create(caller, body, &all).await,
        "user.replace" => users::ops::replace(caller, id, body, None, &all).await,
        "user.patch" => users::ops::patch(caller, id, body, None, &all).await,
        "user.delete" => users::ops::delete(caller, id, None).await,
        "group.create" => groups::ops::create(caller, body, &all).await,
        "group.replace" => groups::ops::replace(caller, id, body, None, &all).await,
        "group.patch" => groups::ops::patch(caller, id, body, None, &all).await,
        "group.delete" => groups::ops::delete(caller, id, None).await,
        "bulk" => {
            let body = Some(Box::pin(bulk::carried_out(caller, body)).await?);
            Ok(Outcome { status: StatusCode::OK, location: String::new(), tag: None, body })
        }
        _ => Err(ApiError::no_such_path()),
    }
}
