//! Client metadata (RFC 7591), of a registration and of a metadata document.

use serde::Deserialize;
use serde_json::Value;

use super::redirect_uri::{Destination, RedirectUri};
use crate::foreign_text::clean_name;

/// Largest number of characters of a name; longer ones are cut.
const MAX_NAME_CHARS: usize = 80;

/// Number of characters of a refused address that a message shows.
const MAX_SHOWN_CHARS: usize = 100;

/// Most redirect URIs of an assistant.
const MAX_REDIRECT_URIS: usize = 20;

/// The description of an assistant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClientMetadata {
    /// Name, cleaned.
    pub(super) name: String,
    /// Redirect URIs that the hub accepts; at least one.
    pub(super) redirect_uris: Vec<RedirectUri>,
    /// The client does without authentication, or can.
    pub(super) may_be_public: bool,
}

/// A fault of a description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetadataFault {
    /// No redirect URI is acceptable.
    RedirectUri(String),
    /// Another member is not acceptable.
    Member(String),
}

#[derive(Deserialize)]
struct Members {
    #[serde(default)]
    redirect_uris: Vec<Value>,
    #[serde(default)]
    client_name: Value,
    #[serde(default)]
    token_endpoint_auth_method: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default)]
    grant_types: Option<Vec<String>>,
    #[serde(default)]
    response_types: Option<Vec<String>>,
}

impl ClientMetadata {
    /// Reads a description. An unacceptable redirect URI costs only itself, while others are left. Other members are ignored.
    pub(super) fn read(document: &Value) -> Result<Self, MetadataFault> {
        if !document.is_object() {
            return Err(MetadataFault::Member("The client metadata is not a JSON object".to_owned()));
        }
        let members = Members::deserialize(document).map_err(|_| {
            MetadataFault::Member("A member of the client metadata is not as RFC 7591 has it".to_owned())
        })?;
        check_flow("grant_types", members.grant_types.as_deref(), "authorization_code")?;
        check_flow("response_types", members.response_types.as_deref(), "code")?;
        let redirect_uris = read_redirect_uris(&members.redirect_uris)?;
        let name = members.client_name.as_str().map(clean_name).unwrap_or_default();
        let name: String = name.chars().take(MAX_NAME_CHARS).collect();
        let name = if name.trim().is_empty() { name_by_address(&redirect_uris) } else { name.trim().to_owned() };
        let mut methods = members.token_endpoint_auth_methods_supported.iter();
        let may_be_public = members.token_endpoint_auth_method.is_none_or(|method| method == "none")
            || methods.any(|method| method == "none");
        Ok(Self { name, redirect_uris, may_be_public })
    }
}

fn check_flow(member: &str, offered: Option<&[String]>, needed: &str) -> Result<(), MetadataFault> {
    // absent means the default, which is the needed one
    if offered.is_none_or(|offered| offered.iter().any(|text| text == needed)) {
        return Ok(());
    }
    Err(MetadataFault::Member(format!("The member “{member}” must have “{needed}”")))
}

fn read_redirect_uris(texts: &[Value]) -> Result<Vec<RedirectUri>, MetadataFault> {
    if texts.len() > MAX_REDIRECT_URIS {
        return Err(MetadataFault::RedirectUri(format!("There are more than {MAX_REDIRECT_URIS} redirect URIs")));
    }
    let mut first_fault = None;
    let mut accepted: Vec<RedirectUri> = Vec::new();
    for value in texts {
        match RedirectUri::parse(value.as_str().unwrap_or_default()) {
            Ok(uri) if accepted.contains(&uri) => {}
            Ok(uri) => accepted.push(uri),
            Err(reason) => {
                first_fault.get_or_insert_with(|| format!("The redirect URI {} {reason}", shown(value)));
            }
        }
    }
    if accepted.is_empty() {
        let missing = || "The member “redirect_uris” has no address".to_owned();
        return Err(MetadataFault::RedirectUri(first_fault.unwrap_or_else(missing)));
    }
    Ok(accepted)
}

/// Returns a redirect URI as a message shows it.
fn shown(value: &Value) -> String {
    clean_name(value.as_str().unwrap_or_default()).chars().take(MAX_SHOWN_CHARS).collect()
}

/// Names an assistant that does not name itself.
fn name_by_address(redirect_uris: &[RedirectUri]) -> String {
    let destination = redirect_uris.first().map(RedirectUri::destination);
    let name = match destination {
        Some(Destination::Site(host)) => host,
        Some(Destination::Program(scheme)) => scheme,
        Some(Destination::Device) | None => "A program without a name".to_owned(),
    };
    name.chars().take(MAX_NAME_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::{ClientMetadata, MetadataFault};
    use serde_json::{Value, json};

    fn read(document: &Value) -> Result<ClientMetadata, MetadataFault> {
        ClientMetadata::read(document)
    }

    #[test]
    fn an_unacceptable_address_costs_only_itself() {
        let both = ["javascript:alert(1)", "https://client.example/callback"];
        let metadata = read(&json!({ "client_name": " Claude\u{202e} ", "redirect_uris": both, "jwks": 7 })).unwrap();
        assert_eq!(metadata.name, "Claude");
        assert_eq!(metadata.redirect_uris.len(), 1);
        let refused = read(&json!({ "redirect_uris": ["javascript:alert(1)"] }));
        assert!(matches!(refused, Err(MetadataFault::RedirectUri(text)) if text.contains("javascript:alert(1)")));
        assert!(matches!(read(&json!({})), Err(MetadataFault::RedirectUri(_))));
        assert!(matches!(
            read(&json!({ "redirect_uris": vec!["https://a.example"; 21] })),
            Err(MetadataFault::RedirectUri(_))
        ));
    }

    #[test]
    fn a_program_without_a_name_is_named_by_its_address() {
        let name = |uri: &str| read(&json!({ "redirect_uris": [uri], "client_name": "\u{200b}" })).unwrap().name;
        assert_eq!(name("https://client.example/callback"), "client.example");
        assert_eq!(name("cursor://anysphere.cursor-mcp/oauth"), "cursor");
        assert_eq!(name("http://localhost:3118/"), "A program without a name");
        let long = read(&json!({ "redirect_uris": ["https://a.example"], "client_name": "n".repeat(200) })).unwrap();
        assert_eq!(long.name.len(), 80);
    }

    #[test]
    fn a_client_of_another_flow_is_refused() {
        let uris = ["https://client.example/callback"];
        let other = read(&json!({ "redirect_uris": uris, "grant_types": ["client_credentials"] }));
        assert!(matches!(other, Err(MetadataFault::Member(text)) if text.contains("authorization_code")));
        assert!(
            read(&json!({ "redirect_uris": uris, "grant_types": ["authorization_code", "refresh_token"] })).is_ok()
        );
        assert!(matches!(read(&json!({ "redirect_uris": "https://a.example" })), Err(MetadataFault::Member(_))));
        assert!([json!("text"), json!([])].iter().all(|other| matches!(read(other), Err(MetadataFault::Member(_)))));
    }
}
