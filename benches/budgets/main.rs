//! Measures the budgets on this machine: each figure with its target, and a peer or limit of the same run.
//!
//! `make bench` measures all, `make bench ONLY=queue` one group. Each figure is also a line of `target/bench.jsonl`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement that fails should panic with its database; this program prints its results"
)]

mod bare;
mod caller;
mod calls;
mod catalogue;
mod database;
mod figure;
mod forms;
#[path = "../../examples/seed/past.rs"]
mod history;
mod hub;
mod live;
mod pages;
mod process;
mod queue;
mod spaces;
mod vault;

use database::BenchDatabase;

/// Groups of figures; each starts with a database of its own.
const GROUPS: [&str; 9] = ["process", "queue", "calls", "catalogue", "forms", "vault", "spaces", "live", "pages"];

#[tokio::main]
async fn main() {
    // cargo adds its own flags
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    match only.as_str() {
        // peers, in processes of their own
        "bare-page" => bare::page().await,
        "bare-events" => bare::events().await,
        "bare-server" => bare::server().await,
        _ => Box::pin(measure(&only)).await,
    }
}

async fn measure(only: &str) {
    for group in GROUPS.into_iter().filter(|group| group.starts_with(only)) {
        let database = BenchDatabase::new().await;
        match group {
            "process" => process::measure(&database).await,
            "queue" => queue::measure(&database).await,
            "calls" => Box::pin(calls::measure(&database)).await,
            "catalogue" => catalogue::measure(&database).await,
            "forms" => forms::measure(),
            "vault" => vault::measure(&database).await,
            "spaces" => spaces::measure(&database).await,
            "live" => live::measure(&database).await,
            _ => pages::measure(&database).await,
        }
        database.close().await;
    }
}
