//! Accounts, from the first link to the last sign-out.

mod confirming;
mod resetting;
mod sessions;
mod setting_up;
mod signing_in;
mod signing_up;
mod waiting;
