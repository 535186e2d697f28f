//! A stored credential is presented in one way: by `TokenRefresher::send`, which handles a rejection.

use super::{production_code, sources};

/// The module with that way.
const REFRESHER: &str = "src/connections/token_refresh/";

/// The answer that holds a credential.
const CREDENTIAL: &str = "CredentialAnswer::Ready(";

/// Files that match a credential otherwise, with the reason. This list may only get shorter.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("src/connections/checkup/credential.rs", "names the case that another caller has replaced the credential"),
    ("src/jobs/prepare.rs", "opens the credential of a call before the call is sent in this way"),
];

#[test]
fn only_the_refresher_takes_a_credential_out_of_its_answer() {
    let files = sources("src", "rs").into_iter().map(|(path, text)| (path.display().to_string(), text));
    let found: Vec<_> = files
        .filter(|(path, text)| !path.starts_with(REFRESHER) && production_code(text).contains(CREDENTIAL))
        .map(|(path, _)| path)
        .collect();
    let expected: Vec<_> = EXCEPTIONS.iter().map(|(path, _)| *path).collect();
    assert_eq!(found, expected, "send the request by `TokenRefresher::send`");
}
