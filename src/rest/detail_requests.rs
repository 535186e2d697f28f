//! Reads the details of the entries of a list.

use futures_util::{StreamExt, stream};
use serde_json::{Map, Value};

use super::call::{CallScope, RestCall};
use super::values::Values;
use crate::oauth::TemplateValues;
use crate::upstream::CallOutcome;

/// Number of requests at once.
const AT_ONCE: usize = 4;

impl RestCall {
    /// Adds the details of each entry to the answer. If a request is refused, the whole call is: a list with holes would look
    /// complete.
    pub(super) async fn add_details(
        &self,
        scope: CallScope<'_>,
        known: &TemplateValues,
        body: &mut Value,
    ) -> Result<(), CallOutcome> {
        let (Some(details), Some(list)) = (&self.tool.each, &self.tool.answer.list) else { return Ok(()) };
        let Some(entries) = list.find_mut(body).and_then(Value::as_array_mut) else { return Ok(()) };
        let none = Map::new();
        let requests = entries.iter().take(details.max).enumerate().filter_map(|(n, entry)| {
            let item = details.item.find(entry)?;
            Some((n, item))
        });
        let requests = requests.map(|(n, item)| {
            let none = &none;
            async move {
                let values = Values::new(none).with_item(&item);
                Ok::<_, CallOutcome>((n, self.send_step(scope, &details.request, known, &values).await?))
            }
        });
        let answers: Vec<_> = stream::iter(requests.collect::<Vec<_>>()).buffer_unordered(AT_ONCE).collect().await;
        for answer in answers {
            if let (n, Value::Object(members)) = answer?
                && let Some(Value::Object(entry)) = entries.get_mut(n)
            {
                entry.extend(members);
            }
        }
        Ok(())
    }
}
