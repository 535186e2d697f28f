//! The shape of the code, enforced: ranks, circles, siblings, sizes, names, privileges and recorded statements. Needs no database.
#![expect(clippy::unwrap_used, reason = "a test that cannot read the sources should fail loudly")]

#[path = "architecture/circles.rs"]
mod circles;
#[path = "architecture/credentials.rs"]
mod credentials;
#[path = "architecture/imports.rs"]
mod imports;
#[path = "architecture/oauth_parameters.rs"]
mod oauth_parameters;
#[path = "architecture/privileges.rs"]
mod privileges;
#[path = "architecture/ranks.rs"]
mod ranks;
#[path = "architecture/siblings.rs"]
mod siblings;
#[path = "architecture/sizes.rs"]
mod sizes;
#[path = "architecture/space_links.rs"]
mod space_links;
#[path = "architecture/statements.rs"]
mod statements;

use std::fs;
use std::path::{Path, PathBuf};

/// `src/jobs/mod.rs` and `src/jobs.rs` are both `jobs`; the crate's own two files have no module.
fn module_of(path: &Path) -> Option<String> {
    let first = path.strip_prefix("src").unwrap().iter().next()?.to_str()?.trim_end_matches(".rs");
    (!["lib", "main"].contains(&first)).then(|| first.to_owned())
}

/// The text without comments.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The text without comments and without the tests at its end.
fn production_code(text: &str) -> String {
    code(text).split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned()
}

fn sources(dir: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from(dir)];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("vendor") {
                open.push(path);
            } else if path.extension().is_some_and(|it| it == ending) {
                found.push((path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}
