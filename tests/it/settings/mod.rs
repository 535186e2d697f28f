//! Settings of the user's account: profile, sign-in, sessions, tokens and appearance.

mod appearance;
mod email;
mod password;
mod profile;
mod sessions;
mod tokens;

use crate::support::test_app::TestApp;

#[tokio::test]
async fn the_overview_shows_current_settings_and_links_to_each() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let page = alice.get("/settings").await;
    assert_eq!(page.text("nav[aria-label=Main] a[aria-current]"), "Settings");
    let expected = [
        "alice, time zone UTC",
        "alice@example.com",
        "You are signed in on 1 browser",
        "No assistant is connected",
        "No program has a token",
        "Colours: same as your device",
    ];
    assert_eq!(page.texts("main dd"), expected);
    for path in page.attrs("main dt a", "href") {
        assert_eq!(alice.get(&path).await.path(), path);
    }
}
