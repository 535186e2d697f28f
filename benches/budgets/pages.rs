//! Pages when there is much to show: their rate beside a bare page's, and how patient one must be.

use std::time::{Duration, Instant};

use http::HeaderMap;

use crate::caller::{Load, load};
use crate::figure::{Better, Figure, median};
use crate::history::Past;
use crate::hub::{OWNER, Program, make_owner};
use crate::place::Place;

/// Rounds of each page, in turn with the bare one.
const ROUNDS: usize = 3;

/// Of each round.
const TIME: Duration = Duration::from_secs(4);

/// They ask at once, and never pause.
const CALLERS: usize = 50;

/// Jobs of a hub that has just begun.
const FEW: u64 = 1_000;

/// Jobs of a hub with a past.
const MANY: u64 = 1_000_000;

/// A page, and the share of a bare page's rate that it should reach.
const PAGES: [(&str, &str, f64); 4] = [
    ("pages.audit", "/audit", 1.0 / 3.0),
    ("pages.jobs", "/jobs", 1.0 / 5.0),
    ("pages.dashboard", "/dashboard", 1.0 / 5.0),
    ("pages.catalogue", "/connectors", 1.0 / 5.0),
];

/// A page's name and the time that 99 in 100 should be answered in.
const WAITS: [&str; 4] = ["pages.audit_p99", "pages.jobs_p99", "pages.dashboard_p99", "pages.catalogue_p99"];

/// A page's name and how its rate should change with a thousand times the history: not at all.
const FLAT: [&str; 4] = ["pages.audit_flat", "pages.jobs_flat", "pages.dashboard_flat", "pages.catalogue_flat"];

pub(crate) async fn measure(place: &Place) {
    make_owner(place).await;
    let bare = Program::bare(place, "bare-page").await;
    let hub = Program::hub(place, &["serve", "--no-worker"]).await;
    let me = hub.sign_in(OWNER).await;
    let mut past = Past::begin(place.server.options(), OWNER, place.now()).await.unwrap();
    past.write(FEW, |_| {}).await.unwrap();
    let few = all(&hub, &bare, &me).await;
    let begun = Instant::now();
    past.write(MANY, |_| {}).await.unwrap();
    println!("{MANY} jobs of history written in {:.0} s", begun.elapsed().as_secs_f64());
    let many = all(&hub, &bare, &me).await;
    for (n, ((name, _, share), (few, many))) in PAGES.into_iter().zip(few.into_iter().zip(many)).enumerate() {
        report(name, share, &many);
        wait(WAITS[n], &many);
        flat(FLAT[n], few.rate / few.bare, many.rate / many.bare);
    }
}

/// A page's middle round, and the bare page's.
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
            bares.push(load(bare, "/", &HeaderMap::new(), CALLERS, TIME).await);
            ours.push(load(hub, path, me, CALLERS, TIME).await);
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

fn wait(name: &'static str, it: &Measured) {
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
        // what a disturbed machine makes of two equal rates
        target: few * 0.9,
        reference: (few, "with a thousandth of the history"),
    }
    .report();
}
