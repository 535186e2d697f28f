//! The `craft` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    // a bounded child of the Workbench, before anything of the hub is set up
    if std::env::args_os().nth(1).is_some_and(|argument| argument == craft::workbench::EVALUATE) {
        return craft::workbench::evaluate();
    }
    ExitCode::SUCCESS
}
