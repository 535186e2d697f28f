//! The shape of the code, enforced: ranks, sizes, names, and who may hold which key. Needs no database.
#![expect(clippy::unwrap_used, reason = "a test that cannot read the sources should fail loudly")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use craft::db::ownership::TABLES;

/// Bottom to top; a module imports only strictly lower ranks.
const RANKS: &[&[&str]] = &[
    &["ids", "error", "clock", "secret", "position"],
    &["actor", "page", "config", "errands"],
    &["db", "schema_form", "egress", "workbench"],
    &["audit", "mail", "upstream", "oauth", "live"],
    &["vault", "queue"],
    &["accounts", "connectors"],
    &["connections"],
    &["jobs"],
    &["dashboard"],
    &["app"],
    &["web", "worker", "mcp"],
    &["serve"],
    &["command"],
];

/// Views over owned tables, whose statements must name the owner as well.
const OWNED_VIEWS: &[&str] = &["pipeline_jobs", "action_logs"];

/// Statements that see every user's rows, each with its reason. This list may only get shorter.
const OF_ALL_USERS: &[(&str, &str)] = &[
    ("DELETE FROM user_sessions WHERE expires_at <= $1", "what has expired is swept for all"),
    ("SELECT master_key_id FROM data_keys WHERE master_key_id <> ALL($1) LIMIT 1", "the key is of the whole hub"),
    (
        "SELECT count(*) AS \"behind!\" FROM data_keys WHERE master_key_id <> $1",
        "the key is of the whole hub, and so is its change",
    ),
    (
        "UPDATE user_connections SET renew_at = $2 WHERE oauth_client_id = $1 AND failure = 'client' AND renew_at > $2",
        "an application that an administrator has mended serves all users",
    ),
    ("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE", "the first account is the owner's, and there is one"),
    ("SELECT EXISTS (SELECT FROM users) AS \"any!\"", "only a hub without accounts prints the link for the owner's"),
];

/// The only modules that may hold the pool that sees every row, each with its reason.
const SYSTEM_POOL: &[(&str, &str)] = &[
    ("db", "makes it"),
    ("vault", "checks that every data key can be unwrapped, and changes the master key of all"),
    ("queue", "claims and finishes jobs of all users"),
    ("accounts", "sessions, links and passwords are looked up before a user is known"),
    ("connectors", "stores the shipped ones"),
    ("connections", "renews the tokens of all users"),
    ("jobs", "runs claimed jobs of all users"),
    ("app", "hands it to those above"),
    ("web", "the session store, which precedes a user"),
    ("worker", "hands it to jobs"),
    ("serve", "composition"),
    ("command", "the command line acts for the operator"),
];

/// The only files that may build an [`craft::actor::Actor`].
const ACTOR_BUILDERS: &[&str] = &[
    "src/actor.rs",
    "src/web/actor.rs",
    "src/jobs/execute.rs",
    "src/connections/renewal/sweep.rs",
    "src/accounts/",
    "src/queue/",
    "src/command/",
];

