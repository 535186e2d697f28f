//! The values that an administrator enters with the hub's application, besides its id and its secret. Called by `clients`.

use super::AuthorizationService;
use crate::actor::Actor;
use crate::connections::fields::{self, FormValues};
use crate::connections::oauth_clients::ApplicationValues;
use crate::connectors::{self, Connector, Field, FieldKind};
use crate::error::{Error, Result};
use crate::oauth::TemplateValues;
use crate::secret::Secret;

/// Validates the form's values of the service's application fields. An empty secret keeps the former one.
pub(super) async fn validate(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    connector: &Connector,
    form: &FormValues,
    former: Option<&ApplicationValues>,
) -> Result<ApplicationValues> {
    let mut tx = authorization.db.enter(actor).await?;
    let descriptor = connectors::descriptor(&mut tx, actor, connector.id).await?;
    drop(tx);
    let described = descriptor.map(|it| it.application_fields).unwrap_or_default();
    let former_secrets = former.and_then(|it| it.secrets.as_ref()).map(read_secrets).transpose()?.unwrap_or_default();
    let is_kept = |field: &Field| {
        let is_empty = form.get(&field.name).is_none_or(|text| text.trim().is_empty());
        field.kind == FieldKind::Secret && is_empty && former_secrets.contains_key(&field.name)
    };
    let (kept, entered): (Vec<_>, Vec<_>) = described.into_iter().partition(is_kept);
    let valid = fields::validate(&entered, form)?;
    let mut secrets = read_secrets(&valid.combined_secret()?)?;
    secrets.extend(kept.iter().filter_map(|it| Some((it.name.clone(), former_secrets.get(&it.name)?.clone()))));
    let sealed = serde_json::to_string(&secrets).map_err(Error::internal)?;
    Ok(ApplicationValues { values: valid.values, secrets: (!secrets.is_empty()).then(|| Secret::new(sealed)) })
}

fn read_secrets(secrets: &Secret) -> Result<TemplateValues> {
    serde_json::from_str(secrets.expose()).map_err(Error::internal)
}
