//! The `oauth2` crate writes the parameters of OAuth requests, and the HTTP adapter changes them; no other code names them.

use super::{production_code, sources};

/// The module that transforms the crate's requests.
const ADAPTER: &str = "src/oauth/http_adapter/";

/// Parameters that only the crate writes into a request.
const PARAMETERS: [&str; 3] = ["grant_type", "code_verifier", "refresh_token"];

/// Files that name a parameter without writing it into a request: file, parameter, reason. This list may only get shorter.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("src/authorization_endpoints/metadata.rs", "refresh_token", "metadata list the grant types (RFC 8414)"),
    ("src/authorization_endpoints/register.rs", "refresh_token", "an answer lists the grant types (RFC 7591)"),
    ("src/authorization_endpoints/token.rs", "code_verifier", "reads the request of an assistant"),
    ("src/authorization_endpoints/token.rs", "grant_type", "reads the request of an assistant"),
    ("src/authorization_endpoints/token.rs", "refresh_token", "reads the request of an assistant, and answers it"),
    ("src/authorization_server/token_request.rs", "code_verifier", "a sentence of a refusal"),
    ("src/connectors/shipped/provider_validation.rs", "code_verifier", "refuses descriptions that set it"),
    ("src/connectors/shipped/provider_validation.rs", "refresh_token", "refuses descriptions that set it"),
    ("src/oauth/grant.rs", "refresh_token", "reads the crate's response"),
    ("src/oauth/pointers.rs", "refresh_token", "its place in a response"),
    ("src/oauth/provider.rs", "grant_type", "a description's own grant type, which the adapter reads"),
    ("src/oauth/provider.rs", "refresh_token", "the default of that grant type"),
    ("src/oauth/register.rs", "refresh_token", "client metadata list the grant types (RFC 7591)"),
];

/// Returns the parameters that the code names as a whole word.
fn named_parameters(code: &str) -> Vec<&'static str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let names = |name: &&str| code.split(|c| !is_word(c)).any(|word| word == *name);
    PARAMETERS.into_iter().filter(names).collect()
}

#[test]
fn only_the_adapter_names_the_parameters_of_token_requests() {
    let mut found = Vec::new();
    for (path, text) in sources("src", "rs") {
        let path = path.display().to_string();
        // a file of tests has no production code
        if !path.starts_with(ADAPTER) && !path.ends_with("_tests.rs") {
            found.extend(named_parameters(&production_code(&text)).into_iter().map(|name| (path.clone(), name)));
        }
    }
    let is_listed = |(path, name): &(String, &str)| EXCEPTIONS.iter().any(|it| (it.0, it.1) == (path.as_str(), *name));
    let new: Vec<_> = found.iter().filter(|it| !is_listed(it)).collect();
    assert!(new.is_empty(), "let the oauth2 crate write these parameters: {new:?}");
    let gone: Vec<_> =
        EXCEPTIONS.iter().filter(|it| !found.iter().any(|(path, name)| (it.0, it.1) == (path, *name))).collect();
    assert!(gone.is_empty(), "EXCEPTIONS lists what is gone: {gone:?}");
}

#[test]
fn a_planted_parameter_is_found() {
    assert_eq!(named_parameters(r#"form.push(("grant_type", "refresh_token"));"#), ["grant_type", "refresh_token"]);
    assert_eq!(named_parameters(r#"format!("code_verifier={verifier}")"#), ["code_verifier"]);
    assert_eq!(named_parameters("client.exchange_refresh_token(&token); row.code_verifier_ref; grant_types"), [""; 0]);
}
