//! Secret arguments of a job: sealed when the job is accepted, and opened by its run just before the call.
//!
//! The body of the job holds masks in their places. The queue stores the sealed values, and deletes them when the job ends.

use serde_json::Value;

use super::store::Job;
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::db::{Db, SystemDb};
use crate::error::{Error, FieldFaults, Result};
use crate::ids::{JobId, OwnerId};
use crate::queue;
use crate::schema_form::{self, MASK, SecretValues, SplitInput};
use crate::vault::Vault;

/// Arguments as they are stored.
pub(super) struct StoredInput {
    /// JSON text with masks in place of the secrets.
    pub(super) text: String,
    /// The secrets, if there are any.
    pub(super) sealed: Option<Vec<u8>>,
}

/// Takes the secrets out of the arguments of a new job, and seals them.
///
/// # Errors
/// [`Error::Invalid`] if a mask stands in place of a secret: it was copied from a page.
pub(super) async fn seal(
    db: &Db,
    vault: &Vault,
    actor: &Actor,
    job: JobId,
    split: SplitInput,
    now: Timestamp,
) -> Result<StoredInput> {
    let SplitInput { masked, secrets, missing } = split;
    let mut faults = FieldFaults::default();
    for pointer in missing {
        faults.add(pointer, format!("“{MASK}” stands for a secret that is not shown: type it again"));
    }
    faults.into_result(())?;
    let text = masked.to_string();
    if secrets.is_empty() {
        return Ok(StoredInput { text, sealed: None });
    }
    let mut tx = db.enter(actor).await?;
    let sealed = vault.seal_column(&mut tx, actor.owner_id(), &place(job), &secrets.to_text(), now).await?;
    // the owner's data key may be new
    tx.commit().await?;
    Ok(StoredInput { text, sealed: Some(sealed) })
}

/// Puts the secrets of a job back into its arguments, and returns them.
///
/// # Errors
/// The job fails if its secrets are gone: a mask is never sent.
pub(super) async fn open(
    system: &SystemDb,
    vault: &Vault,
    job: &Job,
    owner: OwnerId,
    schema: &Value,
    input: &mut Value,
) -> Result<SecretValues> {
    // a job of an earlier version of the hub has them in its body
    if !job.input.contains(MASK) {
        return Ok(schema_form::split_secrets(schema, input).secrets);
    }
    let mut conn = system.acquire().await?;
    let secrets = match queue::find_sealed_secrets(&mut conn, owner, job.id).await? {
        Some(sealed) => {
            let text = vault.open_column(&mut conn, owner, &place(job.id), &sealed).await?;
            SecretValues::from_text(&text).filter(|secrets| secrets.insert_into(input))
        }
        None => Some(SecretValues::default()),
    };
    drop(conn);
    let is_whole = schema_form::split_secrets(schema, input).missing.is_empty();
    secrets.filter(|_| is_whole).ok_or_else(|| {
        Error::conflict("The secret arguments of this job are gone", "Run the tool again, and enter them again")
    })
}

/// Returns the place that the sealed secrets of a job are bound to.
fn place(job: JobId) -> String {
    format!("job_secret.sealed of {job}")
}
