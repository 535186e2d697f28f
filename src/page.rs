//! Keyset paging: a list is cut at a key, never at an offset, so a page does not change while rows arrive.

/// Rows on a page.
pub const PAGE_SIZE: usize = 50;

/// Limit for a statement: one row more than a page, which shows that another page exists.
pub const PAGE_LIMIT: i64 = 51;

/// Keys between two bounds, both exclusive.
#[derive(Clone, Copy, Debug)]
pub struct KeyRange<K> {
    /// Lower bound.
    pub after: K,
    /// Upper bound.
    pub before: K,
}

/// A page of a list, newest first.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// At most [`PAGE_SIZE`] rows.
    pub rows: Vec<T>,
    /// True if older rows exist; the next page begins before the last row's id.
    pub more: bool,
}

impl<T> Page<T> {
    /// Cuts the rows of a statement with [`PAGE_LIMIT`] to a page.
    #[must_use]
    pub fn cut(mut rows: Vec<T>) -> Self {
        let more = rows.len() > PAGE_SIZE;
        rows.truncate(PAGE_SIZE);
        Self { rows, more }
    }
}

#[cfg(test)]
mod tests {
    use super::{PAGE_SIZE, Page};

    #[test]
    fn the_bound_is_one_more_than_a_page() {
        assert_eq!(usize::try_from(super::PAGE_LIMIT).unwrap(), PAGE_SIZE + 1);
    }

    #[test]
    fn a_full_page_says_whether_there_is_another() {
        assert!(!Page::cut(vec![0; PAGE_SIZE]).more);
        let page = Page::cut(vec![0; PAGE_SIZE + 1]);
        assert!(page.more);
        assert_eq!(page.rows.len(), PAGE_SIZE);
    }
}
