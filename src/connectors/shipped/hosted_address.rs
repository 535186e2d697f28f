//! Validation of an address that is not the same for everybody: `https://{workspace}/mcp`, with a `[[field]]` for each `{name}`.

use std::collections::BTreeSet;

use toml::{Spanned, Value};

use super::hosted::HostedFields;
use super::{Field, FieldKind, FileFault, Source};
use crate::oauth::template_names;

/// Names that the form of such a server has already.
const RESERVED_NAMES: [&str; 2] = ["name", "url"];

impl Source<'_> {
    /// Checks the fields of a server, and that its address uses each of them in a place that fits its kind.
    pub(super) fn check_own_address(self, hosted: &HostedFields) -> Result<(), FileFault> {
        let Some(url) = &hosted.server_url else { return Ok(()) };
        let Value::String(template) = url.as_ref() else { return Ok(()) };
        let mut known = BTreeSet::new();
        for field in &hosted.fields {
            self.check_address_field(field, template)?;
            if !known.insert(field.as_ref().name.clone()) {
                let problem = format!("There are two fields called “{}”", field.as_ref().name);
                return Err(self.fault(field.span().start, problem));
            }
        }
        let at = url.span().start;
        if let Some(unknown) = template_names(template).find(|name| !known.contains(*name)) {
            return Err(self.fault(at, format!("“{unknown}” in “server_url” is not a [[field]]")));
        }
        if known.is_empty() {
            return Ok(());
        }
        self.check_template(at, "server_url", template, &known)?;
        let fields = hosted.fields.iter().map(Spanned::as_ref);
        for field in fields.filter(|field| authority(template).contains(&placeholder(field))) {
            if !fits_host(field, authority(template)) {
                let hint = "Write a field of kind domain for a whole host, or of kind domain-label for a label of it";
                return Err(self.fault(at, format!("“{}” does not fit the host in “server_url”. {hint}", field.name)));
            }
        }
        self.refuse_with_own_address(hosted)
    }

    fn check_address_field(self, field: &Spanned<Field>, template: &str) -> Result<(), FileFault> {
        let (at, field) = (field.span().start, field.as_ref());
        self.check_field(at, field)?;
        let name = &field.name;
        if RESERVED_NAMES.contains(&name.as_str()) {
            return Err(self.fault(at, format!("“{name}” is a field of every form. Choose another name")));
        }
        if !matches!(field.kind, FieldKind::Text | FieldKind::Domain | FieldKind::DomainLabel) {
            let hint = "Addresses are not secret. Write text, domain or domain-label";
            return Err(self.fault(at, format!("The kind of “{name}” does not fit an address. {hint}")));
        }
        if field.optional {
            return Err(self.fault(at, format!("“{name}” is a part of the address. Remove “optional”")));
        }
        if !template.contains(&placeholder(field)) {
            let hint = format!("Write {{{name}}} there, or remove the field");
            return Err(self.fault(at, format!("“server_url” does not use “{name}”. {hint}")));
        }
        Ok(())
    }

    /// Refuses what such a server cannot have: it becomes a connector of its user, with a bearer token and a page of its own.
    fn refuse_with_own_address(self, hosted: &HostedFields) -> Result<(), FileFault> {
        let key = hosted.key.as_ref().map(|it| (it.span().start, "[key]"));
        let beside = hosted.beside.as_ref().map(|it| (it.span().start, "“beside”"));
        match key.or(beside) {
            Some((at, what)) => {
                let problem =
                    format!("{what} is for a server that is the same for everybody. Remove it, or each [[field]]");
                Err(self.fault(at, problem))
            }
            None => Ok(()),
        }
    }
}

fn placeholder(field: &Field) -> String {
    format!("{{{}}}", field.name)
}

