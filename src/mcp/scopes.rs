//! The scopes that the methods of the protocol need.

use crate::api_tokens::Scope;

/// The scopes of each method. Other methods show nothing of a person.
const METHOD_SCOPES: &[(&str, &[Scope])] = &[("tools/list", &[Scope::ToolsRead]), ("tools/call", &[Scope::ToolsCall])];

/// Returns the scopes that a method needs.
pub(super) fn required_scopes(method: &str) -> &'static [Scope] {
    METHOD_SCOPES.iter().find(|(name, _)| *name == method).map_or(&[], |(_, scopes)| scopes)
}
