//! Details of the entries of a list, for services whose lists hold ids only.

use serde::{Deserialize, Serialize};

use super::pointer::Place;
use super::request::RequestTemplate;

/// The request for the details of each entry. The answer replaces the entry's members of the same name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Details {
    /// Place, in an entry, of the value that the request uses as `item`.
    pub item: Place,
    /// Request.
    pub request: RequestTemplate,
    /// Maximum number of entries, so that one call does not spend the limit of the service.
    pub max: usize,
}
