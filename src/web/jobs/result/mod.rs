//! The result of a job on its page, and the pages of its parts: tables by sort and key, long texts, deep values, JSON.

mod links;
mod node;
mod page;
mod scalar;
mod table;
mod view;

pub(super) use self::page::show;
pub(super) use self::view::ResultView;
