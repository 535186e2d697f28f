//! A master key that stays in Vault; the server is a real OpenBao.

use craft::error::Error;
use craft::secret::Secret;
use craft::vault::{KeySource, Vault, VaultToken};
use serde_json::json;
use time::Duration;

use super::{TestHub, now, operator, person};
use crate::support::openbao::OpenBao;

/// A hub whose master key is in OpenBao.
struct TransitHub {
    hub: TestHub,
    bao: OpenBao,
}

impl TransitHub {
    async fn new() -> Self {
        Self { hub: TestHub::new().await, bao: OpenBao::start().await }
    }

    async fn vault(&self) -> Vault {
        let vault = Vault::from_transit(self.bao.settings().await, None).unwrap();
        vault.start(&self.hub.database.databases.system, self.hub.clock.now()).await.unwrap();
        vault
    }

    async fn with_token(&self, policy: &str) -> Vault {
        let token = VaultToken::Value(Secret::new(self.bao.token(policy).await));
        Vault::from_transit(self.bao.settings_with(token), None).unwrap()
    }

    /// Returns the error of a start with this vault.
    async fn refusal(&self, vault: &Vault) -> String {
        vault.check(&self.hub.database.databases.system).await.unwrap_err().to_string()
    }

    /// Counts the data keys by master key.
    async fn wrapped_by(&self) -> Vec<(String, i64)> {
        let statement = "SELECT master_key_id, count(*) FROM data_keys GROUP BY 1 ORDER BY 1";
        sqlx::query_as(statement).fetch_all(self.hub.database.databases.system.pool()).await.unwrap()
    }
}

fn counted(keys: &[(&str, i64)]) -> Vec<(String, i64)> {
    keys.iter().map(|(id, count)| ((*id).to_owned(), *count)).collect()
}

#[tokio::test]
async fn processes_open_each_others_secrets_and_client_tokens() {
    let it = TransitHub::new().await;
    let alice = it.hub.owner().await;
    let (first, second) = (it.vault().await, it.vault().await);
    let hers = it.hub.seal(&first, alice, "token of alice").await;
    assert_eq!(it.hub.open(&second, alice, &hers).await.unwrap(), "token of alice");
    assert_eq!(it.wrapped_by().await, counted(&[("transit/craft:v1", 2)]), "hers and the hub’s own");

    let (tag, now) = (first.user_tag(person(alice)), it.hub.clock.now());
    let token = first.seal_for_client(tag, "form", &Secret::new("typed"), now).unwrap();
    assert_eq!(second.user_tag(person(alice)), tag);
    let opened = second.open_from_client(tag, "form", &token, now, Duration::HOUR);
    assert_eq!(opened.map(|value| value.expose().to_owned()).as_deref(), Some("typed"));
}

#[tokio::test]
async fn running_processes_survive_a_rotation_in_vault() {
    let it = TransitHub::new().await;
    let (alice, bob) = (it.hub.owner().await, it.hub.owner().await);
    let (vault, stale) = (it.vault().await, it.vault().await);
    let hers = it.hub.seal(&vault, alice, "token of alice").await;
    let tag = stale.user_tag(person(alice));

    let system = &it.hub.database.databases.system;
    let mut progress = Vec::new();
    let report =
        it.vault().await.rotate(system, &operator(), now(), |done, of| progress.push((done, of))).await.unwrap();
    assert_eq!((report.current.as_str(), report.rewrapped, report.is_former_removed), ("transit/craft:v2", 2, true));
    assert_eq!((report.former, progress), (vec!["transit/craft:v1".to_owned()], vec![(2, 2)]));
    assert_eq!(it.bao.key().await["min_decryption_version"], 2, "Vault still unwraps with the former version");

    assert_eq!(it.hub.open(&stale, alice, &hers).await.unwrap(), "token of alice");
    let his = it.hub.seal(&stale, bob, "token of bob").await;
    let fresh = it.vault().await;
    assert_eq!(it.hub.open(&fresh, bob, &his).await.unwrap(), "token of bob");
    assert_eq!(it.wrapped_by().await, counted(&[("transit/craft:v2", 3)]));
    assert_eq!(fresh.user_tag(person(alice)), tag, "the tags of browsers have changed");
}

#[tokio::test]
async fn a_hub_without_permission_to_rotate_tells_the_operator_what_to_do() {
    let it = TransitHub::new().await;
    let alice = it.hub.owner().await;
    let hers = it.hub.seal(&it.vault().await, alice, "token").await;
    let (system, vault) = (&it.hub.database.databases.system, it.with_token("use").await);
    let refused = vault.rotate(system, &operator(), now(), |_, _| {}).await.unwrap_err().to_string();
    assert!(refused.contains("permission denied"), "{refused}");
    assert!(refused.contains("vault write -f transit/keys/craft/rotate), and run this command again"), "{refused}");

    it.bao.write("transit/keys/craft/rotate", json!({})).await;
    let report = vault.rotate(system, &operator(), now(), |_, _| {}).await.unwrap();
    assert_eq!((report.current.as_str(), report.rewrapped, report.is_former_removed), ("transit/craft:v2", 2, false));
    let left = "vault write transit/keys/craft/config min_decryption_version=2";
    assert!(report.advice.contains(left), "{}", report.advice);
    assert_eq!(it.hub.open(&it.vault().await, alice, &hers).await.unwrap(), "token");
}

