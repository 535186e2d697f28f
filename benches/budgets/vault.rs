//! Duration of a change of the master key, and secrets opened a second.

use std::time::Instant;

use craft::actor::{Actor, Origin};
use craft::ids::{OwnerId, UserId};
use craft::secret::Secret;
use craft::vault::{KeySource, NewSecret, SecretRef, Vault};
use tokio::task::JoinSet;

use crate::database::BenchDatabase;
use crate::figure::{Better, Figure};

/// Users, each with a data key of their own.
const USERS: usize = 10_000;

/// Secrets of each user: 100,000 in all.
const SECRETS: usize = 10;

/// Concurrent tasks.
const CALLERS: usize = 4;

pub(crate) async fn measure(database: &BenchDatabase) {
    let vault = Vault::from_source(KeySource::ensure_file(database.dir().join("budgets.key")).unwrap()).unwrap();
    let secrets = sealed(database, &vault).await;
    opens(database, &vault, &secrets).await;
    rotation(database, &vault).await;
}

async fn sealed(database: &BenchDatabase, vault: &Vault) -> Vec<(OwnerId, SecretRef)> {
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (system, vault, clock) = (database.pools.system.clone(), vault.clone(), database.clock.clone());
        callers.spawn(async move {
            let mut sealed = Vec::new();
            for _ in 0..USERS / CALLERS {
                let (owner, now) = (OwnerId::new(clock.now()), clock.now());
                let mut tx = system.begin().await.unwrap();
                sqlx::query(
                    "INSERT INTO users (id, email, display_name, password_hash, created_at)
                     VALUES ($1, $1 || '@example.com', 'Someone', '', $2)",
                )
                .bind(owner)
                .bind(now)
                .execute(&mut *tx)
                .await
                .unwrap();
                for _ in 0..SECRETS {
                    let token = Secret::new("a token of the length that most providers give, more or less");
                    let new = NewSecret { purpose: "a budget", value: &token };
                    sealed.push((owner, vault.seal(&mut tx, owner, new, now).await.unwrap()));
                }
                tx.commit().await.unwrap();
            }
            sealed
        });
    }
    callers.join_all().await.into_iter().flatten().collect()
}

/// Opens each secret once, and reads as many plain rows for comparison.
async fn opens(database: &BenchDatabase, vault: &Vault, secrets: &[(OwnerId, SecretRef)]) {
    let mut rates = Vec::new();
    for is_sealed in [false, true] {
        let mut callers = JoinSet::new();
        let started = Instant::now();
        for part in secrets.chunks(secrets.len() / CALLERS) {
            let (pool, vault, part) = (database.pool().clone(), vault.clone(), part.to_vec());
            callers.spawn(async move {
                let mut conn = pool.acquire().await.unwrap();
                for (owner, secret) in part {
                    if is_sealed {
                        vault.open(&mut conn, owner, &secret).await.unwrap();
                    } else {
                        let read = sqlx::query("SELECT display_name FROM users WHERE id = $1").bind(owner);
                        read.fetch_one(&mut *conn).await.unwrap();
                    }
                }
            });
        }
        callers.join_all().await;
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        rates.push(secrets.len() as f64 / started.elapsed().as_secs_f64());
    }
    Figure {
        name: "vault.opens",
        value: rates[1],
        unit: "opens/s",
        better: Better::Higher,
        // two reads: the row of the secret and the row of its key
        target: rates[0] / 2.5,
        reference: (rates[0], "reads of one row"),
    }
    .report();
}

async fn rotation(database: &BenchDatabase, vault: &Vault) {
    database
        .execute(
            "CREATE TABLE bare AS SELECT owner_id, wrapped FROM data_keys; ALTER TABLE bare ADD PRIMARY KEY (owner_id)",
        )
        .await;
    let started = Instant::now();
    database.execute("UPDATE bare SET wrapped = sha256(wrapped) || wrapped").await;
    let bare = started.elapsed().as_secs_f64();
    let started = Instant::now();
    #[expect(clippy::disallowed_methods, reason = "it stands for the command line")]
    let keeper = Actor::new(UserId::HUB, Origin::Cli);
    let rotated = vault.rotate(&database.pools.system, &keeper, database.clock.now(), |_, _| {}).await.unwrap();
    assert_eq!(rotated.rewrapped, USERS as u64);
    Figure {
        name: "vault.rotation",
        value: started.elapsed().as_secs_f64(),
        unit: "s for 100,000 secrets of 10,000 users",
        better: Better::Lower,
        target: 10.0,
        reference: (bare, "one UPDATE of as many rows"),
    }
    .report();
}
