//! A hub without a mail server promises no mail: each page says whom to ask for the link.

use craft::mail::Mailer;
use craft::secret::Secret;

use super::sign_up::sign_up;
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::test_app::{PASSWORD, TestApp};

const NOTE: &str = "We cannot send you an email.";

/// The next step, of a page that makes a link and of one that will.
const STEPS: [&str; 2] = ["Ask your administrator for the link.", "ask your administrator for the link that confirms"];

/// Words that promise a mail.
const PROMISES: [&str; 5] = ["on its way", "we send", "check your spam", "send it again", "send the link"];

/// Walks through the pages of an account that wait for a mail.
async fn pages(app: &TestApp, member: &Browser) -> Vec<Page> {
    let visitor = app.stranger();
    let mut pages = vec![visitor.get("/sign-up").await, sign_up(&visitor, "carol@example.com", PASSWORD).await];
    let form = visitor.get("/forgot").await;
    let sent = visitor.submit(&form, "form[action='/forgot']", [("email", "carol@example.com")]).await;
    pages.extend([form, sent]);
    pages.push(member.get("/settings/sign-in/email").await);
    pages
}

#[tokio::test]
async fn pages_say_whom_to_ask_for_the_link_and_promise_no_mail() {
    let app = TestApp::new().await;
    let alice = app.alice().await;
    for page in pages(&app, &alice).await {
        let text = page.text("main");
        assert!(text.contains(NOTE), "{}: {text}", page.path());
        assert!(STEPS.iter().any(|step| text.contains(step)), "{}: {text}", page.path());
        let promise = PROMISES.iter().find(|promise| text.to_lowercase().contains(**promise));
        assert_eq!(promise, None, "{}: {text}", page.path());
    }
    let form = alice.get("/settings/sign-in/email").await;
    let fields = [("email", "new@example.com"), ("current_password", PASSWORD)];
    let page = alice.submit(&form, "form[action='/settings/sign-in/email']", fields).await;
    assert!(page.text("#flash").starts_with("A message is ready for new@example.com."), "{}", page.text("#flash"));
    assert!(app.mails().await.iter().any(|mail| mail.contains("To: new@example.com")), "the message is a file");
    let owner = app.owner().await;
    assert!(owner.get("/settings/sign-in/email").await.text("main").contains("outbox folder of its data directory"));
}

#[tokio::test]
async fn with_a_mail_server_the_same_pages_promise_the_mail() {
    let app = TestApp::with(|dependencies| {
        let server = Secret::new("smtp://127.0.0.1:1");
        dependencies.mailer = Mailer::new(Some(&server), std::env::temp_dir(), "hub@localhost").unwrap();
    })
    .await;
    let alice = app.alice().await;
    for page in pages(&app, &alice).await {
        assert!(!page.text("main").contains(NOTE), "{}", page.path());
    }
}
