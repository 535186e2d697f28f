//! Failing providers: each failure has a kind, and a message that names the host and holds no secret.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::{Html, IntoResponse, Redirect, Response};
use craft::oauth::{CallbackParams, Failure, FailureKind, Grant, Provider, TemplateValues};
use craft::secret::Secret;
use http::StatusCode;
use proptest::prelude::*;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;
use url::Url;

use super::Hub;
use crate::support::listener::{
    closed_port, leap_to_limit, read_request, send_endless_body, serve, serve_raw, serve_silence,
};
use crate::support::strict_provider::{SECRET, StrictProvider};

const CODE: &str = "c0de/that+nobody may see";
const ACCESS: &str = "acc3ss-that-nobody-may-see";
const REFRESH: &str = "r3fresh-that-nobody-may-see";

fn described(base: &str, lines: &str) -> Provider {
    let text = format!(
        "authorize_url = '{base}/authorize'\ntoken_url = '{base}/token'\nrefresh = {{}}\nrevoke = {{ url = '{base}/revoke' }}\n{lines}"
    );
    toml::from_str(&text).unwrap()
}

fn hub_at(base: &str, lines: &str) -> Hub {
    Hub::new(described(base, lines), StrictProvider::client())
}

fn hub(address: SocketAddr, lines: &str) -> Hub {
    hub_at(&format!("http://{address}"), lines)
}

/// Returns a hub whose provider always gives this answer.
async fn answered(answer: impl IntoResponse + Clone + Send + Sync + 'static, lines: &str) -> Hub {
    hub(serve(Router::new().fallback(move || async move { answer.clone() })).await, lines)
}

fn returned() -> CallbackParams {
    CallbackParams { code: Secret::new(CODE), captured: TemplateValues::new() }
}

fn grant() -> Grant {
    Grant {
        access: Secret::new(ACCESS),
        refresh: Some(Secret::new(REFRESH)),
        expires_at: None,
        scopes: None,
        captured: TemplateValues::new(),
        tokens: std::collections::BTreeMap::new(),
    }
}

/// Returns the failures of an exchange, a refresh and a revocation.
async fn failures(hub: &Hub) -> [Option<Failure>; 3] {
    let renewed = hub.refresh(&Secret::new(REFRESH)).await.err();
    let all = [hub.exchange(&returned()).await.err(), renewed, hub.revoke(&grant()).await.err()];
    for failure in all.iter().flatten() {
        assert_redacted(hub, failure);
    }
    all
}

/// Asserts that the message names the host and holds no secret in any encoding.
fn assert_redacted(hub: &Hub, failure: &Failure) {
    let url = Url::parse(&hub.provider.token_url).unwrap();
    let said = &failure.message.to_string();
    assert!(said.contains(url.host_str().unwrap()), "{said}");
    assert!(said.chars().count() < 500 && !said.chars().any(char::is_control), "{said}");
    let own = [SECRET, CODE, ACCESS, REFRESH, hub.pkce.verifier().expose(), hub.state.expose()];
    for secret in own {
        let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        // nor a part of a secret
        for piece in [secret, &form, &secret[..secret.len() - 2]] {
            assert!(!said.contains(piece), "{said}");
        }
    }
}

fn meaning(failure: Option<&Failure>) -> (FailureKind, &str, &str) {
    let failure = failure.expect("no failure");
    (failure.kind, failure.class, &failure.message.text)
}

