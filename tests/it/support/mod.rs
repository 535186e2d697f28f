//! What the stories share.

pub(crate) mod everything;
pub(crate) mod listener;
pub(crate) mod modern;
pub(crate) mod process;
pub(crate) mod recorder;
