//! A page with every component, to view them together and to check their markup.
//! The test writes the page and its files to `target/gallery`; serve that folder to view it.

use crate::web::here::Here;
use std::fs;
use std::path::Path;

use askama::Template;
use time::macros::datetime;

use crate::accounts::{Appearance, Theme};
use crate::error::{FieldFaults, Message};
use crate::web::badge::Badge;
use crate::web::flash::Flash;
use crate::web::shell::{Section, Shell, ShellUser, ZoneNote};
use crate::web::site::{AccessibilityPage, HelpPage};
use crate::web::when::{Calendar, When};

#[derive(Template)]
#[template(path = "gallery.html")]
struct GalleryPage {
    shell: Shell,
    faults: FieldFaults,
    badges: Vec<Badge>,
    options: Vec<Choice>,
    jobs: Vec<Job>,
    at: When,
}

struct Choice {
    value: String,
    label: &'static str,
}

struct Job {
    name: &'static str,
    badge: Badge,
    took: &'static str,
}

fn gallery(theme: Theme, faults: FieldFaults, flash: Option<Flash>) -> String {
    let zone = jiff::tz::TimeZone::UTC;
    let calendar = Calendar::new(zone.clone(), datetime!(2026-11-24 08:00 UTC));
    let appearance = Appearance { theme, ..Appearance::default() };
    let user = ShellUser {
        display_name: "Alice Example".into(),
        email: "alice@example.org".into(),
        appearance,
        zone,
        zone_note: ZoneNote::default(),
        is_admin: true,
        here: Here::default(),
    };
    let job = |name, badge, took| Job { name, badge, took };
    GalleryPage {
        shell: Shell::new("Create issue")
            .with_user(Some(user))
            .section(Section::Connectors)
            .breadcrumb("Connectors", "/connectors")
            .breadcrumb("GitHub", "/connectors/github")
            .with_flash(flash),
        faults,
        badges: vec![
            Badge::QUEUED,
            Badge::RUNNING,
            Badge::SUCCEEDED,
            Badge::FAILED,
            Badge::CANCELED,
            Badge::UNKNOWN,
            Badge::WAITING_INPUT,
            Badge::CONNECTED,
            Badge::PENDING,
            Badge::EXPIRED,
            Badge::REVOKED,
            Badge::FAILING,
            Badge::NOT_CONNECTED,
            Badge::READ_ONLY,
            Badge::CHANGES_DATA,
            Badge::DESTROYS_DATA,
        ],
        options: ["Use my account", "Use the bot account"]
            .into_iter()
            .zip(["mine", "bot"])
            .map(|(label, value)| Choice { value: value.into(), label })
            .collect(),
        jobs: vec![
            job("Create issue", Badge::SUCCEEDED, "1.20 s"),
            job("List pull requests", Badge::RUNNING, ""),
            job("Delete repository", Badge::FAILED, "0.34 s"),
        ],
        at: calendar.when(datetime!(2026-11-24 07:47:05 UTC)),
    }
    .render()
    .unwrap()
}

fn faulty() -> FieldFaults {
    let mut faults = FieldFaults::default();
    faults.add("title", "Enter a title");
    faults.add("account", Message::from("Choose an account").with_detail("accounts: []"));
    faults
}

/// Writes the page and its four static files, under the paths that the page uses.
fn publish(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for (name, theme) in [("light", Theme::Light), ("dark", Theme::Dark)] {
        fs::write(
            folder.join(format!("{name}.html")),
            gallery(theme, FieldFaults::default(), Some(Flash::success("GitHub is connected."))),
        )
        .unwrap();
        fs::write(folder.join(format!("{name}-errors.html")), gallery(theme, faulty(), None)).unwrap();
    }
    for (href, bytes) in crate::web::assets::all() {
        let file = folder.join(href.trim_start_matches('/'));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
}

#[test]
fn the_pages_about_the_hub_keep_the_rules_of_markup() {
    super::markup::check(&HelpPage { shell: Shell::new("Help") }.render().unwrap());
    super::markup::check(&AccessibilityPage { shell: Shell::new("Accessibility") }.render().unwrap());
}

#[test]
fn every_component_keeps_the_rules_of_markup() {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/gallery");
    publish(&target);
    for html in [
        gallery(Theme::Auto, faulty(), None),
        gallery(Theme::Auto, FieldFaults::default(), Some(Flash::important("Two jobs wait for you."))),
    ] {
        super::markup::check(&html);
    }
}
