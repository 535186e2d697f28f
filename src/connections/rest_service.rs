//! A REST service with one account's credential: checks the credential, and asks whose account it is.

use crate::connectors::{Account, AfterToken, Descriptor, Key};
use crate::egress::Egress;
use crate::error::{Error, Message, Result};
use crate::foreign_text::clean_name;
use crate::oauth::{self, TemplateValues};
use crate::rest::{self, ApiCredential, PlannedBody, PlannedRequest};
use crate::secret::Secret;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderName, HeaderValue, Method, header};
use serde_json::Value;

/// Characters of a stored account name.
const MAX_ACCOUNT_NAME_CHARS: usize = 200;

/// A service with the values and the credential of one account.
#[derive(Clone, Debug)]
pub struct RestService {
    /// The description in the connector's file.
    pub descriptor: Descriptor,
    /// The stored values of the account: entered ones, and those that came with the grant.
    pub values: TemplateValues,
    /// The credential as the vault stores it: a token, or the secret fields as JSON.
    pub credential: Option<Secret>,
    /// Secret values that were entered with the hub's application, as JSON.
    pub application: Option<Secret>,
}

/// An account at the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalAccount {
    /// The account's permanent id.
    pub id: String,
    /// The name that people recognise.
    pub name: String,
}

impl RestService {
    /// Makes the call that changes nothing and succeeds only with a valid credential. The error names the host.
    pub async fn check(&self, egress: &Egress) -> Result<()> {
        let check = &self.descriptor.check;
        let request = self.request(&check.method, &check.url, check.body.as_ref())?;
        let host = request.url.host_str().unwrap_or_default().to_owned();
        let answer = rest::send_check(egress, &request, &self.credential()?).await?;
        match &check.success {
            Some(success) if !answer.is_some_and(|answer| success.holds(&answer)) => {
                let message = Message::from(format!("{host} answered, but did not accept the credential"))
                    .with_advice("Check that it is complete and still valid");
                Err(Error::upstream("unauthorized", message, None))
            }
            _ => Ok(()),
        }
    }

    /// Asks whose account it is. `None` if the service does not say, or not with this credential.
    pub async fn account(&self, egress: &Egress) -> Option<ExternalAccount> {
        let account = self.descriptor.account.as_ref()?;
        let request = self.request(&account.method, &account.url, account.body.as_ref()).ok()?;
        match rest::send_check(egress, &request, &self.credential().ok()?).await {
            Ok(answer) => parse_account(account, &answer?),
            Err(error) => {
                tracing::debug!(error = %error, "Failed to read the account at a service; the connection has no account name");
                None
            }
        }
    }

    /// Sends a request of the sign-in. Returns the host, and the answer if that is JSON.
    pub(super) async fn send_after_token(
        &self,
        request: &AfterToken,
        egress: &Egress,
    ) -> Result<(String, Option<Value>)> {
        let request = self.request(&request.method, &request.url, request.body.as_ref())?;
        let host = request.url.host_str().unwrap_or_default().to_owned();
        Ok((host, rest::send_check(egress, &request, &self.credential()?).await?))
    }

    fn request(&self, method: &str, template: &str, body: Option<&String>) -> Result<PlannedRequest> {
        let url = oauth::fill_url_template(template, &self.values)?;
        let method = Method::try_from(method).map_err(Error::internal)?;
        let headers = self.descriptor.api.headers.iter().map(|(name, value)| parse_header(name, value));
        Ok(PlannedRequest {
            method,
            url,
            headers: headers.collect::<Result<_>>()?,
            body: body.map(|body| PlannedBody {
                content_type: HeaderValue::from_static("application/json"),
                bytes: body.clone().into(),
            }),
        })
    }

    /// Presents the credential as the service expects it.
    pub fn credential(&self) -> Result<ApiCredential> {
        let Some(credential) = &self.credential else { return Ok(ApiCredential::None) };
        let Some(key) = &self.descriptor.key else {
            return Ok(authorization(format!("Bearer {}", credential.expose())));
        };
        let missing = || {
            let text = "The stored key lacks a field that the service asks for now";
            Error::conflict(text, "Replace the key")
        };
        // a credential of another kind is left from a former description of the service
        let secrets: TemplateValues = serde_json::from_str(credential.expose()).map_err(|_| missing())?;
        let values: TemplateValues =
            self.values.iter().chain(&secrets).map(|(name, value)| (name.clone(), value.clone())).collect();
        let value = |field: &str| values.get(field).cloned().ok_or_else(missing);
        Ok(match key {
            Key::Bearer { field } => authorization(format!("Bearer {}", value(field)?)),
            Key::Header { name, prefix, field } => {
                let name = HeaderName::try_from(name).map_err(Error::internal)?;
                ApiCredential::Header { name, value: Secret::new(format!("{prefix}{}", value(field)?)) }
            }
            Key::Query { name, field } => {
                ApiCredential::Query { name: name.clone(), value: Secret::new(value(field)?) }
            }
            Key::Path { prefix, field } => {
                ApiCredential::Path { value: Secret::new(format!("{prefix}{}", value(field)?)) }
            }
            Key::Basic { user, password } => {
                let pair =
                    format!("{}:{}", oauth::fill_template(user, &values)?, oauth::fill_template(password, &values)?);
                authorization(format!("Basic {}", BASE64_STANDARD.encode(pair)))
            }
        })
    }
}

