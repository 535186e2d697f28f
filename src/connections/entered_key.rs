//! A key as its owner enters it: its fields, and the call by which the service accepts it. Called by `credentials`.
//!
//! The users of some services enter the id and the secret of an application instead. The hub exchanges them for an access token,
//! which takes the place of the key.

use url::Url;

use super::client_token;
use super::fields::{self, FormValues, ValidatedFields};
use super::rest_service::{ExternalAccount, RestService};
use crate::clock::Timestamp;
use crate::connectors::{ClientCredentials, Descriptor, FieldKind};
use crate::egress::Egress;
use crate::error::{Error, FieldFaults, Result};
use crate::oauth::TemplateValues;
use crate::secret::Secret;

/// A key that the service has accepted.
pub(super) struct AcceptedKey {
    /// Credential of calls: the secret fields, or the access token, as JSON.
    pub(super) credential: Secret,
    /// Set if the credential is an access token.
    pub(super) refresh: Option<TokenRefresh>,
    /// Values that may be shown again, by name.
    pub(super) values: TemplateValues,
    pub(super) account: Option<ExternalAccount>,
    /// The form's field of the key.
    pub(super) secret_field: String,
}

/// The refresh of an access token.
pub(super) struct TokenRefresh {
    /// The secret fields, as JSON.
    pub(super) secret: Secret,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) next_attempt_at: Option<Timestamp>,
}

/// Validates the form's values. Returns all faults at once.
pub(super) fn validate(descriptor: &Descriptor, form: &FormValues) -> Result<ValidatedFields> {
    let valid = fields::validate(&descriptor.fields, form)?;
    match &descriptor.client_credentials {
        Some(service) => check_alternatives(descriptor, service, &valid).into_result(valid),
        None => Ok(valid),
    }
}

/// Checks that either the token or the client is there, if the form has fields for both.
fn check_alternatives(descriptor: &Descriptor, service: &ClientCredentials, valid: &ValidatedFields) -> FieldFaults {
    let label = |name: &str| {
        let field = descriptor.fields.iter().find(|it| it.name == name);
        field.map_or_else(String::new, |it| fields::label_in_sentence(&it.label))
    };
    let (id, secret, token) = (label(&service.id), label(&service.secret), label(&service.token));
    let mut faults = FieldFaults::default();
    match (valid.has(&service.id), valid.has(&service.secret), valid.has(&service.token)) {
        (true, true, false) | (false, false, true) => {}
        (false, false, false) => faults.add(&service.id, format!("Enter the {id} and the {secret}, or the {token}")),
        (true, false, false) => faults.add(&service.secret, format!("Enter the {secret} that belongs to the {id}")),
        (false, true, false) => faults.add(&service.id, format!("Enter the {id} that belongs to the {secret}")),
        (_, _, true) => faults.add(&service.token, format!("Enter either the {token}, or the {id} and the {secret}")),
    }
    faults
}

/// Shows the key to the service.
///
/// # Errors
/// A fault of the field that the service rejected, or of the field that says where it is.
pub(super) async fn verify(
    egress: &Egress,
    descriptor: Descriptor,
    fields: ValidatedFields,
    now: Timestamp,
) -> Result<AcceptedKey> {
    let (entered, secret_field) = (fields.combined_secret()?, secret_field(&descriptor, &fields));
    let (credential, refresh) = match descriptor.client_credentials.as_ref().filter(|it| fields.has(&it.id)) {
        Some(service) => {
            let issued = client_token::request(egress, service, &fields.values, &entered, now).await?;
            let issued = issued.map_err(|failure| field_error(&descriptor, &secret_field, failure.into()))?;
            let next_attempt_at = issued.grant.refresh_at(&issued.provider, now);
            let refresh = TokenRefresh { secret: entered, expires_at: issued.grant.expires_at, next_attempt_at };
            (issued.grant.access, Some(refresh))
        }
        None => (entered, None),
    };
    let values = fields.values.clone();
    let service = RestService { descriptor, values, credential: Some(credential.clone()), application: None };
    service.check(egress).await.map_err(|error| field_error(&service.descriptor, &secret_field, error))?;
    let account = service.account(egress).await;
    Ok(AcceptedKey { credential, refresh, values: fields.values, account, secret_field })
}

/// Reports a rejected key on the key's field, and an unreachable service on the field that says where it is.
fn field_error(descriptor: &Descriptor, secret_field: &str, error: Error) -> Error {
    let host_field = descriptor.fields.iter().find(|it| matches!(it.kind, FieldKind::Domain | FieldKind::DomainLabel));
    match (error, host_field) {
        (Error::Upstream { class: "unauthorized" | "forbidden" | "invalid_client", message, .. }, _) => {
            Error::field(secret_field, message)
        }
        // the user has not typed the host, so its spelling is not theirs to check
        (Error::Upstream { class: "unresolved", .. }, None) => {
            let host = Url::parse(&descriptor.check.url).ok().and_then(|url| url.host_str().map(str::to_owned));
            let host = host.unwrap_or_else(|| "The service".to_owned());
            let message =
                format!("{host} could not be found from here. Check that this hub reaches the internet, and try again");
            Error::field(secret_field, message)
        }
        (Error::Upstream { message, .. } | Error::Refused(message) | Error::Limited { message, .. }, host_field) => {
            Error::field(host_field.map_or(secret_field, |field| field.name.as_str()), message)
        }
        (internal, _) => internal,
    }
}

/// Reports the failure of a server on this field.
pub(super) fn server_error(field: &str, error: Error) -> Error {
    match error {
        Error::Upstream { message, .. } | Error::Refused(message) | Error::Limited { message, .. } => {
            Error::field(field, message)
        }
        internal => internal,
    }
}

/// Returns the name of the secret field that has a value.
fn secret_field(descriptor: &Descriptor, fields: &ValidatedFields) -> String {
    let mut secrets = descriptor.fields.iter().filter(|it| it.kind == FieldKind::Secret);
    secrets.find(|it| fields.has(&it.name)).map(|it| it.name.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::field_error;
    use crate::connectors::shipped;
    use crate::error::Error;

    /// Returns the field and the message for a service that cannot be found.
    fn unresolved_fault(slug: &str) -> (String, String) {
        let service = shipped().unwrap().into_iter().find(|it| it.slug.as_str() == slug).unwrap();
        let error = Error::upstream("unresolved", "There is no host called that: check the spelling", None);
        let Error::Invalid(faults) = field_error(&service.descriptor.unwrap(), "secret_key", error) else {
            panic!("no fault")
        };
        (faults.faults()[0].field.clone(), faults.faults()[0].message.clone())
    }

    #[test]
    fn only_a_typed_host_asks_for_a_check_of_its_spelling() {
        let (field, message) = unresolved_fault("zendesk");
        assert!(field == "subdomain" && message.contains("check the spelling"), "{field}: {message}");
        let (field, message) = unresolved_fault("stripe");
        assert!(
            field == "secret_key" && message.starts_with("api.stripe.com could not be found from here"),
            "{message}"
        );
    }
}
