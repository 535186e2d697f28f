//! The settings of an engine.

use std::time::Duration;

/// The limits of an engine.
#[derive(Clone, Copy, Debug)]
pub struct EngineSettings {
    /// Most runs at once in this process.
    pub slots: u16,
    /// Most runs at once of one owner, in all processes.
    pub owner_cap: u32,
    /// Most runs at once against one connector, in all processes.
    pub connector_cap: u32,
    /// Longest duration of a run.
    pub time_limit: Duration,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self { slots: 64, owner_cap: 32, connector_cap: 64, time_limit: Duration::from_secs(300) }
    }
}
