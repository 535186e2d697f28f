//! Checks each spelling that is redacted, and the text that stays.

use super::{MARKER, Redactor, spellings};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn each_spelling_is_redacted() {
    let redactor = Redactor::new(["s/1 \"", "4/0Ab"]);
    for (text, clean) in [
        ("code=4%2F0Ab is over, 4/0Ab too", "code=[redacted] is over, [redacted] too"),
        (r#"{"client_secret":"s/1 \""}"#, r#"{"client_secret":"[redacted]"}"#),
        ("s%2F1+%22 s%2f1%20%22", "[redacted] [redacted]"),
        ("s\\/1 \\\" s/1 &quot;", "[redacted] [redacted]"),
        ("cy8xICI= NC8wQWI", "[redacted]= [redacted]"),
        ("nothing to hide", "nothing to hide"),
    ] {
        assert_eq!(redactor.redact(text), clean);
    }
    assert_eq!(redactor.with(["new"]).redact("new x 4/0Ab"), "[redacted] x [redacted]");
}

#[test]
fn a_secret_behind_a_user_name_is_redacted_from_basic_authentication() {
    let (secret, clean) = ("hunter2-hunter2", Redactor::for_content(["hunter2-hunter2"]));
    for user in ["", "a", "al", "ali", "alice"] {
        let header = BASE64_STANDARD.encode(format!("{user}:{secret}:x"));
        let redacted = clean.redact(&header).into_owned();
        assert!(redacted.contains(MARKER), "{user}: {header} stays {redacted}");
    }
}

#[test]
fn other_alphabets_and_single_lines_of_a_key_are_redacted() {
    let redactor = Redactor::for_content(["größe-und-länge", "-----BEGIN KEY-----\nMIIBVgIBADANBgk\nzzTop\n"]);
    let text = r"gr\u00f6\u00dfe-und-l\u00e4nge 6772c3b6c39f652d756e642d6cc3a46e6765 line MIIBVgIBADANBgk";
    assert_eq!(redactor.redact(text), "[redacted] [redacted] line [redacted]");
    assert_eq!(redactor.redact("-----BEGIN KEY-----"), "-----BEGIN KEY-----", "the frame is no secret");
}

#[test]
fn a_short_secret_is_redacted_from_content_as_a_whole_word() {
    let clean = Redactor::for_content(["cat", "1234", "ok"]);
    assert_eq!(
        clean.redact("a cat concatenates 12345 as 1234, ok"),
        "a [redacted] concatenates 12345 as [redacted], ok"
    );
    let clean = Redactor::for_content(["s3cr\"et-token"]);
    let clean = clean.redact(r#"{"echo":"Bearer s3cr\"et-token","plain":"s3cr"et-token"}"#);
    assert_eq!(clean, r#"{"echo":"Bearer [redacted]","plain":"[redacted]"}"#);
}

#[test]
fn a_secret_that_contains_another_is_redacted_whole() {
    assert_eq!(Redactor::new(["token", "token-extended", ""]).redact("token-extended token"), "[redacted] [redacted]");
    assert!(!format!("{:?}", Redactor::new(["aaa"])).contains("aaa"));
}

#[test]
fn redacted_json_is_json() {
    let mut value = json!({ "n": 123_456, "m": 1, "list": ["x 123456", null], "123456": { "deep": "MTIzNDU2" } });
    Redactor::for_content(["123456"]).redact_json(&mut value);
    assert_eq!(
        value,
        json!({ "n": "[redacted]", "m": 1, "list": ["x [redacted]", null], "[redacted]": { "deep": "[redacted]" } })
    );
}

proptest! {
    #[test]
    fn no_spelling_of_a_secret_remains(secret in "\\PC{8,20}", other in "[ -~]{8,20}", before: String, after: String) {
        for redactor in [Redactor::new, Redactor::for_content].map(|new| new([secret.as_str(), other.as_str()])) {
            for spelling in spellings(&secret) {
                let clean = redactor.redact(&format!("{before}{spelling}{after}{other}")).into_owned();
                prop_assert!(!clean.contains(&spelling) && !clean.contains(&other), "{clean}");
                prop_assert!(clean.contains(MARKER));
            }
        }
    }

    #[test]
    fn no_json_holds_a_secret(secret in "[!-~]{6,20}", name: String, before: String) {
        let mut value = json!({ name: [format!("{before}{secret}"), json!({ "a": secret }).to_string()], secret.clone(): 1 });
        Redactor::for_content([secret.as_str()]).redact_json(&mut value);
        let text = value.to_string();
        prop_assert!(serde_json::from_str::<Value>(&text).is_ok());
        prop_assert!(!text.contains(&secret), "{text}");
    }

    #[test]
    fn text_without_a_secret_is_unchanged(text in "[a-z ]{0,80}") {
        let redactor = Redactor::new(["S3CRET", "T0KEN/"]);
        prop_assert!(redactor.redact(&text) == text);
    }
}