#[tokio::test]
async fn each_bad_answer_has_its_message() {
    const RETRYABLE: FailureKind = FailureKind::Retryable;
    let (json, form) = ("application/json", "application/x-www-form-urlencoded");
    let typed = |kind: &'static str, body: &'static str| ([("content-type", kind)], body).into_response();
    let status =
        |code: u16, body: serde_json::Value| (StatusCode::from_u16(code).unwrap(), axum::Json(body)).into_response();
    let dead = json!({ "error": "invalid_grant" });
    let rows: Vec<(Response, FailureKind, &str, &str)> = vec![
        (
            Html("<h1>Welcome</h1>").into_response(),
            FailureKind::Permanent,
            "not_oauth",
            "answered with a web page instead of a token",
        ),
        (
            typed(json, "{\"access_token\": "),
            FailureKind::Permanent,
            "not_oauth",
            "answered with application/json instead of",
        ),
        (typed(json, ""), FailureKind::Permanent, "not_oauth", "answered with application/json instead"),
        (typed(json, "[]"), FailureKind::Permanent, "not_oauth", "answered with application/json instead"),
        (typed(json, "\"token\""), FailureKind::Permanent, "not_oauth", "answered with application/json instead"),
        (typed(form, "hello"), FailureKind::Permanent, "no_token", "answered, but gave no token"),
        (status(200, json!({})), FailureKind::Permanent, "no_token", "answered, but gave no token"),
        (status(200, json!({ "access_token": 7 })), FailureKind::Permanent, "no_token", "answered, but gave no token"),
        (
            status(200, json!({ "access_token": ["a"] })),
            FailureKind::Permanent,
            "no_token",
            "answered, but gave no token",
        ),
        (
            status(200, json!({ "access_token": null })),
            FailureKind::Permanent,
            "no_token",
            "answered, but gave no token",
        ),
        (status(200, json!({ "access_token": "" })), FailureKind::Permanent, "no_token", "answered, but gave no token"),
        (
            status(200, dead.clone()),
            FailureKind::InvalidGrant,
            "invalid_grant",
            "no longer accepts this sign-in (invalid_grant)",
        ),
        (
            status(400, dead.clone()),
            FailureKind::InvalidGrant,
            "invalid_grant",
            "no longer accepts this sign-in (invalid_grant)",
        ),
        (status(503, dead.clone()), RETRYABLE, "unavailable", "failed on its side (HTTP 503)"),
        (status(429, dead), RETRYABLE, "rate_limited", "asks the hub to slow down (HTTP 429)"),
        (
            status(401, json!({ "error": "invalid_client" })),
            FailureKind::InvalidClient,
            "invalid_client",
            "client id or secret",
        ),
        (status(400, json!({ "error": { "message": "no" } })), FailureKind::Permanent, "http_status", "(HTTP 400)"),
        (status(400, json!({ "error": 40_012 })), FailureKind::Permanent, "oauth_error", "127.0.0.1 refused (40012)"),
        (status(403, json!("no")), FailureKind::Permanent, "http_status", "did not accept the request (HTTP 403)"),
    ];
    for (answer, kind, class, words) in rows {
        let answer = RepeatableResponse::from_response(answer).await;
        let hub = answered(answer, "").await;
        let [exchanged, renewed, _] = failures(&hub).await;
        let (found, name, said) = meaning(exchanged.as_ref());
        assert_eq!((found, name), (kind, class), "{said}");
        assert!(said.contains(words), "{said}");
        assert_eq!(exchanged, renewed);
    }
}

/// An answer that can be repeated.
#[derive(Clone)]
struct RepeatableResponse(StatusCode, http::HeaderMap, bytes::Bytes);

impl RepeatableResponse {
    async fn from_response(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        Self(parts.status, parts.headers, axum::body::to_bytes(body, usize::MAX).await.unwrap())
    }
}

impl IntoResponse for RepeatableResponse {
    fn into_response(self) -> Response {
        (self.0, self.1, self.2).into_response()
    }
}

