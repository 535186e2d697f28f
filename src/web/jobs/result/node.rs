//! A value with members, as templates show it.

use askama::Template;
use askama::filters::HtmlSafe;

use super::links::ResultLinks;
use super::scalar::ScalarView;
use crate::tool_result::{Group, Member, Node, PageQuery, Scalar};
use crate::web::when::Calendar;

/// A value, with what is in it.
#[derive(Template)]
#[template(path = "jobs/result/_node.html")]
pub(super) struct NodeView<'a> {
    pub(super) node: &'a Node,
    pub(super) pointer: &'a str,
    /// Name of the value; empty for that of the part.
    pub(super) name: &'a str,
    pub(super) depth: usize,
    pub(super) links: &'a ResultLinks,
    pub(super) calendar: &'a Calendar,
}

impl HtmlSafe for NodeView<'_> {}

impl<'a> NodeView<'a> {
    fn below(&self, member: &'a Member) -> NodeView<'a> {
        NodeView {
            node: &member.node,
            pointer: &member.pointer,
            name: &member.label.text,
            depth: self.depth + 1,
            ..*self
        }
    }

    fn scalar(&self, scalar: &'a Scalar) -> ScalarView<'a> {
        ScalarView { scalar, href: self.links.part(self.pointer), name: self.name, calendar: self.calendar }
    }

    fn href(&self) -> String {
        self.links.part(self.pointer)
    }

    /// Returns the line that folds the members away. A short list of plain values does not fold.
    fn fold(&self) -> Option<String> {
        let is_short_list = match self.node {
            Node::List(group) => group.next.is_none() && group.count <= 5 && is_plain(group),
            _ => false,
        };
        self.node.summary().filter(|_| self.depth > 0 && !is_short_list)
    }

    /// Returns the page of the members that follow, and their number.
    fn rest(&self, group: &Group) -> Option<(String, usize)> {
        let after = group.next?;
        let query = PageQuery { after: Some(after), ..PageQuery::default() };
        Some((self.links.page(self.pointer, &query), group.count.saturating_sub(after + 1)))
    }
}

fn is_plain(group: &Group) -> bool {
    group.members.iter().all(|member| matches!(member.node, Node::Scalar(_)))
}
