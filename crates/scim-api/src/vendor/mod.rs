//! What identity providers do that the RFCs do not say, as far as it concerns HTTP.
//!
//! What concerns the content of a request is understood by `scim-protocol` for everybody, because the
//! same habit is found with several of them: operations in capital letters, booleans as text, objects
//! without path, dotted names, a manager as bare text (Entra ID), the same `id` riding along (Okta,
//! authentik), values in the removal of members (Entra ID, JumpCloud), outdated schema URNs (OneLogin).

pub mod credential;
pub mod slashes;
