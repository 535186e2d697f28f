//! The budgets, measured on this machine: each figure beside its target, and beside a peer or limit of the same run.
//!
//! `make bench` measures all, `make bench ONLY=queue` one group. Each figure is also a line of `target/bench.jsonl`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement that cannot go on should say where; it prints, and is an edge of the program"
)]

mod bare;
mod caller;
mod calls;
mod figure;
#[path = "../../examples/seed/past.rs"]
mod history;
mod hub;
mod live;
mod pages;
mod place;
mod process;
mod queue;
mod vault;

use place::Place;

/// What can be measured by itself; each begins with a database of its own.
const GROUPS: [&str; 6] = ["process", "queue", "calls", "vault", "live", "pages"];

#[tokio::main]
async fn main() {
    // cargo adds flags of its own
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    match only.as_str() {
        // peers, in processes of their own
        "bare-page" => bare::page().await,
        "bare-events" => bare::events().await,
        "bare-server" => bare::server().await,
        _ => measure(&only).await,
    }
}

async fn measure(only: &str) {
    for group in GROUPS.into_iter().filter(|group| group.starts_with(only)) {
        let place = Place::new().await;
        match group {
            "process" => process::measure(&place).await,
            "queue" => queue::measure(&place).await,
            "calls" => calls::measure(&place).await,
            "vault" => vault::measure(&place).await,
            "live" => live::measure(&place).await,
            _ => pages::measure(&place).await,
        }
        place.close().await;
    }
}
