//! The size, the name and the declaration of files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{code, sources};

/// Files over the limit for `src`, which may only shrink and leave the list.
const LARGE_FILES: &[(&str, usize)] = &[];

/// The most lines of a file: folder, ending, lines. Templates and scripts have their limits in `design`.
const LIMITS: &[(&str, &str, usize)] =
    &[("src", "rs", 300), ("tests", "rs", 410), ("benches", "rs", 500), ("static/css", "css", 400)];

fn limit_of(path: &str, general: usize) -> usize {
    LARGE_FILES.iter().find(|(listed, _)| *listed == path).map_or(general, |(_, lines)| *lines)
}

#[test]
fn files_stay_small() {
    let mut faults = Vec::new();
    for (dir, ending, general) in LIMITS {
        for (path, text) in sources(dir, ending) {
            let path = path.display().to_string();
            let (lines, limit) = (text.lines().count(), limit_of(&path, *general));
            if lines > limit {
                faults.push(format!("{path} has {lines} lines, more than {limit}: split it by sub-noun"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_listed_large_file_is_still_large() {
    for (path, _) in LARGE_FILES {
        let lines = std::fs::read_to_string(path).map_or(0, |text| text.lines().count());
        assert!(lines > 300, "{path} has {lines} lines: take it off LARGE_FILES");
    }
}

#[test]
fn a_planted_large_file_exceeds_its_limit() {
    assert_eq!(limit_of("src/jobs/planted.rs", 300), 300);
    assert_eq!(limit_of("src/audit/planted.rs", 300), 300, "only the listed files of a folder are large");
}

#[test]
fn no_module_is_a_landfill() {
    for (path, _) in sources("src", "rs") {
        for part in &path {
            let name = part.to_str().unwrap().trim_end_matches(".rs");
            assert!(
                !["util", "utils", "common", "helpers", "types", "misc", "core"].contains(&name),
                "{} is named after nothing",
                path.display()
            );
        }
    }
}

#[test]
fn every_file_opens_with_its_purpose() {
    for (path, text) in sources("src", "rs") {
        assert!(text.starts_with("//! "), "{} does not open with a sentence of purpose", path.display());
    }
}

#[test]
fn every_source_file_is_declared_as_a_module() {
    let sources = sources("src", "rs");
    let declared: BTreeSet<_> = sources.iter().flat_map(|(path, text)| declared_files(path, text)).collect();
    let is_root = |path: &Path| ["src/lib.rs", "src/main.rs"].iter().any(|root| path == Path::new(root));
    let undeclared: Vec<_> =
        sources.iter().map(|(path, _)| path).filter(|path| !is_root(path) && !declared.contains(*path)).collect();
    assert!(undeclared.is_empty(), "no `mod` line declares {undeclared:?}: declare or delete them");
}

/// Returns the files that the `mod` lines of a source file may name.
fn declared_files(path: &Path, text: &str) -> Vec<PathBuf> {
    let is_folder = ["mod.rs", "lib.rs", "main.rs"].iter().any(|name| path.ends_with(name));
    let folder = if is_folder { path.parent().unwrap().to_owned() } else { path.with_extension("") };
    let code = code(text);
    let names =
        code.lines().filter_map(|line| line.trim().strip_suffix(';')?.rsplit_once("mod ").map(|(_, name)| name));
    names.flat_map(|name| [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")]).collect()
}

#[test]
fn a_declaration_names_a_file_beside_or_below() {
    let declared = declared_files(Path::new("src/planted/mod.rs"), "pub(crate) mod one;\n// mod two;\nmod three {}");
    assert_eq!(declared, [PathBuf::from("src/planted/one.rs"), PathBuf::from("src/planted/one/mod.rs")]);
}
