//! A master key that stays in Vault; the server is a real OpenBao.

use craft::error::Error;
use craft::secret::Secret;
use craft::vault::{KeySource, Token, Vault};
use serde_json::json;
use time::Duration;

use super::{Place, keeper, now};
use crate::support::openbao::OpenBao;

/// A hub's database beside a server, and what each process of the hub has that starts now.
struct InTransit {
    place: Place,
    bao: OpenBao,
}

impl InTransit {
    async fn new() -> Self {
        Self { place: Place::new().await, bao: OpenBao::start().await }
    }

    async fn vault(&self) -> Vault {
        let vault = Vault::in_transit(self.bao.settings().await, None).unwrap();
        vault.start(&self.place.database.databases.system, self.place.clock.now()).await.unwrap();
        vault
    }

    async fn with_token(&self, policy: &str) -> Vault {
        let token = Token::Given(Secret::new(self.bao.token(policy).await));
        Vault::in_transit(self.bao.settings_with(token), None).unwrap()
    }

    /// What a start under this vault says.
    async fn refusal(&self, vault: &Vault) -> String {
        vault.check(&self.place.database.databases.system).await.unwrap_err().to_string()
    }

    /// Which master keys the rows name, and how often.
    async fn wrapped_by(&self) -> Vec<(String, i64)> {
        let statement = "SELECT master_key_id, count(*) FROM data_keys GROUP BY 1 ORDER BY 1";
        sqlx::query_as(statement).fetch_all(self.place.database.databases.system.pool()).await.unwrap()
    }
}

fn named(keys: &[(&str, i64)]) -> Vec<(String, i64)> {
    keys.iter().map(|(id, count)| ((*id).to_owned(), *count)).collect()
}

#[tokio::test]
async fn what_one_process_seals_another_opens_and_what_it_gives_a_browser_too() {
    let it = InTransit::new().await;
    let alice = it.place.user().await;
    let (first, second) = (it.vault().await, it.vault().await);
    let hers = it.place.seal(&first, alice, "token of alice").await;
    assert_eq!(it.place.open(&second, alice, &hers).await.unwrap(), "token of alice");
    assert_eq!(it.wrapped_by().await, named(&[("transit/craft:v1", 2)]), "hers and the hub’s own");

    let (mark, now) = (first.mark(alice), it.place.clock.now());
    let carried = first.seal_for_client(mark, "form", &Secret::new("typed"), now).unwrap();
    assert_eq!(second.mark(alice), mark);
    let opened = second.open_from_client(mark, "form", &carried, now, Duration::HOUR);
    assert_eq!(opened.map(|value| value.expose().to_owned()).as_deref(), Some("typed"));
}

#[tokio::test]
async fn the_key_is_changed_under_processes_that_run() {
    let it = InTransit::new().await;
    let (alice, bob) = (it.place.user().await, it.place.user().await);
    let (vault, stale) = (it.vault().await, it.vault().await);
    let hers = it.place.seal(&vault, alice, "token of alice").await;
    let mark = stale.mark(alice);

    let system = &it.place.database.databases.system;
    let mut told = Vec::new();
    let rotated = it.vault().await.rotate(system, &keeper(), now(), |done, of| told.push((done, of))).await.unwrap();
    assert_eq!((rotated.current.as_str(), rotated.rewrapped, rotated.retired), ("transit/craft:v2", 2, true));
    assert_eq!((rotated.former, told), (vec!["transit/craft:v1".to_owned()], vec![(2, 2)]));
    assert_eq!(it.bao.key().await["min_decryption_version"], 2, "Vault does not use the former version any more");

    assert_eq!(it.place.open(&stale, alice, &hers).await.unwrap(), "token of alice");
    let his = it.place.seal(&stale, bob, "token of bob").await;
    let fresh = it.vault().await;
    assert_eq!(it.place.open(&fresh, bob, &his).await.unwrap(), "token of bob");
    assert_eq!(it.wrapped_by().await, named(&[("transit/craft:v2", 3)]));
    assert_eq!(fresh.mark(alice), mark, "browsers are known again");
}

