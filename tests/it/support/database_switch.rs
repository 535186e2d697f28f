//! A proxy before the database that can be switched off: it cuts open connections and refuses further ones.

use std::path::PathBuf;
use std::sync::Arc;

use craft::db::SystemDb;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::io::copy_bidirectional;
use tokio::net::UnixStream;
use tokio::sync::watch;

use super::hang::in_time;
use super::lossy_proxy::listen_before;

/// A socket that forwards to the socket of the server while it is on.
pub(crate) struct DatabaseSwitch {
    directory: PathBuf,
    options: PgConnectOptions,
    is_on: Arc<watch::Sender<bool>>,
    /// Connections that were refused since the switch was last turned off.
    refused: Arc<watch::Sender<usize>>,
}

impl DatabaseSwitch {
    /// Starts a proxy before the database of this pool. It is on.
    pub(crate) fn start(database: &SystemDb) -> Self {
        let options = (*database.pool().connect_options()).clone();
        let (directory, listener, server) = listen_before(&options);
        let is_on = Arc::new(watch::Sender::new(true));
        let refused = Arc::new(watch::Sender::new(0));
        tokio::spawn({
            let (is_on, refused) = (is_on.clone(), refused.clone());
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    if *is_on.borrow() {
                        let server = UnixStream::connect(&server).await.unwrap();
                        tokio::spawn(forward(client, server, is_on.subscribe()));
                    } else {
                        refused.send_modify(|count| *count += 1);
                    }
                }
            }
        });
        Self { directory, options, is_on, refused }
    }

    /// Opens a pool that reaches the database through the proxy, with `app.system` on or off.
    pub(crate) fn pool(&self, app_system: &str) -> PgPool {
        let options = self.options.clone().socket(&self.directory).options([("app.system", app_system)]);
        PgPoolOptions::new().max_connections(4).connect_lazy_with(options)
    }

    /// Cuts all connections and refuses further ones.
    pub(crate) fn turn_off(&self) {
        self.refused.send_replace(0);
        self.is_on.send_replace(false);
    }

    /// Accepts connections again.
    pub(crate) fn turn_on(&self) {
        self.is_on.send_replace(true);
    }

    /// Waits until a connection was refused.
    pub(crate) async fn wait_for_refusal(&self) {
        let mut refused = self.refused.subscribe();
        in_time("a connection is refused", refused.wait_for(|count| *count > 0)).await.unwrap();
    }
}

impl Drop for DatabaseSwitch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

async fn forward(mut client: UnixStream, mut server: UnixStream, mut is_on: watch::Receiver<bool>) {
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        _ = is_on.wait_for(|is_on| !is_on) => {}
    }
}
