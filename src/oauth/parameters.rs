//! Parameters of a request to a provider: their names there, and where they are written.

use url::Url;

use super::provider::{BodyFormat, Provider};
use crate::egress::Request;

/// Names and values, in order.
pub(super) type Parameters = Vec<(String, String)>;

/// Returns the provider's name of a parameter.
pub(super) fn wire_name<'a>(provider: &'a Provider, name: &'a str) -> &'a str {
    provider.rename.get(name).map_or(name, String::as_str)
}

/// Renames parameters for the provider, and drops those without a value unless it wants them.
pub(super) fn to_wire(provider: &Provider, parameters: Parameters) -> Parameters {
    let sent = parameters.into_iter().filter(|(_, value)| provider.keep_empty || !value.is_empty());
    sent.map(|(name, value)| (wire_name(provider, &name).to_owned(), value)).collect()
}

/// Writes the parameters into the body or the URL of a request to `url`.
pub(super) fn write(request: Request, mut url: Url, format: BodyFormat, parameters: Parameters) -> Request {
    match format {
        BodyFormat::Form => {
            let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
            request.body("application/x-www-form-urlencoded", form)
        }
        BodyFormat::Json => {
            let object = parameters.into_iter().map(|(name, value)| (name, value.into())).collect();
            request.body("application/json", serde_json::Value::Object(object).to_string())
        }
        BodyFormat::Query => {
            url.query_pairs_mut().extend_pairs(parameters);
            request.with_url(url)
        }
    }
}
