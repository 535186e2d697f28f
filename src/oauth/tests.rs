//! Words of a provider with hidden characters: shown as words in messages, and left out where they identify something.

use std::collections::BTreeMap;

use axum::Router;
use axum::routing::post;
use http::StatusCode;
use serde_json::{Value, json};
use url::Url;

use super::authorize::CallbackParams;
use super::challenge::Challenge;
use super::client::ClientAuth;
use super::metadata::text_list;
use super::provider::Provider;
use super::register;
use crate::egress::{Egress, EgressPolicy};

/// NUL, a direction override, and a space without width.
const HIDDEN: &str = "\u{0}\u{202e}\u{200b}";

fn assert_clean(message: &str) {
    assert!(HIDDEN.chars().all(|letter| !message.contains(letter)), "{message:?}");
    assert!(message.contains("[2 hidden characters]"), "the reader does not see that there were some: {message:?}");
}

/// Registers the hub at a server that answers with this document.
async fn register_at(status: StatusCode, answer: Value) -> Result<String, String> {
    let router = Router::new().route("/register", post(move || async move { (status, answer.to_string()) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let url = Url::parse(&format!("http://{address}/register")).unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let egress = Egress::new(EgressPolicy { allow: vec![address.to_string().parse().unwrap()] });
    let redirect = Url::parse("https://hub.example/oauth/callback").unwrap();
    let registered = register::register(&egress, &url, ClientAuth::None, &redirect, &[]).await;
    registered.map(|client| client.client.id).map_err(|failure| failure.message.to_string())
}

#[test]
fn a_scope_with_hidden_characters_is_none() {
    let hidden = format!("re{HIDDEN}ad");
    let metadata = json!({ "scopes_supported": ["read", hidden, " write ", "\u{200b}"] });
    assert_eq!(text_list(&metadata, "scopes_supported"), ["read", "write"]);
    let challenge = Challenge::parse("Bearer scope=\"read re\u{202e}ad re\u{200b}ad\"");
    assert_eq!(challenge.scopes, ["read"]);
}

#[test]
fn a_callback_says_what_the_provider_wrote_without_hiding_any_of_it() {
    let text = "authorize_url = 'https://as.example/a'\ntoken_url = 'https://as.example/t'\ncapture_callback.realm = 'realmId'";
    let provider: Provider = toml::from_str(text).unwrap();
    let query = |pairs: &[(&str, String)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect()
    };
    for name in ["error_description", "error"] {
        let error = ("error", format!("odd{HIDDEN}"));
        let failure =
            CallbackParams::read(&provider, &query(&[error, (name, format!("You{HIDDEN} said no"))])).unwrap_err();
        assert_clean(&failure.message.to_string());
    }
    let success = query(&[("code", "c".to_owned()), ("realmId", format!("12{HIDDEN}34"))]);
    assert_eq!(CallbackParams::read(&provider, &success).unwrap().captured["realm"], "12 34");
}

#[tokio::test]
async fn a_registration_stores_no_hidden_characters() {
    let refusal = json!({ "error": "invalid", "error_description": format!("Not{HIDDEN} you") });
    assert_clean(&register_at(StatusCode::BAD_REQUEST, refusal).await.unwrap_err());
    let hidden = register_at(StatusCode::CREATED, json!({ "client_id": format!("hub{HIDDEN}") })).await.unwrap_err();
    assert!(hidden.contains("no usable client id"), "{hidden}");
    assert_eq!(register_at(StatusCode::CREATED, json!({ "client_id": "hub" })).await.unwrap(), "hub");
}
