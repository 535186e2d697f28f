//! The process: start time, idle memory, size of the binary and of its pages.

use std::path::Path;
use std::time::{Duration, Instant};

use http::header::ACCEPT_ENCODING;
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::caller::Caller;
use crate::database::BenchDatabase;
use crate::figure::{Better, Figure, median};
use crate::hub::{OWNER, Program, make_owner};

const STARTS: usize = 5;

/// Wait before memory is measured, so that everything that starts late has started.
const SETTLING_TIME: Duration = Duration::from_secs(5);

pub(crate) async fn measure(database: &BenchDatabase) {
    make_owner(database).await;
    start(database).await;
    let hub = Program::hub(database, &["serve"]).await;
    let bare = Program::bare(database, "bare-page").await;
    tokio::time::sleep(SETTLING_TIME).await;
    lower("process.idle_memory", hub.memory() / MIB, "MiB", 40.0, (bare.memory() / MIB, "bare page of one SELECT"));
    let size = |path: &Path| mega(std::fs::metadata(path).unwrap().len());
    let this = size(&std::env::current_exe().unwrap());
    lower("process.binary", size(Path::new(env!("CARGO_BIN_EXE_craft"))), "MB", 64.0, (this, "these benchmarks"));
    weights(&hub).await;
}

const MIB: f64 = 1_048_576.0;

async fn start(database: &BenchDatabase) {
    let (mut ours, mut bares) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let hub = Program::hub(database, &["serve"]).await;
        let started = Instant::now();
        let ready = Caller::connect(hub.address()).await.get("/readyz", &HeaderMap::new()).await;
        assert_eq!(ready.status, StatusCode::OK);
        ours.push((hub.start + started.elapsed()).as_secs_f64() * 1_000.0);
        bares.push(Program::bare(database, "bare-page").await.start.as_secs_f64() * 1_000.0);
    }
    lower("process.start", median(ours), "ms", 300.0, (median(bares), "bare page of one SELECT"));
}

/// Measures a first load (the page and its assets, as a browser requests them) and later loads (the page alone).
async fn weights(hub: &Program) {
    let mut me = hub.sign_in(OWNER).await;
    me.insert(ACCEPT_ENCODING, HeaderValue::from_static("br"));
    let mut caller = Caller::connect(hub.address()).await;
    let page = caller.get("/dashboard", &me).await;
    let plain = {
        let mut headers = me.clone();
        headers.remove(ACCEPT_ENCODING);
        caller.get("/dashboard", &headers).await
    };
    let html = String::from_utf8(plain.body.to_vec()).unwrap();
    let (mut all, mut requests) = (page.body.len(), 1);
    for (name, kind, most) in [("process.css", ".css", 10.0), ("process.js", ".js", 16.0)] {
        let (mut packed, mut whole) = (0, 0);
        for path in named(&html, kind) {
            packed += caller.get(&path, &me).await.body.len();
            whole += caller.get(&path, &HeaderMap::new()).await.body.len();
            requests += 1;
        }
        all += packed;
        lower(name, kilo(packed), "kB", most, (kilo(whole), "not packed"));
    }
    for path in named(&html, ".svg") {
        all += caller.get(&path, &me).await.body.len();
        requests += 1;
    }
    lower("process.first_load", kilo(all), "kB", 40.0, (kilo(plain.body.len()), "the page alone, not packed"));
    lower("process.requests", f64::from(requests), "requests", 5.0, (1.0, "the page alone"));
    for (name, path) in [("process.dashboard", "/dashboard"), ("process.jobs", "/jobs"), ("process.audit", "/audit")] {
        let packed = caller.get(path, &me).await.body.len();
        let mut headers = me.clone();
        headers.remove(ACCEPT_ENCODING);
        let whole = caller.get(path, &headers).await.body.len();
        lower(name, kilo(packed), "kB", 8.0, (kilo(whole), "not packed"));
    }
}

/// Returns the distinct asset paths of one kind in a page.
fn named(html: &str, kind: &str) -> Vec<String> {
    let mut paths: Vec<_> = html
        .split('"')
        .map(|text| text.split('#').next().unwrap_or_default())
        .filter(|text| text.starts_with('/') && text.ends_with(kind))
        .map(ToOwned::to_owned)
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn kilo(bytes: usize) -> f64 {
    bytes as f64 / 1_000.0
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn mega(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}

fn lower(name: &'static str, value: f64, unit: &'static str, target: f64, reference: (f64, &'static str)) {
    Figure { name, value, unit, better: Better::Lower, target, reference }.report();
}
