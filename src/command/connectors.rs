//! `craft connectors …`: looks into the shipped connectors, without a database.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Map, Value};

use super::print_line;
use crate::connections::RestService;
use crate::connectors::{self, Descriptor, Shipped, ShippedTool};
use crate::error::{Error, Result};

/// Largest file with an input, in bytes.
const MAX_INPUT_BYTES: u64 = 4 * 1024 * 1024;

#[derive(Debug, Subcommand)]
pub(super) enum ConnectorsCommand {
    /// Print the request that a tool of a service would send, as JSON, without sending it
    DryRun {
        /// Name of the connector in its address, such as stripe
        connector: String,
        /// Name of the tool, such as `create_customer`
        tool: String,
        #[command(flatten)]
        input: Input,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Input {
    /// File with the arguments as a JSON object
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Take the examples and defaults of the tool
    #[arg(long)]
    example: bool,
}

pub(super) fn run(command: &ConnectorsCommand) -> Result<()> {
    let ConnectorsCommand::DryRun { connector, tool, input } = command;
    let shipped = connectors::shipped().map_err(|fault| Error::refused(fault.to_string()))?;
    let (descriptor, tool) = find(&shipped, connector, tool)?;
    let arguments = match &input.input {
        Some(path) => read_input(path)?,
        None => tool.example(),
    };
    let service = RestService::with_placeholders(descriptor.clone());
    let request = service.dry_run(tool.rest.clone(), &arguments)?;
    print_line(&request.to_string())
}

fn find<'a>(shipped: &'a [Shipped], connector: &str, tool: &str) -> Result<(&'a Descriptor, &'a ShippedTool)> {
    let found = shipped.iter().find(|it| it.slug.as_str() == connector);
    let descriptor = found.and_then(|it| it.descriptor.as_deref()).ok_or_else(|| {
        Error::refused(format!("“{connector}” is not a service of the catalogue. Its files are in connectors/"))
    })?;
    let tools = &descriptor.tools;
    let found = tools.iter().find(|it| it.definition.name == tool).ok_or_else(|| {
        let names: Vec<_> = tools.iter().map(|it| it.definition.name.as_str()).collect();
        Error::refused(format!("{connector} has no tool “{tool}”. It has {}", names.join(", ")))
    })?;
    Ok((descriptor, found))
}

fn read_input(path: &Path) -> Result<Map<String, Value>> {
    let refused = |why: String| Error::refused(format!("{} cannot be used: {why}", path.display()));
    let size = std::fs::metadata(path).map_err(|error| refused(error.to_string()))?.len();
    if size > MAX_INPUT_BYTES {
        return Err(refused("it is larger than 4 MiB".to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(arguments)) => Ok(arguments),
        Ok(_) => Err(refused("it is not a JSON object".to_owned())),
        Err(error) => Err(refused(error.to_string())),
    }
}
