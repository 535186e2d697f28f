//! Assistants that a person connects by signing in.

mod clients;
mod codes;
mod consent;
mod grants;
mod metadata_documents;
mod refresh_tokens;
mod registration;
mod server_metadata;
