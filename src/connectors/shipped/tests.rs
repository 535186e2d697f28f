//! Tests of the embedded files, and of each fault with its position.

use super::{AuthKind, Category, FILES, Shipped, Slug, Transport, shipped};

const FILE: &str = "connectors/tides.toml";
const GOOD: &str = r#"# comments are welcome
slug = "tides"
name = "Tides"
description = "High and low water."
category = "storage"
auth = "token"
transport = "builtin"
"#;

/// Returns the error of [`GOOD`] with one replacement.
fn refusal(good: &str, bad: &str) -> String {
    assert!(GOOD.contains(good), "{good}");
    refusal_of(FILE, &GOOD.replace(good, bad))
}

fn refusal_of(file: &str, text: &str) -> String {
    Shipped::parse(file, text).unwrap_err().to_string()
}

#[test]
fn every_file_is_embedded_and_loads() {
    let folders = ["connectors", "connectors/hosted"].into_iter().flat_map(|it| std::fs::read_dir(it).unwrap());
    let mut files: Vec<_> = folders
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    files.sort();
    let embedded: Vec<_> = FILES.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
    assert_eq!(embedded, files);
    let read: Vec<_> = files.iter().map(|(file, text)| Shipped::parse(file, text).unwrap()).collect();
    assert_eq!(shipped().unwrap(), read);
    assert!(read.iter().any(|it| it.slug.as_str() == "workbench"));
}

#[test]
fn each_hosted_server_names_an_https_address_a_source_and_a_day() {
    let all = shipped().unwrap();
    let hosted: Vec<_> = all.iter().filter_map(|it| Some((it, it.hosted.as_ref()?))).collect();
    assert_eq!(hosted.len(), 95);
    let mut addresses: Vec<_> = hosted.iter().map(|(_, it)| it.server_url.trim_end_matches('/')).collect();
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), hosted.len(), "two connectors have the same server");
    for (shipped, hosted) in hosted {
        let slug = shipped.slug.as_str();
        for url in [&hosted.server_url, &hosted.docs, &hosted.seen.url] {
            assert!(url.starts_with("https://"), "{slug}: {url}");
        }
        assert_eq!(hosted.seen.on.year(), 2026, "{slug}");
        assert!(shipped.description.ends_with('.') && shipped.description.chars().count() > 30, "{slug}");
        assert!(FILES.iter().any(|(file, _)| *file == format!("connectors/hosted/{slug}.toml")), "{slug}");
    }
}

#[test]
fn nine_rest_services_have_a_hosted_server_beside_them() {
    let all = shipped().unwrap();
    let beside: Vec<_> = all.iter().filter_map(|it| it.hosted.as_ref()?.beside.as_ref()).map(Slug::as_str).collect();
    assert_eq!(beside, ["airtable", "clickup", "intercom", "jira", "linear", "monday", "notion", "stripe", "todoist"]);
    for slug in beside {
        let service = all.iter().find(|it| it.slug.as_str() == slug).unwrap();
        assert_eq!(service.transport, Transport::Rest, "{slug}");
    }
}

#[test]
fn no_two_files_have_the_same_slug_or_name() {
    let all = shipped().unwrap();
    for of in [|it: &Shipped| it.slug.as_str().to_owned(), |it: &Shipped| it.name.to_lowercase()] {
        let mut names: Vec<_> = all.iter().map(of).collect();
        names.sort_unstable();
        let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
        assert_eq!(twice, None);
    }
}

#[test]
fn a_file_is_read_field_by_field() {
    let read = Shipped::parse(FILE, GOOD).unwrap();
    assert_eq!((read.slug.as_str(), read.name.as_str()), ("tides", "Tides"));
    assert_eq!(read.description, "High and low water.");
    assert_eq!((read.category.as_str(), read.auth, read.transport), ("storage", AuthKind::Token, Transport::Builtin));
}

