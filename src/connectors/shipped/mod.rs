//! Shipped connectors: one TOML file each in `connectors/`, embedded in the binary. Those of MCP servers that their
//! providers host are in `connectors/hosted/`.
//!
//! `serve` reads them at start. The first fault stops the start, with a sentence that names the file, the position, the field,
//! and what to write. A request must not read them: it reads the stored connectors.

mod after_token;
mod application;
mod choices;
mod choices_validation;
mod client_credentials;
mod descriptor;
#[cfg(test)]
mod descriptor_tests;
mod fault;
mod field;
mod further_tokens;
mod hosted;
mod hosted_address;
#[cfg(test)]
mod mutation_tests;
mod popular;
mod provider_validation;
mod sunset;
mod tool;
mod validation;

#[cfg(test)]
mod tests;

use serde::Deserialize;
use toml::{Spanned, Value};

pub use self::after_token::AfterToken;
pub use self::application::APPLICATION_PREFIX;
pub use self::client_credentials::ClientCredentials;
use self::descriptor::Tables;
pub use self::descriptor::{Account, Check, Descriptor, Key};
pub use self::fault::FileFault;
pub use self::field::{Field, FieldKind};
pub use self::hosted::{DescriptionSource, Hosted};
use self::hosted::{HostedFields, SourceTable};
pub use self::popular::popularity;
pub use self::sunset::Sunset;
pub use self::tool::ShippedTool;
use self::tool::ToolTable;
use super::{AuthKind, Category, Slug, Transport};
use crate::oauth::Provider;
use crate::rest::ApiRules;

// `FILES`: path and text of each file in `connectors/` and below, by path
include!(concat!(env!("OUT_DIR"), "/connectors.rs"));

const MAX_NAME_LENGTH: usize = 80;
const MAX_DESCRIPTION_LENGTH: usize = 300;

/// A connector as its file describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// Name in URLs, which is the name of the file.
    pub slug: Slug,
    /// Name for people.
    pub name: String,
    /// Purpose, in one sentence.
    pub description: String,
    /// Category.
    pub category: Category,
    /// Kind of authentication.
    pub auth: AuthKind,
    /// Protocol of calls.
    pub transport: Transport,
    /// Description, if the connector is a REST service.
    pub descriptor: Option<Box<Descriptor>>,
    /// Description, if the connector is an MCP server.
    pub hosted: Option<Hosted>,
    /// Known end of what the connector uses.
    pub sunset: Option<Sunset>,
}

/// Parses the connectors that are embedded in this binary, one after the other.
pub fn parse_shipped() -> impl Iterator<Item = Result<Shipped, FileFault>> + Send {
    FILES.iter().map(|(file, text)| Shipped::parse(file, text))
}

/// Returns all connectors that are embedded in this binary.
pub fn shipped() -> Result<Vec<Shipped>, FileFault> {
    parse_shipped().collect()
}

/// The fields of a file. Each is optional here and checked on its own, so that each fault can say what to write.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConnectorFile {
    slug: Option<Spanned<Value>>,
    name: Option<Spanned<Value>>,
    description: Option<Spanned<Value>>,
    category: Option<Spanned<Value>>,
    auth: Option<Spanned<Value>>,
    transport: Option<Spanned<Value>>,
    base_url: Option<Spanned<String>>,
    docs: Option<Spanned<String>>,
    #[serde(default)]
    field: Vec<Spanned<Field>>,
    #[serde(default)]
    application_field: Vec<Spanned<Field>>,
    oauth: Option<Spanned<Provider>>,
    key: Option<Spanned<Key>>,
    client_credentials: Option<Spanned<ClientCredentials>>,
    api: Option<ApiRules>,
    #[serde(default)]
    after_token: Vec<Spanned<AfterToken>>,
    account: Option<Spanned<Account>>,
    check: Option<Spanned<Check>>,
    #[serde(default)]
    tool: Vec<Spanned<ToolTable>>,
    server_url: Option<Spanned<Value>>,
    seen: Option<Spanned<SourceTable>>,
    unconfirmed: Option<Spanned<bool>>,
    beside: Option<Spanned<Value>>,
    application: Option<Spanned<bool>>,
    sunset: Option<Spanned<Sunset>>,
}

