//! Deletes authorization requests that nobody can use any more, with the verifier or the grant that is sealed beside them.

use super::store_requests;
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::Result;

/// The time that a request is kept. It can be used for ten minutes only; who comes back on the same day still reads why it cannot
/// be used any more.
const OLD_REQUEST_TTL: time::Duration = time::Duration::DAY;

/// Deletes the authorization requests of all owners that are older than a day. A grant whose user never chose a site goes with its
/// request, so no token of a person who walked away stays in the database. Runs daily.
pub async fn purge_old_sign_ins(system: &SystemDb, now: Timestamp) -> Result<()> {
    Ok(store_requests::delete_created_before(system.pool(), now - OLD_REQUEST_TTL).await?)
}
