//! The `craft` binary: hand the command line and the environment to the library, and say in a sentence what went wrong.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use craft::command::{self, Arguments};
use craft::error::Error;
use craft::workbench;

/// Gives memory back after a crowd has gone, which the system's allocator does not: see `docs/decisions/061-…`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // a bounded child of the Workbench, before anything of the hub is set up
    if std::env::args_os().nth(1).is_some_and(|argument| argument == workbench::EVALUATE) {
        return workbench::evaluate();
    }
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&Error::internal(error)),
    };
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    let env = |name: &str| std::env::var(name).ok();
    match runtime.block_on(command::run(arguments, env)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&error),
    }
}

/// Prints the error: a sentence, or the chain of causes for internal errors and locked keys.
fn complain(error: &Error) -> ExitCode {
    let mut err = std::io::stderr().lock();
    // if standard error is closed, the message cannot be shown
    let _ = match error {
        Error::Internal(cause) | Error::Locked(cause) => writeln!(err, "craft: {cause:#}"),
        other => writeln!(err, "craft: {}", other.to_message().with_detail_inline()),
    };
    ExitCode::FAILURE
}
