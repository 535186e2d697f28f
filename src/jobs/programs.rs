//! The calls of programs, for the list of a person's assistants.

use super::store_programs::{self as store, ProgramCalls};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Result;
use crate::ids::{JobId, ProgramId};

/// Returns the calls of these programs on the rows of the actor since a time. A program without calls is left out.
pub async fn count_by_program(
    db: &Db,
    actor: &Actor,
    programs: &[ProgramId],
    since: Timestamp,
) -> Result<Vec<ProgramCalls>> {
    let mut tx = db.enter(actor).await?;
    Ok(store::count(&mut tx, actor.owner_id(), programs, JobId::floor(since)).await?)
}
