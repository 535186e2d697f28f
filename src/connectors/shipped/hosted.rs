//! The description of an MCP server that its provider hosts: its address, the header of its key, and where the description
//! was seen.

use http::HeaderName;
use serde::Deserialize;
use time::macros::format_description;
use toml::{Spanned, Value};
use url::Url;

use super::{AuthKind, Field, FileFault, Key, Slug, Source};
use crate::clock::Day;

/// A hosted MCP server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosted {
    /// URL of the MCP endpoint: a template, if there are fields.
    pub server_url: String,
    /// Fields whose values make the URL, in their order; empty if everybody has the same server.
    pub fields: Vec<Field>,
    /// Page of the provider for the people who connect it.
    pub docs: String,
    /// Presentation of its key; `None` for a bearer token.
    pub key: Option<Key>,
    /// The page that describes the server.
    pub seen: DescriptionSource,
    /// The REST service of the same provider, on whose page the server stands.
    pub beside: Option<Slug>,
    /// True if the provider does not state the address, or if sources disagree, so that the description may be wrong.
    pub is_unconfirmed: bool,
    /// True if the server registers no clients: each user makes an OAuth application there.
    pub needs_application: bool,
}

/// The page from which a description was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescriptionSource {
    /// URL of the page.
    pub url: String,
    /// Day on which the page said so.
    pub on: Day,
}

/// The page as a file names it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceTable {
    source: String,
    date: String,
}

/// The fields of a file that describe a hosted server.
pub(super) struct HostedFields {
    pub(super) server_url: Option<Spanned<Value>>,
    pub(super) fields: Vec<Spanned<Field>>,
    pub(super) docs: Option<Spanned<String>>,
    pub(super) key: Option<Spanned<Key>>,
    pub(super) seen: Option<Spanned<SourceTable>>,
    pub(super) unconfirmed: Option<Spanned<bool>>,
    pub(super) beside: Option<Spanned<Value>>,
    pub(super) application: Option<Spanned<bool>>,
}

impl Source<'_> {
    pub(super) fn hosted(self, auth: AuthKind, fields: HostedFields) -> Result<Hosted, FileFault> {
        self.check_own_address(&fields)?;
        let is_template = !fields.fields.is_empty();
        let server_url = self.field("server_url", fields.server_url, "Write an https address", |text| {
            (is_template || is_https(text)).then(|| text.to_owned())
        })?;
        let docs = self.require_mcp("docs", fields.docs, "docs = \"https://example.com/help\"")?;
        if !is_https(docs.as_ref()) {
            return Err(self.fault(docs.span().start, "“docs” does not fit. Write an https address".to_owned()));
        }
        let key = fields.key.map(|key| self.hosted_key(auth, key)).transpose()?;
        let example = "seen = { source = \"https://example.com/mcp\", date = \"2026-11-29\" }";
        let seen = self.require_mcp("seen", fields.seen, example)?;
        let (at, SourceTable { source, date }) = (seen.span().start, seen.into_inner());
        if !is_https(&source) {
            return Err(self.fault(at, "“source” does not fit. Write an https address".to_owned()));
        }
        let on = Day::parse(&date, format_description!("[year]-[month]-[day]"))
            .map_err(|_| self.fault(at, "“date” does not fit. Write a day such as 2026-11-29".to_owned()))?;
        let is_unconfirmed = fields.unconfirmed.is_some_and(Spanned::into_inner);
        let hint = "Write the slug of the REST service on whose page the server stands";
        let beside = fields.beside.map(|it| self.field("beside", Some(it), hint, Slug::parse)).transpose()?;
        let seen = DescriptionSource { url: source, on };
        let needs_application = self.hosted_application(auth, fields.application)?;
        let (docs, fields) = (docs.into_inner(), fields.fields.into_iter().map(Spanned::into_inner).collect());
        Ok(Hosted { server_url, fields, docs, key, seen, beside, is_unconfirmed, needs_application })
    }

    fn require_mcp<T>(self, field: &str, value: Option<T>, example: &str) -> Result<T, FileFault> {
        let problem = || format!("“{field}” is missing, which a connector of transport mcp needs. Write {example}");
        value.ok_or_else(|| self.fault(0, problem()))
    }

    /// Checks that a key is presented in a header. Its form has one field, `token`.
    fn hosted_key(self, auth: AuthKind, written: Spanned<Key>) -> Result<Key, FileFault> {
        let at = written.span().start;
        let key = written.into_inner();
        let is_header = |name: &str| HeaderName::try_from(name).is_ok();
        match &key {
            _ if auth != AuthKind::Token => {
                let word = auth.as_str();
                Err(self.fault(at, format!("“auth” is {word}, so there is no use for [key]. Remove it")))
            }
            Key::Header { name, prefix, field } if field == "token" && prefix.is_empty() && is_header(name) => Ok(key),
            _ => {
                let hint = "Write style = \"header\", the name of the header, and field = \"token\"";
                Err(self.fault(at, format!("[key] does not fit an MCP server. {hint}")))
            }
        }
    }

    /// Checks that an application is needed for a sign-in only.
    fn hosted_application(self, auth: AuthKind, written: Option<Spanned<bool>>) -> Result<bool, FileFault> {
        let Some(written) = written else { return Ok(false) };
        if auth == AuthKind::OAuth {
            return Ok(written.into_inner());
        }
        let problem = format!("“auth” is {}, so there is no use for “application”. Remove it", auth.as_str());
        Err(self.fault(written.span().start, problem))
    }

    /// Refuses fields that a connector of another transport has no use for.
    pub(super) fn refuse_hosted(self, fields: &HostedFields) -> Result<(), FileFault> {
        let starts = [
            ("server_url", fields.server_url.as_ref().map(|it| it.span().start)),
            ("seen", fields.seen.as_ref().map(|it| it.span().start)),
            ("beside", fields.beside.as_ref().map(|it| it.span().start)),
            ("application", fields.application.as_ref().map(|it| it.span().start)),
            ("unconfirmed", fields.unconfirmed.as_ref().map(|it| it.span().start)),
        ];
        match starts.into_iter().find_map(|(field, at)| Some((field, at?))) {
            Some((field, at)) => Err(self.fault(at, format!("“{field}” is for transport mcp. Remove it"))),
            None => Ok(()),
        }
    }
}

