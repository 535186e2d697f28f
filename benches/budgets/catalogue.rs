//! The catalogue with all shipped connectors and 1,500 tools: the weight of its page, and its rate beside that of a bare page.

use std::time::Duration;

use http::header::ACCEPT_ENCODING;
use http::{HeaderMap, HeaderValue};

use crate::caller::{Caller, load};
use crate::database::BenchDatabase;
use crate::figure::{Better, Figure, median};
use crate::hub::{OWNER, Program, make_owner};

/// Cards of a page.
const CARDS: usize = 50;

const ROUNDS: usize = 3;

const ROUND_DURATION: Duration = Duration::from_secs(4);

/// Concurrent callers without a pause.
const CALLERS: usize = 50;

pub(crate) async fn measure(database: &BenchDatabase) {
    make_owner(database).await;
    let bare = Program::bare(database, "bare-page").await;
    let hub = Program::hub(database, &["serve", "--no-worker"]).await;
    let me = hub.sign_in(OWNER).await;
    add_tools(database).await;
    weight(&hub, &me).await;
    // neither page is packed, as in the group of the pages
    let (mut ours, mut bares) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bares.push(load(&bare, "/", &HeaderMap::new(), CALLERS, ROUND_DURATION).await.rate);
        ours.push(load(&hub, "/connectors", &me, CALLERS, ROUND_DURATION).await.rate);
    }
    let bare = median(bares);
    Figure {
        name: "catalogue.rate",
        value: median(ours),
        unit: "pages/s",
        better: Better::Higher,
        target: bare / 5.0,
        reference: (bare, "bare page of one SELECT"),
    }
    .report();
}

/// Adds tools, as if their owner had discovered them at each hosted server, up to 1,500 with those of the REST services.
async fn add_tools(database: &BenchDatabase) {
    database
        .execute(format!(
            "INSERT INTO connector_tools (id, connector_id, owner_id, name, position, created_at)
             SELECT gen_random_uuid(), c.id, u.id, 'tool_' || n, n, now()
             FROM connectors c, users u, generate_series(1, 30) n
             WHERE c.owner_id IS NULL AND c.transport = 'mcp' AND u.email = '{OWNER}'
             ORDER BY n
             LIMIT (SELECT 1500 - count(*) FROM connector_tools);
             ANALYZE"
        ))
        .await;
    let counts: (i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM connectors WHERE is_active), (SELECT count(*) FROM connector_tools WHERE is_active)",
    )
    .fetch_one(database.pool())
    .await
    .unwrap();
    println!("{} connectors, {} tools", counts.0, counts.1);
}

async fn weight(hub: &Program, me: &HeaderMap) {
    let mut caller = Caller::connect(hub.address()).await;
    let mut packing = me.clone();
    packing.insert(ACCEPT_ENCODING, HeaderValue::from_static("br"));
    let packed = caller.get("/connectors", &packing).await.body.len();
    let whole = caller.get("/connectors", me).await.body;
    let cards = String::from_utf8_lossy(&whole).matches("<li class=\"card\">").count();
    assert_eq!(cards, CARDS, "the page has another number of cards");
    Figure {
        name: "catalogue.page",
        value: kilo(packed),
        unit: "kB",
        better: Better::Lower,
        target: 12.0,
        reference: (kilo(whole.len()), "not packed"),
    }
    .report();
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn kilo(bytes: usize) -> f64 {
    bytes as f64 / 1_000.0
}