#[tokio::test]
async fn the_description_says_which_answers_are_failures() {
    let refused = axum::Json(json!({ "ok": false, "error": "invalid_refresh_token", "access_token": ACCESS }));
    let slack = "response = { success = { pointer = '/ok', equals = true }, dead = ['invalid_refresh_token'] }";
    let [exchanged, ..] = failures(&answered(refused.clone(), slack).await).await;
    let told = "127.0.0.1 no longer accepts this sign-in (invalid_refresh_token)";
    assert_eq!(meaning(exchanged.as_ref()), (FailureKind::InvalidGrant, "invalid_grant", told));
    let success = "response = { success = { pointer = '/token_type', equals = 'bearer' }, error = '/nowhere' }";
    let [exchanged, ..] = failures(&answered(refused, success).await).await;
    assert_eq!(meaning(exchanged.as_ref()).1, "no_token", "a token in a failure is none");
    let coded = axum::Json(json!({ "code": 10_007, "message": "Token is over", "data": { "access_token": "" } }));
    let tiktok = "response = { access = '/data/access_token', error = '/code', error_description = '/message', \
                  success = { pointer = '/code', equals = 0 }, dead = ['10007'] }";
    let [exchanged, ..] = failures(&answered(coded, tiktok).await).await;
    assert_eq!(meaning(exchanged.as_ref()).2, "127.0.0.1 no longer accepts this sign-in (Token is over)");
}

#[tokio::test]
async fn an_echoing_provider_reveals_no_secret() {
    // the whole request, placed so that the quote limit cuts through a secret
    let echo = |padding: usize| {
        move |request: Request| async move {
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            let said = format!("{} {} {:?}", String::from_utf8_lossy(&body), parts.uri, parts.headers);
            let decoded =
                percent_encoding::percent_decode_str(&said.replace('+', " ")).decode_utf8_lossy().into_owned();
            let padding = "x".repeat(padding);
            let answer =
                json!({ "error": "invalid_request", "error_description": format!("{padding}{said} {decoded}") });
            (StatusCode::BAD_REQUEST, axum::Json(answer))
        }
    };
    let mut hub = hub_at("http://127.0.0.1", "");
    for padding in (0..300).step_by(40) {
        let address = serve(Router::new().fallback(echo(padding))).await;
        for lines in ["", "body = 'json'", "body = 'query'", "client_auth = 'basic'", "client_auth = 'basic-raw'"] {
            hub.provider = described(&format!("http://{address}"), &format!("{lines}\necho_state = true"));
            let [exchanged, renewed, ended] = failures(&hub).await;
            assert!(exchanged.is_some() && renewed.is_some() && ended.is_some());
        }
    }
}

