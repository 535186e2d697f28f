//! Secrets are sealed for their owners, replaced, forgotten, and outlive a change of the master key.

mod outage;
mod program;
mod transit;

use std::path::PathBuf;

use craft::actor::{Actor, Origin};
use craft::clock::{Clock, Timestamp};
use craft::error::Error;
use craft::ids::UserId;
use craft::secret::Secret;
use craft::vault::{KeySource, Keyring, SealingKey, SecretRef, Vault};

use crate::support::database::TestDatabase;

/// Whoever has the command line.
#[expect(clippy::disallowed_methods, reason = "the tests stand for the command line")]
fn keeper() -> Actor {
    Actor::new(UserId::HUB, Origin::Cli)
}

fn now() -> Timestamp {
    Clock::real().now()
}

/// A hub's database, and a key file.
struct Place {
    database: TestDatabase,
    file: PathBuf,
    clock: Clock,
}

impl Place {
    async fn new() -> Self {
        let dir = std::env::temp_dir().join(format!("craft-vault-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&dir).unwrap();
        Self { database: TestDatabase::new().await, file: dir.join("master.key"), clock: Clock::real() }
    }

    /// What a process has that starts now.
    fn vault(&self) -> Vault {
        Vault::under(KeySource::made(self.file.clone()).unwrap()).unwrap()
    }

    fn key_ids(&self) -> Vec<String> {
        KeySource::File(self.file.clone()).read().unwrap().ids()
    }

    async fn user(&self) -> UserId {
        let (user, now) = (UserId::new(self.clock.now()), self.clock.now());
        sqlx::query(
            "INSERT INTO users (id, email, display_name, password_hash, created_at) VALUES ($1, $1 || '@example.com', 'Someone', '', $2)",
        )
        .bind(user)
        .bind(now)
        .execute(self.database.databases.system.pool())
        .await
        .unwrap();
        user
    }

    async fn seal(&self, vault: &Vault, user: UserId, value: &str) -> SecretRef {
        let mut tx = self.database.databases.system.begin().await.unwrap();
        let sealed = vault.seal(&mut tx, user, "a test", &Secret::new(value), self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        sealed
    }

    async fn open(&self, vault: &Vault, user: UserId, secret: &SecretRef) -> Result<String, Error> {
        let mut tx = self.database.databases.system.begin().await.unwrap();
        vault.open(&mut tx, user, secret).await.map(|value| value.expose().to_owned())
    }

    async fn execute(&self, statement: &'static str) {
        sqlx::raw_sql(statement).execute(self.database.databases.system.pool()).await.unwrap();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.file.parent().unwrap());
    }
}

#[tokio::test]
async fn the_master_key_is_changed_under_processes_that_run() {
    let place = Place::new().await;
    let (vault, stale) = (place.vault(), place.vault());
    let (alice, bob) = (place.user().await, place.user().await);
    let hers = place.seal(&vault, alice, "token of alice").await;
    let before = place.key_ids();

    let system = &place.database.databases.system;
    let mut told = Vec::new();
    let rotated = place.vault().rotate(system, &keeper(), now(), |done, of| told.push((done, of))).await.unwrap();
    assert_eq!((rotated.former.clone(), rotated.rewrapped, rotated.retired), (before.clone(), 1, true));
    assert_eq!(told, [(1, 1)]);
    assert_eq!(place.key_ids(), std::slice::from_ref(&rotated.current), "the former key is out of the file");
    let entry = "SELECT user_id, action FROM audit_entries WHERE origin = 'cli'";
    let audited: Vec<(UserId, String)> = sqlx::query_as(entry).fetch_all(system.pool()).await.unwrap();
    assert_eq!(audited, [(UserId::HUB, "master_key.changed".to_owned())]);

    // one that has read the former key opens what it sealed, and wraps with the new one from now on
    assert_eq!(place.open(&stale, alice, &hers).await.unwrap(), "token of alice");
    let his = place.seal(&stale, bob, "token of bob").await;
    let fresh = place.vault();
    fresh.check(system).await.unwrap();
    assert_eq!(place.open(&fresh, bob, &his).await.unwrap(), "token of bob");
}

#[tokio::test]
async fn a_rotation_that_was_cut_short_goes_on_with_the_same_keys() {
    let place = Place::new().await;
    let vault = place.vault();
    let mut secrets = Vec::new();
    for n in 0..5 {
        let user = place.user().await;
        secrets.push((user, place.seal(&vault, user, &format!("token {n}")).await));
    }
    // cut short after the file had its second key and some were wrapped anew
    let former = std::fs::read_to_string(&place.file).unwrap();
    std::fs::write(&place.file, format!("{}\n{former}", "5a".repeat(32))).unwrap();
    let keys = place.key_ids();
    let other = place.user().await;
    let late = place.seal(&place.vault(), other, "token of another").await;

    let rotated = place.vault().rotate(&place.database.databases.system, &keeper(), now(), |_, _| {}).await.unwrap();
    assert_eq!((rotated.current.clone(), rotated.former, rotated.rewrapped), (keys[0].clone(), keys[1..].to_vec(), 5));
    assert_eq!(place.key_ids(), [rotated.current]);
    let vault = place.vault();
    for (n, (user, secret)) in secrets.iter().enumerate() {
        assert_eq!(place.open(&vault, *user, secret).await.unwrap(), format!("token {n}"));
    }
    assert_eq!(place.open(&vault, other, &late).await.unwrap(), "token of another");
}

#[tokio::test]
async fn keys_that_only_people_can_change_are_asked_for_and_then_used() {
    let place = Place::new().await;
    let user = place.user().await;
    let (old, new) = ("11".repeat(32), "22".repeat(32));
    let given = |text: &str| Vault::under(KeySource::Given(Keyring::parse(&Secret::new(text)).unwrap())).unwrap();
    let secret = place.seal(&given(&old), user, "token").await;
    let system = &place.database.databases.system;

    let refused = given(&old).rotate(system, &keeper(), now(), |_, _| {}).await.unwrap_err().to_string();
    assert!(refused.contains("put it before the present one with a comma between them"), "{refused}");
    let rotated = given(&format!("{new},{old}")).rotate(system, &keeper(), now(), |_, _| {}).await.unwrap();
    assert_eq!((rotated.rewrapped, rotated.retired), (1, false));
    assert_eq!(place.open(&given(&new), user, &secret).await.unwrap(), "token");
}

#[tokio::test]
async fn a_start_without_the_key_of_what_is_stored_names_it() {
    let place = Place::new().await;
    let user = place.user().await;
    let right = place.vault();
    let secret = place.seal(&right, user, "token").await;
    let wrong = Vault::from(SealingKey::random());
    let refused = wrong.check(&place.database.databases.system).await.unwrap_err().to_string();
    let missing = &place.key_ids()[0];
    assert!(refused.contains(&format!("sealed with master key {missing}, which is not configured")), "{refused}");
    let Err(Error::Internal(cause)) = place.open(&wrong, user, &secret).await else { panic!("it was opened") };
    assert!(format!("{cause:#}").contains(missing), "{cause:#}");
}

#[tokio::test]
async fn a_replaced_secret_keeps_its_reference_and_the_former_value_cannot_be_put_back() {
    let place = Place::new().await;
    let (vault, user) = (place.vault(), place.user().await);
    let secret = place.seal(&vault, user, "first").await;
    place.execute("CREATE TABLE kept AS SELECT * FROM secrets").await;
    let mut tx = place.database.databases.system.begin().await.unwrap();
    vault.replace(&mut tx, user, &secret, &Secret::new("second"), place.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(place.open(&vault, user, &secret).await.unwrap(), "second");
    place.execute("UPDATE secrets SET sealed = kept.sealed FROM kept WHERE kept.id = secrets.id").await;
    assert!(matches!(place.open(&vault, user, &secret).await, Err(Error::Internal(_))));
}

#[tokio::test]
async fn what_is_shredded_is_gone_and_without_its_key_a_secret_is_noise() {
    let place = Place::new().await;
    let (vault, alice, bob) = (place.vault(), place.user().await, place.user().await);
    let (shredded, kept, his) = (
        place.seal(&vault, alice, "shredded").await,
        place.seal(&vault, alice, "kept").await,
        place.seal(&vault, bob, "his").await,
    );
    assert!(matches!(place.open(&vault, bob, &kept).await, Err(Error::NotFound("secret"))), "it is not his");
    let mut tx = place.database.databases.system.begin().await.unwrap();
    vault.shred(&mut tx, alice, &shredded).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(place.open(&vault, alice, &shredded).await, Err(Error::NotFound("secret"))));
    assert_eq!(place.open(&vault, alice, &kept).await.unwrap(), "kept");

    let mut tx = place.database.databases.system.begin().await.unwrap();
    vault.destroy_key(&mut tx, alice).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(place.open(&vault, alice, &kept).await, Err(Error::NotFound("data key"))));
    assert_eq!(place.open(&vault, bob, &his).await.unwrap(), "his");
}
