//! Accounts, from the first link to the last sign-out.

mod confirmation;
mod password_reset;
mod sessions;
mod setup;
mod sign_in;
mod sign_in_throttle;
mod sign_up;
mod time_zone;
mod without_mail_server;
