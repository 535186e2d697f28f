//! Results of wrapping, which all kinds of master key share.

use crate::ids::OwnerId;

/// A wrapped data key, and the id of the master key that wrapped it.
pub(super) struct WrappedKey {
    pub(super) by: String,
    pub(super) bytes: Vec<u8>,
}

/// Master keys that no data key needs.
pub(super) struct RetiredKeys {
    pub(super) ids: Vec<String>,
    /// True if the keys were removed from their source; otherwise the operator has to remove them.
    pub(super) is_removed: bool,
    /// Sentences for the operator.
    pub(super) advice: String,
}

/// Returns the associated data of a wrapped data key.
pub(super) fn data_key_aad(owner: OwnerId) -> String {
    format!("{owner}|data_keys|wrapped")
}
