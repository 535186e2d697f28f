//! Every route as an anonymous visitor and as a stranger. The list is compared with the sources, so that a new route
//! without its line here fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use http::{Method, StatusCode};

use crate::support::browser::Browser;
use crate::support::everything_server::EverythingServer;
use crate::support::oauth_assistant::OAuthAssistant;
use crate::support::test_app::{PASSWORD, TestApp};

/// The people who may see a route.
#[derive(Clone, Copy, PartialEq)]
enum For {
    /// Visitors and users.
    Everyone,
    /// Every signed-in user: the route shows no rows, or the user's own.
    SignedIn,
    /// The owner of the row in the path. For others the row does not exist.
    Owner,
    /// Administrators. For others the page does not exist.
    Administrator,
    /// Programs with an access token. Cookies play no part.
    Program,
}

/// The header of a form.
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Every route. The rows in the paths are alice's.
const ROUTES: &[(&str, For)] = &[
    ("/", For::Everyone),
    ("/help", For::Everyone),
    ("/accessibility", For::Everyone),
    ("/sign-up", For::Everyone),
    ("/sign-up/check-email", For::Everyone),
    ("/confirm/{token}", For::Everyone),
    ("/forgot", For::Everyone),
    ("/forgot/sent", For::Everyone),
    ("/reset/{token}", For::Everyone),
    ("/sign-in", For::Everyone),
    ("/sign-out", For::Everyone),
    ("/setup/{token}", For::Everyone),
    ("/email/{token}", For::Everyone),
    ("/invitation/{token}", For::Everyone),
    ("/oauth/client.json", For::Everyone),
    ("/healthz", For::Everyone),
    ("/readyz", For::Everyone),
    ("/metrics", For::Everyone),
    ("/static/{hash}/{name}", For::Everyone),
    ("/dashboard", For::SignedIn),
    ("/dashboard/first-steps", For::SignedIn),
    ("/connectors", For::SignedIn),
    ("/connectors/new", For::SignedIn),
    ("/connectors/new/mcp", For::SignedIn),
    ("/connectors/new/registry", For::SignedIn),
    ("/connectors/new/registry/{id}", For::SignedIn),
    ("/connectors/{slug}", For::Owner),
    ("/connectors/{slug}/connection", For::Owner),
    ("/connectors/{slug}/connection/continue", For::SignedIn),
    ("/connectors/{slug}/connection/choice", For::SignedIn),
    ("/oauth/callback", For::SignedIn),
    ("/oauth/authorize", For::SignedIn),
    ("/connectors/{slug}/application", For::Owner),
    ("/connectors/{slug}/discovery", For::Owner),
    ("/connectors/{slug}/discovery/acceptance", For::Owner),
    ("/connectors/{slug}/edit", For::Owner),
    ("/connectors/{slug}/image/{digest}", For::Owner),
    ("/connectors/{slug}/removal", For::Owner),
    ("/connectors/{slug}/tools/{tool}", For::Owner),
    ("/connectors/{slug}/tools/{tool}/inputs/{id}", For::Owner),
    ("/connections", For::SignedIn),
    ("/connections/checkup", For::SignedIn),
    ("/connections/disconnection", For::SignedIn),
    ("/connections/news", For::SignedIn),
    ("/connections/{id}", For::Owner),
    ("/connections/{id}/news", For::Owner),
    ("/connections/{id}/checkup", For::Owner),
    ("/connections/{id}/label", For::Owner),
    ("/connections/{id}/token", For::Owner),
    ("/connections/{id}/default", For::Owner),
    ("/connections/{id}/disconnection", For::Owner),
    ("/jobs", For::SignedIn),
    ("/jobs/news", For::SignedIn),
    ("/jobs/cancellation", For::SignedIn),
    ("/jobs/repetition", For::SignedIn),
    ("/jobs/comparison", For::SignedIn),
    ("/jobs/{id}", For::Owner),
    ("/jobs/{id}/events", For::Owner),
    ("/jobs/{id}/live", For::Owner),
    ("/jobs/{id}/result", For::Owner),
    ("/jobs/{id}/output", For::Owner),
    ("/jobs/{id}/content/{n}", For::Owner),
    ("/jobs/{id}/content/{n}/resource", For::Owner),
    ("/jobs/{id}/cancellation", For::Owner),
    ("/audit", For::SignedIn),
    ("/audit/export.csv", For::SignedIn),
    ("/audit/export.ndjson", For::SignedIn),
    ("/audit/{id}", For::Owner),
    ("/search", For::SignedIn),
    ("/settings", For::SignedIn),
    ("/settings/profile", For::SignedIn),
    ("/settings/sign-in", For::SignedIn),
    ("/settings/sign-in/email", For::SignedIn),
    ("/settings/sign-in/password", For::SignedIn),
    ("/settings/sessions", For::SignedIn),
    ("/settings/sessions/others", For::SignedIn),
    ("/settings/sessions/{key}", For::Owner),
    ("/settings/tokens", For::SignedIn),
    ("/settings/tokens/new", For::SignedIn),
    ("/settings/tokens/{id}/revocation", For::Owner),
    ("/settings/assistants", For::SignedIn),
    ("/settings/assistants/{id}/disconnection", For::Owner),
    ("/settings/appearance", For::SignedIn),
    ("/admin", For::Administrator),
    ("/admin/users", For::Administrator),
    ("/admin/users/{id}", For::Administrator),
    ("/admin/users/{id}/access", For::Administrator),
    ("/admin/users/{id}/sessions", For::Administrator),
    ("/admin/users/{id}/administrator", For::Administrator),
    ("/admin/invitations", For::Administrator),
    ("/admin/invitations/{key}", For::Administrator),
    ("/admin/connectors", For::Administrator),
    ("/admin/connectors/{slug}", For::Administrator),
    ("/admin/connectors/{slug}/availability", For::Administrator),
    ("/admin/settings", For::Administrator),
    ("/admin/log", For::Administrator),
    ("/mcp", For::Program),
    ("/orgs/{org}/mcp", For::Program),
    ("/.well-known/oauth-authorization-server", For::Everyone),
    ("/.well-known/oauth-protected-resource", For::Everyone),
    ("/.well-known/oauth-protected-resource/mcp", For::Everyone),
    ("/.well-known/oauth-protected-resource/orgs/{org}/mcp", For::Everyone),
    ("/oauth/register", For::Everyone),
    ("/oauth/token", For::Everyone),
    ("/oauth/revoke", For::Everyone),
];

