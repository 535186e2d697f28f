//! The catalogue: search, filters, layouts, pages, and invalid parameters.

use http::{Method, StatusCode};
use serde_json::json;

use super::{add, add_with, hub_without_services, names};
use crate::services::ship;
use crate::support::page::Page;
use crate::support::scripted_server::{ScriptedServer, tools};
use crate::support::test_app::TestApp;

const FORM: &str = "form[role=search]";
const PART: (&str, &str) = ("hx-request-type", "partial");

fn found(page: &Page) -> Vec<String> {
    page.texts("#results h3, #results tbody th")
}

#[tokio::test]
async fn a_search_matches_names_descriptions_and_tools_and_shows_the_count() {
    let app = hub_without_services().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    let server = ScriptedServer::start(json!([{"name": "plant_tree", "inputSchema": {"type": "object"}}]), "").await;
    add(&alice, "Garden", server.url().as_str()).await;

    let all = alice.get("/connectors").await;
    assert_eq!(
        (all.text("#results .page-head h2"), found(&all)),
        ("2 connectors".to_owned(), vec!["Garden".into(), "Workbench".into()])
    );
    assert_eq!(all.text("title"), "2 connectors – Tool Connect Craft");

    let by_name = alice.submit(&all, FORM, [("q", "GARD")]).await;
    assert_eq!(
        (by_name.text("#results .page-head h2"), found(&by_name)),
        ("1 connector matches “GARD”".to_owned(), vec!["Garden".to_owned()])
    );
    assert_eq!(by_name.text("title"), "1 connector matches “GARD” – Tool Connect Craft");
    assert_eq!(by_name.attr("#f-q", "value").as_deref(), Some("GARD"));

    // every word must match, anywhere
    let by_tool = alice.submit(&all, FORM, [("q", "tree garden")]).await;
    assert_eq!(found(&by_tool), ["Garden"]);
    assert_eq!(by_tool.attr(".found a", "href").as_deref(), Some("/connectors/garden/tools/plant_tree"));
    let by_purpose = alice.submit(&all, FORM, [("q", "no network")]).await;
    assert_eq!(found(&by_purpose), ["Workbench"]);
    // the text is not a pattern
    assert_eq!(found(&alice.get("/connectors?q=%25").await), [""; 0]);
    assert_eq!(found(&alice.get("/connectors?q=%5C%27_").await), [""; 0]);

    let none = alice.submit(&all, FORM, [("q", "garden json_query")]).await;
    assert_eq!(none.texts("#results h2"), ["0 connectors match “garden json_query”", "No connectors match"]);
    assert!(none.text("title").starts_with("No matches: 0 connectors"), "{}", none.text("title"));
    assert_eq!(none.attr(".empty a", "href").as_deref(), Some("/connectors"));
    assert_eq!(found(&bob.get("/connectors?q=garden").await), [""; 0]);
}

#[tokio::test]
async fn what_works_goes_first_and_what_is_coming_is_folded() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let server = ScriptedServer::start(tools(1), "").await;
    add(&owner, "Aviary", server.url().as_str()).await;
    let groups = |page: &Page| page.texts("#results > h2, #results summary");
    let page = owner.get("/connectors").await;
    assert_eq!(groups(&page), ["Ready to use (2)", "Not ready yet: can be connected, not run (31)"]);
    assert!(page.has("#results details:not([open])"));
    assert_eq!(page.texts("#results > .cards .state"), ["Connected", "Connected"]);
    assert!(!page.has("#results details .state"), "what is simply not connected has no badge");

    // the last used goes first
    app.run(&owner, "/connectors/workbench/tools/hash", [("v/text", "a")]).await;
    assert_eq!(owner.get("/connectors").await.texts("#results > .cards h3"), ["Workbench", "Aviary"]);
    let search = owner.get("/connectors?q=git").await;
    assert!(search.has("#results details[open]") && found(&search).contains(&"GitHub".to_owned()));
    let list = owner.get("/connectors?view=list").await;
    assert_eq!(groups(&list), groups(&page));
    assert_eq!(list.texts("#results caption"), groups(&page));
}

