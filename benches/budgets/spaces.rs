//! A transaction in an organisation beside one that takes the owner's word for it: the price of looking the membership up.

use std::time::{Duration, Instant};

use craft::actor::{Actor, Origin};
use craft::db::{Db, Tx};
use craft::ids::{JobId, OwnerId, UserId};
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool, SqlSafeStr};
use tokio::task::JoinSet;

use crate::database::BenchDatabase;
use crate::figure::{Better, Figure, median};
use crate::history::Past;
use crate::hub::{OWNER, make_owner};

/// Jobs of the history; three of ten belong to the organisation.
const HISTORY: u64 = 200_000;

/// Concurrent callers without a pause, fewer than the pool has connections.
const CALLERS: usize = 4;

/// Rounds of each kind, in turn.
const ROUNDS: usize = 9;

/// Duration of a round.
const ROUND_DURATION: Duration = Duration::from_secs(2);

/// The statements of a page, with the range of keys that the pages give the planner: `$1` is the owner, `$2` the limit, `$3`
/// and `$4` bound the keys.
const STATEMENTS: [&str; 5] = [
    "SELECT id::text AS key FROM pipeline_jobs WHERE owner_id = $1 AND id > $3 AND id < $4 ORDER BY id DESC LIMIT $2",
    "SELECT id::text AS key FROM audit_entries WHERE owner_id = $1 AND id > $3 AND id < $4 ORDER BY id DESC LIMIT $2",
    "SELECT id::text AS key FROM job WHERE owner_id = $1 AND id > $3 AND id < $4 ORDER BY id DESC LIMIT $2",
    "SELECT id::text AS key FROM user_connections WHERE owner_id = $1 AND id > $3 AND id < $4 ORDER BY id LIMIT $2",
    "SELECT job_id::text AS key FROM job_result WHERE owner_id = $1 AND job_id > $3 AND job_id < $4 ORDER BY job_id DESC LIMIT $2",
];

pub(crate) async fn measure(database: &BenchDatabase) {
    make_owner(database).await;
    let mut past = Past::begin(database.server.options(), OWNER, database.now()).await.unwrap();
    past.write(HISTORY, |_| {}).await.unwrap();
    let (owner, member) = organisation(database).await;
    let actor = Actor::new(member, Origin::Browser).within(owner);
    let pool = pool(database);
    let (mut bare, mut entered) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(rate(&pool, &actor, false).await);
        entered.push(rate(&pool, &actor, true).await);
    }
    let (bare, entered) = (median(bare), median(entered));
    Figure {
        name: "spaces.member",
        value: entered,
        unit: "pages/s",
        better: Better::Higher,
        target: 0.85 * bare,
        reference: (bare, "the same statements, the owner set without a look at the membership"),
    }
    .report();
}

/// Makes an organisation of the owner of the history, and another person its member.
async fn organisation(database: &BenchDatabase) -> (OwnerId, UserId) {
    let owner: OwnerId = sqlx::query_scalar("SELECT id FROM users WHERE email = $1")
        .bind(OWNER)
        .fetch_one(database.pool())
        .await
        .unwrap();
    let member: UserId = sqlx::query_scalar("SELECT min(id::text)::uuid FROM users WHERE id <> $1")
        .bind(owner)
        .fetch_one(database.pool())
        .await
        .unwrap();
    database
        .execute(format!(
            "INSERT INTO organisations (id, slug, name, created_at) VALUES ('{owner}', 'acme', 'Acme', now());
             INSERT INTO memberships (user_id, organisation_id, role, since) VALUES ('{member}', '{owner}', 'operator', now())"
        ))
        .await;
    (owner, member)
}

/// Opens connections that row-level security binds, with the settings of the pages' pool.
fn pool(database: &BenchDatabase) -> PgPool {
    let options = database.server.options().options([
        ("app.system", "off"),
        ("jit", "off"),
        ("plan_cache_mode", "force_generic_plan"),
        ("enable_seqscan", "off"),
        ("random_page_cost", "1.1"),
    ]);
    PgPoolOptions::new().max_connections(8).test_before_acquire(false).connect_lazy_with(options)
}

/// Returns the pages that the callers read in a second.
async fn rate(pool: &PgPool, actor: &Actor, is_looked_up: bool) -> f64 {
    let started = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (pool, db, actor) = (pool.clone(), Db::new(pool.clone()), actor.clone());
        callers.spawn(async move {
            let mut pages = 0_u32;
            while started.elapsed() < ROUND_DURATION {
                // both in a spawned task, as the hub begins every transaction
                let mut tx = if is_looked_up {
                    db.enter(&actor).await.unwrap()
                } else {
                    let statement = format!(
                        "BEGIN; SELECT set_config('app.user_id', '{}', true), set_config('app.owner_id', '{}', true)",
                        actor.user_id(),
                        actor.owner_id()
                    );
                    let connection = pool.acquire().await.unwrap();
                    let begun = tokio::spawn(Tx::begin(connection, Some(AssertSqlSafe(statement).into_sql_str())));
                    begun.await.unwrap().unwrap()
                };
                for statement in STATEMENTS {
                    let page = sqlx::query(statement).bind(actor.owner_id()).bind(20_i64);
                    page.bind(JobId::FIRST).bind(JobId::LAST).fetch_all(&mut *tx).await.unwrap();
                }
                drop(tx);
                pages += 1;
            }
            pages
        });
    }
    let pages: u32 = callers.join_all().await.into_iter().sum();
    f64::from(pages) / started.elapsed().as_secs_f64()
}
