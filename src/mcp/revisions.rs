//! The revisions of the protocol that the hub speaks.

use rmcp::model::ProtocolVersion;

/// The revisions that the hub speaks, newest first.
pub(super) const REVISIONS: &[ProtocolVersion] = &[
    ProtocolVersion::V_2026_07_28,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_03_26,
];
