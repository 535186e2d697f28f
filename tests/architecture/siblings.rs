//! In a folder of features, a feature imports its siblings only through leaf modules.

use std::collections::BTreeSet;

use super::imports::{Import, Modules};

/// A leaf module and its purpose.
type Leaf = (&'static str, &'static str);

/// An import that the rule forbids: the folder, the module with the import, and the imported one.
type Edge = (String, String, String);

/// The leaf modules of each folder with this rule: every sibling may import them, and they import only each other.
const LEAVES: &[(&str, &[Leaf])] = &[
    (
        "connections",
        &[
            ("client_token", "the access token of an application that its owner entered"),
            ("detail", "a connection as its pages show it"),
            ("entered_key", "a key as its owner enters it"),
            ("expiry", "the expiry date that an owner enters"),
            ("fields", "the fields that a service asks its users for"),
            ("label", "the label of a connection"),
            ("notices", "starts the mails about credentials"),
            ("oauth_clients", "the stored OAuth clients and their rejections"),
            ("owner_step", "the step that mends a connection"),
            ("probe", "calls to an MCP server that change nothing"),
            ("rest_service", "the check call of a REST service"),
            ("retry", "retries a write that cannot be repeated elsewhere"),
            ("status", "the states of a connection"),
            ("store", "the statements of owners on their connections"),
            ("store_catalogue", "the statements of the catalogue"),
            ("store_client_tokens", "the statements on access tokens of entered applications"),
            ("store_details", "the statements that read connections with their connectors"),
            ("store_tokens", "the statements on further tokens of connections"),
            ("token", "a bearer token as its owner enters it"),
            ("token_refresh", "returns the credential of a call, refreshed if it is due"),
        ],
    ),
    (
        "web",
        &[
            ("actor", "the extractors for the person behind a request"),
            ("badge", "a status as a word, an icon and a shape"),
            ("cause_words", "codes of causes in words"),
            ("checkup_findings", "the results of a check-up"),
            ("connection_links", "name and addresses of a connection"),
            ("dead_link", "the page of a mailed link that does not work"),
            ("entry_subject", "the subject of an audit entry"),
            ("error", "errors of handlers as pages"),
            ("error_text", "the text of an error page"),
            ("extract", "the extractors of handlers"),
            ("filter_query", "the query string of list filters, without empty parameters"),
            ("filtering", "the parameters and selects of list filters"),
            ("flash", "the one-time message"),
            ("form_restore", "restores a form after its session expired"),
            ("here", "the space of a page, and the links into it"),
            ("job_row", "a job as a row of a table, and the address of its updates"),
            ("live_bar", "the line above live content"),
            ("path", "paths from names that users and servers chose"),
            ("request_id", "the id of a request"),
            ("request_summary", "the parts of a request that its answer may need"),
            ("respond", "pages and redirects as responses"),
            ("row_ids", "ids of the rows that a page shows"),
            ("service_fields", "the form fields of a service"),
            ("security", "the content security policy"),
            ("session", "browser sessions"),
            ("shell", "title, navigation and breadcrumbs around a page"),
            ("stream", "live streams"),
            ("tile", "the letters and the hue of a service"),
            ("when", "moments and durations in words"),
        ],
    ),
];

/// Features that still import another feature: the folder, the importing one and the imported one. This list may only get
/// shorter.
const KNOWN_EDGES: &[(&str, &str, &str)] = &[];

#[test]
fn a_feature_imports_its_siblings_only_through_leaves() {
    let found = forbidden_edges(&Modules::read().imports(), LEAVES);
    let is_known = |(folder, from, to): &Edge| KNOWN_EDGES.contains(&(folder, from, to));
    let new: Vec<_> = found.iter().filter(|(edge, _)| !is_known(edge)).collect();
    assert!(new.is_empty(), "move what both need to a leaf module: {new:#?}");
    let is_found = |known: &(&str, &str, &str)| {
        found.iter().any(|((folder, from, to), _)| (folder.as_str(), from.as_str(), to.as_str()) == *known)
    };
    let gone: Vec<_> = KNOWN_EDGES.iter().filter(|known| !is_found(known)).collect();
    assert!(gone.is_empty(), "KNOWN_EDGES lists what is gone: {gone:?}");
}

#[test]
fn every_leaf_exists_and_is_imported_by_a_sibling() {
    let imports = Modules::read().imports();
    for (folder, leaves) in LEAVES {
        for (leaf, _) in *leaves {
            let is_imported = imports.iter().filter_map(|import| siblings(import, folder)).any(|(_, to)| to == *leaf);
            assert!(is_imported, "no module of src/{folder} imports `{leaf}`: take it off LEAVES");
        }
    }
}

#[test]
fn a_planted_import_of_a_feature_is_found() {
    let planted = [
        ("src/a/mod.rs", "mod one;\nmod two;\nmod leaf;\npub use two::Two;"),
        ("src/a/one.rs", "use super::Two;\nuse super::leaf::Leaf;"),
        ("src/a/two/mod.rs", "mod deep;\npub struct Two;"),
        ("src/a/two/deep.rs", "use super::super::leaf::Leaf;\nuse super::Two;"),
        ("src/a/leaf.rs", "use crate::a::one::One;\nuse crate::b;"),
        ("src/b.rs", "use crate::a::one::One;"),
    ];
    let modules = Modules::of_sources(planted.map(|(file, text)| (file.to_owned(), text.to_owned())));
    let found = forbidden_edges(&modules.imports(), &[("a", &[("leaf", "planted")])]);
    let found: Vec<_> = found.iter().map(|((_, from, to), _)| format!("{from} -> {to}")).collect();
    assert_eq!(found, ["leaf -> one", "one -> two"]);
}

/// Each import of a module that is no leaf by its sibling, with the importing file.
fn forbidden_edges(imports: &[Import], folders: &[(&str, &[Leaf])]) -> BTreeSet<(Edge, String)> {
    let mut found = BTreeSet::new();
    for (folder, leaves) in folders {
        for import in imports {
            let edge = siblings(import, folder).filter(|(_, to)| !leaves.iter().any(|(leaf, _)| leaf == to));
            if let Some((from, to)) = edge {
                found.insert((((*folder).to_owned(), from.to_owned(), to.to_owned()), import.file.clone()));
            }
        }
    }
    found
}

/// The two modules of an import between siblings in the folder. Its `mod.rs` and its tests are no siblings.
fn siblings<'a>(import: &'a Import, folder: &str) -> Option<(&'a str, &'a str)> {
    let sibling = |path: &'a [String]| Some(path.strip_prefix(&[folder.to_owned()][..])?.first()?.as_str());
    let (from, to) = (sibling(&import.from)?, sibling(&import.to)?);
    (from != to && from != "tests").then_some((from, to))
}
