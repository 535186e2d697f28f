//! Searches for secrets in the tables and in the log of a hub.

use std::io::Write;
use std::sync::{Arc, Mutex};

use sqlx::{AssertSqlSafe, PgPool};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

/// Returns the tables with a row that contains one of these words, as text or as bytes.
pub(crate) async fn tables_containing(pool: &PgPool, words: &[impl AsRef<str>]) -> Vec<String> {
    let words: Vec<_> = words.iter().flat_map(|word| [word.as_ref().to_owned(), hex::encode(word.as_ref())]).collect();
    let tables: Vec<String> = sqlx::query_scalar("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        .fetch_all(pool)
        .await
        .unwrap();
    let mut found = Vec::new();
    for table in tables {
        let rows = format!(
            "SELECT count(*) FROM {table} t WHERE EXISTS (SELECT FROM unnest($1::text[]) w WHERE strpos(t::text, w) > 0)"
        );
        let rows: i64 = sqlx::query_scalar(AssertSqlSafe(rows)).bind(&words).fetch_one(pool).await.unwrap();
        if rows > 0 {
            found.push(table);
        }
    }
    found
}

/// The log of everything that the thread of the test does, of all crates, as `CRAFT_LOG=trace` gives it.
pub(crate) struct LogCapture {
    text: Arc<Mutex<Vec<u8>>>,
    _guard: DefaultGuard,
}

impl LogCapture {
    /// Starts to capture. The test needs a runtime with one thread.
    pub(crate) fn start() -> Self {
        let text = Arc::<Mutex<Vec<u8>>>::default();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(craft::config::log_filter("trace"))
            .with_ansi(false)
            .with_writer(LogWriter(text.clone()))
            .finish();
        Self { text, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// Returns the log so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.text.lock().unwrap()).into_owned()
    }
}

#[derive(Clone)]
struct LogWriter(Arc<Mutex<Vec<u8>>>);

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for LogWriter {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
