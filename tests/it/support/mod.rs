//! The fixtures of the stories: a hub, browsers, and servers to connect to.

pub(crate) mod browser;
pub(crate) mod certificate_authority;
pub(crate) mod changing_server;
pub(crate) mod data_directory;
pub(crate) mod database;
pub(crate) mod everything_server;
pub(crate) mod guarded_server;
pub(crate) mod hub;
pub(crate) mod listener;
pub(crate) mod lossy_proxy;
pub(crate) mod modern_server;
pub(crate) mod odd_server;
pub(crate) mod oidc_provider;
pub(crate) mod openbao;
pub(crate) mod page;
pub(crate) mod request_recorder;
pub(crate) mod scrape;
pub(crate) mod scripted_server;
pub(crate) mod server_process;
mod session;
pub(crate) mod smtp_server;
pub(crate) mod space;
pub(crate) mod stream;
pub(crate) mod strict_provider;
pub(crate) mod test_app;
mod tides_connectors;
pub(crate) mod tides_service;
