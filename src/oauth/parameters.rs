//! Parameters of a request to a provider, and their names there.

use super::provider::Provider;

/// Names and values, in order.
pub(super) type Parameters = Vec<(String, String)>;

/// Replaces or adds parameters.
pub(super) fn override_with<'a, N: AsRef<str>>(
    parameters: &mut Parameters,
    overrides: impl IntoIterator<Item = (N, &'a String)>,
) {
    for (name, value) in overrides {
        parameters.retain(|(standard, _)| standard != name.as_ref());
        parameters.push((name.as_ref().to_owned(), value.clone()));
    }
}

/// Renames a parameter.
pub(super) fn rename(parameters: &mut Parameters, from: &str, to: &str) {
    for (name, _) in parameters.iter_mut().filter(|(name, _)| name == from) {
        to.clone_into(name);
    }
}

/// Renames parameters for the provider, and drops those without a value unless it wants them.
pub(super) fn to_wire(provider: &Provider, parameters: Parameters) -> Parameters {
    let sent = parameters.into_iter().filter(|(_, value)| provider.keep_empty || !value.is_empty());
    sent.map(|(name, value)| (provider.rename.get(&name).cloned().unwrap_or(name), value)).collect()
}
