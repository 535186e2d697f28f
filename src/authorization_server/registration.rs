//! Dynamic client registration (RFC 7591), for assistants that have no metadata document.

use std::net::IpAddr;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use time::Duration;

use super::assistant::Assistant;
use super::client_metadata::{ClientMetadata, MetadataFault};
use super::store_assistants as store;
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::Error;
use crate::ids::AssistantId;
use crate::request_source::network;

/// Most registrations from one network in an hour.
pub const MAX_REGISTRATIONS: i64 = 30;

const COUNT_PERIOD: Duration = Duration::HOUR;

/// A registration to which nobody agreed by then is deleted. Assistants keep their client id, and come back with it.
const UNUSED_TTL: Duration = Duration::days(90);

/// Unused registrations that each registration deletes; more than it can add.
const MAX_PURGED: i64 = 10;

/// The reason why an assistant was not registered.
#[derive(Debug)]
pub enum RegistrationFault {
    /// The description is not acceptable.
    Metadata(MetadataFault),
    /// The hub did not store it: a limit, or a failure.
    Failed(Error),
}

impl From<sqlx::Error> for RegistrationFault {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Registers an assistant as a public client, whatever method of authentication it asks for.
///
/// # Errors
/// Returns a fault of the description, or [`Error::Limited`] after too many registrations from one address.
pub async fn register(
    system: &SystemDb,
    document: &Value,
    ip: Option<IpAddr>,
    now: Timestamp,
) -> Result<Assistant, RegistrationFault> {
    let metadata = ClientMetadata::read(document).map_err(RegistrationFault::Metadata)?;
    let from: [u8; 32] = Sha256::digest(format!("assistants {:?}", ip.map(network))).into();
    let mut tx = system.begin().await.map_err(RegistrationFault::Failed)?;
    if store::count_registrations(&mut tx, &from, now - COUNT_PERIOD).await? >= MAX_REGISTRATIONS {
        let message = "Too many assistants were registered from your network. Try again in an hour".into();
        let retry_after = COUNT_PERIOD.unsigned_abs();
        return Err(RegistrationFault::Failed(Error::Limited { message, retry_after }));
    }
    store::purge_unused(&mut tx, now - UNUSED_TTL, MAX_PURGED).await?;
    let client_id = AssistantId::new(now).to_string();
    let assistant = store::insert_registration(&mut tx, &client_id, &metadata, &from, now).await?;
    tx.commit().await?;
    Ok(assistant)
}
