//! Failures of a check of a credential, as faults of the fields of its form.

use url::Url;

use crate::connectors::{Descriptor, FieldKind};
use crate::error::Error;

/// Reports a rejected key on the key's field, and an unreachable service on the field that says where it is.
pub(super) fn field_error(descriptor: &Descriptor, error: Error) -> Error {
    let host_field = descriptor.fields.iter().find(|it| matches!(it.kind, FieldKind::Domain | FieldKind::DomainLabel));
    match (error, host_field) {
        (Error::Upstream { class: "unauthorized" | "forbidden", message, .. }, _) => {
            Error::field(secret_field(descriptor), message)
        }
        // the user has not typed the host, so its spelling is not theirs to check
        (Error::Upstream { class: "unresolved", .. }, None) => {
            let host = Url::parse(&descriptor.check.url).ok().and_then(|url| url.host_str().map(str::to_owned));
            let host = host.unwrap_or_else(|| "The service".to_owned());
            let message =
                format!("{host} could not be found from here. Check that this hub reaches the internet, and try again");
            Error::field(secret_field(descriptor), message)
        }
        (Error::Upstream { message, .. } | Error::Refused(message) | Error::Limited { message, .. }, host_field) => {
            Error::field(host_field.map_or_else(|| secret_field(descriptor), |field| field.name.clone()), message)
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

pub(super) fn secret_field(descriptor: &Descriptor) -> String {
    descriptor.fields.iter().find(|it| it.kind == FieldKind::Secret).map(|it| it.name.clone()).unwrap_or_default()
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
        let Error::Invalid(faults) = field_error(&service.descriptor.unwrap(), error) else { panic!("no fault") };
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
