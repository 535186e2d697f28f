//! Precedence of settings: environment, file, defaults. Finds the text of each setting; the definition validates it.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory, FromArgMatches};
use toml::Spanned;

use super::setting::{Setting, SettingSource};
use super::{Config, ConfigError};
use crate::position::LineColumn;

/// The settings file that is read, if it exists, when neither `--config` nor `CRAFT_CONFIG` names a file.
const DEFAULT_FILE: &str = "craft.toml";

type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The text of a setting, its place in words, and its source.
struct FoundValue {
    place: String,
    text: String,
    source: SettingSource,
}

pub(super) fn load(file: Option<&Path>, env: Env<'_>) -> Result<Config, ConfigError> {
    let mut definition = Config::command();
    definition.build();
    let mut file = File::read(file, env)?;
    let mut found = HashMap::new();
    for arg in definition.get_arguments() {
        let in_file = file.remove(arg.get_id().as_str())?;
        if let Some(value) = in_environment(arg, env).or(in_file) {
            found.insert(arg.get_id().to_string(), value);
        }
    }
    file.refuse_unknown(&definition)?;
    if !found.contains_key("data_dir") {
        let text = default_data_dir(env)?.to_string_lossy().into_owned();
        let (place, source) = ("CRAFT_DATA_DIR".to_owned(), SettingSource::Default);
        found.insert("data_dir".to_owned(), FoundValue { place, text, source });
    }
    let config = validate(&definition, &found)?;
    let value_of = |arg: &Arg| found.get(arg.get_id().as_str()).map(|value| (value.text.as_str(), &value.source));
    let settings = definition.get_arguments().map(|arg| Setting::new(arg, value_of(arg))).collect();
    Ok(Config { settings, ..config })
}

fn in_environment(arg: &Arg, env: Env<'_>) -> Option<FoundValue> {
    let name = arg.get_env()?.to_str()?;
    Some(FoundValue { place: name.to_owned(), text: env(name)?, source: SettingSource::Environment })
}

/// Parses the found values. The definition's own access to the environment is disabled: only `env` reads it.
fn validate(definition: &Command, found: &HashMap<String, FoundValue>) -> Result<Config, ConfigError> {
    let arguments = found.iter().map(|(key, value)| format!("--{}={}", key.replace('_', "-"), value.text));
    let arguments = std::iter::once("craft".to_owned()).chain(arguments);
    definition
        .clone()
        .mut_args(|arg| arg.env(Resettable::Reset))
        .try_get_matches_from(arguments)
        .and_then(|matches| Config::from_arg_matches(&matches))
        .map_err(|error| explain(&error, definition, found))
}

fn explain(error: &clap::Error, definition: &Command, found: &HashMap<String, FoundValue>) -> ConfigError {
    let place_of = |kind| {
        let Some(ContextValue::String(named)) = error.get(kind) else { return String::new() };
        let arg = definition.get_arguments().find(|arg| arg.to_string() == *named);
        let value = arg.and_then(|arg| found.get(arg.get_id().as_str()));
        value.map_or_else(|| named.clone(), |value| value.place.clone())
    };
    let place = place_of(ContextKind::InvalidArg);
    if error.kind() == ErrorKind::ArgumentConflict {
        return ConfigError::Both { place, other: place_of(ContextKind::PriorArg) };
    }
    if let Some(ContextValue::Strings(needed)) = error.get(ContextKind::InvalidArg) {
        let needed = definition.get_arguments().filter(|arg| needed.contains(&arg.to_string()));
        let place = needed.filter_map(|arg| arg.get_env()?.to_str()).collect::<Vec<_>>().join(", ");
        return ConfigError::BadValue { place, expected: "must be set, because other settings need it".to_owned() };
    }
    let expected = std::error::Error::source(error).map_or_else(|| error.kind().to_string(), ToString::to_string);
    ConfigError::BadValue { place, expected }
}

fn default_data_dir(env: Env<'_>) -> Result<PathBuf, ConfigError> {
    if rustix::process::geteuid().is_root() {
        return Ok(PathBuf::from("/var/lib/tool-connect-craft"));
    }
    let data_home = env("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let share = data_home.or_else(|| env("HOME").map(|home| Path::new(&home).join(".local/share")));
    share.map(|share| share.join("tool-connect-craft")).ok_or(ConfigError::NoHome)
}

/// The keys of the settings file that no setting has taken yet.
struct File {
    path: PathBuf,
    rest: BTreeMap<String, Entry>,
}

/// The value of a key, and its line.
struct Entry {
    line: usize,
    value: toml::Value,
}

impl File {
    fn read(named: Option<&Path>, env: Env<'_>) -> Result<Self, ConfigError> {
        let named = named.map(Path::to_path_buf).or_else(|| env("CRAFT_CONFIG").map(PathBuf::from));
        let must_exist = named.is_some();
        let path = named.unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
        match std::fs::read_to_string(&path) {
            Ok(text) => match entries(&text) {
                Ok(rest) => Ok(Self { path, rest }),
                Err(error) => Err(ConfigError::Syntax { path, reason: place_and_reason(&text, &error) }),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => {
                Ok(Self { path, rest: BTreeMap::new() })
            }
            Err(source) => Err(ConfigError::Unreadable { path, source }),
        }
    }

    fn remove(&mut self, key: &str) -> Result<Option<FoundValue>, ConfigError> {
        let Some(Entry { line, value }) = self.rest.remove(key) else { return Ok(None) };
        let path = self.path.display().to_string();
        let place = format!("`{key}` in {path}, line {line}");
        let source = SettingSource::File { path, line };
        match text_of(&value) {
            Some(text) => Ok(Some(FoundValue { place, text, source }).filter(|found| !found.text.trim().is_empty())),
            None => Err(ConfigError::BadValue {
                place,
                expected: "expected a text, a number or a list of texts".to_owned(),
            }),
        }
    }

    fn refuse_unknown(self, definition: &Command) -> Result<(), ConfigError> {
        let Some((key, Entry { line, .. })) = self.rest.into_iter().min_by_key(|(_, entry)| entry.line) else {
            return Ok(());
        };
        let known: Vec<_> = definition.get_arguments().map(|arg| arg.get_id().as_str()).collect();
        Err(ConfigError::UnknownKey { path: self.path, line, key, known: known.join(", ") })
    }
}

fn entries(text: &str) -> Result<BTreeMap<String, Entry>, toml::de::Error> {
    let keys: BTreeMap<Spanned<String>, toml::Value> = toml::from_str(text)?;
    let entry = |(key, value): (Spanned<String>, _)| {
        let line = LineColumn::at_offset(text, key.span().start).line;
        (key.into_inner(), Entry { line, value })
    };
    Ok(keys.into_iter().map(entry).collect())
}

fn text_of(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Array(items) => {
            let texts: Option<Vec<_>> = items.iter().map(toml::Value::as_str).collect();
            texts.map(|texts| texts.join(","))
        }
        _ => None,
    }
}

/// Formats a parser error without the line, which may contain a password.
fn place_and_reason(text: &str, error: &toml::de::Error) -> String {
    let line = LineColumn::at_offset(text, error.span().map_or(0, |span| span.start)).line;
    format!("line {line}, {}", error.message())
}
