//! Links to pages of a space are built by `Here`: a path that is written out leads from an organisation into one's own space.

use super::{production_code, sources};

/// The first segments of the pages of a space, as `web::space_pages` merges them.
const SPACE_PAGES: &[&str] = &["/dashboard", "/connectors", "/connections", "/jobs", "/audit", "/search"];

/// Files of `web` that name the path of a space's page for another purpose, each with its reason.
const OTHER_PURPOSES: &[(&str, &str)] = &[
    ("src/web/here.rs", "builds the links"),
    ("src/web/mod.rs", "names the page after signing in"),
    ("src/web/shell/section.rs", "names the first page of each section"),
];

/// Public pages, which are in no space.
const PUBLIC_TEMPLATES: &[&str] = &["templates/site/", "templates/accounts/"];

#[test]
fn no_template_writes_out_a_link_into_a_space() {
    let templates = sources("templates", "html").into_iter();
    let templates = templates.map(|(path, text)| (path.display().to_string(), text));
    let faults: Vec<_> = templates
        .filter(|(path, _)| !PUBLIC_TEMPLATES.iter().any(|public| path.contains(public)))
        .flat_map(|(path, text)| written_out(&text).into_iter().map(move |line| format!("{path}: {line}")))
        .collect();
    assert!(faults.is_empty(), "build these links with Here::path:\n{}", faults.join("\n"));
}

#[test]
fn no_handler_writes_out_a_link_into_a_space() {
    let faults: Vec<_> = sources("src/web", "rs")
        .into_iter()
        .map(|(path, text)| (path.display().to_string(), production_code(&text)))
        .filter(|(path, _)| !path.contains("src/web/tests/") && !OTHER_PURPOSES.iter().any(|it| path.ends_with(it.0)))
        .flat_map(|(path, text)| written_out(&text).into_iter().map(move |line| format!("{path}: {line}")))
        .collect();
    assert!(faults.is_empty(), "build these links with Here::path:\n{}", faults.join("\n"));
}

/// Before the parameters of a page of an organisation stands `org`, so an extractor of one parameter by position would fail.
#[test]
fn the_path_parameters_of_pages_of_a_space_are_named() {
    let dirs = SPACE_PAGES.iter().map(|page| format!("src/web{page}"));
    let positional: Vec<_> = dirs
        .flat_map(|dir| sources(&dir, "rs"))
        .filter(|(_, text)| ["Path<String>", "Path<(", "Path(id):"].iter().any(|it| text.contains(it)))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert!(positional.is_empty(), "name these path parameters: {positional:?}");
}

#[test]
fn a_planted_link_is_found() {
    assert_eq!(written_out("<a href=\"/jobs\">Jobs</a>").len(), 1);
    assert_eq!(written_out("see_other(&format!(\"/jobs/{id}\"))").len(), 1);
    assert!(written_out("<a href=\"{{ shell.here().path(\"/jobs\") }}\">").is_empty());
    assert!(written_out("me.here().path(&format!(\"/jobs/{id}\"))").is_empty());
    assert!(written_out(".route(\"/jobs\", get(index))").is_empty());
    assert!(written_out("<a href=\"/help\">").is_empty());
}

/// The lines with a path of a space's page that is neither built by `Here` nor a route.
fn written_out(text: &str) -> Vec<String> {
    let is_fault = |line: &&str| {
        let parts: Vec<_> = line.split('"').collect();
        parts.iter().enumerate().skip(1).any(|(at, part)| {
            let before = parts[..at].join("\"");
            let names_page = SPACE_PAGES.iter().any(|page| {
                part.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '{']))
            });
            let is_built = ["path(", "path(&format!(", ".route(", "route("].iter().any(|it| before.ends_with(it));
            names_page && !is_built
        })
    };
    text.lines().filter(is_fault).map(|line| line.trim().to_owned()).collect()
}