#[tokio::test]
async fn the_catalogue_is_filtered_by_category_credential_and_state() {
    let app = hub_without_services().await;
    let alice = app.alice().await;
    let (open, guarded) =
        (ScriptedServer::start(tools(1), "").await, ScriptedServer::guarded(tools(2), "", Some("t")).await);
    add(&alice, "Open", open.url().as_str()).await;
    add_with(&alice, &guarded.url(), "t").await;
    let all = alice.get("/connectors").await;
    assert_eq!(all.texts("#f-category option"), ["Any category", "Built in (1)", "Added by URL (2)"]);
    assert_eq!(all.texts("#f-auth option"), ["Any credential", "No credential", "Token"]);

    let custom = alice.submit(&all, FORM, [("category", "custom")]).await;
    assert_eq!(custom.text("#results .page-head h2"), "2 connectors (Added by URL)");
    assert_eq!(found(&custom), ["Guarded", "Open"]);
    let token = alice.submit(&custom, FORM, [("auth", "token")]).await;
    assert_eq!(
        (token.text("#results .page-head h2"), found(&token)),
        ("1 connector (Added by URL, Token)".to_owned(), vec!["Guarded".to_owned()])
    );
    assert_eq!(token.attr("#f-auth option[selected]", "value").as_deref(), Some("token"));

    let connected = "/connectors?state=connected";
    assert_eq!(found(&alice.get(connected).await), ["Guarded", "Open", "Workbench"]);
    let expire = "UPDATE user_connections SET status = 'expired' WHERE secret_ref_access IS NOT NULL";
    sqlx::query(expire).execute(app.app.system.pool()).await.unwrap();
    assert_eq!(found(&alice.get(connected).await), ["Open", "Workbench"]);
    let away = alice.get("/connectors?state=not-connected").await;
    assert_eq!((found(&away), away.text(".card .state")), (vec!["Guarded".to_owned()], "Expired".to_owned()));
    // a valid value without matches stays chosen
    let none = alice.get("/connectors?category=storage").await;
    assert_eq!((none.status, none.text("#f-category option[selected]")), (StatusCode::OK, "Storage (0)".to_owned()));
    assert!(none.has(".empty"));
}

#[tokio::test]
async fn popular_services_go_first_and_a_card_says_what_is_needed() {
    let app = TestApp::new().await;
    ship(&app, []).await;
    let (owner, alice) = (app.owner().await, app.alice().await);
    let page = alice.get("/connectors").await;
    let place = |name: &str| found(&page).iter().position(|it| it == name).unwrap_or_else(|| panic!("no {name}"));
    assert_eq!(place("Workbench"), 0, "what can be used goes first");
    assert!(place("Gmail") < place("Slack") && place("Slack") < place("Stripe"), "{:?}", found(&page));
    let need = |page: &Page, name: &str| {
        let place = found(page).iter().position(|it| it == name).unwrap();
        page.texts(".card .sub")[place].clone()
    };
    assert!(need(&page, "SendGrid").ends_with("· Your key"), "{}", need(&page, "SendGrid"));
    assert!(need(&page, "GitHub").ends_with("· Sign-in, not set up yet"), "{}", need(&page, "GitHub"));

    let without = "/connectors?auth=no-application";
    let names = found(&alice.get(without).await);
    assert!(names.contains(&"Stripe".to_owned()) && !names.contains(&"GitHub".to_owned()), "{names:?}");
    let form = owner.get("/connectors/github/application").await;
    owner.submit(&form, "main form", [("client_id", "hub"), ("client_secret", "s3cret")]).await;
    let page = alice.get(without).await;
    assert!(need(&page, "GitHub").ends_with("· Sign-in"), "{}", need(&page, "GitHub"));
    assert_eq!(page.text("#f-auth option[selected]"), "Works without an application");
    assert!(page.text("#results .page-head h2").ends_with("(work without an application)"));
    // every page of the list is reached, in the same order
    let (mut address, mut names) = ("/connectors".to_owned(), Vec::new());
    loop {
        let page = alice.get(&address).await;
        names.extend(found(&page));
        match page.attr("nav[aria-label=Pages] a[rel=next]", "href") {
            Some(next) => address = next,
            None => break,
        }
    }
    let distinct: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(distinct.len(), names.len(), "{names:?}");
    assert!(names.len() > 50);
}

#[tokio::test]
async fn a_card_says_when_its_tools_were_used_last() {
    let app = hub_without_services().await;
    let alice = app.alice().await;
    assert!(!alice.get("/connectors").await.has(".card .meta time"));
    app.run(&alice, "/connectors/workbench/tools/hash", [("v/text", "a")]).await;
    let page = alice.get("/connectors").await;
    assert!(page.text(".card .meta").contains("Used "), "{}", page.text(".card .meta"));
}

