//! Pages with a long history: their rate beside that of a bare page, and their latency.

use std::time::{Duration, Instant};

use http::HeaderMap;

use crate::caller::{Load, load};
use crate::database::BenchDatabase;
use crate::figure::{Better, Figure, median};
use crate::history::Past;
use crate::hub::{OWNER, Program, make_owner};

/// Rounds of each page, in turn with the bare page.
const ROUNDS: usize = 3;

/// Duration of a round.
const ROUND_DURATION: Duration = Duration::from_secs(4);

/// Concurrent callers without a pause.
const CALLERS: usize = 50;

/// Jobs of a new hub.
const SHORT_HISTORY: u64 = 1_000;

/// Jobs of a hub with a long history.
const LONG_HISTORY: u64 = 1_000_000;

/// Name, path, and target share of a bare page's rate.
const PAGES: [(&str, &str, f64); 4] = [
    ("pages.audit", "/audit", 1.0 / 3.0),
    ("pages.jobs", "/jobs", 1.0 / 5.0),
    ("pages.dashboard", "/dashboard", 1.0 / 5.0),
    ("pages.catalogue", "/connectors", 1.0 / 5.0),
];

/// Names of the figures for the 99th percentile.
const LATENCIES: [&str; 4] = ["pages.audit_p99", "pages.jobs_p99", "pages.dashboard_p99", "pages.catalogue_p99"];

/// Names of the figures that compare a long history with a short one; the rate should stay equal.
const FLAT: [&str; 4] = ["pages.audit_flat", "pages.jobs_flat", "pages.dashboard_flat", "pages.catalogue_flat"];

pub(crate) async fn measure(database: &BenchDatabase) {
    make_owner(database).await;
    let bare = Program::bare(database, "bare-page").await;
    let hub = Program::hub(database, &["serve", "--no-worker"]).await;
    let me = hub.sign_in(OWNER).await;
    let mut past = Past::begin(database.server.options(), OWNER, database.now()).await.unwrap();
    past.write(SHORT_HISTORY, |_| {}).await.unwrap();
    let few = all(&hub, &bare, &me).await;
    let started = Instant::now();
    past.write(LONG_HISTORY, |_| {}).await.unwrap();
    println!("{LONG_HISTORY} jobs of history written in {:.0} s", started.elapsed().as_secs_f64());
    let many = all(&hub, &bare, &me).await;
    for (n, ((name, _, share), (few, many))) in PAGES.into_iter().zip(few.into_iter().zip(many)).enumerate() {
        report(name, share, &many);
        latency(LATENCIES[n], &many);
        flat(FLAT[n], few.rate / few.bare, many.rate / many.bare);
    }
}

/// The median round of a page and of the bare page.
struct Measured {
    rate: f64,
    p99: f64,
    bare: f64,
    bare_p99: f64,
}

async fn all(hub: &Program, bare: &Program, me: &HeaderMap) -> Vec<Measured> {
    let mut measured = Vec::new();
    for (_, path, _) in PAGES {
        let (mut ours, mut bares) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            bares.push(load(bare, "/", &HeaderMap::new(), CALLERS, ROUND_DURATION).await);
            ours.push(load(hub, path, me, CALLERS, ROUND_DURATION).await);
        }
        let middle = |loads: &[Load], of: fn(&Load) -> f64| median(loads.iter().map(of).collect());
        measured.push(Measured {
            rate: middle(&ours, |it| it.rate),
            p99: middle(&ours, |it| it.p99),
            bare: middle(&bares, |it| it.rate),
            bare_p99: middle(&bares, |it| it.p99),
        });
    }
    measured
}

fn report(name: &'static str, share: f64, it: &Measured) {
    Figure {
        name,
        value: it.rate,
        unit: "pages/s",
        better: Better::Higher,
        target: it.bare * share,
        reference: (it.bare, "bare page of one SELECT"),
    }
    .report();
}

fn latency(name: &'static str, it: &Measured) {
    Figure {
        name,
        value: it.p99,
        unit: "ms",
        better: Better::Lower,
        target: 50.0,
        reference: (it.bare_p99, "bare page of one SELECT"),
    }
    .report();
}

fn flat(name: &'static str, few: f64, many: f64) {
    Figure {
        name,
        value: many,
        unit: "of bare",
        better: Better::Higher,
        // the tolerance for noise of the machine
        target: few * 0.9,
        reference: (few, "with a thousandth of the history"),
    }
    .report();
}
