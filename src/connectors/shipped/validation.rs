//! Validation of a REST service's description: each table suits the kind of authentication, and each name exists.

use std::collections::BTreeSet;

use toml::Spanned;
use url::Url;

use super::descriptor::{Descriptor, Key, Tables};
use super::field::{Field, FieldKind};
use super::tool::{ShippedTool, ToolTable};
use super::{AuthKind, FileFault, Source};
use crate::oauth::template_names;
use crate::rest::KnownNames;

/// Field names that all forms have.
const RESERVED_FIELD_NAMES: [&str; 7] = ["label", "token", "client_id", "client_secret", "anew", "state", "ends_on"];

/// Suffixes of the names of secret fields. The web recognises by them what it must never show or send back.
const SECRET_SUFFIXES: [&str; 3] = ["_token", "_secret", "_key"];

impl Source<'_> {
    /// Validates the tables together.
    pub(super) fn validate(self, auth: AuthKind, tables: Tables) -> Result<Descriptor, FileFault> {
        self.check_tables(auth, &tables)?;
        let known = self.collect_names(&tables)?;
        let mut with_application = known.clone();
        let has_sign_in = tables.oauth.is_some();
        let secrets = self.check_application(&tables.application_fields, has_sign_in, &mut with_application)?;
        self.check_url("base_url", &tables.base_url, &known)?;
        self.check_url("docs", &tables.docs, &BTreeSet::new())?;
        if let Some(oauth) = &tables.oauth {
            self.check_provider(oauth, &with_application)?;
        }
        if let Some(grant) = &tables.client_credentials {
            self.check_client_credentials(grant, &tables.fields, &known)?;
        }
        if let Some(key) = &tables.key {
            let token = tables.client_credentials.as_ref().map(|it| it.as_ref().token.as_str());
            self.check_key(key, &tables.fields, token)?;
        }
        let further: BTreeSet<_> = tables.oauth.iter().flat_map(|it| it.as_ref().tokens.keys().cloned()).collect();
        let check = &tables.check;
        let at = check.span().start;
        self.check_call(at, "check", &check.as_ref().url, &check.as_ref().method, &known)?;
        if let Some(account) = &tables.account {
            let (at, account) = (account.span().start, account.as_ref());
            self.check_call(at, "account", &account.url, &account.method, &known)?;
            self.check_pointers(at, "account", [&account.id, &account.label])?;
            self.check_token_name(at, "“token” of [account]", account.token.as_ref(), &further)?;
        }
        self.check_after_token(&tables.after_token, has_sign_in, &known)?;
        let names = KnownNames { connection: with_application, secrets, tokens: further, ..KnownNames::default() };
        let tools = self.tools(tables.tools, &names)?;
        Ok(Descriptor {
            base_url: tables.base_url.into_inner(),
            docs: tables.docs.into_inner(),
            fields: tables.fields.into_iter().map(Spanned::into_inner).collect(),
            application_fields: tables.application_fields.into_iter().map(Spanned::into_inner).collect(),
            oauth: tables.oauth.map(Spanned::into_inner),
            key: tables.key.map(Spanned::into_inner),
            client_credentials: tables.client_credentials.map(Spanned::into_inner),
            api: tables.api.unwrap_or_default(),
            after_token: tables.after_token.into_iter().map(Spanned::into_inner).collect(),
            account: tables.account.map(Spanned::into_inner),
            check: tables.check.into_inner(),
            tools,
        })
    }

    /// Validates the tools. `known` are the names of the connection.
    fn tools(self, written: Vec<Spanned<ToolTable>>, known: &KnownNames) -> Result<Vec<ShippedTool>, FileFault> {
        let mut tools: Vec<ShippedTool> = Vec::with_capacity(written.len());
        let mut choices = Vec::new();
        for table in written {
            let at = table.span().start;
            let (tool, choices_of_tool) = self.tool(table, known)?;
            if tools.iter().any(|other| other.definition.name == tool.definition.name) {
                return Err(self.fault(at, format!("There are two tools called “{}”", tool.definition.name)));
            }
            tools.push(tool);
            choices.extend(choices_of_tool);
        }
        self.resolve_choices(&mut tools, choices)?;
        Ok(tools)
    }

    /// Checks that exactly the tables of this kind of authentication are there.
    fn check_tables(self, auth: AuthKind, tables: &Tables) -> Result<(), FileFault> {
        let oauth = tables.oauth.as_ref().map(|it| it.span().start);
        let key = tables.key.as_ref().map(|it| it.span().start);
        if let Some(grant) = tables.client_credentials.as_ref().filter(|_| key.is_none()) {
            let what = "[client_credentials] needs a [key], which presents its token. Add it".to_owned();
            return Err(self.fault(grant.span().start, what));
        }
        match (auth, oauth, key) {
            (AuthKind::OAuth, Some(_), None) | (AuthKind::Token, None, Some(_)) | (AuthKind::None, None, None) => {
                Ok(())
            }
            (AuthKind::OAuth, None, _) => Err(self.fault(0, "“auth” is oauth, and there is no [oauth]".to_owned())),
            (AuthKind::Token, _, None) => Err(self.fault(0, "“auth” is token, and there is no [key]".to_owned())),
            (AuthKind::OAuth, Some(_), Some(at)) => {
                Err(self.fault(at, "“auth” is oauth, so there is no use for [key]. Remove it".to_owned()))
            }
            (_, Some(at), _) => {
                Err(self.fault(at, format!("“auth” is {}, so there is no use for [oauth]. Remove it", auth.as_str())))
            }
            (AuthKind::None, None, Some(at)) => {
                Err(self.fault(at, "“auth” is none, so there is no use for [key]. Remove it".to_owned()))
            }
        }
    }

    /// Returns the names that templates may use: fields, and values that a sign-in brings.
    fn collect_names(self, tables: &Tables) -> Result<BTreeSet<String>, FileFault> {
        let mut known = BTreeSet::new();
        for field in &tables.fields {
            let (at, field) = (field.span().start, field.as_ref());
            self.check_field(at, field)?;
            if !known.insert(field.name.clone()) {
                return Err(self.fault(at, format!("There are two fields called “{}”", field.name)));
            }
        }
        let captured =
            tables.oauth.iter().flat_map(|it| it.as_ref().capture.keys().chain(it.as_ref().capture_callback.keys()));
        known.extend(captured.cloned());
        known.extend(tables.after_token.iter().flat_map(|it| it.as_ref().keep.keys().cloned()));
        Ok(known)
    }

    /// Checks the name of a field, and that its kind fits.
    pub(super) fn check_field(self, at: usize, field: &Field) -> Result<(), FileFault> {
        let fits = |name: &str| !name.is_empty() && name.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
        if !fits(&field.name) {
            return Err(self.fault(at, format!("“{}” is not a field name. Write lower-case letters and _", field.name)));
        }
        if RESERVED_FIELD_NAMES.contains(&field.name.as_str()) {
            return Err(self.fault(at, format!("“{}” is a field of every form. Choose another name", field.name)));
        }
        if (field.kind == FieldKind::Secret) != SECRET_SUFFIXES.iter().any(|suffix| field.name.ends_with(suffix)) {
            let suffixes = SECRET_SUFFIXES.join(", ");
            return Err(self.fault(
                at,
                format!(
                        "“{}” does not fit: names that end in {suffixes} are for secrets only, and secrets need such a name",
                    field.name
                ),
            ));
        }
        if !field.under.is_empty() && field.kind != FieldKind::Domain {
            return Err(self.fault(at, format!("“under” is for a domain, which “{}” is not. Remove it", field.name)));
        }
        Ok(())
    }

    /// Checks that the key is a secret field, or the token that the client gets.
    fn check_key(
        self,
        written: &Spanned<Key>,
        fields: &[Spanned<Field>],
        token: Option<&str>,
    ) -> Result<(), FileFault> {
        let at = written.span().start;
        let is_secret =
            |name: &str| fields.iter().any(|it| it.as_ref().name == name && it.as_ref().kind == FieldKind::Secret);
        let known: BTreeSet<_> = fields.iter().map(|it| it.as_ref().name.clone()).collect();
        match written.as_ref() {
            Key::Bearer { field } | Key::Header { field, .. } | Key::Query { field, .. } | Key::Path { field, .. } => {
                if is_secret(field) || token == Some(field) {
                    Ok(())
                } else {
                    Err(self.fault(at, format!("“{field}” of [key] is not a [[field]] of kind secret")))
                }
            }
            Key::Basic { user, password } => {
                for template in [user, password] {
                    if let Some(unknown) = template_names(template).find(|name| !known.contains(*name)) {
                        return Err(self.fault(at, format!("“{unknown}” in [key] is not a [[field]]")));
                    }
                }
                Ok(())
            }
        }
    }

    pub(super) fn check_call(
        self,
        at: usize,
        table: &str,
        url: &str,
        method: &str,
        known: &BTreeSet<String>,
    ) -> Result<(), FileFault> {
        if !["GET", "POST"].contains(&method) {
            return Err(self.fault(at, format!("“method” of [{table}] does not fit. Write GET or POST")));
        }
        self.check_template(at, &format!("{table}.url"), url, known)
    }

    fn check_url(self, field: &str, written: &Spanned<String>, known: &BTreeSet<String>) -> Result<(), FileFault> {
        self.check_template(written.span().start, field, written.as_ref(), known)
    }

    /// Checks that a template is an https URL whose placeholders are known.
    pub(super) fn check_template(
        self,
        at: usize,
        field: &str,
        template: &str,
        known: &BTreeSet<String>,
    ) -> Result<(), FileFault> {
        if let Some(unknown) = template_names(template).find(|name| !known.contains(*name)) {
            return Err(self.fault(at, format!("“{unknown}” in “{field}” is not a [[field]], and nothing captures it")));
        }
        let filled = fill_template(template);
        let fits = Url::parse(&filled).is_ok_and(|url| url.scheme() == "https" && url.host_str().is_some());
        if fits {
            Ok(())
        } else {
            Err(self.fault(at, format!("“{field}” does not fit. Write an address that begins with https://")))
        }
    }

    pub(super) fn check_pointers<'a>(
        self,
        at: usize,
        table: &str,
        pointers: impl IntoIterator<Item = &'a String>,
    ) -> Result<(), FileFault> {
        match pointers.into_iter().find(|pointer| !pointer.starts_with('/')) {
            Some(wrong) => {
                Err(self.fault(at, format!("“{wrong}” in [{table}] is not a JSON Pointer. Write / before each name")))
            }
            None => Ok(()),
        }
    }
}

/// Fills each placeholder of a template with a sample value.
fn fill_template(template: &str) -> String {
    let mut text = String::new();
    for (n, part) in template.split('{').enumerate() {
        match part.split_once('}') {
            Some((_, rest)) if n > 0 => {
                text.push_str(if text.is_empty() { "https://filled.example" } else { "filled" });
                text.push_str(rest);
            }
            _ => text.push_str(part),
        }
    }
    text
}
