//! Tests of the vault: sealing, replacing and deleting secrets, and rotation of the master key.

mod outage;
mod program;
mod transit;

use std::path::PathBuf;

use craft::actor::{Actor, Origin};
use craft::clock::{Clock, Timestamp};
use craft::error::Error;
use craft::ids::{OwnerId, UserId};
use craft::secret::Secret;
use craft::vault::{KeySource, Keyring, NewSecret, SealingKey, SecretRef, Vault};

use crate::support::database::TestDatabase;

/// The operator on the command line.
#[expect(clippy::disallowed_methods, reason = "the tests act as the command line")]
fn operator() -> Actor {
    Actor::new(UserId::HUB, Origin::Cli)
}

/// The user whose owner id this is.
fn person(owner: OwnerId) -> UserId {
    UserId::from_uuid(owner.uuid())
}

fn now() -> Timestamp {
    Clock::real().now()
}

/// The database and the key file of a hub.
struct TestHub {
    database: TestDatabase,
    file: PathBuf,
    clock: Clock,
}

impl TestHub {
    async fn new() -> Self {
        let dir = std::env::temp_dir().join(format!("craft-vault-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&dir).unwrap();
        Self { database: TestDatabase::new().await, file: dir.join("master.key"), clock: Clock::real() }
    }

    /// Returns the vault of a process that starts now.
    fn vault(&self) -> Vault {
        Vault::from_source(KeySource::ensure_file(self.file.clone()).unwrap()).unwrap()
    }

    fn key_ids(&self) -> Vec<String> {
        KeySource::File(self.file.clone()).read().unwrap().ids()
    }

    async fn owner(&self) -> OwnerId {
        let (owner, now) = (OwnerId::new(self.clock.now()), self.clock.now());
        sqlx::query(
            "INSERT INTO users (id, email, display_name, password_hash, created_at) VALUES ($1, $1 || '@example.com', 'Someone', '', $2)",
        )
        .bind(owner)
        .bind(now)
        .execute(self.database.databases.system.pool())
        .await
        .unwrap();
        owner
    }

    async fn seal(&self, vault: &Vault, owner: OwnerId, value: &str) -> SecretRef {
        let mut tx = self.database.databases.system.begin().await.unwrap();
        let value = Secret::new(value);
        let new = NewSecret { purpose: "a test", value: &value };
        let sealed = vault.seal(&mut tx, owner, new, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        sealed
    }

    async fn open(&self, vault: &Vault, owner: OwnerId, secret: &SecretRef) -> Result<String, Error> {
        let mut tx = self.database.databases.system.begin().await.unwrap();
        vault.open(&mut tx, owner, secret).await.map(|value| value.expose().to_owned())
    }

    async fn execute(&self, statement: &'static str) {
        sqlx::raw_sql(statement).execute(self.database.databases.system.pool()).await.unwrap();
    }
}

impl Drop for TestHub {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.file.parent().unwrap());
    }
}

#[tokio::test]
async fn running_processes_survive_a_rotation_of_the_master_key() {
    let hub = TestHub::new().await;
    let (vault, stale) = (hub.vault(), hub.vault());
    let (alice, bob) = (hub.owner().await, hub.owner().await);
    let hers = hub.seal(&vault, alice, "token of alice").await;
    let before = hub.key_ids();

    let system = &hub.database.databases.system;
    let mut progress = Vec::new();
    let report = hub.vault().rotate(system, &operator(), now(), |done, of| progress.push((done, of))).await.unwrap();
    assert_eq!((report.former.clone(), report.rewrapped, report.is_former_removed), (before.clone(), 1, true));
    assert_eq!(progress, [(1, 1)]);
    assert_eq!(hub.key_ids(), std::slice::from_ref(&report.current), "the former key is still in the file");
    let entry = "SELECT owner_id, action FROM audit_entries WHERE origin = 'cli'";
    let audited: Vec<(OwnerId, String)> = sqlx::query_as(entry).fetch_all(system.pool()).await.unwrap();
    assert_eq!(audited, [(OwnerId::HUB, "master_key.changed".to_owned())]);

    // a process that has read the former key only opens its secrets, and wraps with the new key
    assert_eq!(hub.open(&stale, alice, &hers).await.unwrap(), "token of alice");
    let his = hub.seal(&stale, bob, "token of bob").await;
    let fresh = hub.vault();
    fresh.check(system).await.unwrap();
    assert_eq!(hub.open(&fresh, bob, &his).await.unwrap(), "token of bob");
}

#[tokio::test]
async fn an_interrupted_rotation_continues_with_the_same_keys() {
    let hub = TestHub::new().await;
    let vault = hub.vault();
    let mut secrets = Vec::new();
    for n in 0..5 {
        let owner = hub.owner().await;
        secrets.push((owner, hub.seal(&vault, owner, &format!("token {n}")).await));
    }
    // interrupted after the new key was added to the file and some data keys were rewrapped
    let former = std::fs::read_to_string(&hub.file).unwrap();
    std::fs::write(&hub.file, format!("{}\n{former}", "5a".repeat(32))).unwrap();
    let keys = hub.key_ids();
    let other = hub.owner().await;
    let late = hub.seal(&hub.vault(), other, "token of another").await;

    let report = hub.vault().rotate(&hub.database.databases.system, &operator(), now(), |_, _| {}).await.unwrap();
    assert_eq!((report.current.clone(), report.former, report.rewrapped), (keys[0].clone(), keys[1..].to_vec(), 5));
    assert_eq!(hub.key_ids(), [report.current]);
    let vault = hub.vault();
    for (n, (user, secret)) in secrets.iter().enumerate() {
        assert_eq!(hub.open(&vault, *user, secret).await.unwrap(), format!("token {n}"));
    }
    assert_eq!(hub.open(&vault, other, &late).await.unwrap(), "token of another");
}

#[tokio::test]
async fn a_source_that_cannot_be_written_needs_the_operator_to_add_the_key() {
    let hub = TestHub::new().await;
    let owner = hub.owner().await;
    let (old, new) = ("11".repeat(32), "22".repeat(32));
    let given = |text: &str| Vault::from_source(KeySource::Value(Keyring::parse(&Secret::new(text)).unwrap())).unwrap();
    let secret = hub.seal(&given(&old), owner, "token").await;
    let system = &hub.database.databases.system;

    let refused = given(&old).rotate(system, &operator(), now(), |_, _| {}).await.unwrap_err().to_string();
    assert!(refused.contains("put it before the present one with a comma between them"), "{refused}");
    let report = given(&format!("{new},{old}")).rotate(system, &operator(), now(), |_, _| {}).await.unwrap();
    assert_eq!((report.rewrapped, report.is_former_removed), (1, false));
    assert_eq!(hub.open(&given(&new), owner, &secret).await.unwrap(), "token");
}

#[tokio::test]
async fn a_start_without_the_right_key_names_the_missing_key() {
    let hub = TestHub::new().await;
    let owner = hub.owner().await;
    let right = hub.vault();
    let secret = hub.seal(&right, owner, "token").await;
    let wrong = Vault::from(SealingKey::random());
    let refused = wrong.check(&hub.database.databases.system).await.unwrap_err().to_string();
    let missing = &hub.key_ids()[0];
    assert!(refused.contains(&format!("sealed with master key {missing}, which is not configured")), "{refused}");
    let Err(Error::Internal(cause)) = hub.open(&wrong, owner, &secret).await else { panic!("the secret was opened") };
    assert!(format!("{cause:#}").contains(missing), "{cause:#}");
}

#[tokio::test]
async fn a_replaced_secret_keeps_its_reference_and_the_former_value_cannot_be_put_back() {
    let hub = TestHub::new().await;
    let (vault, owner) = (hub.vault(), hub.owner().await);
    let secret = hub.seal(&vault, owner, "first").await;
    hub.execute("CREATE TABLE kept AS SELECT * FROM secrets").await;
    let mut tx = hub.database.databases.system.begin().await.unwrap();
    vault.replace(&mut tx, owner, &secret, &Secret::new("second"), hub.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(hub.open(&vault, owner, &secret).await.unwrap(), "second");
    hub.execute("UPDATE secrets SET sealed = kept.sealed FROM kept WHERE kept.id = secrets.id").await;
    assert!(matches!(hub.open(&vault, owner, &secret).await, Err(Error::Internal(_))));
}

#[tokio::test]
async fn a_sealed_column_opens_for_its_owner_in_its_place_alone() {
    let hub = TestHub::new().await;
    let (vault, alice, bob) = (hub.vault(), hub.owner().await, hub.owner().await);
    let mut tx = hub.database.databases.system.begin().await.unwrap();
    let sealed = vault.seal_column(&mut tx, alice, "row 1", &Secret::new("typed"), hub.clock.now()).await.unwrap();
    vault.seal_column(&mut tx, bob, "row 1", &Secret::new("his"), hub.clock.now()).await.unwrap();
    assert_eq!(vault.open_column(&mut tx, alice, "row 1", &sealed).await.unwrap().expose(), "typed");
    for (owner, place) in [(bob, "row 1"), (alice, "row 2")] {
        let opened = vault.open_column(&mut tx, owner, place, &sealed).await;
        assert!(matches!(opened, Err(Error::Internal(_))), "{place} of {owner} opened");
    }
}

#[tokio::test]
async fn a_shredded_secret_is_deleted_and_no_secret_opens_without_its_data_key() {
    let hub = TestHub::new().await;
    let (vault, alice, bob) = (hub.vault(), hub.owner().await, hub.owner().await);
    let (shredded, kept, his) = (
        hub.seal(&vault, alice, "shredded").await,
        hub.seal(&vault, alice, "kept").await,
        hub.seal(&vault, bob, "his").await,
    );
    assert!(
        matches!(hub.open(&vault, bob, &kept).await, Err(Error::NotFound("secret"))),
        "bob opened a secret of alice"
    );
    let mut tx = hub.database.databases.system.begin().await.unwrap();
    vault.shred(&mut tx, alice, &shredded).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(hub.open(&vault, alice, &shredded).await, Err(Error::NotFound("secret"))));
    assert_eq!(hub.open(&vault, alice, &kept).await.unwrap(), "kept");

    let mut tx = hub.database.databases.system.begin().await.unwrap();
    vault.destroy_key(&mut tx, alice).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(hub.open(&vault, alice, &kept).await, Err(Error::NotFound("data key"))));
    assert_eq!(hub.open(&vault, bob, &his).await.unwrap(), "his");
}
