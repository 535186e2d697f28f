//! The places in the code that may hold a privilege: the system pool, an `Actor`, untracked tasks and process-wide state.

use super::{code, module_of, production_code, sources};

/// The only modules that may hold the pool that sees every row, each with its reason.
const SYSTEM_POOL: &[(&str, &str)] = &[
    ("db", "creates the pool"),
    ("vault", "checks that every data key can be unwrapped, and changes the master key of all"),
    ("queue", "claims and finishes jobs of all users"),
    ("mail", "sends the mails of all users"),
    ("accounts", "finds sessions, links and passwords before a user is known"),
    ("api_tokens", "finds a token before a user is known"),
    ("authorization_server", "finds codes and tokens before a user is known"),
    ("organisations", "finds the organisation of a path before its rows are open"),
    ("connectors", "stores the shipped ones"),
    ("connections", "refreshes the tokens of all users"),
    ("registry", "keeps the copy of what registries list, which belongs to nobody"),
    ("jobs", "runs claimed jobs of all users"),
    ("app", "passes the pool to the modules above"),
    ("web", "loads sessions before a user is known"),
    ("mcp", "finds the organisation of a path"),
    ("authorization_endpoints", "passes the pool to the authorization server"),
    ("worker", "passes the pool to jobs"),
    ("serve", "composes the process"),
    ("command", "acts for the operator at the command line"),
];

/// The only files that may build an [`craft::actor::Actor`], each with its reason.
const ACTOR_BUILDERS: &[(&str, &str)] = &[
    ("src/accounts/visitor.rs", "a visitor becomes a user by signing in or up"),
    ("src/authorization_server/token_issuer.rs", "an assistant exchanges or ends what its person allowed"),
    ("src/bearer/mod.rs", "a program acts for the person of its token"),
    ("src/command/secrets.rs", "the operator rotates keys at the command line"),
    ("src/connections/token_refresh/due.rs", "the sweep refreshes tokens for their owners"),
    ("src/jobs/execute.rs", "a worker runs a job for its owner"),
    ("src/queue/rescue.rs", "the leader rescues a job for its owner"),
    ("src/web/actor/mod.rs", "a request acts for its session's user"),
];

/// Files that spawn a task which nothing waits for at shutdown, each with its reason. This list may only get shorter.
const UNTRACKED_TASKS: &[(&str, &str)] =
    &[("src/db/mod.rs", "a cancelled BEGIN must end before its connection is used again")];

/// Files with process-wide values, each with its reason. This list may only get shorter.
const STATICS: &[(&str, &str)] = &[("src/ids.rs", "orders the ids that this process makes in one millisecond")];

/// The files of `src` in whose production code a line matches.
fn files_with(matches: impl Fn(&str) -> bool) -> Vec<String> {
    let is_test = |path: &str| path.ends_with("tests.rs") || path.contains("/tests/");
    let found = sources("src", "rs").into_iter().filter(|(_, text)| production_code(text).lines().any(&matches));
    found.map(|(path, _)| path.display().to_string()).filter(|path| !is_test(path)).collect()
}

fn spawns_untracked(line: &str) -> bool {
    line.contains("tokio::spawn(") || line.contains("task::spawn(")
}

fn is_static(line: &str) -> bool {
    let line = line.trim_start();
    let after_visibility =
        if line.starts_with("pub") { line.split_once(' ').map_or("", |(_, rest)| rest) } else { line };
    // the language wants the memory allocator as a static
    after_visibility.starts_with("static ") && !after_visibility.starts_with("static ALLOCATOR: mimalloc::MiMalloc ")
}

/// Files that are not in the list, and entries of the list that are gone.
fn differences(found: &[String], listed: &[(&str, &str)]) -> Vec<String> {
    let unlisted = found.iter().filter(|file| listed.iter().all(|(name, _)| name != file));
    let gone = listed.iter().filter(|(name, _)| !found.iter().any(|file| file == name));
    let unlisted = unlisted.map(|file| format!("{file} is not in the list"));
    unlisted.chain(gone.map(|(name, _)| format!("{name} is gone: take it off the list"))).collect()
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
fn only_the_listed_files_build_an_actor() {
    let faults = differences(
        &files_with(|line| line.contains("Actor::new(") || line.contains("Actor::system(")),
        ACTOR_BUILDERS,
    );
    assert!(faults.is_empty(), "an Actor opens owned rows:\n{}", faults.join("\n"));
}

#[test]
fn only_the_listed_files_spawn_untracked_tasks() {
    let faults = differences(&files_with(spawns_untracked), UNTRACKED_TASKS);
    assert!(faults.is_empty(), "use a TaskTracker, so that a stop waits for the task:\n{}", faults.join("\n"));
}

#[test]
fn only_the_listed_files_have_process_wide_values() {
    let faults = differences(&files_with(is_static), STATICS);
    assert!(faults.is_empty(), "a handle is passed, and a constant is a const:\n{}", faults.join("\n"));
}

#[test]
fn planted_privileges_are_found() {
    assert!(spawns_untracked("    let task = tokio::spawn(async {});"));
    assert!(!spawns_untracked("    self.tasks.spawn(task);") && !spawns_untracked("tokio::task::spawn_blocking(work)"));
    assert!(
        is_static("pub(super) static LIMIT: Semaphore = Semaphore::const_new(4);") && is_static("static A: u8 = 1;")
    );
    assert!(!is_static("static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;"));
    assert!(!is_static("fn name(&self) -> &'static str {") && !is_static("const A: &'static str = \"\";"));
    let listed = [("src/a.rs", "a reason"), ("src/gone.rs", "a reason")];
    let found = ["src/a.rs".to_owned(), "src/planted.rs".to_owned()];
    assert_eq!(differences(&found, &listed).len(), 2, "one unlisted file and one entry without a file");
}
