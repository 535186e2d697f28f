//! An assistant that a person connects by signing in: a client of the hub's authorization server.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::{Url, form_urlencoded};

use super::browser::Browser;
use super::page::Page;
use super::test_app::TestApp;

/// Address at which the assistant listens for the answer.
pub(crate) const REDIRECT: &str = "http://127.0.0.1:51004/callback";

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// An assistant on the device of a person.
pub(crate) struct OAuthAssistant {
    pub(crate) program: Browser,
    pub(crate) client_id: String,
}

impl OAuthAssistant {
    /// Registers an assistant named "Helper".
    pub(crate) async fn register(app: &TestApp) -> Self {
        let program = app.stranger();
        let metadata = json!({ "client_name": "Helper", "redirect_uris": [REDIRECT] });
        let registered = register(&program, &metadata).await;
        assert_eq!(registered.status, StatusCode::CREATED, "{}", registered.body);
        let client_id = registered.json()["client_id"].as_str().unwrap().to_owned();
        Self { program, client_id }
    }

    /// Returns the address of the page on which a person agrees, with these parameters changed. An empty one is left out.
    pub(crate) fn authorize_path(&self, changes: &[(&str, &str)]) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", REDIRECT),
            ("state", "the state"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("scope", "tools:read tools:call"),
            ("resource", "http://127.0.0.1:8080/mcp"),
        ];
        parameters.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        parameters.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        format!("/oauth/authorize?{query}")
    }

    /// Lets a person agree to what the page shows; returns the code.
    pub(crate) async fn code(&self, browser: &Browser, changes: &[(&str, &str)]) -> String {
        let answer = agree(browser, &self.authorize_path(changes)).await;
        parameter(&answer, "code").unwrap_or_else(|| panic!("no code: {answer}"))
    }

    /// Requests tokens with these parameters beside the client id.
    pub(crate) async fn request_tokens(&self, parameters: &[(&str, &str)]) -> Page {
        let mut parameters = parameters.to_vec();
        if parameters.iter().all(|(name, _)| *name != "client_id") {
            parameters.push(("client_id", &self.client_id));
        }
        self.program.post("/oauth/token", &parameters).await
    }

    /// Exchanges a code.
    pub(crate) async fn exchange(&self, code: &str) -> Page {
        let parameters = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        self.request_tokens(&parameters).await
    }

    /// Exchanges a refresh token.
    pub(crate) async fn refresh(&self, token: &str) -> Page {
        self.request_tokens(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// Connects the assistant to a person; returns its first tokens.
    pub(crate) async fn connect(&self, browser: &Browser, changes: &[(&str, &str)]) -> Tokens {
        tokens(&self.exchange(&self.code(browser, changes).await).await)
    }
}

/// The tokens of an answer.
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) scope: String,
}

/// Reads the tokens of a successful answer.
pub(crate) fn tokens(answer: &Page) -> Tokens {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let answer = answer.json();
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(3600)));
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    Tokens { access: text("access_token"), refresh: text("refresh_token"), scope: text("scope") }
}

/// Sends a registration.
pub(crate) async fn register(program: &Browser, metadata: &Value) -> Page {
    let headers = [("content-type", "application/json")];
    program.request(Method::POST, "/oauth/register", &headers, &metadata.to_string()).await
}

/// Opens the page of a request and presses its first button. Returns the address to which the browser is sent.
pub(crate) async fn agree(browser: &Browser, path: &str) -> Url {
    let page = browser.get(path).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text("main"));
    let form = page.form("main form");
    sent_to(&browser.post(&form.action, &form.fields_with(&[])).await)
}

/// Returns the address to which an answer sends the browser.
pub(crate) fn sent_to(answer: &Page) -> Url {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text("main"));
    Url::parse(answer.header("location").unwrap()).unwrap()
}

/// Returns a parameter of an address.
pub(crate) fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
}
