//! Settings as administrators see them: each value with its source. The value of a secret is not in here.

use std::any::TypeId;

use clap::Arg;
use url::Url;

use super::CollectorHeaders;
use crate::secret::Secret;

/// A setting of this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Name of the variable.
    pub name: String,
    /// Heading of its section.
    pub section: String,
    /// Purpose, in a phrase that stands alone.
    pub purpose: String,
    /// Value in force.
    pub value: SettingValue,
    /// Source of the value.
    pub source: SettingSource,
    /// The value differs from the default.
    pub is_changed: bool,
}

/// The value of a setting, as far as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingValue {
    /// The text.
    Text(String),
    /// A secret, which is set.
    Secret,
    /// No value, and no default.
    Unset,
}

/// The source of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingSource {
    /// A variable of the environment.
    Environment,
    /// The settings file, and the line in it.
    File {
        /// Path of the file.
        path: String,
        /// Line, from 1.
        line: usize,
    },
    /// The default.
    Default,
}

impl Setting {
    /// Builds the setting of a definition. `found` is the text of its value, unless its default applies.
    pub(super) fn new(arg: &Arg, found: Option<(&str, &SettingSource)>) -> Self {
        let default = || arg.get_default_values().first().and_then(|value| value.to_str());
        let text = found.map(|(text, _)| text).or_else(default);
        let is_set = found.is_some_and(|(_, source)| *source != SettingSource::Default);
        Self {
            is_changed: is_set && text != default(),
            section: arg.get_help_heading().unwrap_or_default().to_owned(),
            name: arg.get_env().and_then(|name| name.to_str()).unwrap_or_default().to_owned(),
            purpose: arg.get_help().map(|help| help.to_string().replace('`', "")).unwrap_or_default(),
            value: match text {
                None => SettingValue::Unset,
                Some(_) if is_secret(arg) => SettingValue::Secret,
                Some(text) => SettingValue::Text(without_query(text)),
            },
            source: found.map_or(SettingSource::Default, |(_, source)| source.clone()),
        }
    }
}

/// Says whether the value has a type that cannot be printed.
fn is_secret(arg: &Arg) -> bool {
    let value = arg.get_value_parser().type_id();
    value == TypeId::of::<Secret>() || value == TypeId::of::<CollectorHeaders>()
}

/// Returns the text, and of an address only the part before its query, which may hold a key.
fn without_query(text: &str) -> String {
    match text.split_once('?') {
        Some((address, _)) if Url::parse(text).is_ok() => format!("{address}?…"),
        _ => text.to_owned(),
    }
}
