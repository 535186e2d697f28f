//! A proxy before the database that loses the answer to a commit: the client cannot know whether it was committed.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

/// A socket that forwards to the socket of the server.
pub(crate) struct LossyProxy {
    directory: PathBuf,
    lost_count: Arc<AtomicUsize>,
}

impl LossyProxy {
    /// Starts a proxy that loses the answer to the first commit after a client has sent `marker`.
    pub(crate) fn start(options: &PgConnectOptions, marker: &'static str) -> Self {
        let (directory, listener, server) = listen_before(options);
        let lost_count = Arc::<AtomicUsize>::default();
        tokio::spawn({
            let lost_count = lost_count.clone();
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    let server = UnixStream::connect(&server).await.unwrap();
                    tokio::spawn(forward(client, server, marker, lost_count.clone()));
                }
            }
        });
        Self { directory, lost_count }
    }

    /// Returns options that reach the same database through the proxy.
    pub(crate) fn options(&self, options: PgConnectOptions) -> PgConnectOptions {
        options.socket(&self.directory)
    }

    /// Returns how many answers were lost.
    pub(crate) fn lost_count(&self) -> usize {
        self.lost_count.load(Ordering::Relaxed)
    }
}

impl Drop for LossyProxy {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Listens in a new directory at the socket name that clients of the server expect. Returns the directory, the listener, and
/// the server's own socket.
pub(super) fn listen_before(options: &PgConnectOptions) -> (PathBuf, UnixListener, PathBuf) {
    let directory = std::env::temp_dir().join(format!("craft-proxy-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&directory).unwrap();
    let name = format!(".s.PGSQL.{}", options.get_port());
    let listener = UnixListener::bind(directory.join(&name)).unwrap();
    let server = options.get_socket().expect("the tests reach their server through a socket").join(name);
    (directory, listener, server)
}

async fn forward(mut client: UnixStream, mut server: UnixStream, marker: &str, lost_count: Arc<AtomicUsize>) {
    let has = |bytes: &[u8], word: &str| bytes.windows(word.len()).any(|it| it == word.as_bytes());
    let (mut request, mut answer) = (vec![0; 65_536], vec![0; 65_536]);
    let mut is_marked = false;
    loop {
        tokio::select! {
            read = client.read(&mut request) => {
                let Some(n) = read.ok().filter(|n| *n > 0) else { return };
                is_marked |= has(&request[..n], marker);
                server.write_all(&request[..n]).await.unwrap();
                if is_marked && has(&request[..n], "COMMIT") && lost_count.fetch_add(1, Ordering::Relaxed) == 0 {
                    // the transaction is committed, and the client gets no answer
                    let _ = server.read(&mut answer).await;
                    return;
                }
            }
            read = server.read(&mut answer) => {
                let Some(n) = read.ok().filter(|n| *n > 0) else { return };
                if client.write_all(&answer[..n]).await.is_err() {
                    return;
                }
            }
        }
    }
}