/// Returns the secret texts of a stored credential: a token, or each secret field of a key.
#[must_use]
pub fn credential_texts(credential: &Secret) -> Vec<String> {
    match serde_json::from_str::<TemplateValues>(credential.expose()) {
        Ok(fields) => fields.into_values().collect(),
        Err(_) => vec![credential.expose().to_owned()],
    }
}

fn authorization(value: String) -> ApiCredential {
    ApiCredential::Header { name: header::AUTHORIZATION, value: Secret::new(value) }
}

fn parse_header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue)> {
    let name = HeaderName::try_from(name).map_err(Error::internal)?;
    Ok((name, HeaderValue::try_from(value).map_err(Error::internal)?))
}

fn parse_account(account: &Account, answer: &Value) -> Option<ExternalAccount> {
    let text = |pointer: &str| match answer.pointer(pointer)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let id = text(&account.id)?;
    let name = text(&account.label).unwrap_or_else(|| id.clone());
    let short = |text: &str| text.chars().take(MAX_ACCOUNT_NAME_CHARS).collect();
    Some(ExternalAccount { id: short(&clean_name(&id)), name: short(&clean_name(&name)) })
}

/// Returns an error message if `account` is not the connection's former account. Jobs and rules rely on a connection that
/// always leads to the same account.
pub(super) fn other_account_error(
    former_id: Option<&str>,
    former_name: Option<&str>,
    account: Option<&ExternalAccount>,
) -> Option<Message> {
    let id = former_id?;
    let former = former_name.unwrap_or(id);
    let Some(account) = account else {
        let text = format!(
            "The service did not say whose account this is, and the connection is that of {former}. Nothing was changed"
        );
        return Some(Message::from(text).with_advice("Try again, or connect it under a label of its own"));
    };
    (id != account.id).then(|| {
        let text = format!(
            "This is the account {}, and the connection is that of {former}. Nothing was changed",
            account.name
        );
        let advice = format!("Use {former} here, or connect {} under a label of its own", account.name);
        Message::from(text).with_advice(advice)
    })
}

#[cfg(test)]
mod tests {
    use super::{ApiCredential, ExternalAccount, RestService, Secret, TemplateValues, parse_account};
    use crate::connectors::{Account, Shipped};
    use serde_json::json;

    const FILE: &str = "
        slug = 'tides'
        name = 'Tides'
        description = 'High and low water.'
        category = 'productivity'
        auth = 'token'
        transport = 'rest'
        base_url = 'https://{port}.tides.example'
        docs = 'https://tides.example/keys'
        [[field]]
        name = 'port'
        label = 'Port'
        kind = 'domain-label'
        [[field]]
        name = 'api_key'
        label = 'Key'
        kind = 'secret'
        [check]
        url = 'https://{port}.tides.example/me?all=1'
    ";

    fn service(key: &str) -> RestService {
        let shipped = Shipped::parse("connectors/tides.toml", &format!("{FILE}\n[key]\n{key}")).unwrap();
        RestService {
            descriptor: *shipped.descriptor.unwrap(),
            values: TemplateValues::from([("port".to_owned(), "dover".to_owned())]),
            credential: Some(Secret::new(r#"{"api_key":"k1"}"#)),
            application: None,
        }
    }

    fn presented(key: &str) -> (String, String) {
        match service(key).credential().unwrap() {
            ApiCredential::Header { name, value } => (name.to_string(), value.expose().to_owned()),
            ApiCredential::Query { name, value } => (format!("?{name}"), value.expose().to_owned()),
            ApiCredential::Path { value } => ("/".to_owned(), value.expose().to_owned()),
            ApiCredential::None => unreachable!("there is a key"),
        }
    }

    #[test]
    fn each_key_style_presents_the_key_in_its_place() {
        let is = |key: &str, name: &str, value: &str| assert_eq!(presented(key), (name.to_owned(), value.to_owned()));
        is("style = 'bearer'\nfield = 'api_key'", "authorization", "Bearer k1");
        is("style = 'header'\nname = 'X-Key'\nprefix = 'Token '\nfield = 'api_key'", "x-key", "Token k1");
        is("style = 'query'\nname = 'key'\nfield = 'api_key'", "?key", "k1");
        is("style = 'path'\nprefix = 'bot'\nfield = 'api_key'", "/", "botk1");
        // dover/token:k1
        is(
            "style = 'basic'\nuser = '{port}/token'\npassword = '{api_key}'",
            "authorization",
            "Basic ZG92ZXIvdG9rZW46azE=",
        );
    }

    #[test]
    fn a_call_goes_to_the_accounts_host() {
        let request = service("style = 'bearer'\nfield = 'api_key'").request(
            "GET",
            "https://{port}.tides.example/me?all=1",
            None,
        );
        assert_eq!(request.unwrap().url.as_str(), "https://dover.tides.example/me?all=1");
    }

    #[test]
    fn an_account_is_identified_by_its_permanent_id() {
        let account = Account {
            url: String::new(),
            method: "GET".into(),
            body: None,
            id: "/id".into(),
            label: "/me/name".into(),
            token: None,
        };
        let account_of = |id: &str, name: &str| Some(ExternalAccount { id: id.to_owned(), name: name.to_owned() });
        assert_eq!(parse_account(&account, &json!({ "id": 7, "me": { "name": "alice" } })), account_of("7", "alice"));
        assert_eq!(parse_account(&account, &json!({ "id": "u1" })), account_of("u1", "u1"));
        assert_eq!(parse_account(&account, &json!({ "me": { "name": "alice" } })), None);
    }
}
