//! The space of a story: one's own, or an organisation.
//!
//! Stories about pages of a space run twice, from the same source: once as they are, and once in the module
//! `in_organisations`, where each persona acts in an organisation of theirs. Their browser adds the prefix to what it
//! requests and takes it from what it gets, so a story names the same addresses in both. A link that lacks the prefix fails
//! the story.

use bytes::Bytes;
use craft::app::App;
use craft::clock::Timestamp;
use craft::ids::{OwnerId, UserId};
use craft::organisations::{OwnerKind, Role};
use http::{HeaderMap, HeaderValue, StatusCode};
use scraper::{Html, Selector};

/// The first segments of the pages of a space.
const SPACE_PAGES: &[&str] = &["/dashboard", "/connectors", "/connections", "/jobs", "/audit", "/search"];

/// The attributes that lead to another page.
const LINKS: &[&str] = &["href", "action", "formaction", "data-hx-get", "data-hx-post", "data-hx-sse-connect"];

/// Reports whether the running test is in the module `in_organisations`. Its thread has the name of the test.
pub(crate) fn is_in_organisations() -> bool {
    std::thread::current().name().is_some_and(|name| name.starts_with("in_organisations::"))
}

/// An organisation, as a browser that acts in it sees it.
#[derive(Clone)]
pub(crate) struct Space {
    pub(crate) slug: String,
    name: String,
}

impl Space {
    /// Creates an organisation that belongs to this user.
    pub(crate) async fn create(app: &App, owner: &str, user: UserId) -> Self {
        let (slug, name) = (format!("space-of-{owner}"), format!("Space of {owner}"));
        let (id, now) = (OwnerId::new(app.clock.now()), app.clock.now());
        let mut tx = app.system.begin().await.unwrap();
        sqlx::query("INSERT INTO owners (id, kind, created_at) VALUES ($1, $2, $3)")
            .bind(id)
            .bind(OwnerKind::Organisation.stored_text())
            .bind(now)
            .execute(&mut *tx)
            .await
            .unwrap();
        sqlx::query("INSERT INTO organisations (id, slug, name, created_by, created_at) VALUES ($1, $2, $3, $4, $5)")
            .bind(id)
            .bind(&slug)
            .bind(&name)
            .bind(user)
            .bind(now)
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let space = Self { slug, name };
        space.add(app, user, Role::Owner, now).await;
        space
    }

    /// Adds a member.
    pub(crate) async fn add(&self, app: &App, user: UserId, role: Role, now: Timestamp) {
        sqlx::query(
            "INSERT INTO memberships (user_id, organisation_id, role, since)
             SELECT $1, id, $3, $4 FROM organisations WHERE slug = $2",
        )
        .bind(user)
        .bind(&self.slug)
        .bind(role.stored_text())
        .bind(now)
        .execute(app.system.pool())
        .await
        .unwrap();
    }

    /// Returns the address in this space.
    pub(crate) fn enter(&self, path: &str) -> String {
        if is_space_page(path) { format!("/orgs/{}{path}", self.slug) } else { path.to_owned() }
    }

    /// Takes the prefix from the links of an answer to `path`. Panics if one of them leaves the organisation.
    pub(super) fn strip_answer(&self, path: &str, status: StatusCode, headers: &mut HeaderMap, body: &str) -> String {
        let is_in_space = is_space_page(path) || path.starts_with("/oauth/callback");
        for name in ["location", "hx-redirect", "hx-replace-url"] {
            let Some(address) = headers.get(name).map(|value| value.to_str().unwrap().to_owned()) else { continue };
            assert!(!is_in_space || !is_space_page(&address), "{path} leads out of the organisation, to {address}");
            headers.insert(name, HeaderValue::from_str(&self.strip(&address)).unwrap());
        }
        // the error page of somebody who may not enter leads to their own space
        if is_space_page(path) && status != StatusCode::NOT_FOUND && body.starts_with("<!") {
            let out = links_out(body);
            assert!(out.is_empty(), "{path} links out of the organisation, to {out:?}");
        }
        self.strip(body)
    }

    /// Takes the prefix from the links of a part of a streamed answer.
    pub(super) fn strip_part(&self, part: &Bytes) -> Bytes {
        Bytes::from(self.strip(&String::from_utf8_lossy(part)))
    }

    /// Takes the prefix of any organisation from a path.
    pub(super) fn strip_any(path: &str) -> String {
        match path.strip_prefix("/orgs/").and_then(|rest| rest.split_once('/')) {
            Some((_, rest)) => format!("/{rest}"),
            None => path.to_owned(),
        }
    }

    fn strip(&self, text: &str) -> String {
        text.replace(&format!("/orgs/{}/", self.slug), "/").replace(&format!(" – {}", self.name), "")
    }
}

fn is_space_page(path: &str) -> bool {
    SPACE_PAGES
        .iter()
        .any(|page| path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '.'])))
}

/// The links of a page that lack the prefix.
fn links_out(body: &str) -> Vec<String> {
    let page = Html::parse_document(body);
    let elements = Selector::parse("*").unwrap();
    let links = page
        .select(&elements)
        .flat_map(|element| LINKS.iter().filter_map(|name| element.attr(name)).map(str::to_owned).collect::<Vec<_>>());
    links.filter(|link| is_space_page(link)).collect()
}
