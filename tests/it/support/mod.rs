//! What the stories stand on.

pub(crate) mod browser;
pub(crate) mod database;
pub(crate) mod listener;
pub(crate) mod page;
pub(crate) mod test_app;