pub(super) fn is_https(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.scheme() == "https" && url.host_str().is_some_and(|host| !host.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::super::{AuthKind, Key, Shipped, Transport};

    const FILE: &str = "connectors/tides.toml";
    const GOOD: &str = r#"slug = "tides"
name = "Tides"
description = "High and low water."
category = "storage"
auth = "oauth"
transport = "mcp"
server_url = "https://mcp.tides.example/mcp"
docs = "https://tides.example/help"
seen = { source = "https://tides.example/docs", date = "2026-11-20" }
"#;

    fn refused(good: &str, bad: &str) -> String {
        assert!(GOOD.contains(good), "{good}");
        Shipped::parse(FILE, &GOOD.replace(good, bad)).unwrap_err().to_string()
    }

    #[test]
    fn a_hosted_server_is_described_by_its_address_and_its_source() {
        let shipped = Shipped::parse(FILE, GOOD).unwrap();
        let hosted = shipped.hosted.unwrap();
        assert_eq!((shipped.transport, shipped.auth), (Transport::Mcp, AuthKind::OAuth));
        assert_eq!(hosted.server_url, "https://mcp.tides.example/mcp");
        assert_eq!((hosted.seen.on.to_string().as_str(), hosted.is_unconfirmed), ("2026-11-20", false));
        let unconfirmed = Shipped::parse(FILE, &format!("{GOOD}unconfirmed = true\n")).unwrap();
        assert!(unconfirmed.hosted.unwrap().is_unconfirmed);
    }

    #[test]
    fn a_fault_of_a_hosted_server_is_reported_with_its_line() {
        let fault = refused("https://mcp.tides", "http://mcp.tides");
        assert!(fault.contains("line 7, column 14: “server_url” does not fit. Write an https address"), "{fault}");
        let fault = refused("server_url = \"https://mcp.tides.example/mcp\"\n", "");
        assert!(fault.contains("line 1, column 1: “server_url” is missing"), "{fault}");
        let fault = refused("seen = {", "seen_at = {");
        assert!(fault.contains("“seen_at” is not a field here"), "{fault}");
        let fault = refused("seen =", "#");
        assert!(fault.contains("“seen” is missing, which a connector of transport mcp needs"), "{fault}");
        let fault = refused("2026-11-20", "2026-11-31");
        assert!(fault.contains("line 9, ") && fault.contains("“date” does not fit"), "{fault}");
        assert!(refused("https://tides.example/docs", "docs").contains("“source” does not fit"));
        assert!(refused("docs = ", "# ").contains("“docs” is missing, which a connector of transport mcp needs"));
        assert!(refused("https://tides.example/help", "help").contains("line 8, column 8: “docs” does not fit"));
    }

    #[test]
    fn a_key_has_a_header_of_its_own() {
        let key = "[key]\nstyle = \"header\"\nname = \"X-Tide-Key\"\nfield = \"token\"\n";
        let with = |auth: &str, key: &str| Shipped::parse(FILE, &(GOOD.replace("\"oauth\"", auth) + key));
        let hosted = with("\"token\"", key).unwrap().hosted.unwrap();
        assert!(matches!(hosted.key, Some(Key::Header { name, .. }) if name == "X-Tide-Key"));
        let fault = with("\"none\"", key).unwrap_err().to_string();
        assert!(fault.contains("“auth” is none, so there is no use for [key]"), "{fault}");
        for bad in [key.replace("X-Tide-Key", "X Tide"), key.replace("\"token\"", "\"api_key\"")] {
            let fault = with("\"token\"", &bad).unwrap_err().to_string();
            assert!(fault.contains("[key] does not fit an MCP server. Write style = \"header\""), "{fault}");
        }
    }

    #[test]
    fn tables_of_another_transport_are_refused() {
        let fault = Shipped::parse(FILE, &format!("{GOOD}base_url = \"https://tides.example\"\n")).unwrap_err();
        assert!(fault.to_string().contains("“base_url” is for transport rest. Remove it"), "{fault}");
        let fault = Shipped::parse(FILE, &format!("{GOOD}[check]\nurl = \"https://tides.example\"\n")).unwrap_err();
        assert!(fault.to_string().contains("“check” is for transport rest. Remove it"), "{fault}");
        let fault = refused("\"mcp\"", "\"builtin\"");
        assert!(fault.contains("line 7, column 14: “server_url” is for transport mcp. Remove it"), "{fault}");
    }
}
