//! Live pages: memory of ten thousand open pages, and the time until a change is shown.

use std::time::{Duration, Instant};

use craft::ids::{ConnectionId, JobId, UserId};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::caller::{Caller, get};
use crate::database::BenchDatabase;
use crate::figure::{Better, Figure, percentile};
use crate::hub::{OWNER, Program, make_owner};

/// Users with open pages.
const USERS: usize = 1_000;

/// Open pages of each user.
const PAGES: usize = 10;

/// The pages, without a worker.
const SERVE: [&str; 2] = ["serve", "--no-worker"];

/// Time after which freed memory may be given back: mimalloc waits ten seconds.
const SETTLING_TIME: Duration = Duration::from_secs(12);

/// Pages that the remaining visitors ask for, twenty a second. mimalloc gives memory back when it is used, a part at a time.
const LATER_PAGES: usize = 400;

const MIB: f64 = 1_048_576.0;

/// Jobs that are cancelled while their page is open.
const CHANGES: usize = 200;

pub(crate) async fn measure(database: &BenchDatabase) {
    make_owner(database).await;
    let bare = Program::bare(database, "bare-events").await;
    let bare_each = {
        let visits: Vec<_> = (0..USERS * PAGES).map(|_| ("/".to_owned(), HeaderMap::new())).collect();
        each(&bare, visits).await.0
    };
    let former = Program::hub(database, &SERVE).await;
    // the hub writes the built-in tools at its start, and jobs need one
    let jobs = jobs(database).await;
    let mut viewers = Vec::new();
    for n in 0..USERS {
        viewers.push(former.sign_in(&email(n)).await);
    }
    let crowd = former.memory();
    drop(former);
    // a process of its own: memory that sign-ins leave behind would hide what streams take
    let hub = Program::hub(database, &SERVE).await;
    let fresh = hub.memory();
    let mut visits = Vec::new();
    for (job, viewer) in jobs.iter().zip(&mut viewers) {
        hub.adopt(viewer);
        visits.extend((0..PAGES).map(|_| (format!("/jobs/{job}/events"), viewer.clone())));
    }
    let (ours_each, open) = each(&hub, visits).await;
    Figure {
        name: "live.memory",
        value: ours_each / 1024.0,
        unit: "KiB/viewer",
        better: Better::Lower,
        target: bare_each / 1024.0 * 1.5,
        reference: (bare_each / 1024.0, "bare stream"),
    }
    .report();
    change_to_screen(&hub, database, &viewers[0]).await;
    drop(open);
    tokio::time::sleep(SETTLING_TIME).await;
    for _ in 0..LATER_PAGES {
        let page = Caller::connect(hub.address()).await.get("/jobs", &viewers[0]).await;
        assert_eq!(page.status, StatusCode::OK);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for (name, left) in [("live.after_sign_ins", crowd), ("live.after_viewers", hub.memory())] {
        Figure {
            name,
            value: left / MIB,
            unit: "MiB",
            better: Better::Lower,
            target: 60.0,
            reference: (fresh / MIB, "the hub at its start"),
        }
        .report();
    }
}

/// Creates a job for each user; it stays queued because no worker runs.
async fn jobs(database: &BenchDatabase) -> Vec<JobId> {
    let mut jobs = Vec::new();
    for n in 0..USERS {
        let user = UserId::new(database.now());
        sqlx::query(
            "INSERT INTO users (id, email, display_name, password_hash, confirmed_at, created_at)
             SELECT $1, $2, 'Viewer', password_hash, $3, $3 FROM users WHERE email = $4",
        )
        .bind(user)
        .bind(email(n))
        .bind(database.now())
        .bind(OWNER)
        .execute(database.pool())
        .await
        .unwrap();
        jobs.push(job(database, user).await);
    }
    jobs
}

async fn job(database: &BenchDatabase, user: UserId) -> JobId {
    let (job, connection, now) = (JobId::new(database.now()), ConnectionId::new(database.now()), database.now());
    let written = sqlx::query(
        "WITH service AS (SELECT id FROM connectors WHERE slug = 'workbench' AND owner_id IS NULL),
         tool AS (
             SELECT t.current_version_id AS id, t.name FROM connector_tools t JOIN service s ON s.id = t.connector_id LIMIT 1
         ),
         connection AS (
             INSERT INTO user_connections (owner_id, id, connector_id, label, status, created_at, updated_at)
             SELECT $1, $2, id, 'Number ' || $2, 'active', $4, $4 FROM service
         ),
         lane AS (
             INSERT INTO lane (queue, owner_id, connection_id, connector_id) SELECT 'calls', $1, $2, id FROM service
             RETURNING lane
         ),
         ready AS (
             INSERT INTO job_ready (owner_id, job_id, queue, lane, repeatable) SELECT $1, $3, 'calls', lane, true FROM lane
         )
         INSERT INTO job (owner_id, id, connector_id, connection_id, tool_version_id, tool_name, origin, input, created_at)
         SELECT $1, $3, s.id, $2, t.id, t.name, 'browser', '{}', $4 FROM service s, tool t",
    )
    .bind(user)
    .bind(connection)
    .bind(job)
    .bind(now)
    .execute(database.pool())
    .await
    .unwrap();
    assert_eq!(written.rows_affected(), 1, "there is no built-in tool yet");
    job
}

fn email(n: usize) -> String {
    format!("viewer-{n}@example.com")
}

/// Opens all streams and returns the memory of each in bytes after its first event, with the open streams.
async fn each(program: &Program, visits: Vec<(String, HeaderMap)>) -> (f64, Vec<Viewer>) {
    let before = program.memory();
    let mut open = Vec::new();
    for (path, headers) in visits {
        open.push(Viewer::open(program, &path, &headers).await);
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let count = open.len() as f64;
    ((program.memory() - before) / count, open)
}

/// An open stream after its first event.
struct Viewer {
    _caller: Caller,
    body: Incoming,
}

impl Viewer {
    async fn open(program: &Program, path: &str, headers: &HeaderMap) -> Self {
        let mut caller = Caller::connect(program.address()).await;
        let answer = caller.open(get(path, headers)).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let mut viewer = Self { _caller: caller, body: answer.into_body() };
        viewer.next().await;
        viewer
    }

    async fn next(&mut self) {
        self.body.frame().await.expect("the stream ended").unwrap();
    }
}

/// Measures the time from the press of "Cancel" to the event that shows it, with all other streams open.
async fn change_to_screen(hub: &Program, database: &BenchDatabase, me: &HeaderMap) {
    let user: UserId = sqlx::query_scalar("SELECT id FROM users WHERE email = $1")
        .bind(email(0))
        .fetch_one(database.pool())
        .await
        .unwrap();
    let (mut times, mut answers) = (Vec::new(), Vec::new());
    let mut caller = Caller::connect(hub.address()).await;
    for _ in 0..CHANGES {
        let job = job(database, user).await;
        let mut viewer = Viewer::open(hub, &format!("/jobs/{job}/events"), me).await;
        let mut request = get(&format!("/jobs/{job}/cancellation"), me);
        *request.method_mut() = http::Method::POST;
        let origin = hub.base.origin().ascii_serialization();
        request.headers_mut().insert(http::header::ORIGIN, origin.parse().unwrap());
        let started = Instant::now();
        let answer = caller.send(request).await;
        answers.push(started.elapsed());
        assert!(answer.status.is_redirection(), "the cancellation got the status {}", answer.status);
        viewer.next().await;
        times.push(started.elapsed());
    }
    let answer = percentile(&mut answers, 0.99);
    for (name, share) in [("live.screen_p50", 0.5), ("live.screen_p99", 0.99)] {
        Figure {
            name,
            value: percentile(&mut times, share),
            unit: "ms",
            better: Better::Lower,
            target: 300.0,
            reference: (answer, "p99 of the answer to the press"),
        }
        .report();
    }
}
