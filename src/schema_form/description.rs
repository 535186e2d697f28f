//! Descriptions of fields: plain text, or Markdown.

use crate::markdown::{SafeHtml, render};

/// The rest of a description.
pub(super) enum MoreView {
    Text(String),
    Markdown(SafeHtml),
}

impl MoreView {
    pub(super) fn new(text: &str) -> Self {
        let rendered = is_markdown(text).then(|| render(text, 4)).flatten();
        rendered.map_or_else(|| Self::Text(text.to_owned()), Self::Markdown)
    }
}

/// Reports whether a description has signs of Markdown. Most have none, and rendering takes longer than the rest of a field.
pub(super) fn is_markdown(text: &str) -> bool {
    ["`", "**", "](", "\n- ", "\n* "].iter().any(|sign| text.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::super::{Entries, FormView, Plan};
    use crate::error::FieldFaults;
    use serde_json::json;

    #[test]
    fn a_description_with_signs_of_markdown_is_rendered_and_others_are_text() {
        let long = format!("First words.\n\n- **one**\n- two {}", "more ".repeat(40));
        let plan = Plan::compile(&json!({ "properties": {
            "a": { "type": "string", "description": "The `owner`, **not** <b>you</b>" },
            "b": { "type": "string", "description": "2 * 3 * 4 and <b>snake_case_name</b>" },
            "c": { "type": "string", "description": long } } }));
        let html = FormView::new(&plan, &Entries::blank(&plan), &FieldFaults::default()).to_string();
        assert!(html.contains("<code>owner</code>") && html.contains("<strong>not</strong>"), "{html}");
        assert!(!html.contains("<b>") && html.contains("2 * 3 * 4 and &#60;b&#62;snake_case_name"), "{html}");
        assert!(html.contains("<li><strong>one</strong></li>"), "{html}");
    }
}
