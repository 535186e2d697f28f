//! The order of the top-level modules, and of the features inside of `web` and `connections`.

use super::imports::{Import, Modules};

/// Bottom to top; a module imports only strictly lower ranks.
const RANKS: &[&[&str]] = &[
    &["ids", "error", "clock", "secret", "position", "foreign_text"],
    &["actor", "page", "config", "background_tasks", "telemetry", "markdown"],
    &["db", "schema_form", "egress", "request_source"],
    &["workbench"],
    &["audit", "upstream", "oauth", "live"],
    &["vault", "queue", "rest"],
    &["mail", "tool_result"],
    &["accounts", "api_tokens", "connectors", "organisations"],
    &["authorization_server", "connections", "registry", "saved_inputs"],
    &["assistants"],
    &["jobs"],
    &["dashboard", "search"],
    &["app"],
    &["bearer"],
    &["web", "mcp", "authorization_endpoints", "worker"],
    &["serve"],
    &["command"],
];

#[test]
fn a_module_imports_only_lower_ranks() {
    let faults: Vec<_> = Modules::read().imports().iter().filter_map(rank_fault).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_rank_names_modules_that_exist() {
    for module in RANKS.iter().copied().flatten() {
        let file = format!("src/{module}.rs");
        let exists = [file, format!("src/{module}/mod.rs")].iter().any(|file| std::path::Path::new(file).exists());
        assert!(exists, "RANKS lists `{module}`, which does not exist");
    }
}

#[test]
fn a_planted_import_of_a_higher_rank_is_found() {
    let fault = |file: &str, text: &str| {
        let web = ("src/web/mod.rs".to_owned(), "pub struct Shell;".to_owned());
        let modules = Modules::of_sources([web, (file.to_owned(), text.to_owned())]);
        modules.imports().iter().find_map(rank_fault)
    };
    assert!(fault("src/jobs/list.rs", "use crate::web::Shell;").is_some());
    assert!(fault("src/jobs/list.rs", "fn f() { crate::web::show() }").is_some());
    assert!(fault("src/worker.rs", "use crate::web;").is_some(), "the same rank");
    assert!(fault("src/unranked.rs", "use crate::web;").is_some());
    assert!(fault("src/serve/mod.rs", "use crate::web::Shell;").is_none());
}

fn rank_fault(import: &Import) -> Option<String> {
    // the crate's own two files have no module, and may use all
    let (from, to) = (import.from.first()?, import.to.first()?);
    let is_lower = match (rank(from), rank(to)) {
        (Some(from), Some(to)) => to < from,
        _ => false,
    };
    (from != to && !is_lower).then(|| format!("{}: `{from}` imports `{to}`, which has no lower rank", import.file))
}

fn rank(module: &str) -> Option<usize> {
    RANKS.iter().position(|modules| modules.contains(&module))
}
