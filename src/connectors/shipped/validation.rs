//! Whether what a file says of a REST service fits together: each table the way to connect, each name something there.

use std::collections::BTreeSet;

use toml::Spanned;
use url::Url;

use super::descriptor::{Descriptor, Field, FieldKind, Key, Tables};
use super::{AuthKind, Fault, Source};
use crate::oauth::{Provider, RevocationAuth, template_names};

/// What forms have of their own.
const TAKEN: [&str; 7] = ["label", "token", "client_id", "client_secret", "anew", "state", "ends_on"];

/// How the names of secret fields end: by that the web knows, wherever it meets one, that it is never shown or carried.
const SECRET: [&str; 3] = ["_token", "_secret", "_key"];

/// Parameters that hold what is made for one request.
const OWN: [&str; 8] = [
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
    /// Reads the tables together: each must fit the way to connect, and name only what is there.
    pub(super) fn descriptor(self, auth: AuthKind, tables: Tables) -> Result<Descriptor, Fault> {
        self.only_what_connects(auth, &tables)?;
        let known = self.names(&tables)?;
        self.address("base_url", &tables.base_url, &known)?;
        self.address("docs", &tables.docs, &BTreeSet::new())?;
        if let Some(oauth) = &tables.oauth {
            self.provider(oauth, &known)?;
        }
        if let Some(key) = &tables.key {
            self.key(key, &tables.fields)?;
        }
        let check = &tables.check;
        let at = check.span().start;
        self.call(at, "check", &check.as_ref().url, &check.as_ref().method, &known)?;
        if let Some(account) = &tables.account {
            let (at, account) = (account.span().start, account.as_ref());
            self.call(at, "account", &account.url, &account.method, &known)?;
            self.pointers(at, "account", [&account.id, &account.label])?;
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

    fn only_what_connects(self, auth: AuthKind, tables: &Tables) -> Result<(), Fault> {
        let oauth = tables.oauth.as_ref().map(|it| it.span().start);
        let key = tables.key.as_ref().map(|it| it.span().start);
        match (auth, oauth, key) {
            (AuthKind::OAuth, Some(_), None) | (AuthKind::Token, None, Some(_)) | (AuthKind::None, None, None) => {
                Ok(())
            }
            (AuthKind::OAuth, None, _) => Err(self.fault(0, "“auth” is oauth, and there is no [oauth]".to_owned())),
            (AuthKind::Token, _, None) => Err(self.fault(0, "“auth” is token, and there is no [key]".to_owned())),
            (AuthKind::OAuth, Some(_), Some(at)) => {
                Err(self.fault(at, "“auth” is oauth, so there is no use for [key]. Take it out".to_owned()))
            }
            (_, Some(at), _) => {
                Err(self.fault(at, format!("“auth” is {}, so there is no use for [oauth]. Take it out", auth.as_str())))
            }
            (AuthKind::None, None, Some(at)) => {
                Err(self.fault(at, "“auth” is none, so there is no use for [key]. Take it out".to_owned()))
            }
        }
    }

    /// What templates may name: fields, and what is kept from a grant.
    fn names(self, tables: &Tables) -> Result<BTreeSet<String>, Fault> {
        let mut known = BTreeSet::new();
        for field in &tables.fields {
            let (at, field) = (field.span().start, field.as_ref());
            let fits = |name: &str| !name.is_empty() && name.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
            if !fits(&field.name) {
                return Err(
                    self.fault(at, format!("“{}” is no name of a field. Write lower-case letters and _", field.name))
                );
            }
            if TAKEN.contains(&field.name.as_str()) {
                return Err(self.fault(at, format!("“{}” is a field of every form. Choose another name", field.name)));
            }
            if (field.kind == FieldKind::Secret) != SECRET.iter().any(|end| field.name.ends_with(end)) {
                let ends = SECRET.join(", ");
                return Err(self.fault(
                    at,
                    format!(
                        "“{}” does not fit: names that end in {ends} are those of secrets, and of no others",
                        field.name
                    ),
                ));
            }
            if !field.under.is_empty() && field.kind != FieldKind::Domain {
                return Err(
                    self.fault(at, format!("“under” is for a domain, which “{}” is not. Take it out", field.name))
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

    fn provider(self, written: &Spanned<Provider>, known: &BTreeSet<String>) -> Result<(), Fault> {
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
                self.template(at, &format!("oauth.{field}"), url, known)?;
                self.host_not_of_callback(at, field, url, provider)?;
            }
        }
        self.params(at, provider)?;
        self.key_stays_here(at, provider)?;
        if let Some(unsaid) = provider.scopes.iter().find(|scope| !provider.scope_words.contains_key(*scope)) {
            return Err(self.fault(at, format!("[oauth.scope_words] does not say what “{unsaid}” lets the hub do")));
        }
        if let Some(unasked) = provider.scope_words.keys().find(|scope| !provider.scopes.contains(scope)) {
            return Err(
                self.fault(at, format!("[oauth.scope_words] explains “{unasked}”, which “scopes” does not ask for"))
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
        let answer = &provider.response;
        let named = [
            &answer.access,
            &answer.refresh,
            &answer.expires_in,
            &answer.scope,
            &answer.error,
            &answer.error_description,
        ];
        let others = answer
            .expires_at
            .iter()
            .chain(answer.success.iter().chain(revoke.and_then(|it| it.success.as_ref())).map(|it| &it.pointer))
            .chain(provider.capture.values());
        self.pointers(at, "oauth", named.into_iter().chain(others))
    }

    /// Whoever comes back brings what they like, so that cannot choose whom the hub shows its secret.
    fn host_not_of_callback(self, at: usize, field: &str, url: &str, provider: &Provider) -> Result<(), Fault> {
        let start = url.find("://").map_or(0, |found| found + 3);
        let host = url[start..].find('/').map_or(url, |end| &url[..start + end]);
        match template_names(host).find(|name| provider.capture_callback.contains_key(*name)) {
            Some(name) => Err(self
                .fault(at, format!("“{name}” comes from the callback, so no host of “oauth.{field}” may hang on it"))),
            None => Ok(()),
        }
    }

    /// A private key proves the hub without being sent, which HTTP Basic would do; and who leaves it out proves nothing.
    fn key_stays_here(self, at: usize, provider: &Provider) -> Result<(), Fault> {
        let auth = provider.client_auth;
        if !auth.has_key() {
            return Ok(());
        }
        let refuse = |line: &str| {
            let word = auth.as_str();
            Err(self.fault(at, format!("“client_auth” is {word}, so {line} cannot be. Take it out")))
        };
        if provider.revoke.as_ref().is_some_and(|it| it.auth == RevocationAuth::Basic) {
            return refuse("“auth” of [oauth.revoke] as basic");
        }
        if provider.refresh.as_ref().is_some_and(|it| it.public) {
            return refuse("“public” of [oauth.refresh]");
        }
        Ok(())
    }

    /// What the hub itself must say, no table may.
    fn params(self, at: usize, provider: &Provider) -> Result<(), Fault> {
        let refresh = provider.refresh.as_ref().map(|it| ("refresh.params", &it.params));
        let tables = [("authorize_params", &provider.authorize_params), ("token_params", &provider.token_params)];
        for (table, params) in tables.into_iter().chain(refresh) {
            if let Some(name) = params.keys().find(|name| OWN.contains(&name.as_str())) {
                return Err(self.fault(at, format!("The hub itself says “{name}”. Take it out of [oauth.{table}]")));
            }
        }
        Ok(())
    }

    fn key(self, written: &Spanned<Key>, fields: &[Spanned<Field>]) -> Result<(), Fault> {
        let at = written.span().start;
        let secret =
            |name: &str| fields.iter().any(|it| it.as_ref().name == name && it.as_ref().kind == FieldKind::Secret);
        let known: BTreeSet<_> = fields.iter().map(|it| it.as_ref().name.clone()).collect();
        match written.as_ref() {
            Key::Bearer { field } | Key::Header { field, .. } | Key::Query { field, .. } => {
                if secret(field) {
                    Ok(())
                } else {
                    Err(self.fault(at, format!("“{field}” of [key] is no [[field]] of kind secret")))
                }
            }
            Key::Basic { user, password } => {
                for template in [user, password] {
                    if let Some(unknown) = template_names(template).find(|name| !known.contains(*name)) {
                        return Err(self.fault(at, format!("“{unknown}” in [key] is no [[field]]")));
                    }
                }
                Ok(())
            }
        }
    }

    fn call(self, at: usize, table: &str, url: &str, method: &str, known: &BTreeSet<String>) -> Result<(), Fault> {
        if !["GET", "POST"].contains(&method) {
            return Err(self.fault(at, format!("“method” of [{table}] does not fit. Write GET or POST")));
        }
        self.template(at, &format!("{table}.url"), url, known)
    }

    fn address(self, field: &str, written: &Spanned<String>, known: &BTreeSet<String>) -> Result<(), Fault> {
        self.template(written.span().start, field, written.as_ref(), known)
    }

    /// An https address whose places can be filled.
    fn template(self, at: usize, field: &str, template: &str, known: &BTreeSet<String>) -> Result<(), Fault> {
        if let Some(unknown) = template_names(template).find(|name| !known.contains(*name)) {
            return Err(self.fault(at, format!("“{unknown}” in “{field}” is no [[field]], and nothing captures it")));
        }
        let filled = filled(template);
        let fits = Url::parse(&filled).is_ok_and(|url| url.scheme() == "https" && url.host_str().is_some());
        if fits {
            Ok(())
        } else {
            Err(self.fault(at, format!("“{field}” does not fit. Write an address that begins with https://")))
        }
    }

    fn pointers<'a>(self, at: usize, table: &str, pointers: impl IntoIterator<Item = &'a String>) -> Result<(), Fault> {
        match pointers.into_iter().find(|pointer| !pointer.starts_with('/')) {
            Some(wrong) => {
                Err(self.fault(at, format!("“{wrong}” in [{table}] is no JSON Pointer. Write / before each name")))
            }
            None => Ok(()),
        }
    }
}

/// A template with something in each place.
fn filled(template: &str) -> String {
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
