//! Validation of a REST service's description: each table suits the kind of authentication, and each name exists.

use std::collections::BTreeSet;

use toml::Spanned;
use url::Url;

use super::descriptor::{Descriptor, Field, FieldKind, Key, Tables};
use super::{AuthKind, FileFault, Source};
use crate::oauth::{Provider, RevocationAuth, template_names};

/// Field names that all forms have.
const RESERVED_FIELD_NAMES: [&str; 7] = ["label", "token", "client_id", "client_secret", "anew", "state", "ends_on"];

/// Suffixes of the names of secret fields. The web recognises by them what it must never show or send back.
const SECRET_SUFFIXES: [&str; 3] = ["_token", "_secret", "_key"];

/// Parameters that the hub sets for each request.
const RESERVED_PARAMS: [&str; 8] = [
    "state",
    "code",
    "code_challenge",
    "code_verifier",
    "client_secret",
    "client_assertion",
    "access_token",
    "refresh_token",
];

impl Source<'_> {
    /// Validates the tables together.
    pub(super) fn validate(self, auth: AuthKind, tables: Tables) -> Result<Descriptor, FileFault> {
        self.check_tables(auth, &tables)?;
        let known = self.collect_names(&tables)?;
        self.check_url("base_url", &tables.base_url, &known)?;
        self.check_url("docs", &tables.docs, &BTreeSet::new())?;
        if let Some(oauth) = &tables.oauth {
            self.check_provider(oauth, &known)?;
        }
        if let Some(key) = &tables.key {
            self.check_key(key, &tables.fields)?;
        }
        let check = &tables.check;
        let at = check.span().start;
        self.check_call(at, "check", &check.as_ref().url, &check.as_ref().method, &known)?;
        if let Some(account) = &tables.account {
            let (at, account) = (account.span().start, account.as_ref());
            self.check_call(at, "account", &account.url, &account.method, &known)?;
            self.check_pointers(at, "account", [&account.id, &account.label])?;
        }
        Ok(Descriptor {
            base_url: tables.base_url.into_inner(),
            docs: tables.docs.into_inner(),
            fields: tables.fields.into_iter().map(Spanned::into_inner).collect(),
            oauth: tables.oauth.map(Spanned::into_inner),
            key: tables.key.map(Spanned::into_inner),
            api: tables.api.unwrap_or_default(),
            account: tables.account.map(Spanned::into_inner),
            check: tables.check.into_inner(),
        })
    }

    /// Checks that exactly the tables of this kind of authentication are there.
    fn check_tables(self, auth: AuthKind, tables: &Tables) -> Result<(), FileFault> {
        let oauth = tables.oauth.as_ref().map(|it| it.span().start);
        let key = tables.key.as_ref().map(|it| it.span().start);
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

    /// Returns the names that templates may use: fields, and values captured from a grant.
    fn collect_names(self, tables: &Tables) -> Result<BTreeSet<String>, FileFault> {
        let mut known = BTreeSet::new();
        for field in &tables.fields {
            let (at, field) = (field.span().start, field.as_ref());
            let fits = |name: &str| !name.is_empty() && name.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
            if !fits(&field.name) {
                return Err(
                    self.fault(at, format!("“{}” is not a field name. Write lower-case letters and _", field.name))
                );
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
                return Err(
                    self.fault(at, format!("“under” is for a domain, which “{}” is not. Remove it", field.name))
                );
            }
            if !known.insert(field.name.clone()) {
                return Err(self.fault(at, format!("There are two fields called “{}”", field.name)));
            }
        }
        let captured =
            tables.oauth.iter().flat_map(|it| it.as_ref().capture.keys().chain(it.as_ref().capture_callback.keys()));
        known.extend(captured.cloned());
        Ok(known)
    }

    fn check_provider(self, written: &Spanned<Provider>, known: &BTreeSet<String>) -> Result<(), FileFault> {
        let (at, provider) = (written.span().start, written.as_ref());
        let revoke = provider.revoke.as_ref();
        let refresh = provider.refresh.as_ref();
        let urls = [
            ("authorize_url", Some(&provider.authorize_url)),
            ("token_url", Some(&provider.token_url)),
            ("refresh.url", refresh.and_then(|it| it.url.as_ref())),
            ("revoke.url", revoke.map(|it| &it.url)),
        ];
        let own = BTreeSet::from(["client_id".to_owned()]);
        let in_revoke = known.union(&own).cloned().collect();
        for (field, url) in urls {
            if let Some(url) = url {
                let known = if field == "revoke.url" { &in_revoke } else { known };
                self.check_template(at, &format!("oauth.{field}"), url, known)?;
                self.check_host(at, field, url, provider)?;
            }
        }
        self.check_params(at, provider)?;
        self.check_client_auth(at, provider)?;
        if let Some(scope) = provider.scopes.iter().find(|scope| !provider.scope_words.contains_key(*scope)) {
            return Err(self.fault(at, format!("[oauth.scope_words] does not say what “{scope}” lets the hub do")));
        }
        if let Some(scope) = provider.scope_words.keys().find(|scope| !provider.scopes.contains(scope)) {
            return Err(
                self.fault(at, format!("[oauth.scope_words] explains “{scope}”, which “scopes” does not request"))
            );
        }
        if refresh.is_some_and(|it| !["GET", "POST"].contains(&it.method.as_str())) {
            return Err(self.fault(at, "“method” of [oauth.refresh] does not fit. Write GET or POST".to_owned()));
        }
        if revoke.is_some_and(|it| !["GET", "POST", "DELETE"].contains(&it.method.as_str())) {
            return Err(self.fault(at, "“method” of [oauth.revoke] does not fit. Write GET, POST or DELETE".to_owned()));
        }
        if provider.idle_days.is_some_and(|days| !(1..=3_650).contains(&days)) {
            return Err(self.fault(at, "“idle_days” of [oauth] does not fit. Write a number from 1 to 3650".to_owned()));
        }
        let response = &provider.response;
        let named = [
            &response.access,
            &response.refresh,
            &response.expires_in,
            &response.scope,
            &response.error,
            &response.error_description,
        ];
        let others = response
            .expires_at
            .iter()
            .chain(response.success.iter().chain(revoke.and_then(|it| it.success.as_ref())).map(|it| &it.pointer))
            .chain(provider.capture.values());
        self.check_pointers(at, "oauth", named.into_iter().chain(others))
    }

    /// Checks that no host depends on the callback: an attacker could name the host, and receive the client secret.
    fn check_host(self, at: usize, field: &str, url: &str, provider: &Provider) -> Result<(), FileFault> {
        let start = url.find("://").map_or(0, |found| found + 3);
        let host = url[start..].find('/').map_or(url, |end| &url[..start + end]);
        match template_names(host).find(|name| provider.capture_callback.contains_key(*name)) {
            Some(name) => Err(self.fault(
                at,
                format!("“{name}” comes from the callback, so no host of “oauth.{field}” may depend on it"),
            )),
            None => Ok(()),
        }
    }

    /// Checks that a client with a private key never sends the key, as HTTP Basic would, and never omits its proof.
    fn check_client_auth(self, at: usize, provider: &Provider) -> Result<(), FileFault> {
        let auth = provider.client_auth;
        if !auth.has_key() {
            return Ok(());
        }
        let refuse = |line: &str| {
            let word = auth.as_str();
            Err(self.fault(at, format!("“client_auth” is {word}, so {line} is not possible. Remove it")))
        };
        if provider.revoke.as_ref().is_some_and(|it| it.auth == RevocationAuth::Basic) {
            return refuse("“auth” of [oauth.revoke] as basic");
        }
        if provider.refresh.as_ref().is_some_and(|it| it.omits_client_secret) {
            return refuse("“public” of [oauth.refresh]");
        }
        Ok(())
    }

    /// Checks that no table sets a parameter that the hub sets.
    fn check_params(self, at: usize, provider: &Provider) -> Result<(), FileFault> {
        let refresh = provider.refresh.as_ref().map(|it| ("refresh.params", &it.params));
        let tables = [("authorize_params", &provider.authorize_params), ("token_params", &provider.token_params)];
        for (table, params) in tables.into_iter().chain(refresh) {
            if let Some(name) = params.keys().find(|name| RESERVED_PARAMS.contains(&name.as_str())) {
                return Err(self.fault(at, format!("The hub sets “{name}” itself. Remove it from [oauth.{table}]")));
            }
        }
        Ok(())
    }

    fn check_key(self, written: &Spanned<Key>, fields: &[Spanned<Field>]) -> Result<(), FileFault> {
        let at = written.span().start;
        let is_secret =
            |name: &str| fields.iter().any(|it| it.as_ref().name == name && it.as_ref().kind == FieldKind::Secret);
        let known: BTreeSet<_> = fields.iter().map(|it| it.as_ref().name.clone()).collect();
        match written.as_ref() {
            Key::Bearer { field } | Key::Header { field, .. } | Key::Query { field, .. } => {
                if is_secret(field) {
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

    fn check_call(
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
    fn check_template(self, at: usize, field: &str, template: &str, known: &BTreeSet<String>) -> Result<(), FileFault> {
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

    fn check_pointers<'a>(
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
