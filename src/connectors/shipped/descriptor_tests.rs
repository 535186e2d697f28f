//! Tests of the descriptions of REST services: parsing, and refusal of contradictions.

use super::{FieldKind, Key, Shipped};
use crate::oauth::ClientAuth;

const FILE: &str = "connectors/tides.toml";
const GOOD: &str = r#"slug = "tides"
name = "Tides"
description = "High and low water."
category = "storage"
auth = "oauth"
transport = "rest"
base_url = "https://{harbour}.tides.example/v1"
docs = "https://tides.example/docs"

[[field]]
name = "harbour"
label = "Harbour"
kind = "domain-label"

[oauth]
authorize_url = "https://tides.example/authorize"
token_url = "https://{harbour}.tides.example/token"
scopes = ["read"]
client_auth = "basic"

[oauth.scope_words]
read = "Read the tables"

[oauth.refresh]
method = "POST"

[oauth.capture]
instance = "/instance_url"

[check]
url = "{instance}/me"
"#;

fn read(text: &str) -> Result<Shipped, String> {
    Shipped::parse(FILE, text).map_err(|fault| fault.to_string())
}

/// Returns the error of [`GOOD`] with one replacement.
fn refusal(good: &str, bad: &str) -> String {
    assert!(GOOD.contains(good), "{good}");
    read(&GOOD.replace(good, bad)).unwrap_err()
}

fn refused(good: &str, bad: &str, line: u32, problem: &str) {
    let refusal = refusal(good, bad);
    assert!(refusal.starts_with(&format!("{FILE}, line {line}, ")) && refusal.contains(problem), "{refusal}");
}

#[test]
fn a_description_is_parsed_with_its_defaults() {
    let read = read(GOOD).unwrap().descriptor.unwrap();
    assert_eq!((read.fields[0].kind, read.check.method.as_str()), (FieldKind::DomainLabel, "GET"));
    let oauth = read.oauth.unwrap();
    assert_eq!((oauth.client_auth, oauth.scope_separator.as_str(), oauth.skew), (ClientAuth::Basic, " ", 300));
    assert_eq!(oauth.refresh.unwrap().grant_type, "refresh_token");
}

#[test]
fn a_table_without_use_for_the_auth_kind_is_refused() {
    refused("auth = \"oauth\"", "auth = \"token\"", 1, "“auth” is token, and there is no [key]");
    let both = "[key]\nstyle = \"bearer\"\nfield = \"harbour\"\n\n[check]";
    refused("[check]", both, 30, "“auth” is oauth, so there is no use for [key]");
    let key = GOOD.replace("auth = \"oauth\"", "auth = \"none\"");
    assert!(read(&key).unwrap_err().contains("“auth” is none, so there is no use for [oauth]"));
}

#[test]
fn a_missing_unknown_or_invalid_field_is_reported_with_its_line() {
    refused("base_url = \"https://{harbour}.tides.example/v1\"\n", "", 1, "“base_url” is missing");
    refused("token_url =", "tokn_url =", 17, "“tokn_url” is not a field here. The fields are authorize_url, token_url");
    refused("token_url = \"https://{harbour}.tides.example/token\"\n", "", 15, "“token_url” is missing here");
    refused("\"basic\"", "\"digest\"", 19, "“digest” does not fit. Write one of post, basic, basic-raw");
    refused("\"domain-label\"", "\"host\"", 13, "“host” does not fit. Write one of text, email, domain-label");
    refused("scopes = [\"read\"]", "scopes = \"read\"", 18, "This does not fit: invalid type");
}

#[test]
fn an_unknown_name_is_refused() {
    refused(
        "https://{harbour}.tides.example/v1",
        "https://{port}.tides.example/v1",
        7,
        "“port” in “base_url” is not a [[field]]",
    );
    refused(
        "{instance}/me",
        "{instances}/me",
        30,
        "“instances” in “check.url” is not a [[field]], and nothing captures it",
    );
    refused("read = \"Read the tables\"", "write = \"Change them\"", 15, "does not say what “read” lets the hub do");
    refused("scopes = [\"read\"]", "scopes = []", 15, "explains “read”, which “scopes” does not request");
    refused("\"/instance_url\"", "\"instance_url\"", 15, "“instance_url” in [oauth] is not a JSON Pointer");
}

