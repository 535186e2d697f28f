//! Links and paths in the Markdown documents lead somewhere.

use std::path::{Path, PathBuf};

use super::{files, root};

/// Folders whose paths the documents name in backticks.
const FOLDERS: [&str; 10] = [
    "src/",
    "tests/",
    "docs/",
    "templates/",
    "static/",
    "connectors/",
    "migrations/",
    "benches/",
    "examples/",
    "scripts/",
];

#[test]
fn every_link_and_path_in_the_documents_leads_somewhere() {
    let mut broken = Vec::new();
    for (document, text) in documents() {
        let folder = Path::new(&document).parent().unwrap().to_owned();
        for target in links(&text) {
            if !folder.join(&target).exists() {
                broken.push(format!("{document} links to {target}"));
            }
        }
        for path in named_paths(&text) {
            if !root().join(&path).exists() {
                broken.push(format!("{document} names {path}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn planted_links_and_paths_are_found() {
    assert_eq!(links("see [a](docs/a.md#top), [b](https://b.example) and [c](#here)"), ["docs/a.md"]);
    assert_eq!(
        named_paths("`src/jobs/mod.rs` and `src/<noun>/`, `tests/it/x.rs:12`, `cargo test`"),
        ["src/jobs/mod.rs", "tests/it/x.rs"]
    );
}

/// Every Markdown document with its text.
fn documents() -> Vec<(String, String)> {
    let mut found = files("docs", "md");
    for name in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"] {
        let path: PathBuf = root().join(name);
        found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
    }
    found
}

/// Targets of relative links, without their fragments.
fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let relative = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
    relative.map(|target| target.split('#').next().unwrap().to_owned()).collect()
}

/// Paths in backticks below a folder of the repository. Patterns such as `src/<noun>/` are left out.
fn named_paths(text: &str) -> Vec<String> {
    let spans = text.split('`').skip(1).step_by(2);
    let paths = spans.filter(|span| FOLDERS.iter().any(|folder| span.starts_with(folder)));
    let literal = paths.filter(|path| !path.contains(['<', '*', ' ', '{']));
    literal.map(|path| path.split(':').next().unwrap().to_owned()).collect()
}