#[tokio::test]
async fn a_hub_that_may_not_change_the_key_says_what_somebody_else_must_do() {
    let it = InTransit::new().await;
    let alice = it.place.user().await;
    let hers = it.place.seal(&it.vault().await, alice, "token").await;
    let (system, vault) = (&it.place.database.databases.system, it.with_token("use").await);
    let refused = vault.rotate(system, &keeper(), now(), |_, _| {}).await.unwrap_err().to_string();
    assert!(refused.contains("permission denied"), "{refused}");
    assert!(refused.contains("vault write -f transit/keys/craft/rotate), and run this again"), "{refused}");

    it.bao.write("transit/keys/craft/rotate", json!({})).await;
    let rotated = vault.rotate(system, &keeper(), now(), |_, _| {}).await.unwrap();
    assert_eq!((rotated.current.as_str(), rotated.rewrapped, rotated.retired), ("transit/craft:v2", 2, false));
    let left = "vault write transit/keys/craft/config min_decryption_version=2";
    assert!(rotated.words.contains(left), "{}", rotated.words);
    assert_eq!(it.place.open(&it.vault().await, alice, &hers).await.unwrap(), "token");
}

#[tokio::test]
async fn what_a_key_file_has_sealed_is_opened_and_moves_with_the_next_change() {
    let it = InTransit::new().await;
    let (alice, bob) = (it.place.user().await, it.place.user().await);
    let hers = it.place.seal(&it.place.vault(), alice, "token of alice").await;
    let of_file = it.place.key_ids();
    let alone = Vault::in_transit(it.bao.settings().await, None).unwrap();
    let refused = it.refusal(&alone).await;
    assert!(refused.contains(&of_file[0]) && refused.contains("CRAFT_MASTER_KEY_FILE"), "{refused}");

    let former = Some(KeySource::File(it.place.file.clone()));
    let both = Vault::in_transit(it.bao.settings().await, former).unwrap();
    let system = &it.place.database.databases.system;
    both.start(system, it.place.clock.now()).await.unwrap();
    assert_eq!(it.place.open(&both, alice, &hers).await.unwrap(), "token of alice");
    let his = it.place.seal(&both, bob, "token of bob").await;

    let rotated = both.rotate(system, &keeper(), now(), |_, _| {}).await.unwrap();
    assert_eq!((rotated.current.as_str(), rotated.rewrapped), ("transit/craft:v1", 1), "no version more than needed");
    assert_eq!((rotated.former, rotated.retired), (of_file, false));
    assert!(rotated.words.starts_with("Take the master key out of the settings"), "{}", rotated.words);
    assert_eq!(it.wrapped_by().await, named(&[("transit/craft:v1", 3)]));
    let alone = it.vault().await;
    assert_eq!(it.place.open(&alone, alice, &hers).await.unwrap(), "token of alice");
    assert_eq!(it.place.open(&alone, bob, &his).await.unwrap(), "token of bob");

    // and a start that has forgotten Vault says so
    let refused = it.refusal(&it.place.vault()).await;
    assert!(refused.contains("transit/craft:v1") && refused.contains("CRAFT_VAULT_TRANSIT_KEY"), "{refused}");
}

#[tokio::test]
async fn a_start_without_the_right_key_names_what_is_missing() {
    let it = InTransit::new().await;
    let alice = it.place.user().await;
    it.place.seal(&it.vault().await, alice, "token").await;
    let at = async |name: &str| {
        let mut settings = it.bao.settings_with(Token::Given(Secret::new("root")));
        name.clone_into(&mut settings.key.name);
        Vault::in_transit(settings, None).unwrap()
    };
    let refused = it.refusal(&at("nothing").await).await;
    assert!(refused.contains("has no Transit key transit/nothing. Make it"), "{refused}");
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
async fn a_destroyed_key_opens_nothing_though_it_was_used_just_now() {
    let it = InTransit::new().await;
    let (alice, bob) = (it.place.user().await, it.place.user().await);
    let vault = it.vault().await;
    let (hers, his) = (it.place.seal(&vault, alice, "hers").await, it.place.seal(&vault, bob, "his").await);
    assert_eq!(it.place.open(&vault, alice, &hers).await.unwrap(), "hers");
    it.place.execute("UPDATE data_keys d SET wrapped = o.wrapped FROM data_keys o WHERE o.user_id <> d.user_id").await;
    for (owner, secret) in [(alice, &hers), (bob, &his)] {
        let Err(Error::Internal(cause)) = it.place.open(&vault, owner, secret).await else { panic!("it was opened") };
        assert!(format!("{cause:#}").contains("authentication failed"), "it is another’s: {cause:#}");
    }
    let mut tx = it.place.database.databases.system.begin().await.unwrap();
    vault.destroy_key(&mut tx, alice).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(it.place.open(&vault, alice, &hers).await, Err(Error::NotFound("data key"))));
}
