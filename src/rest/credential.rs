//! The place of a credential in a request.

use http::HeaderName;

use crate::secret::Secret;

/// The position of a credential in a request.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are name and value of the header or the parameter")]
pub enum ApiCredential {
    /// No credential.
    None,
    /// A header; `value` is all of it.
    Header { name: HeaderName, value: Secret },
    /// A parameter of the query.
    Query { name: String, value: Secret },
}
