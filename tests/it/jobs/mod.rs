//! Jobs: a tool is run from its form; the job is listed, updated live, cancelled and run again.

mod cancellation;
mod files;
mod filters;
mod forms;
mod job_facts;
mod job_page;
mod list;
mod list_updates;
mod nested_input;
mod previews;
mod resources;
mod run;
mod saved_inputs;
mod secrets;
mod several;
mod tool_page;
mod typed_input;
mod views;

use serde_json::Value;

use crate::support::browser::Browser;
use crate::support::page::Page;

const COUNTDOWN: &str = "/connectors/workbench/tools/countdown";
const HASH: &str = "/connectors/workbench/tools/hash";
const QUERY: &str = "/connectors/workbench/tools/json_query";

/// A tool's form, on its page.
const FORM: &str = "form[action*='/tools/']";

/// The job of a page as a program reads it.
async fn json(browser: &Browser, page: &Page) -> Value {
    browser.get(&format!("{}.json", page.path())).await.json()
}

/// The structured part of a job's result.
async fn result(browser: &Browser, page: &Page) -> Value {
    let job = json(browser, page).await;
    assert_eq!(job["status"], "succeeded", "{job:#}");
    job["output"]["structuredContent"].clone()
}

/// The lines of a page's log, without their times.
fn log(page: &Page) -> Vec<String> {
    page.texts("ol.thread .line > span:first-of-type")
}
