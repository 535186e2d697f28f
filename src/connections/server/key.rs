//! Adding a server that recognises its callers by headers of other names than `Authorization`.

use super::ServerAuth;
use crate::actor::Actor;
use crate::connections::fields::FormValues;
use crate::connections::store;
use crate::connectors::{FilledKey, ServerKey};
use crate::db::Tx;
use crate::error::{Error, FieldFaults, Result};
use crate::ids::ConnectionId;
use crate::secret::Secret;

/// The headers of a server, and the values that its owner entered.
#[derive(Clone, Debug)]
pub struct NewServerKey {
    /// Headers and their fields.
    pub key: ServerKey,
    /// Entered values, by field.
    pub values: FormValues,
}

/// Headers with valid values.
pub(super) struct AcceptedKey {
    pub(super) server_key: ServerKey,
    /// Headers as the vault seals them.
    pub(super) secret: Secret,
    /// Values that may be shown again.
    values: FormValues,
}

impl AcceptedKey {
    pub(super) async fn store_values(&self, tx: &mut Tx, actor: &Actor, id: ConnectionId) -> Result<()> {
        let values = serde_json::to_value(&self.values).map_err(Error::internal)?;
        Ok(store::set_account(tx, actor.owner_id(), id, &values, None).await?)
    }
}

/// Returns the headers; `None` if there are none, or if none has a value.
pub(super) fn fill(auth: &ServerAuth) -> Result<Option<AcceptedKey>> {
    let ServerAuth::Key(new) = auth else { return Ok(None) };
    let FilledKey { credential, values } = new.key.fill(&new.values)?;
    if credential.headers.is_empty() {
        return Ok(None);
    }
    Ok(Some(AcceptedKey { server_key: new.key.clone(), secret: credential.to_secret()?, values }))
}

/// Reports a rejected credential on the field of the header, as the form has none for a token.
pub(super) fn report(auth: &ServerAuth, error: Error) -> Error {
    let (ServerAuth::Key(new), Error::Invalid(faults)) = (auth, &error) else { return error };
    let mut reported = FieldFaults::default();
    for fault in faults.faults() {
        let field = if fault.field == "token" { new.key.reported_field().unwrap_or("url") } else { &fault.field };
        let detail = fault.detail.clone().unwrap_or_default();
        reported.add(field, crate::error::Message::from(fault.message.clone()).with_detail(detail));
    }
    Error::Invalid(reported)
}
