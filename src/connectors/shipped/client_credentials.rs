//! The client credentials grant (RFC 6749, section 4.4): a service whose users enter the id and the secret of an application of
//! their own. The hub exchanges them for an access token, without a consent page.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::field::{Field, FieldKind};
use super::{FileFault, Source};
use crate::oauth::{BodyFormat, ClientAuth};

/// The token endpoint, and the fields whose values it exchanges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientCredentials {
    /// URL of the token endpoint: a template.
    pub token_url: String,
    /// Field with the client id.
    pub id: String,
    /// Field with the client secret.
    pub secret: String,
    /// Name by which `[key]` presents the access token. If it is a field too, its owner may enter a token instead.
    pub token: String,
    /// Scopes to request.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Client authentication at the token endpoint.
    #[serde(default)]
    pub client_auth: ClientAuth,
    /// Format of the parameters.
    #[serde(default)]
    pub body: BodyFormat,
    /// Further parameters.
    #[serde(default)]
    pub params: BTreeMap<String, String>,
    /// Lifetime of an access token in seconds, if the response does not say.
    pub lifetime: Option<u32>,
}

impl Source<'_> {
    /// Checks the grant against the fields of the form. `known` are the names that its address may use.
    pub(super) fn check_client_credentials(
        self,
        written: &Spanned<ClientCredentials>,
        fields: &[Spanned<Field>],
        known: &BTreeSet<String>,
    ) -> Result<(), FileFault> {
        let (at, grant) = (written.span().start, written.as_ref());
        self.check_template(at, "client_credentials.token_url", &grant.token_url, known)?;
        let kind_of = |name: &str| fields.iter().map(Spanned::as_ref).find(|it| it.name == name).map(|it| it.kind);
        let refuse = |name: &str, what: &str| {
            Err(self.fault(at, format!("“{name}” of [client_credentials] is not a [[field]] of kind {what}")))
        };
        if kind_of(&grant.id) != Some(FieldKind::Text) {
            return refuse(&grant.id, "text");
        }
        if kind_of(&grant.secret) != Some(FieldKind::Secret) {
            return refuse(&grant.secret, "secret");
        }
        if kind_of(&grant.token).is_some_and(|kind| kind != FieldKind::Secret) {
            return refuse(&grant.token, "secret");
        }
        if grant.client_auth.has_key() {
            return Err(
                self.fault(at, "“client_auth” of [client_credentials] does not fit. Write post or basic".to_owned())
            );
        }
        Ok(())
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
        auth = "token"
        transport = "rest"
        base_url = "https://{harbour}.tides.example"
        docs = "https://tides.example/apps"
        [[field]]
        name = "harbour"
        label = "Harbour"
        kind = "domain-label"
        [[field]]
        name = "app_id"
        label = "Client ID"
        kind = "text"
        [[field]]
        name = "app_secret"
        label = "Client secret"
        kind = "secret"
        [client_credentials]
        token_url = "https://{harbour}.tides.example/token"
        id = "app_id"
        secret = "app_secret"
        token = "access_token"
        [key]
        style = "header"
        name = "X-Tides-Token"
        field = "access_token"
        [check]
        url = "https://{harbour}.tides.example/me"
    "#;

    #[test]
    fn a_key_may_be_a_token_that_the_client_gets() {
        let shipped = Shipped::parse("connectors/tides.toml", FILE).unwrap();
        assert_eq!(shipped.descriptor.unwrap().client_credentials.unwrap().token, "access_token");
    }

    #[test]
    fn each_contradiction_is_refused_with_its_line() {
        let fault = |good: &str, bad: &str| {
            assert!(FILE.contains(good), "{good}");
            Shipped::parse("connectors/tides.toml", &FILE.replacen(good, bad, 1)).unwrap_err().to_string()
        };
        let unknown = fault("id = \"app_id\"", "id = \"app\"");
        assert!(
            unknown.contains("line 22, ")
                && unknown.contains("“app” of [client_credentials] is not a [[field]] of kind text"),
            "{unknown}"
        );
        assert!(
            fault("secret = \"app_secret\"", "secret = \"app_id\"")
                .contains("“app_id” of [client_credentials] is not a [[field]] of kind secret")
        );
        assert!(fault("token = \"access_token\"", "token = \"harbour\"").contains("“harbour” of [client_credentials]"));
        assert!(
            fault("field = \"access_token\"", "field = \"a_token\"")
                .contains("“a_token” of [key] is not a [[field]] of kind secret")
        );
        assert!(
            fault("https://{harbour}.tides.example/token", "https://{port}.tides.example/token")
                .contains("“port” in “client_credentials.token_url”")
        );
        assert!(
            fault("token = \"access_token\"", "token = \"access_token\"\nclient_auth = \"private_key_jwt\"")
                .contains("Write post or basic")
        );
    }
}
