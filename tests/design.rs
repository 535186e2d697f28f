//! What the design system promises, checked in its sources: colours that can be read, a flat cascade, small files,
//! pinned libraries, and templates that keep the rules of markup.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its own sources should fail")]

#[path = "design/colours.rs"]
mod colours;
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

/// Every file below `folder` with that extension, with its text.
fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, extension: &str, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, extension, found);
            } else if path.extension().is_some_and(|this| this == extension) {
                found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), extension, &mut found);
    assert!(!found.is_empty(), "nothing to check below {folder}");
    found.sort();
    found
}

#[test]
fn styles_and_scripts_stay_within_their_budgets() {
    let (css, js) = craft::web::assets::wire_sizes();
    assert!(css <= 8_192, "the style sheet takes {css} bytes on the wire");
    assert!(js <= 16_384, "the script takes {js} bytes on the wire");
}

#[test]
fn a_behaviour_of_ours_is_at_most_sixty_lines() {
    for (path, text) in files("static/js", "js") {
        assert!(text.lines().count() <= 60, "{path} is better a server response");
    }
}

#[test]
fn vendored_scripts_are_the_pinned_ones() {
    let sums = read("static/vendor/SHA256SUMS");
    let mut pinned = Vec::new();
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").unwrap();
        let bytes = fs::read(root().join("static/vendor").join(name)).unwrap();
        assert_eq!(hex::encode(Sha256::digest(bytes)), sum, "{name} is not the file that was pinned");
        pinned.push(root().join("static/vendor").join(name).display().to_string());
    }
    pinned.sort();
    let present: Vec<_> = files("static/vendor", "js").into_iter().map(|(path, _)| path).collect();
    assert_eq!(present, pinned, "every vendored script has a sum");
}

#[test]
fn every_icon_that_is_named_is_in_the_sprite() {
    let sprite = read("static/icons.svg");
    let known = |name: &str| sprite.contains(&format!("<symbol id=\"{name}\""));
    let mut named = 0;
    for (path, text) in files("templates", "html") {
        for (_, rest) in text.match_indices("icon::show(\"").map(|(at, found)| text.split_at(at + found.len())) {
            let name = rest.split('"').next().unwrap();
            assert!(known(name), "{path} names the icon {name}");
            named += 1;
        }
    }
    assert!(named > 0, "no template names an icon: the check has lost its pattern");
    for status in craft::jobs::Status::ALL {
        assert!(known(craft::web::badge::Badge::job(status).icon), "{status:?}");
    }
}