#[tokio::test]
async fn an_answer_can_say_when_to_try_again() {
    for (status, code, seconds) in
        [(400, "slow_down", Some(7)), (429, "slow_down", Some(7)), (400, "invalid_grant", None)]
    {
        let status = StatusCode::from_u16(status).unwrap();
        let answer = (status, [("retry-after", "7")], axum::Json(json!({ "error": code })));
        let [exchanged, renewed, _] = failures(&answered(answer, "").await).await;
        assert_eq!(exchanged.as_ref().unwrap().retry_after, seconds.map(Duration::from_secs), "{status} {code}");
        assert_eq!(exchanged, renewed);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_a_credential() {
    let visits = Arc::new(AtomicUsize::new(0));
    let count = visits.clone();
    let elsewhere =
        serve(Router::new().fallback(move || async move { count.fetch_add(1, Ordering::SeqCst).to_string() })).await;
    for redirect in [Redirect::to, Redirect::temporary, Redirect::permanent] {
        let hub = answered(redirect(&format!("http://{elsewhere}/token?code={CODE}")), "").await;
        for failure in failures(&hub).await {
            let (kind, class, said) = meaning(failure.as_ref());
            assert_eq!((kind, class), (FailureKind::Permanent, "redirect"), "{said}");
        }
    }
    assert_eq!(visits.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_endless_answer_is_cut_off_and_an_interrupted_one_is_ambiguous() {
    let endless = serve_raw(|stream| send_endless_body(stream, "application/json", 1000)).await;
    let [exchanged, ..] = failures(&hub(endless, "")).await;
    let (kind, class, said) = meaning(exchanged.as_ref());
    assert_eq!((kind, class), (FailureKind::Permanent, "too_large"), "{said}");
    let broken = serve_raw(|mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"access").await.unwrap();
    });
    let [exchanged, renewed, _] = failures(&hub(broken.await, "")).await;
    assert_eq!((meaning(exchanged.as_ref()).1, meaning(renewed.as_ref()).0), ("broken", FailureKind::Ambiguous));
    let [exchanged, ..] = failures(&hub(closed_port().await, "")).await;
    assert_eq!(meaning(exchanged.as_ref()).0, FailureKind::Retryable);
    let nowhere = hub_at("http://no-such-host.invalid", "");
    assert_eq!(meaning(failures(&nowhere).await[0].as_ref()).1, "unresolved");
    let inside = hub_at("http://10.0.0.1", "");
    assert_eq!(meaning(failures(&inside).await[0].as_ref()).0, FailureKind::Refused);
}

#[tokio::test]
async fn a_hanging_provider_has_longer_for_a_grant_than_for_a_request_that_can_be_repeated() {
    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{";
    for (head, is_refresh) in [(&b""[..], true), (HEAD, true), (b"", false)] {
        let (address, arrived) = serve_silence(head).await;
        let hub = hub(address, "");
        let began = Instant::now();
        let (token, grant) = (Secret::new(REFRESH), grant());
        let request = async {
            let answer =
                if is_refresh { hub.refresh(&token).await.map(drop) } else { hub.revoke(&grant).await.map(drop) };
            (answer, began.elapsed())
        };
        let ((answer, waited), leap) = leap_to_limit(request, &arrived).await;
        let failed = answer.unwrap_err();
        assert_redacted(&hub, &failed);
        assert_eq!((failed.kind, failed.class), (FailureKind::Ambiguous, "timeout"), "{}", failed.message.text);
        // the limit began before the request arrived; a timer may be a few milliseconds late
        let limit = Duration::from_secs(if is_refresh { 45 } else { 10 });
        assert!(leap <= limit + Duration::from_millis(5) && limit <= waited, "{leap:?} {waited:?}");
    }
}

#[tokio::test]
async fn an_invalid_key_is_reported_without_its_text() {
    let mut hub = hub(closed_port().await, "client_auth = 'private_key_jwt'");
    hub.client.secret = Some(Secret::new(format!("-----BEGIN PRIVATE KEY----- {SECRET}")));
    let [exchanged, renewed, ended] = failures(&hub).await;
    let (kind, class, said) = meaning(exchanged.as_ref());
    assert_eq!((kind, class), (FailureKind::InvalidClient, "invalid_client"), "{said}");
    assert!(said.starts_with("The hub cannot sign with its key for 127.0.0.1"), "{said}");
    assert_eq!((exchanged.as_ref(), exchanged.as_ref()), (renewed.as_ref(), ended.as_ref()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_a_callback_brings_is_a_code_or_a_sentence(
        query in proptest::collection::btree_map("code|error|error_description|iss|state|realmId|.{0,9}", ".{0,40}", 0..6),
        issuer: bool,
        names_itself: bool,
    ) {
        let query: BTreeMap<String, String> = query;
        let issuer = if issuer { "issuer = 'https://as.example'" } else { "" };
        let lines = format!("{issuer}\nnames_itself = {names_itself}\ncapture_callback = {{ realm = 'realmId' }}");
        let provider = described("https://as.example", &lines);
        match CallbackParams::read(&provider, &query) {
            Ok(returned) => {
                prop_assert_eq!(Some(returned.code.expose()), query.get("code").map(String::as_str));
                prop_assert!(!query.contains_key("error") && !returned.code.expose().is_empty());
                let realm = returned.captured.get("realm");
                prop_assert_eq!(realm.is_some(), query.contains_key("realmId"));
                prop_assert!(!realm.is_some_and(|realm| realm.chars().any(char::is_control)));
                prop_assert!(issuer.is_empty() || query.get("iss").is_none_or(|iss| iss == "https://as.example"));
                prop_assert!(!names_itself || query.contains_key("iss"));
            }
            Err(failure) => {
                prop_assert!(failure.message.text.contains("as.example"), "{}", failure.message.text);
                prop_assert!(failure.message.text.chars().count() < 500 && !failure.message.text.chars().any(char::is_control));
            }
        }
    }
}
