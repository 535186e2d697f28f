//! Each field of a provider's description, against a provider that requires it and rejects clients without it.

use craft::oauth::{Grant, Provider, TemplateValues};
use http::Method;
use http::header::LOCATION;
use serde_json::json;
use time::Duration;
use url::Url;

use super::{Hub, NOW, parameters};
use crate::support::strict_provider::{
    Answer, CLIENT, Encoding, Endpoint, Proof, ProviderRules, SECRET, StrictProvider, Tokens,
};

/// Parses a description with these lines; `AT` stands for the provider's URL.
pub(super) fn described(lines: &str, provider: &StrictProvider) -> Provider {
    let mut text = lines.to_owned();
    for (name, usual) in [
        ("authorize_url", "'AT/authorize'"),
        ("token_url", "'AT/token'"),
        ("scopes", "['read', 'write']"),
        ("refresh", "{}"),
        ("revoke", "{ url = 'AT/revoke' }"),
    ] {
        if !lines.lines().any(|line| line.trim().starts_with(&format!("{name} ="))) {
            text = format!("{text}\n{name} = {usual}");
        }
    }
    let text = text.replace("AT/", &format!("http://{}/", provider.address));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

/// Signs in and returns the grant.
async fn signed_in(hub: &mut Hub) -> Result<Grant, String> {
    let link = hub.link().map_err(|failure| failure.message.to_string())?;
    let answer = hub.egress.send(craft::egress::Request::new(Method::GET, link)).await.unwrap();
    let Some(home) = answer.headers().get(LOCATION).map(|it| Url::parse(it.to_str().unwrap()).unwrap()) else {
        return Err(String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap());
    };
    assert_eq!(parameters(&home)["state"], hub.state.expose());
    let returned = hub.read(&home).map_err(|failure| failure.message.to_string())?;
    let grant = hub.exchange(&returned).await.map_err(|failure| failure.message.to_string())?;
    hub.values.extend(grant.captured.clone());
    Ok(grant)
}

/// Obtains a grant, refreshes it twice, and revokes it.
pub(super) async fn lived(hub: &mut Hub, provider: &StrictProvider) -> Result<Grant, String> {
    let first = signed_in(hub).await?;
    assert_eq!(first.access.expose(), provider.last_tokens().access);
    let exchanges_access = provider.refreshes_by_access_token();
    let mut held = first.clone();
    for _ in 0..2 {
        let token = if exchanges_access { Some(&held.access) } else { held.refresh.as_ref() };
        let token = token.ok_or("there is nothing to renew with")?;
        let renewed = hub.refresh(token).await.map_err(|failure| failure.message.to_string())?;
        assert_eq!(renewed.access.expose(), provider.last_tokens().access);
        held = Grant { refresh: renewed.refresh.clone().or(held.refresh), ..renewed };
    }
    assert!(hub.revoke(&held).await.map_err(|failure| failure.message.to_string())?);
    assert!(provider.is_revoked());
    Ok(first)
}

/// Asserts that the provider accepts a client with these lines. Returns the grant.
#[expect(clippy::large_types_passed_by_value, reason = "a literal is written at each call")]
async fn honoured(lines: &str, rules: ProviderRules) -> Grant {
    let provider = StrictProvider::start(rules).await;
    let mut hub = Hub::new(described(lines, &provider), StrictProvider::client());
    lived(&mut hub, &provider).await.unwrap_or_else(|why| panic!("{lines}: {why}"))
}

/// As above, and asserts that the provider rejects a client without these lines.
#[expect(clippy::large_types_passed_by_value, reason = "a literal is written at each call")]
async fn needed(lines: &str, rules: ProviderRules) -> Grant {
    let provider = StrictProvider::start(rules).await;
    let mut hub = Hub::new(described("", &provider), StrictProvider::client());
    let why = lived(&mut hub, &provider).await.expect_err(&format!("it did without {lines}"));
    assert!(!why.contains(SECRET) && !why.contains("acc3ss-") && !why.contains("r3fresh-"), "{why}");
    let provider = StrictProvider::start(rules).await;
    (hub.provider, hub.values) = (described(lines, &provider), TemplateValues::new());
    lived(&mut hub, &provider).await.unwrap_or_else(|why| panic!("{lines}: {why}"))
}

/// Quirks of all endpoints that authenticate clients.
pub(super) fn everywhere(change: impl Fn(&mut Endpoint)) -> ProviderRules {
    let mut rules = ProviderRules::default();
    change(&mut rules.exchange);
    change(&mut rules.refresh);
    change(&mut rules.revocation);
    rules
}

#[tokio::test]
async fn a_standard_provider_needs_only_its_urls() {
    let grant = honoured("", ProviderRules::default()).await;
    assert_eq!(
        (grant.expires_at, grant.scopes),
        (Some(NOW + Duration::HOUR), Some(vec!["read".into(), "write".into()]))
    );
}

#[tokio::test]
async fn the_client_authenticates_as_the_provider_requires() {
    for (auth, proof) in [
        ("basic", Proof::Basic("hub+id:s3%2Fcret%2Bodd+%3A")),
        ("basic-raw", Proof::Basic("hub id:s3/cret+odd :")),
        ("basic-secret-as-user", Proof::Basic("s3/cret+odd ::")),
        ("none", Proof::Public),
    ] {
        needed(&format!("client_auth = '{auth}'"), everywhere(|it| it.proof = proof)).await;
    }
}

#[tokio::test]
async fn parameters_are_encoded_as_the_provider_requires() {
    // the revocation has an encoding of its own
    for (body, encoding) in [("json", Encoding::Json), ("query", Encoding::Query)] {
        let mut rules = ProviderRules::default();
        (rules.exchange.encoding, rules.refresh.encoding) = (encoding, encoding);
        needed(&format!("body = '{body}'"), rules).await;
    }
}

#[tokio::test]
async fn a_provider_without_pkce_gets_no_challenge_and_no_verifier() {
    needed("pkce = 'off'", ProviderRules { uses_pkce: false, ..ProviderRules::default() }).await;
}

#[tokio::test]
async fn scopes_use_the_providers_parameter_and_separator() {
    needed("scope_separator = ','", ProviderRules { scope: ("scope", "read,write"), ..ProviderRules::default() }).await;
    needed(
        "scope_param = 'user_scope'",
        ProviderRules { scope: ("user_scope", "read write"), ..ProviderRules::default() },
    )
    .await;
    needed("scopes = []", ProviderRules { scope: ("scope", "-"), ..ProviderRules::default() }).await;
    let raw = ProviderRules { scope: ("scope", "all of it"), ..ProviderRules::default() };
    needed("authorize_params = { scope = 'all of it' }", raw).await;
}

#[tokio::test]
async fn extra_parameters_are_sent_and_unwanted_ones_left_out() {
    let authorize: &[_] = &[("access_type", "offline"), ("response_type", "grant")];
    let lines = "authorize_params = { access_type = 'offline', response_type = 'grant' }";
    needed(lines, ProviderRules { authorize_parameters: authorize, ..ProviderRules::default() }).await;
    let exchange_parameters: &[_] = &[("audience", "api"), ("grant_type", "code")];
    needed(
        "token_params = { audience = 'api', grant_type = 'code' }",
        ProviderRules { exchange_parameters, ..ProviderRules::default() },
    )
    .await;
    let headers: &[_] = &[("accept", "application/vnd.x+json"), ("x-version", "3")];
    needed(
        "headers = { Accept = 'application/vnd.x+json', X-Version = '3' }",
        ProviderRules { headers, ..ProviderRules::default() },
    )
    .await;
    let resource: &[_] = &[("resource", "https://api.example")];
    let mut rules =
        ProviderRules { authorize_parameters: resource, exchange_parameters: resource, ..ProviderRules::default() };
    rules.refresh.parameters = &[("grant_type", "refresh_token"), ("resource", "https://api.example")];
    needed("resource = 'https://api.example'", rules).await;

    let less = ProviderRules {
        authorize_parameters: &[("response_type", "-")],
        exchange_parameters: &[("redirect_uri", "-")],
        ..ProviderRules::default()
    };
    let lines = "authorize_params = { response_type = '' }\ntoken_params = { redirect_uri = '' }";
    needed(lines, less).await;
    let empty = ProviderRules {
        authorize_parameters: &[("hint", "")],
        exchange_parameters: &[("redirect_uri", "")],
        ..ProviderRules::default()
    };
    let lines = "keep_empty = true\nauthorize_params = { hint = '' }\ntoken_params = { redirect_uri = '' }";
    needed(lines, empty).await;
}

#[tokio::test]
async fn parameters_have_the_providers_names_at_every_endpoint() {
    let names: &[_] = &[("client_id", "client_key"), ("client_secret", "secret"), ("code", "auth_code")];
    let lines = "rename = { client_id = 'client_key', client_secret = 'secret', code = 'auth_code' }";
    needed(lines, ProviderRules { names, ..ProviderRules::default() }).await;
}

#[tokio::test]
async fn the_callback_is_read_with_the_providers_names() {
    let callback: (&str, &[_]) = ("auth_code", &[("realmId", "77")]);
    let lines = "code_param = 'auth_code'\ncapture_callback = { realm = 'realmId', none = 'missing' }";
    let grant = needed(lines, ProviderRules { callback, ..ProviderRules::default() }).await;
    assert_eq!(grant.captured.into_iter().collect::<Vec<_>>(), [("realm".to_owned(), "77".to_owned())]);
    needed("echo_state = true", ProviderRules { requires_state: true, ..ProviderRules::default() }).await;
}

#[tokio::test]
async fn a_grant_is_refreshed_as_the_provider_requires() {
    let usual = ProviderRules::default().refresh;
    let renewing = |refresh: Endpoint| ProviderRules { refresh, ..ProviderRules::default() };
    needed("refresh = { url = 'AT/renewal' }", renewing(Endpoint { path: "/renewal", ..usual })).await;
    needed("refresh = { public = true }", renewing(Endpoint { proof: Proof::Public, ..usual })).await;
    let mut basic = everywhere(|it| it.proof = Proof::Basic("hub+id:s3%2Fcret%2Bodd+%3A"));
    basic.refresh.proof = Proof::Public;
    needed("client_auth = 'basic'\nrefresh = { public = true }", basic).await;
    let get = Endpoint { method: "GET", encoding: Encoding::Query, ..usual };
    needed("refresh = { method = 'GET' }", renewing(get)).await;
    let parameters: &[_] = &[("grant_type", "ig_refresh_token"), ("scope", "all")];
    let lines = "refresh = { grant = 'ig_refresh_token', params = { scope = 'all' } }";
    needed(lines, renewing(Endpoint { parameters, ..usual })).await;
    let less: &[_] = &[("grant_type", "-")];
    needed("refresh = { params = { grant_type = '' } }", renewing(Endpoint { parameters: less, ..usual })).await;
    // Facebook exchanges the access token itself, under a name of its own
    let access = Endpoint { token: ("access_token", true), parameters: &[("grant_type", "fb_exchange_token")], ..get };
    let names: &[_] = &[("access_token", "fb_exchange_token")];
    let lines = "rename = { access_token = 'fb_exchange_token' }\n\
                 refresh = { subject = 'access', method = 'GET', grant = 'fb_exchange_token' }";
    needed(lines, ProviderRules { names, ..renewing(access) }).await;
}

#[tokio::test]
async fn a_rotated_refresh_token_is_replaced_and_an_unrotated_one_is_kept() {
    honoured("refresh = {}", ProviderRules { rotates: true, ..ProviderRules::default() }).await;
    let without: fn(&_) -> Answer = |tokens: &Tokens| {
        let mut plain = tokens.standard_answer();
        if tokens.count > 1 {
            plain.as_object_mut().unwrap().shift_remove("refresh_token");
        }
        Answer::json(plain)
    };
    let empty: fn(&_) -> Answer = |tokens: &Tokens| {
        let mut plain = tokens.standard_answer();
        if tokens.count > 1 {
            plain["refresh_token"] = json!("");
        }
        Answer::json(plain)
    };
    let mut rules = ProviderRules::default();
    rules.revocation.token.1 = true;
    rules.revocation.parameters = &[("token_type_hint", "access_token")];
    for answer in [without, empty] {
        honoured("revoke = { url = 'AT/revoke', token = 'access' }", ProviderRules { token_answer: answer, ..rules })
            .await;
    }
}

#[tokio::test]
async fn an_answer_is_read_at_the_providers_paths() {
    let wrapped: fn(&_) -> Answer = |tokens: &Tokens| {
        Answer::json(json!({
            "code": 0, "error": "none",
            "data": { "tokens": [{ "a": tokens.access, "r": tokens.refresh }], "minutes": "90", "granted": ["read"], "team": 7 },
        }))
    };
    let lines = "response = { access = '/data/tokens/0/a', refresh = '/data/tokens/0/r', expires_in = '/data/minutes', \
                 expires_unit = 'minutes', scope = '/data/granted', error = '/code' }\ncapture = { team = '/data/team' }";
    let grant = needed(lines, ProviderRules { token_answer: wrapped, ..ProviderRules::default() }).await;
    assert_eq!(grant.expires_at, Some(NOW + Duration::minutes(90)));
    assert_eq!((grant.scopes, grant.captured["team"].as_str()), (Some(vec!["read".to_owned()]), "7"));

    // the description's success rule overrides a field that looks like an error
    let fine: fn(&_) -> Answer = |tokens: &Tokens| {
        let mut plain = tokens.standard_answer();
        plain["error"] = json!("ok");
        Answer::json(plain)
    };
    needed(
        "response = { success = { pointer = '/error', equals = 'ok' } }",
        ProviderRules { token_answer: fine, ..ProviderRules::default() },
    )
    .await;
}

#[tokio::test]
async fn a_token_expires_as_the_provider_says_or_the_description_assumes() {
    let at: fn(&_) -> Answer = |tokens: &Tokens| {
        let ends = (NOW + Duration::hours(2)).unix_timestamp() * 1000;
        Answer::json(json!({ "access_token": tokens.access, "refresh_token": tokens.refresh, "ends": ends }))
    };
    let lines = "response = { expires_at = '/ends', expires_unit = 'milliseconds' }";
    let grant = honoured(lines, ProviderRules { token_answer: at, ..ProviderRules::default() }).await;
    assert_eq!((grant.expires_at, grant.scopes), (Some(NOW + Duration::hours(2)), None));
    assert_eq!(honoured("", ProviderRules { token_answer: at, ..ProviderRules::default() }).await.expires_at, None);
    let assumed = honoured("lifetime = 7200", ProviderRules { token_answer: at, ..ProviderRules::default() }).await;
    assert_eq!(assumed.expires_at, Some(NOW + Duration::hours(2)));
}

#[tokio::test]
async fn an_answer_can_be_a_form_or_have_another_success_status() {
    let form: fn(&_) -> Answer = |tokens: &Tokens| {
        let body =
            format!("access_token={}&refresh_token={}&expires_in=60&scope=read%2Cwrite", tokens.access, tokens.refresh);
        Answer(200, "application/x-www-form-urlencoded; charset=utf-8", body)
    };
    let grant = honoured("", ProviderRules { token_answer: form, ..ProviderRules::default() }).await;
    assert_eq!((grant.expires_at, grant.scopes.unwrap().len()), (Some(NOW + Duration::MINUTE), 2));
    let created: fn(&_) -> Answer = |tokens: &Tokens| Answer(201, "text/plain", tokens.standard_answer().to_string());
    honoured("", ProviderRules { token_answer: created, ..ProviderRules::default() }).await;
}

#[tokio::test]
async fn url_templates_use_entered_and_captured_values() {
    let rules = ProviderRules {
        authorize_path: "/acme%20inc/authorize",
        exchange: Endpoint { path: "/common/token", ..ProviderRules::default().exchange },
        refresh: Endpoint { path: "/eu/token", ..ProviderRules::default().refresh },
        revocation: Endpoint { path: "/acme%20inc/clients/hub%20id", ..ProviderRules::default().revocation },
        token_answer: |tokens| {
            let mut plain = tokens.standard_answer();
            plain["region"] = json!("eu");
            Answer::json(plain)
        },
        ..ProviderRules::default()
    };
    let provider = StrictProvider::start(rules).await;
    let lines = "authorize_url = 'AT/{tenant}/authorize'\ntoken_url = \"AT/{region|'common'}/token\"\n\
                 capture = { region = '/region' }\nrevoke = { url = 'AT/{tenant}/clients/{client_id}' }";
    let mut hub = Hub::new(described(lines, &provider), StrictProvider::client());
    let unknown = hub.link().unwrap_err();
    assert!(unknown.message.text.contains("needs “tenant”, which has no value"), "{}", unknown.message);
    hub.values.insert("tenant".to_owned(), "acme inc".to_owned());
    lived(&mut hub, &provider).await.unwrap_or_else(|why| panic!("{why}"));
}

#[tokio::test]
async fn a_grant_is_revoked_as_the_provider_requires() {
    let usual = ProviderRules::default().revocation;
    let revoking = |revocation: Endpoint| ProviderRules { revocation, ..ProviderRules::default() };
    let access = Endpoint { token: ("token", true), parameters: &[("token_type_hint", "access_token")], ..usual };
    needed("revoke = { url = 'AT/revoke', token = 'access' }", revoking(access)).await;
    let basic = Endpoint { proof: Proof::Basic("hub+id:s3%2Fcret%2Bodd+%3A"), ..usual };
    needed("revoke = { url = 'AT/revoke', auth = 'basic' }", revoking(basic)).await;
    let bearer = Endpoint { proof: Proof::Bearer, parameters: &[], ..access };
    needed("revoke = { url = 'AT/revoke', auth = 'bearer', token = 'access' }", revoking(bearer)).await;
    let get = Endpoint { method: "GET", encoding: Encoding::Query, ..bearer };
    needed("revoke = { url = 'AT/revoke', method = 'GET', auth = 'bearer', token = 'access' }", revoking(get)).await;
    // as Dropbox requires
    let bare = Endpoint { encoding: Encoding::Nothing, token: ("", true), ..bearer };
    let lines = "revoke = { url = 'AT/revoke', auth = 'bearer', token = 'access', param = '', body = 'query' }";
    needed(lines, revoking(bare)).await;
    // as GitHub requires
    let grant = Endpoint {
        method: "DELETE",
        path: "/applications/hub%20id/grant",
        encoding: Encoding::Json,
        token: ("access_token", true),
        parameters: &[],
        ..basic
    };
    let lines = "revoke = { url = 'AT/applications/{client_id}/grant', method = 'DELETE', auth = 'basic', \
                 token = 'access', param = 'access_token', body = 'json' }";
    needed(lines, revoking(grant)).await;
    let headers: &[_] = &[("accept", "application/json"), ("notion-version", "2022-06-28")];
    let json = Endpoint { encoding: Encoding::Json, parameters: &[], ..usual };
    let lines = "headers = { Notion-Version = '2022-06-28' }\nrevoke = { url = 'AT/revoke', body = 'json' }";
    needed(lines, ProviderRules { headers, ..revoking(json) }).await;
}

#[tokio::test]
async fn the_revoked_token_keeps_the_parameter_name_of_its_own_line() {
    let names: &[_] = &[("client_id", "client_key"), ("access_token", "exchanged")];
    let access = Endpoint { token: ("exchanged", true), parameters: &[], ..ProviderRules::default().revocation };
    let lines = "rename = { client_id = 'client_key', access_token = 'other' }\n\
                 revoke = { url = 'AT/revoke', token = 'access', param = 'exchanged' }";
    needed(lines, ProviderRules { names, revocation: access, ..ProviderRules::default() }).await;
}

#[tokio::test]
async fn a_revocation_answered_with_200_can_have_failed() {
    let rules = ProviderRules {
        revocation_answer: || Answer::json(json!({ "ok": false, "error": "not_allowed" })),
        ..ProviderRules::default()
    };
    let provider = StrictProvider::start(rules).await;
    let lines = "revoke = { url = 'AT/revoke', success = { pointer = '/ok', equals = true } }";
    let mut hub = Hub::new(described(lines, &provider), StrictProvider::client());
    let grant = signed_in(&mut hub).await.unwrap();
    let failure = hub.revoke(&grant).await.unwrap_err();
    assert_eq!(failure.message.text, "127.0.0.1 answered, but did not revoke the access");

    let over = ProviderRules {
        revocation_answer: || Answer(400, "application/json", json!({ "error": "invalid_token" }).to_string()),
        ..rules
    };
    let provider = StrictProvider::start(over).await;
    let mut hub = Hub::new(described(lines, &provider), StrictProvider::client());
    let grant = signed_in(&mut hub).await.unwrap();
    assert!(hub.revoke(&grant).await.unwrap(), "what is over is ended");

    hub.provider.revoke = None;
    assert!(!hub.revoke(&grant).await.unwrap(), "there is nobody to ask");
    assert_eq!(hub.client.id, CLIENT);
}