impl Shipped {
    /// Parses the text of a file; `file` is its path relative to the project.
    pub fn parse(file: &str, text: &str) -> Result<Self, FileFault> {
        let source = Source { file, text };
        let mut written: ConnectorFile = toml::from_str(text).map_err(|error| source.parse_fault(&error))?;
        let slug = source.slug(written.slug)?;
        let name = source.text("name", written.name, MAX_NAME_LENGTH)?;
        let description = source.text("description", written.description, MAX_DESCRIPTION_LENGTH)?;
        let category = source.word("category", written.category, Category::ALL.map(|it| (it.as_str(), it)))?;
        let auth = source.word("auth", written.auth, AuthKind::ALL.map(|it| (it.as_str(), it)))?;
        let transports = Transport::ALL.map(|it| (it.stored_text(), it));
        let transport = source.word("transport", written.transport, transports)?;
        let sunset = source.sunset(written.sunset)?;
        let (server_url, seen, unconfirmed) = (written.server_url, written.seen, written.unconfirmed);
        let beside = written.beside;
        let application = written.application;
        let hosted = if transport == Transport::Mcp {
            source.refuse_rest([
                ("base_url", written.base_url.as_ref().map(|it| it.span().start)),
                ("application_field", written.application_field.first().map(|it| it.span().start)),
                ("oauth", written.oauth.as_ref().map(|it| it.span().start)),
                ("client_credentials", written.client_credentials.as_ref().map(|it| it.span().start)),
                ("api", written.api.as_ref().map(|_| 0)),
                ("after_token", written.after_token.first().map(|it| it.span().start)),
                ("account", written.account.as_ref().map(|it| it.span().start)),
                ("check", written.check.as_ref().map(|it| it.span().start)),
                ("tool", written.tool.first().map(|it| it.span().start)),
            ])?;
            let (docs, key, fields) = (written.docs.take(), written.key.take(), std::mem::take(&mut written.field));
            let hosted = HostedFields { server_url, fields, docs, key, seen, unconfirmed, beside, application };
            Some(source.hosted(auth, hosted)?)
        } else {
            let (docs, key, fields) = (None, None, Vec::new());
            let hosted = HostedFields { server_url, fields, docs, key, seen, unconfirmed, beside, application };
            source.refuse_hosted(&hosted)?;
            None
        };
        let descriptor = match transport {
            Transport::Rest => {
                let tables = Tables {
                    base_url: source.require("base_url", written.base_url)?,
                    docs: source.require("docs", written.docs)?,
                    fields: written.field,
                    application_fields: written.application_field,
                    oauth: written.oauth,
                    key: written.key,
                    client_credentials: written.client_credentials,
                    api: written.api,
                    after_token: written.after_token,
                    account: written.account,
                    check: source.require("check", written.check)?,
                    tools: written.tool,
                };
                Some(Box::new(source.validate(auth, tables)?))
            }
            Transport::Builtin | Transport::Mcp => None,
        };
        Ok(Self { slug, name, description, category, auth, transport, descriptor, hosted, sunset })
    }
}

/// A file that is being parsed.
#[derive(Clone, Copy)]
struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn slug(self, value: Option<Spanned<Value>>) -> Result<Slug, FileFault> {
        let file_name = self.file.rsplit('/').next().unwrap_or_default();
        let name = file_name.trim_end_matches(".toml");
        let hint = match Slug::parse(name) {
            Some(_) => format!("Write {name}, which is the name of the file"),
            None => format!("Rename the file: {}", Slug::rule()),
        };
        self.field("slug", value, &hint, |text| Slug::parse(text).filter(|slug| slug.as_str() == name))
    }

    fn text(self, field: &str, value: Option<Spanned<Value>>, max: usize) -> Result<String, FileFault> {
        let fits = |text: &str| !text.trim().is_empty() && text.chars().count() <= max;
        let hint = format!("Write 1 to {max} characters");
        self.field(field, value, &hint, |text| fits(text).then(|| text.to_owned()))
    }

    fn word<T: Copy>(
        self,
        field: &str,
        value: Option<Spanned<Value>>,
        words: impl IntoIterator<Item = (&'static str, T)>,
    ) -> Result<T, FileFault> {
        let words: Vec<_> = words.into_iter().collect();
        let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        let hint = match known.as_slice() {
            [only] => format!("Write {only}"),
            known => format!("Write one of {}", known.join(", ")),
        };
        self.field(field, value, &hint, |text| words.iter().find(|(word, _)| *word == text).map(|(_, it)| *it))
    }

    /// Refuses the tables of a REST service in a file of another transport. Each has its name and its position.
    fn refuse_rest<const N: usize>(self, tables: [(&str, Option<usize>); N]) -> Result<(), FileFault> {
        match tables.into_iter().find_map(|(table, at)| Some((table, at?))) {
            Some((table, at)) => Err(self.fault(at, format!("“{table}” is for transport rest. Remove it"))),
            None => Ok(()),
        }
    }

    fn require<T>(self, field: &str, value: Option<T>) -> Result<T, FileFault> {
        value.ok_or_else(|| self.fault(0, format!("“{field}” is missing, which a connector of transport rest needs")))
    }

    /// Parses a text field with `read`. `hint` says what to write.
    fn field<T>(
        self,
        field: &str,
        value: Option<Spanned<Value>>,
        hint: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, FileFault> {
        let refuse = |at, why| Err(self.fault(at, format!("“{field}” {why}. {hint}")));
        let Some(value) = value else { return refuse(0, "is missing") };
        let at = value.span().start;
        let Value::String(text) = value.into_inner() else { return refuse(at, "is not a text") };
        read(&text).map_or_else(|| refuse(at, "does not fit"), Ok)
    }
}
