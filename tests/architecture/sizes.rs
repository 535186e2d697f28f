//! The size and the name of files.

use super::sources;

/// Files over the limit for `src`, which may only shrink and leave the list.
const LARGE_FILES: &[(&str, usize)] = &[
    ("src/audit/action.rs", 432),
    ("src/audit/store.rs", 334),
    ("src/connectors/tools.rs", 307),
    ("src/oauth/provider.rs", 326),
    ("src/web/audit/filters.rs", 320),
];

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