#[tokio::test]
async fn the_list_layout_has_the_same_connectors_and_keeps_the_search() {
    let app = hub_without_services().await;
    let alice = app.alice().await;
    let cards = alice.get("/connectors?q=work").await;
    let to_list = cards.texts("nav[aria-label=Layout] a").iter().position(|word| word == "List").unwrap();
    let list = alice.get(&cards.attrs("nav[aria-label=Layout] a", "href")[to_list]).await;
    assert_eq!(list.path(), "/connectors?q=work&view=list");
    assert_eq!(list.text("nav[aria-label=Layout] [aria-current]"), "List");
    assert_eq!(
        (found(&list), list.text("#results td:nth-of-type(3)")),
        (vec!["Workbench".to_owned()], "No sign-in".to_owned())
    );
    let next = alice.submit(&list, FORM, [("q", "bench")]).await;
    assert!(next.path().contains("view=list"), "the layout was lost: {}", next.path());
    assert_eq!(next.text("tbody th"), "Workbench");
}

#[tokio::test]
async fn typing_replaces_the_results_only() {
    let app = hub_without_services().await;
    let alice = app.alice().await;
    let path = "/connectors?q=work&category=&auth=&state=";
    let whole = alice.get(path).await;
    let part = alice.request(Method::GET, path, &[PART], "").await;
    assert_eq!((part.header("vary"), whole.header("vary").is_some()), (part.header("vary"), true));
    assert!(part.header("vary").unwrap().contains("hx-request-type"));
    assert_eq!(part.header("hx-replace-url"), Some("/connectors?q=work"));
    assert!(!part.has("form") && !part.body.contains("<h1"));
    let results = part.body.split("</title>\n").nth(1).unwrap().split("<hx-partial").next().unwrap();
    assert!(whole.body.contains(results), "the part is not of the page:\n{results}");
    assert_eq!(part.text("title"), whole.text("title"));
    assert_eq!(part.text("hx-partial"), "1 connector matches “work”");
    assert!(alice.request(Method::GET, "/connectors?q=work", &[("hx-request-type", "full")], "").await.has("h1"));
    assert_eq!(whole.path(), "/connectors?q=work", "the page has the address without empty parameters");
}

#[tokio::test]
async fn invalid_filters_are_reported_and_the_others_apply() {
    let app = hub_without_services().await;
    let alice = app.alice().await;
    let page = alice.get("/connectors?q=work&category=fun&auth=api_key&state=maybe&view=globe&after=7").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text("title").starts_with("Error: 1 connector matches"), "{}", page.text("title"));
    let told = page.texts("#results .callout li");
    for (told, name) in told.iter().zip(["category", "auth", "state", "view", "after"]) {
        assert!(told.contains(&format!("“{name}”")), "{told}");
    }
    assert_eq!((told.len(), found(&page)), (5, vec!["Workbench".to_owned()]));

    let long = alice.get(&format!("/connectors?q={}", "x".repeat(10_000))).await;
    assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY);
    let told = long.text("#results .callout li");
    assert!(told.starts_with("The search is 10,000 characters long; the maximum is 200."), "{told}");
    assert_eq!(long.text("#f-q-e"), format!("Error: {}", told.trim_end_matches('.')));
    assert_eq!(long.attr("#f-q", "value").unwrap(), "x".repeat(200));
    assert_eq!(found(&long), ["Workbench"]);
    // a former position
    let gone = alice.get(&format!("/connectors?after={}", uuid::Uuid::new_v4())).await;
    assert_eq!((gone.status, found(&gone)), (StatusCode::UNPROCESSABLE_ENTITY, vec!["Workbench".to_owned()]));
}

#[tokio::test]
async fn pages_list_every_connector_once() {
    let app = hub_without_services().await;
    let (alice, bob) = (app.alice().await, app.bob().await);
    sqlx::query(
        "INSERT INTO connectors (id, owner_id, name, slug, auth_type, transport, created_at)
         SELECT gen_random_uuid(), $2, 'Server ' || n % 100, 'server-' || n, 'none', 'mcp', $1
         FROM generate_series(1, 120) n",
    )
    .bind(app.app.clock.now())
    .bind(app.owner_of("alice").await)
    .execute(app.app.system.pool())
    .await
    .unwrap();
    let mut page = alice.get("/connectors?q=server&view=list").await;
    assert_eq!(page.text("#results .page-head h2"), "120 connectors match “server”");
    let mut seen = page.attrs("tbody th a", "href");
    assert_eq!(seen.len(), 50);
    while let Some(next) = page.attr("nav.pager a[rel=next]", "href") {
        assert!(next.starts_with("/connectors?q=server&view=list&after="), "{next}");
        page = alice.get(&next).await;
        assert_eq!(page.text("#results .page-head h2"), "120 connectors match “server”");
        seen.extend(page.attrs("tbody th a", "href"));
    }
    assert_eq!(page.attr("nav.pager a", "href").as_deref(), Some("/connectors?q=server&view=list"));
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 120);
    assert_eq!(names(&bob).await, ["Workbench"]);
}
