//! A way to the database on which the answer to a commit is lost: whoever made it cannot know whether it came about.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

/// Stands before the server's socket.
pub(crate) struct Lossy {
    directory: PathBuf,
    lost: Arc<AtomicUsize>,
}

impl Lossy {
    /// Loses the answer to the first commit after somebody has written `marker`.
    pub(crate) fn before(options: &PgConnectOptions, marker: &'static str) -> Self {
        let directory = std::env::temp_dir().join(format!("craft-lossy-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&directory).unwrap();
        let name = format!(".s.PGSQL.{}", options.get_port());
        let listener = UnixListener::bind(directory.join(&name)).unwrap();
        let server = options.get_socket().expect("the tests reach their server through a socket").join(name);
        let lost = Arc::<AtomicUsize>::default();
        tokio::spawn({
            let lost = lost.clone();
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    let server = UnixStream::connect(&server).await.unwrap();
                    tokio::spawn(carry(client, server, marker, lost.clone()));
                }
            }
        });
        Self { directory, lost }
    }

    /// The same database, reached this way.
    pub(crate) fn options(&self, options: PgConnectOptions) -> PgConnectOptions {
        options.socket(&self.directory)
    }

    /// How many answers were lost.
    pub(crate) fn lost(&self) -> usize {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Drop for Lossy {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

async fn carry(mut client: UnixStream, mut server: UnixStream, marker: &str, lost: Arc<AtomicUsize>) {
    let has = |bytes: &[u8], word: &str| bytes.windows(word.len()).any(|it| it == word.as_bytes());
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    let mut is_marked = false;
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Some(n) = read.ok().filter(|n| *n > 0) else { return };
                is_marked |= has(&asked[..n], marker);
                server.write_all(&asked[..n]).await.unwrap();
                if is_marked && has(&asked[..n], "COMMIT") && lost.fetch_add(1, Ordering::Relaxed) == 0 {
                    // it has come about, and the one who asked never hears of it
                    let _ = server.read(&mut answered).await;
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Some(n) = read.ok().filter(|n| *n > 0) else { return };
                if client.write_all(&answered[..n]).await.is_err() {
                    return;
                }
            }
        }
    }
}
