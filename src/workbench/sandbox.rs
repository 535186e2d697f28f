//! Evaluates filters and schemas of callers in a child process with limits on time, memory and output.
//!
//! A short filter or pattern can loop forever, allocate a terabyte, read the environment or end the process (`halt`). A
//! thread gives no protection from these. The child starts with an empty environment and limits itself before it reads
//! its input. The parent kills it at the time limit or when the caller disconnects.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use super::{json_query, json_schema};

/// First argument of the child process.
pub const EVALUATE: &str = "workbench-evaluate";

const EVALUATE_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_CPU_SECONDS: u64 = 2;
const MAX_MEMORY_BYTES: u64 = 512 * 1024 * 1024;
const MAX_OUTPUT_BYTES: usize = 1_000_000;

/// Task of a child process.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Task {
    Query(json_query::Input),
    Check(json_schema::Input),
}

/// Runs `task` in a child process.
///
/// # Errors
/// Returns a sentence for the author of the filter or schema.
pub(super) async fn run<T: DeserializeOwned>(program: &Path, task: &Task) -> Result<T, String> {
    let internal = |error: std::io::Error| {
        let program = program.display();
        tracing::error!(%error, program.path = %program, "Failed to run the Workbench evaluator {program}; the call fails");
        "The Workbench could not start its evaluator. Try again in a minute".to_owned()
    };
    let input = serde_json::to_vec(task).map_err(|error| internal(error.into()))?;
    let child = Command::new(program)
        .arg(EVALUATE)
        .env_clear()
        // the allocator reserves addresses before the child limits itself, and the limit counts addresses
        .env("MIMALLOC_ARENA_RESERVE", "16MiB")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(internal)?;
    let (output, status) = tokio::time::timeout(EVALUATE_TIMEOUT, exchange(child, &input))
        .await
        .map_err(|_| too_slow())?
        .map_err(internal)?;
    if output.len() > MAX_OUTPUT_BYTES {
        return Err("The result is longer than 1 MB: narrow the filter down".to_owned());
    }
    serde_json::from_slice::<Result<T, String>>(&output).unwrap_or_else(|_| Err(explain_exit(status)))
}

async fn exchange(mut child: Child, input: &[u8]) -> std::io::Result<(Vec<u8>, ExitStatus)> {
    if let Some(mut stdin) = child.stdin.take() {
        // the exit status reports a child that died early
        let _ = stdin.write_all(input).await;
    }
    let mut output = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(MAX_OUTPUT_BYTES as u64 + 1).read_to_end(&mut output).await?;
    }
    if output.len() > MAX_OUTPUT_BYTES {
        child.start_kill()?;
    }
    Ok((output, child.wait().await?))
}

fn explain_exit(status: ExitStatus) -> String {
    const ABORT: i32 = 6;
    const KILL: i32 = 9;
    const SEGMENTATION_FAULT: i32 = 11;
    const CPU_TIME_EXCEEDED: i32 = 24;
    match status.signal() {
        Some(ABORT | SEGMENTATION_FAULT) => "The evaluation needed too much memory: simplify it".to_owned(),
        Some(CPU_TIME_EXCEEDED | KILL) => too_slow(),
        _ => "The evaluation ended without a result: simplify it".to_owned(),
    }
}

fn too_slow() -> String {
    format!("The evaluation took longer than {MAX_CPU_SECONDS} seconds of computing: simplify it")
}

/// Runs in the child process: limits the process, reads a task and writes its result.
pub fn evaluate() -> ExitCode {
    match limit_resources().and_then(|()| run_task()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn limit_resources() -> std::io::Result<()> {
    let limit = |resource, max| setrlimit(resource, Rlimit { current: Some(max), maximum: Some(max) });
    limit(Resource::Core, 0)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::As, MAX_MEMORY_BYTES)?;
    limit(Resource::Cpu, MAX_CPU_SECONDS)?;
    Ok(())
}

fn run_task() -> std::io::Result<()> {
    let mut input = Vec::new();
    std::io::stdin().lock().read_to_end(&mut input)?;
    let output = match serde_json::from_slice(&input)? {
        Task::Query(input) => serde_json::to_vec(&json_query::evaluate(&input)),
        Task::Check(input) => serde_json::to_vec(&json_schema::check(&input)),
    }?;
    std::io::stdout().lock().write_all(&output)
}
