//! MCP registries: the copy of what they list, and adding a server from it.

mod adding;
mod failures;
mod mirror;

use craft::registry::{FoundListing, ListingFilter};

use crate::support::registry_server::RegistryServer;
use crate::support::test_app::TestApp;

/// Starts a hub that reads this registry.
async fn hub_with(registry: &RegistryServer) -> TestApp {
    let url = registry.url.clone();
    TestApp::with(|dependencies| dependencies.registries = vec![url]).await
}

/// Starts a hub that has read this registry.
async fn hub_that_read(registry: &RegistryServer) -> TestApp {
    let app = hub_with(registry).await;
    assert_eq!(app.app.registry.read_due().await.unwrap(), 1);
    app
}

/// Returns the listings on the first page of a search.
async fn found(app: &TestApp, words: &str) -> Vec<FoundListing> {
    let filter = ListingFilter { words: words.split_whitespace().map(str::to_owned).collect(), ..Default::default() };
    app.app.registry.search(&filter, None).await.unwrap().rows
}

/// Returns the names of those listings.
async fn found_names(app: &TestApp, words: &str) -> Vec<String> {
    found(app, words).await.into_iter().map(|it| it.name).collect()
}
