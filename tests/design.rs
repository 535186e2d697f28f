//! The rules of the design system, checked in its sources: readable colours, a flat cascade, small files, pinned
//! libraries, and the markup of templates.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the sources should fail")]

#[path = "design/colours.rs"]
mod colours;
#[path = "design/documents.rs"]
mod documents;
#[path = "design/foreign_text.rs"]
mod foreign_text;
#[path = "design/names.rs"]
mod names;
#[path = "design/sentences.rs"]
mod sentences;
#[path = "design/styles.rs"]
mod styles;
#[path = "design/templates.rs"]
mod templates;

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Returns the path and text of every file below `folder` that has the extension, sorted by path.
fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    fn collect(folder: &Path, extension: &str, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, extension, found);
            } else if path.extension().is_some_and(|it| it == extension) {
                found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    collect(&root().join(folder), extension, &mut found);
    assert!(!found.is_empty(), "nothing to check below {folder}");
    found.sort();
    found
}

#[test]
fn styles_and_scripts_stay_within_their_budgets() {
    let (css, js) = craft::web::assets::wire_sizes();
    assert!(css <= 10_240, "the style sheet takes {css} bytes on the wire");
    assert!(js <= 16_384, "the script takes {js} bytes on the wire");
}

#[test]
fn scripts_have_at_most_sixty_lines() {
    for (path, text) in files("static/js", "js") {
        assert!(text.lines().count() <= 60, "{path} has more than 60 lines: let the server do more of it");
    }
}

#[test]
fn vendored_scripts_match_their_checksums() {
    let sums = read("static/vendor/SHA256SUMS");
    let mut pinned = Vec::new();
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").unwrap();
        let bytes = fs::read(root().join("static/vendor").join(name)).unwrap();
        assert_eq!(hex::encode(Sha256::digest(bytes)), sum, "{name} differs from its checksum in SHA256SUMS");
        pinned.push(root().join("static/vendor").join(name).display().to_string());
    }
    pinned.sort();
    let present: Vec<_> = files("static/vendor", "js").into_iter().map(|(path, _)| path).collect();
    assert_eq!(present, pinned, "SHA256SUMS must list every vendored script");
}

#[test]
fn every_named_icon_is_in_the_sprite() {
    let sprite = read("static/icons.svg");
    let has_icon = |name: &str| sprite.contains(&format!("<symbol id=\"{name}\""));
    let mut count = 0;
    for (path, text) in files("templates", "html") {
        for rest in text.split("icon::show(\"").skip(1) {
            let name = rest.split('"').next().unwrap();
            assert!(has_icon(name), "{path} uses the icon {name}, which is not in static/icons.svg");
            count += 1;
        }
    }
    assert!(count > 0, "no template names an icon: the pattern of this test no longer matches");
    for status in craft::jobs::JobStatus::ALL {
        assert!(has_icon(craft::web::badge::Badge::job(status).icon), "{status:?}");
    }
}