#[test]
fn a_module_imports_only_lower_ranks() {
    let mut faults = Vec::new();
    for (path, text) in sources("src", "rs") {
        let Some(module) = module_of(&path) else { continue };
        let Some(rank) = rank(&module) else {
            faults.push(format!("{}: module `{module}` has no rank", path.display()));
            continue;
        };
        for import in imports(&text) {
            if import != module && rank_or_fail(&import, &path) >= rank {
                faults.push(format!("{}: `{module}` (rank {rank}) imports `{import}`", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_planted_import_of_a_higher_rank_is_found() {
    assert_eq!(imports("use crate::web::shell::Shell;\nfn f() { crate::jobs::list() }"), ["jobs", "web"]);
    assert_eq!(imports("use crate::{db::Db, queue};"), ["db", "queue"]);
    assert!(rank("jobs") > rank("queue"));
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
fn files_stay_small() {
    let limits: &[(&str, &str, usize)] = &[
        ("src", "rs", 500),
        ("tests", "rs", 500),
        ("benches", "rs", 500),
        ("templates", "html", 150),
        ("static/css", "css", 400),
        ("static/js", "js", 60),
    ];
    let mut faults = Vec::new();
    for (dir, ending, limit) in limits {
        for (path, text) in sources(dir, ending) {
            let lines = text.lines().count();
            if lines > *limit {
                faults.push(format!("{} has {lines} lines, more than {limit}: split it by sub-noun", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    for (path, text) in sources("src", "rs") {
        assert!(text.starts_with("//! "), "{} does not open with a sentence of purpose", path.display());
    }
}

#[test]
fn only_the_listed_modules_hold_the_system_pool() {
    for (path, text) in sources("src", "rs") {
        if code(&text).contains("SystemDb") {
            let module = module_of(&path).unwrap_or_else(|| "main".into());
            assert!(
                SYSTEM_POOL.iter().any(|(name, _)| *name == module) || path.starts_with("src/db"),
                "{} holds the system pool, which sees every user's rows",
                path.display()
            );
        }
    }
}

#[test]
fn only_the_edges_build_an_actor() {
    for (path, text) in sources("src", "rs") {
        if code(&text).contains("Actor::new(") {
            assert!(
                ACTOR_BUILDERS.iter().any(|builder| path.to_str().unwrap().starts_with(builder)),
                "{} builds an Actor, which opens owned rows",
                path.display()
            );
        }
    }
}

#[test]
fn every_statement_on_an_owned_table_names_its_owner() {
    let mut faults = Vec::new();
    let (mut seen, mut excused) = (0, 0);
    let tables = TABLES.iter().filter(|table| table.owner_column.is_some()).map(|table| table.name);
    let owned: Vec<_> = tables.chain(OWNED_VIEWS.iter().copied()).collect();
    for (path, text) in sources(".sqlx", "json") {
        let file: serde_json::Value = serde_json::from_str(&text).unwrap();
        let statement = file["query"].as_str().unwrap();
        seen += 1;
        let words: Vec<_> = statement.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
        let named: Vec<_> = owned.iter().filter(|table| words.contains(table)).collect();
        let is_of_all = OF_ALL_USERS.iter().any(|(listed, _)| *listed == statement);
        excused += usize::from(is_of_all);
        // of a person's own row, the key is the owner
        let is_own_row = named.iter().all(|table| **table == "users") && statement.contains("WHERE id = $1");
        if !named.is_empty()
            && !is_of_all
            && !is_own_row
            && !words.iter().any(|word| ["user_id", "owner_id", "id_hash", "email"].contains(word))
        {
            faults.push(format!("{}: {named:?} without user_id:\n{statement}", path.display()));
        }
    }
    assert!(seen > 0, "no statement is recorded in .sqlx");
    assert_eq!(excused, OF_ALL_USERS.len(), "OF_ALL_USERS lists a statement that is gone");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A statement is planned once and for all users. With a number for its limit the planner expects a list to be short
/// before the limit is reached, and reads and sorts the whole history of a user who has a long one.
#[test]
fn the_limit_of_a_list_is_a_parameter() {
    for (path, text) in sources(".sqlx", "json") {
        let file: serde_json::Value = serde_json::from_str(&text).unwrap();
        let statement = file["query"].as_str().unwrap();
        // chores look at everybody's rows, and one row is no list
        let of_a_user = statement.contains("user_id = $") && !statement.contains("DELETE");
        for rest in statement.split("LIMIT ").skip(1).filter(|_| of_a_user) {
            let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
            assert!(["", "1", "3"].contains(&number.as_str()), "{}: LIMIT {number}:\n{statement}", path.display());
        }
    }
}

/// `src/jobs/mod.rs` and `src/jobs.rs` are both `jobs`; the crate's own two files have no module.
fn module_of(path: &Path) -> Option<String> {
    let first = path.strip_prefix("src").unwrap().iter().next()?.to_str()?.trim_end_matches(".rs");
    (!["lib", "main"].contains(&first)).then(|| first.to_owned())
}

fn rank(module: &str) -> Option<usize> {
    RANKS.iter().position(|modules| modules.contains(&module))
}

fn rank_or_fail(module: &str, path: &Path) -> usize {
    rank(module).unwrap_or_else(|| panic!("{}: `crate::{module}` has no rank", path.display()))
}

/// Top-level modules that a source names, sorted.
fn imports(text: &str) -> Vec<String> {
    let text = code(text);
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let names = match rest.strip_prefix('{') {
            Some(list) => group(list),
            None => vec![rest],
        };
        for name in names {
            let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if name.chars().next().is_some_and(|c| c.is_ascii_lowercase()) {
                found.insert(name);
            }
        }
    }
    found.into_iter().collect()
}

/// The first word of each entry of a `{…}` import list.
fn group(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(list[start..at].trim());
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(list[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    names
}

/// The text without comments.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
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