#[tokio::test]
async fn secrets_of_a_key_file_are_opened_and_rewrapped_by_the_next_rotation() {
    let it = TransitHub::new().await;
    let (alice, bob) = (it.hub.owner().await, it.hub.owner().await);
    let hers = it.hub.seal(&it.hub.vault(), alice, "token of alice").await;
    let of_file = it.hub.key_ids();
    let alone = Vault::from_transit(it.bao.settings().await, None).unwrap();
    let refused = it.refusal(&alone).await;
    assert!(refused.contains(&of_file[0]) && refused.contains("CRAFT_MASTER_KEY_FILE"), "{refused}");

    let former = Some(KeySource::File(it.hub.file.clone()));
    let both = Vault::from_transit(it.bao.settings().await, former).unwrap();
    let system = &it.hub.database.databases.system;
    both.start(system, it.hub.clock.now()).await.unwrap();
    assert_eq!(it.hub.open(&both, alice, &hers).await.unwrap(), "token of alice");
    let his = it.hub.seal(&both, bob, "token of bob").await;

    let report = both.rotate(system, &operator(), now(), |_, _| {}).await.unwrap();
    assert_eq!((report.current.as_str(), report.rewrapped), ("transit/craft:v1", 1), "an unneeded version was created");
    assert_eq!((report.former, report.is_former_removed), (of_file, false));
    assert!(report.advice.starts_with("Remove the master key from the settings"), "{}", report.advice);
    assert_eq!(it.wrapped_by().await, counted(&[("transit/craft:v1", 3)]));
    let alone = it.vault().await;
    assert_eq!(it.hub.open(&alone, alice, &hers).await.unwrap(), "token of alice");
    assert_eq!(it.hub.open(&alone, bob, &his).await.unwrap(), "token of bob");

    // a start without the setting for Vault is refused
    let refused = it.refusal(&it.hub.vault()).await;
    assert!(refused.contains("transit/craft:v1") && refused.contains("CRAFT_VAULT_TRANSIT_KEY"), "{refused}");
}

#[tokio::test]
async fn a_start_without_the_right_transit_key_names_the_missing_key() {
    let it = TransitHub::new().await;
    let alice = it.hub.owner().await;
    it.hub.seal(&it.vault().await, alice, "token").await;
    let at = async |name: &str| {
        let mut settings = it.bao.settings_with(VaultToken::Value(Secret::new("root")));
        name.clone_into(&mut settings.key.name);
        Vault::from_transit(settings, None).unwrap()
    };
    let refused = it.refusal(&at("nothing").await).await;
    assert!(refused.contains("has no Transit key transit/nothing. Create it"), "{refused}");
    it.bao.write("transit/keys/other", json!({})).await;
    let refused = it.refusal(&at("other").await).await;
    assert!(
        refused.contains("sealed with master key transit/craft:v1") && refused.contains("Set CRAFT_VAULT"),
        "{refused}"
    );
    it.bao.write("transit/keys/signer", json!({ "type": "rsa-2048" })).await;
    let refused = it.refusal(&at("signer").await).await;
    assert!(refused.contains("is rsa-2048, which cannot be used"), "{refused}");

    it.bao.write("transit/keys/craft/rotate", json!({})).await;
    it.bao.write("transit/keys/craft/config", json!({ "min_decryption_version": 2 })).await;
    let refused = it.refusal(&it.with_token("use").await).await;
    assert!(refused.contains("transit/craft:v1, a version that Vault does not use any more"), "{refused}");
}

#[tokio::test]
async fn a_destroyed_data_key_opens_nothing_although_it_was_cached() {
    let it = TransitHub::new().await;
    let (alice, bob) = (it.hub.owner().await, it.hub.owner().await);
    let vault = it.vault().await;
    let (hers, his) = (it.hub.seal(&vault, alice, "hers").await, it.hub.seal(&vault, bob, "his").await);
    assert_eq!(it.hub.open(&vault, alice, &hers).await.unwrap(), "hers");
    it.hub.execute("UPDATE data_keys d SET wrapped = o.wrapped FROM data_keys o WHERE o.owner_id <> d.owner_id").await;
    for (owner, secret) in [(alice, &hers), (bob, &his)] {
        let Err(Error::Internal(cause)) = it.hub.open(&vault, owner, secret).await else {
            panic!("the secret was opened")
        };
        assert!(
            format!("{cause:#}").contains("authentication failed"),
            "the key of another user was accepted: {cause:#}"
        );
    }
    let mut tx = it.hub.database.databases.system.begin().await.unwrap();
    vault.destroy_key(&mut tx, alice).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(it.hub.open(&vault, alice, &hers).await, Err(Error::NotFound("data key"))));
}
