//! The one integration binary: stories told against real counterparts.
#![expect(clippy::unwrap_used, reason = "a test that cannot set its stage should say so at once, helpers included")]
#![expect(clippy::expect_used, reason = "likewise, with words")]

mod egress;
mod support;
mod upstream;
mod workbench;
