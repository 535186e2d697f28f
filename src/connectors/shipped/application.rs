//! Fields that an administrator fills in with the OAuth application of a service, once for all users: the slug in its address,
//! the token of its bot. Templates name them `{app.slug}`; a secret one may only be a credential.

use std::collections::BTreeSet;

use toml::Spanned;

use super::field::{Field, FieldKind};
use super::{FileFault, Source};

/// Beginning of their names in templates.
pub const APPLICATION_PREFIX: &str = "app.";

impl Source<'_> {
    /// Checks the fields, adds the names of those that are not secret to `known`, and returns those of the secret ones.
    pub(super) fn check_application(
        self,
        fields: &[Spanned<Field>],
        has_sign_in: bool,
        known: &mut BTreeSet<String>,
    ) -> Result<BTreeSet<String>, FileFault> {
        let mut secrets = BTreeSet::new();
        for written in fields {
            let (at, field) = (written.span().start, written.as_ref());
            if !has_sign_in {
                return Err(self.fault(at, "[[application_field]] is for a service with [oauth]. Remove it".to_owned()));
            }
            self.check_field(at, field)?;
            let names = if field.kind == FieldKind::Secret { &mut secrets } else { &mut *known };
            if !names.insert(format!("{APPLICATION_PREFIX}{}", field.name)) {
                return Err(self.fault(at, format!("There are two application fields called “{}”", field.name)));
            }
        }
        Ok(secrets)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Shipped;

    const FILE: &str = r#"
        slug = "tides"
        name = "Tides"
        description = "High and low water."
        category = "productivity"
        auth = "oauth"
        transport = "rest"
        base_url = "https://tides.example"
        docs = "https://tides.example/apps"
        [[application_field]]
        name = "slug"
        label = "Slug"
        kind = "text"
        [[application_field]]
        name = "bot_token"
        label = "Token of the bot"
        kind = "secret"
        [oauth]
        authorize_url = "https://tides.example/{app.slug}/authorize"
        token_url = "https://tides.example/token"
        [check]
        url = "https://tides.example/me"
        [[tool]]
        name = "list_levels"
        title = "List levels"
        description = "Lists the water levels."
        effect = "reads"
        auth = { header = "Authorization", value = "Bot {app.bot_token}" }
        request = { method = "GET", path = "/levels" }
    "#;

    #[test]
    fn a_tool_may_present_a_secret_of_the_application() {
        let descriptor = Shipped::parse("connectors/tides.toml", FILE).unwrap().descriptor.unwrap();
        assert_eq!(descriptor.application_fields.len(), 2);
        assert_eq!(descriptor.tools[0].rest.auth.as_ref().unwrap().header, "Authorization");
    }

    #[test]
    fn each_contradiction_is_refused() {
        let fault = |good: &str, bad: &str| {
            assert!(FILE.contains(good), "{good}");
            Shipped::parse("connectors/tides.toml", &FILE.replacen(good, bad, 1)).unwrap_err().to_string()
        };
        let secret = fault("/{app.slug}/", "/{app.bot_token}/");
        assert!(secret.contains("“app.bot_token” in “oauth.authorize_url” is not a [[field]]"), "{secret}");
        let secret = fault("path = \"/levels\"", "path = \"/{app.bot_token}\"");
        assert!(secret.contains("“app.bot_token” in “request” is not an input"), "{secret}");
        let unknown = fault("Bot {app.bot_token}", "Bot {app.a_token}");
        assert!(unknown.contains("“app.a_token” in “auth” is not an [[application_field]]"), "{unknown}");
        assert!(
            fault("header = \"Authorization\"", "header = \"A b\"")
                .contains("“A b” in “auth” is not the name of a header")
        );
        assert!(fault("name = \"bot_token\"", "name = \"slug\"").contains("“slug” does not fit: names that end in"));
        let twice = "[[application_field]]\nname = \"slug\"\nlabel = \"Slug\"\nkind = \"text\"\n[oauth]";
        assert!(fault("[oauth]", twice).contains("There are two application fields called “slug”"));
        let key = fault("auth = \"oauth\"", "auth = \"none\"");
        assert!(key.contains("“auth” is none"), "{key}");
    }
}
