//! The scopes that the methods of the protocol need.

use crate::api_tokens::Scope;

/// The methods that the hub answers, each with the scopes that it needs. Those without scopes show nothing of a person.
const METHOD_SCOPES: &[(&str, &[Scope])] = &[
    ("initialize", &[]),
    ("ping", &[]),
    ("server/discover", &[]),
    ("tools/list", &[Scope::ToolsRead]),
    ("tools/call", &[Scope::ToolsCall]),
];

/// Returns the scopes that a method needs; `None` for a method that the hub does not answer.
pub(super) fn required_scopes(method: &str) -> Option<&'static [Scope]> {
    METHOD_SCOPES.iter().find(|(name, _)| *name == method).map(|(_, scopes)| *scopes)
}
