//! One's own account: who one is, how one signs in, where one is signed in, how pages look.

mod appearance;
mod email;
mod password;
mod profile;
mod sessions;

use crate::support::test_app::TestApp;

#[tokio::test]
async fn the_settings_say_how_things_are_and_lead_on() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let page = alice.get("/settings").await;
    assert_eq!(page.text("nav[aria-label=Main] a[aria-current]"), "Settings");
    let says =
        ["alice, time zone UTC", "alice@example.com", "You are signed in on 1 browser", "Colours as your system says"];
    assert_eq!(page.texts("main dd"), says);
    for path in page.attrs("main dt a", "href") {
        assert_eq!(alice.get(&path).await.path(), path);
    }
}
