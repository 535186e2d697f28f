//! The budgets, measured on this machine: each figure beside its target, and beside a peer or limit of the same run.
//!
//! `make bench` measures all, `make bench ONLY=queue` one group. Each figure is also a line of `target/bench.jsonl`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement that cannot go on should say where; it prints, and is an edge of the program"
)]

mod figure;
mod place;
mod queue;

use place::Place;

#[tokio::main]
async fn main() {
    // cargo adds flags of its own
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    if "queue".starts_with(&only) {
        let place = Place::new().await;
        queue::measure(&place).await;
        place.close().await;
    }
}