#[test]
fn every_route_of_the_sources_is_in_the_list() {
    let listed: BTreeSet<_> = ROUTES.iter().map(|(path, _)| (*path).to_owned()).collect();
    let mut found = BTreeSet::new();
    for module in ["src/web", "src/mcp", "src/authorization_endpoints"] {
        visit(Path::new(module), &mut |text| {
            // routes of unit tests are in no hub
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            for piece in text.split(".route(\"").skip(1) {
                found.insert(piece.split('"').next().unwrap().to_owned());
            }
        });
    }
    let missing: Vec<_> = found.difference(&listed).collect();
    assert!(missing.is_empty(), "routes that are not in the list: {missing:?}");
    let gone: Vec<_> = listed.difference(&found).filter(|path| !path.starts_with("/static")).collect();
    assert!(gone.is_empty(), "listed routes that no longer exist: {gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_must_sign_in_and_another_user_gets_not_found() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let rows = Rows::create(&app, &alice).await;
    let (visitor, bob) = (app.stranger(), app.bob().await);
    for (route, who) in ROUTES.iter().filter(|(_, who)| ![For::Everyone, For::Program].contains(who)) {
        let path = rows.fill(route);
        let asked = visitor.request(Method::GET, &path, &[], "").await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER, "{path} for a visitor");
        assert!(asked.header("location").unwrap().starts_with("/sign-in?next="), "{path} for a visitor");
        let posted = visitor.request(Method::POST, &path, &[FORM], "").await;
        assert!([303, 405].contains(&posted.status.as_u16()), "POST {path} for a visitor: {}", posted.status);
        if *who == For::Owner {
            for method in [Method::GET, Method::POST] {
                let met = bob.request(method.clone(), &path, &[FORM], "op=run").await;
                assert!([404, 405].contains(&met.status.as_u16()), "{method} {path} for bob: {}", met.status);
            }
        }
        if *who == For::Administrator {
            for (name, person) in [("alice", &alice), ("bob", &bob)] {
                for method in [Method::GET, Method::POST] {
                    let met = person.request(method.clone(), &path, &[FORM], "to=administrator").await;
                    assert!([404, 405].contains(&met.status.as_u16()), "{method} {path} for {name}: {}", met.status);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_route_of_programs_accepts_no_cookie_and_says_so_in_one_way() {
    let app = TestApp::new().await;
    let (visitor, alice) = (app.stranger(), app.alice().await);
    for (route, _) in ROUTES.iter().filter(|(_, who)| *who == For::Program) {
        let path = route.replace("{org}", "acme");
        for person in [&visitor, &alice] {
            let answer = person.request(Method::POST, &path, &[("content-type", "application/json")], "{}").await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
            assert!(answer.header("www-authenticate").is_some_and(|it| it.starts_with("Bearer ")), "{path}");
        }
    }
}

/// The fields that a user fills in, in a form that is posted to its own page.
const TYPED: &str = "main form[method=post] :is(input, select, textarea)[name]:not([type=hidden])";

#[tokio::test(flavor = "multi_thread")]
async fn every_form_is_restored_after_its_session_ended() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let rows = Rows::create(&app, &alice).await;
    let visitor = app.stranger();
    let mut restored = Vec::new();
    for (route, _) in ROUTES.iter().filter(|(_, who)| ![For::Everyone, For::Program].contains(who)) {
        let path = rows.fill(route);
        if visitor.request(Method::POST, &path, &[FORM], "").await.status == StatusCode::METHOD_NOT_ALLOWED {
            continue;
        }
        let form = alice.get(&path).await;
        if form.status == StatusCode::NOT_FOUND || !form.has(TYPED) {
            continue;
        }
        alice.post("/sign-out", &[("", ""); 0]).await;
        let page = alice.submit(&form, "main form", []).await;
        let credentials = [("email", "alice@example.com"), ("password", PASSWORD)];
        let back = alice.submit(&page, "form[action='/sign-in']", credentials).await;
        assert_eq!((back.path(), back.text("h1")), (form.path(), form.text("h1")));
        assert!(back.text(".flash.warn").contains("what you had filled in"), "{path}: {}", back.text("main"));
        assert_eq!(back.header("cache-control"), Some("private, no-store"), "{path}");
        restored.push(*route);
    }
    assert!(restored.len() >= 6, "only {restored:?} have a form");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_row_and_a_foreign_row_get_the_same_answer() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    let rows = Rows::create(&app, &alice).await;
    let bob = app.bob().await;
    let foreign = bob.get(&format!("/jobs/{}", rows.job)).await;
    let unknown = bob.get(&format!("/jobs/{}", uuid::Uuid::new_v4())).await;
    assert_eq!((foreign.status, foreign.text("h1")), (unknown.status, unknown.text("h1")));
    assert_eq!(
        foreign.text("main").replace(&request_id(&foreign), ""),
        unknown.text("main").replace(&request_id(&unknown), "")
    );
}

fn request_id(page: &crate::support::page::Page) -> String {
    page.text("main code")
}

/// The names of alice's rows, for the paths of the routes.
struct Rows {
    job: String,
    slug: String,
    tool: String,
    entry: String,
    session: String,
    connection: String,
    saved_input: String,
    person: String,
    token: String,
    assistant: String,
}

impl Rows {
    async fn create(app: &TestApp, alice: &Browser) -> Self {
        let server = EverythingServer::start().await;
        let path = app.add_server(alice, "Alice’s own", &server.url()).await;
        let slug = path.rsplit('/').next().unwrap().to_owned();
        let job = app.start(alice, "/connectors/workbench/tools/hash", [("v/text", "alice’s")]).await.to_string();
        let list = alice.get("/audit").await;
        let entry = list.attr("tbody a", "href").unwrap().rsplit('/').next().unwrap().to_owned();
        app.stranger().sign_in("alice@example.com", PASSWORD).await;
        let sessions = alice.get("/settings/sessions").await;
        let session = sessions.attr("tbody a[href^='/settings/sessions/']", "href").unwrap();
        let session = session.rsplit('/').next().unwrap().to_owned();
        let connection = alice.get("/connections").await.attr("tbody a", "href").unwrap();
        let connection = connection.rsplit('/').next().unwrap().to_owned();
        let tool = format!("{path}/tools/echo");
        let form = alice.get(&tool).await;
        let named = [("op", "save"), ("name", "alice’s")];
        let form = alice.submit(&form, "form[action*='/tools/']", [("op", "save"), ("v/message", "alice’s")]).await;
        let form = alice.submit(&form, "form[action*='/tools/']", named).await;
        let saved_input = form.attr("a[href*='/inputs/']", "href").unwrap().rsplit('/').next().unwrap().to_owned();
        let form = alice.get("/settings/tokens/new").await;
        alice.submit(&form, "main form", [("name", "Laptop")]).await;
        let token = alice.get("/settings/tokens").await.attr("tbody a", "href").unwrap();
        let token = token.split('/').nth(3).unwrap().to_owned();
        OAuthAssistant::register(app).await.connect(alice, &[]).await;
        let assistant = alice.get("/settings/assistants").await.attr("tbody a", "href").unwrap();
        let assistant = assistant.split('/').nth(3).unwrap().to_owned();
        let person = app.owner_of("alice").await.to_string();
        Self { token, assistant, person, saved_input, job, slug, tool: "echo".to_owned(), entry, session, connection }
    }

    fn fill(&self, route: &str) -> String {
        let id = match route.split('/').nth(1) {
            Some("audit") => &self.entry,
            Some("connections") => &self.connection,
            Some("admin") => &self.person,
            Some("settings") if route.contains("assistants") => &self.assistant,
            Some("settings") => &self.token,
            Some("connectors") if route.contains("/inputs/") => &self.saved_input,
            _ => &self.job,
        };
        route
            .replace("{slug}", &self.slug)
            .replace("{tool}", &self.tool)
            .replace("{id}", id)
            .replace("{n}", "0")
            .replace("{key}", &self.session)
    }
}

fn visit(dir: &Path, visitor: &mut impl FnMut(&str)) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            // routes of the unit tests of `web` are in no hub
            if !path.ends_with("web/tests") {
                visit(&path, visitor);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            visitor(&fs::read_to_string(&path).unwrap());
        }
    }
}
