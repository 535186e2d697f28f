//! The order of popular services in the catalogue.
//!
//! Source: how often each occurs in 2,061 public n8n workflows (Zie619/n8n-workflows, 2026-06-24) and the monthly downloads of
//! Activepieces' npm packages, which agree well. Services without such figures follow by name.

use super::Slug;

/// The most popular services, the first of all first. Names that are not shipped do not matter.
const POPULAR: [&str; 32] = [
    "google-sheets",
    "google-gmail",
    "slack",
    "telegram",
    "google-drive",
    "airtable",
    "notion",
    "google-calendar",
    "github",
    "hubspot",
    "microsoft-outlook",
    "discord",
    "pipedrive",
    "jira",
    "youtube",
    "google-forms",
    "clickup",
    "dropbox",
    "todoist",
    "linear",
    "stripe",
    "shopify",
    "microsoft-teams",
    "asana",
    "monday",
    "salesforce",
    "zendesk",
    "twilio",
    "intercom",
    "sendgrid",
    "gitlab",
    "supabase",
];

/// Returns the rank of a service: a larger number is more popular, and 0 is not ranked.
pub fn popularity(slug: &Slug) -> i32 {
    let place = POPULAR.iter().rev().position(|popular| *popular == slug.as_str());
    place.and_then(|place| i32::try_from(place + 1).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{POPULAR, Slug, popularity};

    #[test]
    fn the_first_is_the_most_popular_and_none_is_named_twice() {
        let rank = |slug: &str| popularity(&Slug::parse(slug).unwrap());
        assert!(rank("google-sheets") > rank("slack") && rank("slack") > rank("supabase"));
        assert_eq!((rank("supabase"), rank("workbench")), (1, 0));
        let distinct: std::collections::BTreeSet<_> = POPULAR.iter().collect();
        assert_eq!(distinct.len(), POPULAR.len());
    }
}