#[test]
fn the_error_of_an_unknown_field_lists_the_known_ones() {
    assert_eq!(
        refusal("category =", "categori ="),
        "connectors/tides.toml, line 5, column 1: “categori” is not a field here. The fields are slug, name, \
         description, category, auth, transport, base_url, docs, field, application_field, oauth, key, \
         client_credentials, api, after_token, account, check, tool, server_url, seen, unconfirmed, \
         beside, application, sunset"
    );
}

#[test]
fn a_missing_field_is_named() {
    for field in ["slug", "name", "description", "category", "auth", "transport"] {
        let text: String = GOOD.split_inclusive('\n').filter(|line| !line.starts_with(field)).collect();
        let fault = refusal_of(FILE, &text);
        assert!(
            fault.starts_with(&format!("connectors/tides.toml, line 1, column 1: “{field}” is missing. Write ")),
            "{fault}"
        );
    }
}

#[test]
fn a_value_that_is_not_a_text_is_refused_at_its_position() {
    assert_eq!(
        refusal("\"Tides\"", "7"),
        "connectors/tides.toml, line 3, column 8: “name” is not a text. Write 1 to 80 characters"
    );
    assert_eq!(
        refusal("auth = \"token\"", "  auth =   [\"token\"]"),
        "connectors/tides.toml, line 6, column 12: “auth” is not a text. Write one of none, token, oauth"
    );
}

#[test]
fn the_error_of_an_unknown_word_lists_the_known_ones() {
    let categories = Category::ALL.map(Category::as_str);
    assert_eq!(
        refusal("\"storage\"", "\"Storage\""),
        format!(
            "connectors/tides.toml, line 5, column 12: “category” does not fit. Write one of {}",
            categories.join(", ")
        )
    );
    assert_eq!(
        refusal("\"token\"", "\"api_key\""),
        "connectors/tides.toml, line 6, column 8: “auth” does not fit. Write one of none, token, oauth"
    );
    assert_eq!(
        refusal("\"builtin\"", "\"stdio\""),
        "connectors/tides.toml, line 7, column 13: “transport” does not fit. Write one of builtin, mcp, rest"
    );
}

#[test]
fn an_empty_or_overlong_text_is_refused() {
    let quoted = |text: &str| format!("\"{text}\"");
    for bad in ["", " ", &"ö".repeat(81)] {
        assert_eq!(
            refusal("\"Tides\"", &quoted(bad)),
            "connectors/tides.toml, line 3, column 8: “name” does not fit. Write 1 to 80 characters"
        );
    }
    for bad in ["", &"ö".repeat(301)] {
        assert_eq!(
            refusal("\"High and low water.\"", &quoted(bad)),
            "connectors/tides.toml, line 4, column 15: “description” does not fit. Write 1 to 300 characters"
        );
    }
    assert!(Shipped::parse(FILE, &GOOD.replace("Tides", &"ö".repeat(80))).is_ok());
}

#[test]
fn a_slug_is_the_name_of_its_file() {
    let copy = refusal_of("connectors/copy-of-tides.toml", GOOD);
    assert_eq!(
        copy,
        "connectors/copy-of-tides.toml, line 2, column 8: “slug” does not fit. Write copy-of-tides, which is the name of \
         the file"
    );
}

#[test]
fn a_file_name_that_is_not_a_slug_is_refused() {
    for bad in ["Tides", "low--tide", "-tides", "low_tide", "new", "tools", &"t".repeat(49)] {
        let fault = refusal_of(&format!("connectors/{bad}.toml"), &GOOD.replace("\"tides\"", &format!("\"{bad}\"")));
        assert_eq!(
            fault,
            format!(
                "connectors/{bad}.toml, line 2, column 8: “slug” does not fit. Rename the file: a slug is up to 48 \
                 lower-case letters, digits and single hyphens, and none of new, connect, tools"
            )
        );
    }
}

#[test]
fn text_that_is_not_toml_is_refused_at_its_position() {
    let fault = refusal("\"Tides\"", "Tides");
    assert!(fault.starts_with("connectors/tides.toml, line 3, column 8: This is not TOML: "), "{fault}");
    let fault = refusal("auth =", "name =");
    assert!(fault.starts_with("connectors/tides.toml, line 6, column 1: This is not TOML: duplicate key"), "{fault}");
}