#[test]
fn urls_are_https_and_methods_are_known() {
    refused(
        "https://tides.example/authorize",
        "http://tides.example/authorize",
        15,
        "“oauth.authorize_url” does not fit",
    );
    refused("url = \"{instance}/me\"", "url = \"{instance}/me\"\nmethod = \"PATCH\"", 30, "Write GET or POST");
    refused("client_auth = \"basic\"", "idle_days = 0", 15, "“idle_days” of [oauth] does not fit");
    refused("method = \"POST\"", "method = \"PUT\"", 15, "“method” of [oauth.refresh] does not fit");
    let unnamed = "[oauth.revoke]\nurl = \"https://tides.example/revoke\"\nparam = \"\"\n\n[oauth.capture]";
    refused("[oauth.capture]", unnamed, 15, "only a bearer token says what to revoke. Write auth = \"bearer\"");
}

#[test]
fn a_key_comes_from_a_secret_field() {
    let keyed = |key: &str| {
        let oauth = GOOD.find("[oauth]").unwrap();
        let check = GOOD.find("[check]").unwrap();
        let text =
            format!("{}{key}\n{}", &GOOD[..oauth], &GOOD[check..]).replace("{instance}", "https://tides.example");
        read(&text.replace("auth = \"oauth\"", "auth = \"token\"")).map(|it| it.descriptor.unwrap().key.unwrap())
    };
    assert!(
        keyed("[key]\nstyle = \"bearer\"\nfield = \"harbour\"").unwrap_err().contains("not a [[field]] of kind secret")
    );
    let secret = "[[field]]\nname = \"api_token\"\nlabel = \"Token\"\nkind = \"secret\"\n";
    let bearer = keyed(&format!("{secret}[key]\nstyle = \"bearer\"\nfield = \"api_token\""));
    assert_eq!(bearer, Ok(Key::Bearer { field: "api_token".to_owned() }));
    let basic =
        keyed(&format!("{secret}[key]\nstyle = \"basic\"\nuser = \"{{harbour}}/token\"\npassword = \"{{tokn}}\""));
    assert!(basic.unwrap_err().contains("“tokn” in [key] is not a [[field]]"));
    let unknown = keyed(&format!("{secret}[key]\nstyle = \"cookie\"\nfield = \"api_token\"")).unwrap_err();
    assert!(unknown.contains("“cookie” does not fit. Write one of bearer, header, query, path, basic"), "{unknown}");
}

#[test]
fn a_client_with_a_private_key_never_sends_it_and_always_uses_it() {
    for (word, auth) in [("private_key_jwt", ClientAuth::PrivateKeyJwt), ("tls_client_auth", ClientAuth::Tls)] {
        let text = GOOD.replace("\"basic\"", &format!("\"{word}\""));
        assert_eq!(read(&text).unwrap().descriptor.unwrap().oauth.unwrap().client_auth, auth);
        let public = read(&text.replace("method = \"POST\"", "public = true")).unwrap_err();
        assert!(
            public.contains(&format!("“client_auth” is {word}, so “public” of [oauth.refresh] is not possible")),
            "{public}"
        );
        let revoke = |auth: &str| {
            let table =
                format!("[oauth.revoke]\nurl = \"https://tides.example/end\"\nauth = \"{auth}\"\n\n[oauth.capture]");
            read(&text.replace("[oauth.capture]", &table))
        };
        let basic = revoke("basic").unwrap_err();
        assert!(basic.contains("so “auth” of [oauth.revoke] as basic is not possible. Remove it"), "{basic}");
        assert!(revoke("client").is_ok() && revoke("bearer").is_ok());
    }
}

#[test]
fn contradictions_in_a_provider_are_refused() {
    refused(
        "method = \"POST\"",
        "method = \"DELETE\"",
        15,
        "“method” of [oauth.refresh] does not fit. Write GET or POST",
    );
    let params = "client_auth = \"basic\"\nauthorize_params = { state = \"x\" }";
    refused(
        "client_auth = \"basic\"",
        params,
        15,
        "The hub sets “state” itself. Remove it from [oauth.authorize_params]",
    );
    let region = "client_auth = \"basic\"\ncapture_callback = { region = \"location\" }";
    let text = GOOD.replace("client_auth = \"basic\"", region);
    let chosen = read(&text.replace("{harbour}.tides", "{region|'eu'}.tides")).unwrap_err();
    assert!(
        chosen.contains("“region” comes from the callback, so no host of “oauth.token_url” may depend on it"),
        "{chosen}"
    );
    assert!(read(&text.replace("tides.example/token", "tides.example/{region|'eu'}/token")).is_ok());
    let revoke = "[oauth.revoke]\nurl = \"https://tides.example/apps/{client_id}\"\n\n[oauth.capture]";
    assert!(read(&GOOD.replace("[oauth.capture]", revoke)).is_ok());
    refused(
        "https://tides.example/authorize",
        "https://tides.example/{client_id}",
        15,
        "“client_id” in “oauth.authorize_url”",
    );
}