/// Returns the part of an address that names the host.
fn authority(template: &str) -> &str {
    let rest = template.split_once("://").map_or(template, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// Reports whether a field may stand in the host: a domain as the whole of it, a label before a domain that is literally there.
fn fits_host(field: &Field, authority: &str) -> bool {
    match field.kind {
        FieldKind::Domain => authority == placeholder(field),
        FieldKind::DomainLabel => {
            let labels: Vec<_> = authority.split('.').collect();
            let literal = labels.iter().rev().take_while(|label| !label.contains('{')).count();
            literal >= 2 && labels.contains(&placeholder(field).as_str())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Shipped;

    const FILE: &str = "connectors/hosted/tides.toml";
    const GOOD: &str = r#"slug = "tides"
name = "Tides"
description = "High and low water."
category = "storage"
auth = "token"
transport = "mcp"
server_url = "https://{harbour}/mcp/{basin}"
docs = "https://tides.example/help"
seen = { source = "https://tides.example/docs", date = "2026-11-20" }

[[field]]
name = "harbour"
label = "Harbour"
kind = "domain"
under = ["tides.example"]

[[field]]
name = "basin"
label = "Basin"
kind = "text"
"#;

    fn refused(good: &str, bad: &str) -> String {
        assert!(GOOD.contains(good), "{good}");
        Shipped::parse(FILE, &GOOD.replace(good, bad)).unwrap_err().to_string()
    }

    #[test]
    fn an_address_is_made_of_fields() {
        let hosted = Shipped::parse(FILE, GOOD).unwrap().hosted.unwrap();
        assert_eq!(hosted.server_url, "https://{harbour}/mcp/{basin}");
        assert_eq!(hosted.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["harbour", "basin"]);
        let label = GOOD
            .replace("{harbour}", "{harbour}.tides.example")
            .replace("\"domain\"\nunder = [\"tides.example\"]", "\"domain-label\"");
        Shipped::parse(FILE, &label).unwrap();
    }

    #[test]
    fn each_fault_of_an_address_is_reported_at_its_place() {
        for (good, bad, place, words) in [
            ("{basin}\"", "{dock}\"", "line 17", "“server_url” does not use “basin”. Write {basin} there"),
            ("{basin}\"", "{basin}/{dock}\"", "line 7, column 14", "“dock” in “server_url” is not a [[field]]"),
            ("https://{harbour}/", "http://{harbour}/", "line 7, column 14", "“server_url” does not fit"),
            ("{harbour}/mcp", "{harbour}.example/mcp", "line 7, column 14", "“harbour” does not fit the host"),
            ("{harbour}/mcp/{basin}", "{basin}/mcp/{harbour}", "line 7, column 14", "“basin” does not fit the host"),
            ("{harbour}/mcp/{basin}", "{harbour}:{basin}/mcp", "line 7, column 14", "“server_url” does not fit"),
            ("kind = \"text\"", "kind = \"email\"", "line 17", "The kind of “basin” does not fit an address"),
            ("kind = \"text\"", "kind = \"text\"\noptional = true", "line 17", "Remove “optional”"),
            ("name = \"basin\"", "name = \"url\"", "line 17", "“url” is a field of every form"),
            ("name = \"basin\"", "name = \"harbour\"", "line 17", "There are two fields called “harbour”"),
        ] {
            let fault = refused(good, bad);
            assert!(fault.contains(place) && fault.contains(words), "{fault}");
        }
    }

    #[test]
    fn a_label_needs_a_domain_that_is_written_out() {
        let label = |host: &str| {
            let text = GOOD.replace("\"domain\"\nunder = [\"tides.example\"]", "\"domain-label\"");
            Shipped::parse(FILE, &text.replace("{harbour}/mcp", &format!("{host}/mcp")))
        };
        assert!(label("{harbour}.mcp.tides.example").is_ok());
        for host in ["{harbour}", "{harbour}.example", "mcp.{harbour}", "my-{harbour}.tides.example"] {
            let fault = label(host).unwrap_err().to_string();
            assert!(fault.contains("“harbour” does not fit the host"), "{host}: {fault}");
        }
    }

    #[test]
    fn a_server_of_its_own_has_no_header_of_its_own_and_stands_alone() {
        let key = "[key]\nstyle = \"header\"\nname = \"X-Tide-Key\"\nfield = \"token\"\n";
        let fault = Shipped::parse(FILE, &format!("{GOOD}{key}")).unwrap_err().to_string();
        assert!(fault.contains("[key] is for a server that is the same for everybody"), "{fault}");
        let fault = refused("docs =", "beside = \"ledger\"\ndocs =");
        assert!(fault.contains("line 8") && fault.contains("“beside” is for a server that is the same"), "{fault}");
    }
}
