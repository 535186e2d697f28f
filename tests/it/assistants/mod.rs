//! The tools that assistants are offered, and their names.

mod names;
mod offers;
mod prefixes;

use craft::actor::{Actor, Origin};
use craft::assistants::{self, OfferedTool};
use craft::ids::{OwnerId, UserId};

use crate::support::guarded_accounts::{account, add, guarded, page_of};
use crate::support::test_app::TestApp;

/// Returns the actor of an assistant of the persona `name`.
async fn assistant_of(app: &TestApp, name: &str) -> Actor {
    let statement = sqlx::query_scalar("SELECT id FROM users WHERE email = $1 || '@example.com'").bind(name);
    let user: UserId = statement.fetch_one(app.app.system.pool()).await.unwrap();
    acting(user, app.owner_of(name).await)
}

fn acting(user: UserId, owner: OwnerId) -> Actor {
    #[expect(clippy::disallowed_methods, reason = "the test acts as an assistant of a persona")]
    Actor::new(user, Origin::Assistant).within(owner)
}

/// Lists all tools, page by page.
async fn list(app: &TestApp, actor: &Actor, limit: u16) -> Vec<OfferedTool> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = assistants::list_offered(&app.app.db, actor, after.as_ref(), limit).await.unwrap();
        assert!(page.tools.len() <= limit.into());
        all.extend(page.tools);
        match page.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

/// Returns the names of the tools that an assistant of the persona is offered, without those of the Workbench.
async fn names(app: &TestApp, persona: &str) -> Vec<String> {
    let all = list(app, &assistant_of(app, persona).await, 1000).await;
    let others = all.iter().filter(|tool| tool.slug != "workbench");
    others.map(|tool| tool.tool_name().to_string()).collect()
}

async fn find(app: &TestApp, persona: &str, name: &str) -> Option<OfferedTool> {
    assistants::find_offered(&app.app.db, &assistant_of(app, persona).await, name).await.unwrap()
}

/// Updates rows with SQL.
async fn change(app: &TestApp, statement: &'static str) {
    sqlx::query(statement).execute(app.app.system.pool()).await.unwrap();
}
