//! What the stories stand on.

pub(crate) mod authority;
pub(crate) mod browser;
pub(crate) mod changing;
pub(crate) mod database;
pub(crate) mod everything;
pub(crate) mod guarded;
pub(crate) mod hub;
pub(crate) mod listener;
pub(crate) mod lossy;
pub(crate) mod modern;
pub(crate) mod oidc;
pub(crate) mod openbao;
pub(crate) mod page;
pub(crate) mod place;
pub(crate) mod process;
pub(crate) mod quirks;
pub(crate) mod recorder;
pub(crate) mod scripted;
mod session;
pub(crate) mod stream;
pub(crate) mod test_app;
pub(crate) mod tides;
