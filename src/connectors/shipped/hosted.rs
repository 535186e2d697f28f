//! The description of an MCP server that its provider hosts: its address, and where the description was seen.

use serde::Deserialize;
use time::macros::format_description;
use toml::{Spanned, Value};
use url::Url;

use super::{FileFault, Source};
use crate::clock::Day;

/// A hosted MCP server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosted {
    /// URL of the MCP endpoint.
    pub server_url: String,
    /// The page that describes the server.
    pub seen: DescriptionSource,
    /// True if nobody has connected the server yet, so that the description may be wrong.
    pub is_unconfirmed: bool,
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
    pub(super) seen: Option<Spanned<SourceTable>>,
    pub(super) unconfirmed: Option<Spanned<bool>>,
}

impl Source<'_> {
    pub(super) fn hosted(self, fields: HostedFields) -> Result<Hosted, FileFault> {
        let server_url = self.field("server_url", fields.server_url, "Write an https address", |text| {
            is_https(text).then(|| text.to_owned())
        })?;
        let missing = || {
            let example = "seen = { source = \"https://example.com/mcp\", date = \"2026-11-29\" }";
            self.fault(0, format!("“seen” is missing, which a connector of transport mcp needs. Write {example}"))
        };
        let seen = fields.seen.ok_or_else(missing)?;
        let (at, SourceTable { source, date }) = (seen.span().start, seen.into_inner());
        if !is_https(&source) {
            return Err(self.fault(at, "“source” does not fit. Write an https address".to_owned()));
        }
        let on = Day::parse(&date, format_description!("[year]-[month]-[day]"))
            .map_err(|_| self.fault(at, "“date” does not fit. Write a day such as 2026-11-29".to_owned()))?;
        let is_unconfirmed = fields.unconfirmed.is_some_and(Spanned::into_inner);
        Ok(Hosted { server_url, seen: DescriptionSource { url: source, on }, is_unconfirmed })
    }

    /// Refuses fields that a connector of another transport has no use for.
    pub(super) fn refuse_hosted(self, fields: &HostedFields) -> Result<(), FileFault> {
        let starts = [
            ("server_url", fields.server_url.as_ref().map(|it| it.span().start)),
            ("seen", fields.seen.as_ref().map(|it| it.span().start)),
            ("unconfirmed", fields.unconfirmed.as_ref().map(|it| it.span().start)),
        ];
        match starts.into_iter().find_map(|(field, at)| Some((field, at?))) {
            Some((field, at)) => Err(self.fault(at, format!("“{field}” is for transport mcp. Remove it"))),
            None => Ok(()),
        }
    }
}

fn is_https(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.scheme() == "https" && url.host_str().is_some_and(|host| !host.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::super::{AuthKind, Shipped, Transport};

    const FILE: &str = "connectors/tides.toml";
    const GOOD: &str = r#"slug = "tides"
name = "Tides"
description = "High and low water."
category = "storage"
auth = "oauth"
transport = "mcp"
server_url = "https://mcp.tides.example/mcp"
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
        assert!(fault.contains("line 8, ") && fault.contains("“date” does not fit"), "{fault}");
        assert!(refused("https://tides.example/docs", "docs").contains("“source” does not fit"));
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
