//! Validation of the further tokens of a sign-in, such as the token of a user beside that of a bot.

use std::collections::BTreeSet;

use super::provider_validation::RESERVED_PARAMS;
use super::{FileFault, Source};
use crate::oauth::{NamedToken, Provider};

/// Parameters that each authorization request has.
const REQUEST_PARAMS: [&str; 6] =
    ["response_type", "client_id", "redirect_uri", "scope", "resource", "code_challenge_method"];

impl Source<'_> {
    /// Checks the further tokens of a provider. `at` is the position of `[oauth]`.
    pub(super) fn check_further_tokens(self, at: usize, provider: &Provider) -> Result<(), FileFault> {
        let mut parameters = BTreeSet::new();
        for (name, token) in &provider.tokens {
            let table = format!("oauth.tokens.{name}");
            let at = self.text.find(&format!("[{table}]")).unwrap_or(at);
            let fault = |why: String| self.fault(at, why);
            let fits = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'_';
            if name.is_empty() || name.len() > 40 || !name.bytes().all(fits) {
                return Err(fault(format!(
                    "“{name}” is not a name of a token. Write lower-case letters, digits and _"
                )));
            }
            self.check_pointers(at, &table, token.pointers().chain([&token.access]))?;
            if token.access == provider.response.access {
                return Err(fault(format!("“access” of [{table}] is that of the first token. Write another pointer")));
            }
            if token.scopes.is_empty() {
                return Err(fault(format!("“scopes” of [{table}] is empty. Write what its tools need")));
            }
            self.check_scope_words(at, &table, &token.scopes, &token.scope_words)?;
            self.check_scope_param(at, &table, token, provider)?;
            if !parameters.insert(&token.scope_param) {
                let why = format!("“{}” is the “scope_param” of two tokens. Write another", token.scope_param);
                return Err(fault(why));
            }
        }
        let only = provider.revoke.iter().flat_map(|revoke| revoke.only.iter().flatten());
        let known = provider.tokens.keys().cloned().collect();
        only.into_iter().try_for_each(|name| self.check_token_name(at, "“only” of [oauth.revoke]", Some(name), &known))
    }

    /// Checks that no other line of the file sets the parameter.
    fn check_scope_param(
        self,
        at: usize,
        table: &str,
        token: &NamedToken,
        provider: &Provider,
    ) -> Result<(), FileFault> {
        let name = token.scope_param.as_str();
        let is_reserved = RESERVED_PARAMS.contains(&name) || REQUEST_PARAMS.contains(&name);
        if name.trim().is_empty() {
            return Err(self.fault(at, format!("“scope_param” of [{table}] is empty. Write the name of a parameter")));
        }
        if is_reserved || provider.scope_param == name || provider.authorize_params.contains_key(name) {
            let why = format!("“scope_param” of [{table}] is “{name}”, which the request has already. Write another");
            return Err(self.fault(at, why));
        }
        Ok(())
    }

    /// Checks that a further token has this name.
    pub(super) fn check_token_name(
        self,
        at: usize,
        place: &str,
        name: Option<&String>,
        known: &BTreeSet<String>,
    ) -> Result<(), FileFault> {
        match name.filter(|name| !known.contains(*name)) {
            Some(name) => Err(self.fault(at, format!("“{name}” in {place} is not a token of [oauth.tokens]"))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Shipped;

    const FILE: &str = r#"slug = "moorings"
name = "Moorings"
description = "Berths."
category = "productivity"
auth = "oauth"
transport = "rest"
base_url = "https://moorings.example"
docs = "https://moorings.example/apps"
[oauth]
authorize_url = "https://moorings.example/authorize"
token_url = "https://moorings.example/token"
authorize_params = { prompt = "consent" }
revoke = { url = "https://moorings.example/revoke", only = ["user"] }
[oauth.tokens.user]
access = "/authed_user/access_token"
scope = "/authed_user/scope"
scopes = ["status:write"]
scope_param = "user_scope"
scope_words = { "status:write" = "Set your status" }
[account]
url = "https://moorings.example/me"
id = "/id"
label = "/name"
token = "user"
[check]
url = "https://moorings.example/me"
[[tool]]
name = "get_status"
title = "Show the status"
description = "Shows your status."
effect = "reads"
token = "user"
request = { method = "GET", path = "/status" }
"#;

    fn fault(good: &str, bad: &str) -> String {
        assert!(FILE.contains(good), "{good}");
        Shipped::parse("connectors/moorings.toml", &FILE.replacen(good, bad, 1)).unwrap_err().to_string()
    }

    #[test]
    fn a_tool_may_name_a_further_token() {
        let descriptor = Shipped::parse("connectors/moorings.toml", FILE).unwrap().descriptor.unwrap();
        assert_eq!(descriptor.tools[0].rest.token.as_deref(), Some("user"));
        let provider = descriptor.oauth.unwrap();
        assert!(provider.revokes(Some("user")) && !provider.revokes(None));
        assert_eq!(provider.further_phrases(), ["Set your status"]);
        assert!(provider.is_of_further_token(&"status:write".to_owned()));
    }

    #[test]
    fn each_contradiction_is_refused_at_its_place() {
        let told = |good: &str, bad: &str, expected: &str| {
            let fault = fault(good, bad);
            assert_eq!(fault, format!("connectors/moorings.toml, {expected}"));
        };
        let (tool, table, oauth) = ("line 27, column 1", "line 14, column 1", "line 9, column 1");
        let unknown = "“bot” in “token” is not a token of [oauth.tokens]";
        told(
            "token = \"user\"\nrequest",
            "token = \"bot\"\nrequest",
            &format!("{tool}: The tool “get_status”: {unknown}"),
        );
        let account = "line 20, column 1: “bot” in “token” of [account] is not a token of [oauth.tokens]";
        told("token = \"user\"\n[check]", "token = \"bot\"\n[check]", account);
        let pointer =
            format!("{table}: “scope” in [oauth.tokens.user] is not a JSON Pointer. Write / before each name");
        told("\"/authed_user/scope\"", "\"scope\"", &pointer);
        let pointer = format!("{table}: “” in [oauth.tokens.user] is not a JSON Pointer. Write / before each name");
        told("\"/authed_user/access_token\"", "\"\"", &pointer);
        let first = "“access” of [oauth.tokens.user] is that of the first token. Write another pointer";
        told("/authed_user/access_token", "/access_token", &format!("{table}: {first}"));
        for taken in ["state", "client_id", "scope", "prompt"] {
            let why = format!(
                "{table}: “scope_param” of [oauth.tokens.user] is “{taken}”, which the request has already. Write another"
            );
            told("\"user_scope\"", &format!("{taken:?}"), &why);
        }
        let words = format!("{table}: [oauth.tokens.user.scope_words] does not say what “a” lets the hub do");
        told("scopes = [\"status:write\"]", "scopes = [\"a\"]", &words);
        let empty = format!("{table}: “scopes” of [oauth.tokens.user] is empty. Write what its tools need");
        told("scopes = [\"status:write\"]", "scopes = []", &empty);
        let only = format!("{oauth}: “bot” in “only” of [oauth.revoke] is not a token of [oauth.tokens]");
        told("only = [\"user\"]", "only = [\"bot\"]", &only);
        let twice = "[oauth.tokens.more]\naccess = \"/a\"\nscopes = [\"a\"]\nscope_param = \"user_scope\"\nscope_words = { a = \"A\" }\n[oauth.tokens.user]";
        let why = "line 19, column 1: “user_scope” is the “scope_param” of two tokens. Write another";
        told("[oauth.tokens.user]", twice, why);
        let unknown = fault("scope_param = \"user_scope\"", "scope_parm = \"user_scope\"");
        assert!(unknown.contains("“scope_parm” is not a field here"), "{unknown}");
        let both =
            fault("token = \"user\"\nrequest", "token = \"user\"\nauth = { header = \"A\", value = \"b\" }\nrequest");
        assert!(both.contains("“auth” and “token” are two credentials. Remove one of them"), "{both}");
    }
}
