//! Evaluates what callers wrote in a child process with hard bounds on time, memory and output.
//!
//! A filter or a pattern of a few bytes can loop for ever, ask for a terabyte, read the environment or (`halt`) end the
//! process; a thread can be protected from none of these. The child starts with an empty environment, limits itself
//! before it reads anything, and is killed when its time is up or its caller has gone.

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

/// The first argument of a child.
pub const EVALUATE: &str = "workbench-evaluate";

const WALL_TIME: Duration = Duration::from_secs(5);
const CPU_SECONDS: u64 = 2;
const MEMORY_BYTES: u64 = 512 * 1024 * 1024;
const MAX_OUTPUT: usize = 1_000_000;

/// What a child is asked to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Task {
    Query(json_query::Input),
    Check(json_schema::Input),
}

/// Has a child do `task`. An error is a sentence for whoever wrote the filter or schema.
pub(super) async fn run<T: DeserializeOwned>(program: &Path, task: &Task) -> Result<T, String> {
    let ours = |error: std::io::Error| {
        tracing::error!(%error, program = %program.display(), "the Workbench could not run its evaluator");
        "The Workbench could not start its evaluator".to_owned()
    };
    let input = serde_json::to_vec(task).map_err(|error| ours(error.into()))?;
    let child = Command::new(program)
        .arg(EVALUATE)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(ours)?;
    let (output, status) =
        tokio::time::timeout(WALL_TIME, exchange(child, &input)).await.map_err(|_| too_slow())?.map_err(ours)?;
    if output.len() > MAX_OUTPUT {
        return Err("The result is longer than 1 MB: narrow the filter down".to_owned());
    }
    serde_json::from_slice::<Result<T, String>>(&output).unwrap_or_else(|_| Err(cause_of_death(status)))
}

async fn exchange(mut child: Child, input: &[u8]) -> std::io::Result<(Vec<u8>, ExitStatus)> {
    if let Some(mut stdin) = child.stdin.take() {
        // a child that died early shows in its status, not here
        let _ = stdin.write_all(input).await;
    }
    let mut output = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(MAX_OUTPUT as u64 + 1).read_to_end(&mut output).await?;
    }
    if output.len() > MAX_OUTPUT {
        child.start_kill()?;
    }
    Ok((output, child.wait().await?))
}

fn cause_of_death(status: ExitStatus) -> String {
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
    format!("The evaluation took longer than {CPU_SECONDS} seconds of computing: simplify it")
}

/// The whole life of a child: limits itself, reads a task, writes its result.
pub fn evaluate() -> ExitCode {
    match confine().and_then(|()| answer()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn confine() -> std::io::Result<()> {
    let limit = |resource, most| setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    limit(Resource::Core, 0)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::As, MEMORY_BYTES)?;
    limit(Resource::Cpu, CPU_SECONDS)?;
    Ok(())
}

fn answer() -> std::io::Result<()> {
    let mut input = Vec::new();
    std::io::stdin().lock().read_to_end(&mut input)?;
    let output = match serde_json::from_slice(&input)? {
        Task::Query(input) => serde_json::to_vec(&json_query::evaluate(&input)),
        Task::Check(input) => serde_json::to_vec(&json_schema::check(&input)),
    }?;
    std::io::stdout().lock().write_all(&output)
}
