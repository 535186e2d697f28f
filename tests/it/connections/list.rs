//! The list of a user's connections.

use http::StatusCode;

use super::{account, add, change, guarded, page_of, rows};
use crate::support::test_app::TestApp;

#[tokio::test]
async fn an_empty_list_links_to_the_catalogue() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let page = alice.get("/connections").await;
    assert_eq!(page.text("nav[aria-label=Main] a[aria-current]"), "Connections");
    assert_eq!(page.text(".empty h2"), "Nothing connected yet");
    assert_eq!(page.attr(".empty a", "href").as_deref(), Some("/connectors"));
    assert!(!page.has("nav .chips"), "there is nothing to narrow");
    let none = alice.get("/connections?state=attention").await;
    assert_eq!(none.text(".empty h2"), "None of your connections");
    assert_eq!(none.text("title"), "No matches: Connections that need you – Tool Connect Craft");
    assert_eq!(none.attr(".empty a", "href").as_deref(), Some("/connections"));
}

#[tokio::test]
async fn connections_that_need_their_owner_come_first_with_the_reason() {
    let (app, alice, server) = guarded().await;
    let bob = app.bob().await;
    add(&bob, &server).await;
    account(&alice, "Work").await;
    assert_eq!(rows(&alice.get("/connections").await), ["Guarded Account 1, used by default", "Guarded Work"]);
    change(
        &app,
        "status = 'expired', health = 'reauth_required', reason = 'The token was refused', scopes = '{read,write}',
         external_account = 'alice@work', expires_at = created_at + interval '3 days' WHERE label = 'Work'",
    )
    .await;

    let list = alice.get("/connections").await;
    assert_eq!(rows(&list), ["Guarded Work", "Guarded Account 1"]);
    let cells = list.texts("tbody tr:first-child td");
    assert_eq!(cells[..4], ["Select Guarded, Work", "ExpiredThe token was refused.", "alice@work", "2 permissions"]);
    // a credential that is refused already has no end that would tell anything
    assert_eq!(cells[4..], ["Never", "Replace the token: Guarded, Work"], "no column for its expiry");
    assert_eq!(list.texts("#states a"), ["All 2", "Needs me 1", "Expiring 0", "Connected 1", "Disconnected 0"]);
    let mend = list.attr("tbody tr:first-child td.nowrap a", "href").unwrap();
    assert!(mend.ends_with("/token"), "{mend}");
    assert_eq!(alice.get(&mend).await.status, StatusCode::OK);
    assert_eq!(rows(&alice.get("/connections?state=attention").await), ["Guarded Work"]);
    assert_eq!(rows(&alice.get("/connections?state=connected").await), ["Guarded Account 1"]);
    assert_eq!(rows(&bob.get("/connections").await), ["Guarded"], "the only one needs no label");

    let page = page_of(&alice, "Guarded Work").await;
    assert_eq!(page.text("h1"), "Guarded, Work");
    assert_eq!(page.text(".callout.warn h2"), "This connection needs you");
    assert!(page.text(".callout.warn").contains("The token was refused"));
    assert_eq!(page.texts(".kv code"), ["read", "write"]);
    assert_eq!(bob.get(page.path()).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_expires_soon_comes_first_and_columns_that_nobody_fills_are_left_out() {
    let (app, alice, _server) = guarded().await;
    for label in ["Alpha", "Beta", "Gamma"] {
        account(&alice, label).await;
    }
    let heads = async || alice.get("/connections").await.texts("thead th");
    assert_eq!(heads().await, ["Select", "Service", "State", "Last used", "Action"]);
    change(&app, "expires_on = CURRENT_DATE + 90 WHERE label = 'Gamma'").await;
    change(&app, "expires_on = CURRENT_DATE + 3 WHERE label = 'Beta'").await;
    change(&app, "external_account = 'alice@work' WHERE label = 'Alpha'").await;
    let list = alice.get("/connections").await;
    let labels: Vec<_> = list.texts("tbody th .sub bdi");
    assert_eq!(labels, ["Beta", "Gamma", "Account 1", "Alpha"]);
    assert_eq!(heads().await, ["Select", "Service", "State", "Account", "Expires", "Last used", "Action"]);
    let near = list.texts("tbody td .state.warn");
    assert!(near.len() == 1 && near[0].starts_with("Expires in "), "{near:?}");
    assert_eq!(list.texts("tbody tr:nth-child(3) td")[2..4], ["None", "Not known"]);
    assert_eq!(list.texts("tbody td.nowrap a"), ["Replace the token: Guarded, Beta"]);
    assert_eq!(list.texts("tbody tr:first-child td .state").len(), 1, "one badge");
    let expiring = alice.get("/connections?state=expiring").await;
    assert_eq!((expiring.text("h1"), rows(&expiring).len()), ("Connections that expire soon".to_owned(), 1));
    assert_eq!(expiring.text("#states [aria-current]"), "Expiring 1");
    // the stream sends rows with the same columns
    let address = list.attr("div.live", "data-hx-sse-connect").unwrap();
    assert!(address.ends_with("&columns=account.expiry"), "{address}");
    let first = alice.stream(&address, &[]).await.message().await.unwrap().data;
    assert_eq!(first.matches("<td").count(), 4 * 6, "{first}");
}

#[tokio::test]
async fn all_rows_are_selected_by_a_link_without_script() {
    let (_app, alice, _server) = guarded().await;
    account(&alice, "Work").await;
    let list = alice.get("/connections?state=&select=").await;
    assert_eq!(
        (list.path(), list.text("#list")),
        ("/connections", "2 connections those that need you first".to_owned())
    );
    assert!(!list.has("input[name=c][checked]"));
    let all = alice.get("/connections?select=all").await;
    assert_eq!(all.attrs("input[name=c][checked]", "value").len(), 2);
    let question = alice.submit(&all, "form[aria-labelledby=list]", []).await;
    assert_eq!(question.text("h1"), "Disconnect 2 connections?");
}

#[tokio::test]
async fn an_invalid_filter_is_ignored_and_reported() {
    let (_app, alice, _server) = guarded().await;
    let page = alice.get("/connections?state=lost&after=x").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(page.texts(".callout.warn li").len(), 2);
    assert_eq!(rows(&page), ["Guarded"]);
}

#[tokio::test]
async fn a_long_list_continues_on_the_next_page() {
    let (app, alice, _server) = guarded().await;
    sqlx::query(
        "INSERT INTO user_connections (owner_id, id, connector_id, label, status, health, created_at, updated_at)
         SELECT owner_id, gen_random_uuid(), connector_id, 'Box ' || lpad(n::text, 2, '0'),
                CASE WHEN n = 60 THEN 'error' ELSE 'active' END, 'ok', created_at, updated_at
         FROM user_connections, generate_series(1, 60) AS n",
    )
    .execute(app.app.system.pool())
    .await
    .unwrap();
    let first = alice.get("/connections").await;
    let second = alice.get(&first.attr("nav.pager a[rel=next]", "href").unwrap()).await;
    assert_eq!((rows(&first).len(), rows(&second).len()), (50, 11));
    assert_eq!(rows(&first)[0], "Guarded Box 60");
    assert!(rows(&first)[1].starts_with("Guarded Account 1"), "{:?}", rows(&first)[1]);
    assert!(rows(&second).last().unwrap().starts_with("Guarded Box 59"));
    assert_eq!(second.attr("nav.pager a", "href").as_deref(), Some("/connections"));
    assert!(!second.has("nav.pager a[rel=next]"));
}
