//! Name and time zone.

use http::StatusCode;

use crate::support::test_app::TestApp;

const FORM: &str = "form[action='/settings/profile']";

#[tokio::test]
async fn a_new_name_and_time_zone_apply_to_every_page() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let before = alice.get("/audit").await.texts("tbody time");
    let form = alice.get("/settings/profile").await;
    let change = [("display_name", "Alice Liddell"), ("time_zone", "Asia/Tokyo")];
    let page = alice.submit(&form, FORM, change).await;
    assert_eq!((page.path(), page.text("#flash").as_str()), ("/settings/profile", "Your profile is saved."));
    assert_eq!(page.text(".who"), "Signed in as Alice Liddell");
    assert_eq!(page.attr("#f-time_zone option[selected]", "value").as_deref(), Some("Asia/Tokyo"));
    let after = alice.get("/audit").await;
    assert_ne!(after.texts("tbody time").last(), before.last(), "times must be in the new zone");
    assert_eq!(after.texts("tbody a bdi")[0], "Profile changed");
}

#[tokio::test]
async fn faults_are_reported_and_the_input_stays() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let form = alice.get("/settings/profile").await;
    let page = alice.submit(&form, FORM, [("display_name", "  "), ("time_zone", "Europe/Atlantis")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(page.texts(".summary li").len(), 2);
    let page = alice.submit(&form, FORM, [("display_name", &"x".repeat(81)), ("time_zone", "Asia/Tokyo")]).await;
    assert_eq!(page.attr("#f-display_name", "value").unwrap().len(), 81);
    assert_eq!(page.attr("#f-time_zone option[selected]", "value").as_deref(), Some("Asia/Tokyo"));
    assert_eq!(alice.get("/settings/profile").await.attr("#f-display_name", "value").as_deref(), Some("alice"));
}
