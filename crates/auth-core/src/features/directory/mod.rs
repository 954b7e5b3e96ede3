//! Directories: outside systems that may push people and groups into one organization, or into the
//! instance itself.
//!
//! Who has seen the names of the files has seen the parts:
//!
//! * [`connections`]: directories themselves, several for each owner, made, found, listed, disconnected;
//! * [`credentials`]: what a directory authenticates with; [`oauth`]: the tokens that a client fetches;
//! * [`schemas`]: the extension schemas that a directory has of its own;
//! * [`users`] and [`groups`]: the resources as they were last stored. They are canonical SCIM JSON with
//!   the attribute names as `scim-protocol` writes them, without `id`, `meta`, `groups`, `members` and
//!   `password`; columns for what is looked up by are derived from it in one place (`resource`);
//! * `linking`: whose account is it? `authority`: what may the directory change of it? `standing`: how
//!   the person becomes a member; `deactivation`: how access ends, and the [`receipts`] that prove it; `disconnection`: the same for a whole directory;
//! * `breaker`: too many of that at once wait for an admin; [`health`]: how the directory is doing; [`drift`]: where memberships differ from what it said;
//! * [`import`]: the identity provider is listened to, and nothing is done before an admin has seen what it would come to;
//! * [`rules`]: the roles that groups give; [`overview`]: what was synchronized, as an admin sees it;
//! * [`request_log`]: what was asked and answered, and how it is made again;
//! * [`mapping`]: what a person becomes by their attributes; [`jobs`]: work on many people beside the requests;
//! * [`setup`]: links by which somebody without an account sets up one directory, and the sessions made of them;
//! * [`DirectoryGate`]: who may not sign in, derived from present facts; [`DirectoryEraser`]: what goes with an account.
//!
//! The wire (status codes, entity tags, vendor habits) is `scim-api`'s, memberships and roles are
//! [`orgs`](crate::orgs)', accounts are [`users`](crate::users)'.
//!
//! # How the rules were read where they leave room
//!
//! * **Which address**: the primary one, else the first, else a `userName` that is one. An address that
//!   disappears from a linked resource ends nothing: only a new address asks anew whose account it is.
//! * **A new address** is first the same person's, if the directory may change it or nobody has it;
//!   it belongs to somebody else if somebody else has it. Then the link moves by the five cases, and for
//!   the person who was linked before it is as if the directory had deleted them: tombstone included.
//! * **Tombstones** restore a link if the organization holds the domain of the account's present address
//!   (the account may then get the resource's new one), or if the account has the resource's address and
//!   is a member here (suspended, usually: the deletion did that).
//! * **Suspended is not a member**: without a tombstone, a suspended person outside the domain is asked
//!   for consent like a stranger (case 4); a directory's word turns the suspension into awaiting.
//! * **Erased accounts**: the resources of somebody who is erased go with them, and a mark of each address stays (a keyed
//!   hash), by which the gate knows who signs up again: erasing oneself leads past nobody, and the directory that makes the
//!   person anew brings them back. A resource of an account that was erased before there were marks looks for its person by
//!   the address, on every change and at the gate.
//! * **A link that was never accepted** has an awaiting membership and an invitation, both gone while the
//!   directory carries the person as inactive. It counts as accepted once the membership is or was
//!   active, or the directory's invitation was accepted; the row says so with its next change.
//! * **Deleted is deactivated for good**: at the gate a tombstone counts like an inactive resource, and so
//!   do both in a directory that was disconnected. A membership that an owner restored by hand outweighs
//!   them; a resource that is active in any directory of the owner does so too.
//! * **No resurrection**: whom a directory deactivates is noted as suspended even if somebody had removed
//!   the membership by hand before, so that no invitation and no hand below an owner's brings them back. Without authority
//!   the directory does not either: who left, or was removed, is asked again.
//! * **Another directory carries the person as active**: the membership stays, but sessions end all the
//!   same; whoever may still sign in does so again.
//! * **Owners** are never readdressed: those who manage a directory are admins, and would get to an
//!   owner's account by giving it the address of a mailbox of their own.
//! * **Platform admins** are never blocked, wiped or renamed by a directory of an organization, and the
//!   instance directory has authority over those only whom it made.
//! * **The instance directory** and an existing person who has proven their mailbox: the link is pending
//!   until [`users::accept_link`].

pub mod connections;
pub mod credentials;
pub mod drift;
pub mod groups;
pub mod health;
pub mod import;
pub mod jobs;
pub mod mapping;
pub mod oauth;
pub mod overview;
pub mod query;
pub mod receipts;
pub mod request_log;
pub mod rules;
pub mod schemas;
pub mod setup;
pub mod users;

mod authority;
mod breaker;
mod deactivation;
mod disconnection;
mod erasing;
mod gate;
mod linking;
mod resource;
pub mod sandbox;
mod settings;
mod standing;
mod tombstones;
mod welcome;

pub use breaker::Trip;
pub use connections::{Directory, State};
pub use credentials::{CredentialScope, DirectoryActor};
pub use disconnection::{disconnect_step, finish_disconnections};
pub use erasing::DirectoryEraser;
pub use gate::DirectoryGate;
pub use query::{Page, Place, Position, Query};
pub use settings::{BreakerSettings, LinkPolicy, OnDeletion, Settings};

/// A SCIM resource's attributes, in canonical names.
pub type Attributes = serde_json::Map<String, serde_json::Value>;

crate::faults! {
    /// What can go wrong with directories.
    pub enum DirectoryFault {
        /// No such directory, or none of this owner.
        NotFound => NotFound, "directory_not_found", "Directory not found";
        /// A provider id names one directory of an owner.
        ProviderTaken => Conflict, "directory_exists", "There is a directory of this provider id already", field "provider_id";
        /// One self-test at a time for each owner of directories.
        SelfTestRuns => Conflict, "self_test_running", "A self-test is running already";
        /// A provider id is a short text without a colon.
        InvalidProvider => Invalid, "invalid_provider_id", "Provider id contains forbidden characters", field "provider_id";
        /// A name is a short text without control characters.
        InvalidName => Invalid, "invalid_name", "The name is empty, too long or contains control characters", field "name";
        /// The operator wants no instance directory.
        OrganizationRequired => Forbidden, "organization_required", "A directory must belong to an organization", field "organization_id";
        /// Directories of the instance are for platform admins.
        PlatformAdminOnly => Forbidden, "platform_admin_required", "Only a platform admin may manage directories of the instance";
        /// No such credential, or none of this owner.
        CredentialNotFound => NotFound, "scim_token_not_found", "SCIM token not found";
        /// An expiry in the past.
        InvalidExpiry => Invalid, "invalid_expires_at", "The expiry must be in the future", field "expires_at";
        /// A client is sent back over TLS, or to its own machine; other credentials are sent nowhere.
        InvalidRedirectUri => Invalid, "invalid_redirect_uri", "A redirect URI is an absolute https address without a fragment; an oauth2 credential has at most 10", field "redirect_uris";
        /// What a client proves itself with by `private_key_jwt`.
        InvalidKeys(&'static str) => Invalid, "invalid_jwks", "The keys cannot be used: {0}", field "jwks";
        /// A credential that was revoked or has expired stays so.
        CredentialEnded => Conflict, "credential_ended", "The credential was revoked or has expired";
        /// One rotation at a time.
        RotationInProgress => Conflict, "rotation_in_progress", "A rotation of this credential is under way; complete or cancel it first";
        /// Nothing to complete or to cancel.
        NoRotation => Conflict, "no_rotation", "No rotation of this credential is under way";
        /// A client that proves itself with a key has no secret.
        NothingToRotate => Conflict, "nothing_to_rotate", "The credential has keys instead of a secret";
        /// Unknown, revoked, expired, or of a directory that is gone: one answer for all.
        InvalidToken => Unauthenticated, "invalid_scim_token", "Invalid SCIM token";
        /// The credential lacks a scope.
        MissingScope(&'static str) => Forbidden, "insufficient_scope", "The SCIM token is missing the {0} scope";
        /// An admin stopped the directory.
        Paused => Unavailable, "directory_paused", "This directory is paused; try again later";
        /// Its circuit breaker has tripped: whatever ends access waits for an admin.
        Tripped => Unavailable, "directory_tripped", "Too many people of this directory lost access at once; an administrator must release this, try again later";
        /// What was said while it was listened to is being done.
        ImportApplying => Unavailable, "import_applying", "What this directory said is being applied; try again later";
        /// An import of the directory has begun or ended while the request was on its way.
        ImportChanged => Unavailable, "import_changed", "An import of this directory has just begun or ended; try again";
        /// One import at a time.
        ImportRuns => Conflict, "import_running", "An import of this directory is under way";
        /// The report is another than the one on which the decision rests.
        ImportGrown => Conflict, "import_report_changed", "The identity provider has said more since that report was read; read it again", field "revision";
        /// The directory acts; there is nothing to apply or to discard.
        NoImport => Conflict, "no_import", "The directory is not in import mode";
        /// There is nothing to release or to reject.
        NotTripped => Conflict, "directory_not_tripped", "The circuit breaker of this directory has not tripped";
        /// A breaker that has tripped is released, or what waits is rejected; it is not passed over.
        Undecided => Conflict, "directory_tripped_undecided", "The circuit breaker of this directory has tripped: release what waits, or reject it";
        /// A product that is not told apart.
        UnknownProvider => Invalid, "unknown_provider", "There is no such provider", field "provider";
        /// A limit of the circuit breaker that makes no sense.
        InvalidBreaker(&'static str) => Invalid, "invalid_breaker", "The circuit breaker cannot be set so: {0}", field "settings.breaker";
        /// How long requests are kept.
        InvalidRetention => Invalid, "invalid_request_log_retention_days", "Requests are kept for 1 to 365 days", field "settings.request_log_retention_days";
        /// No such resource in this directory.
        ResourceNotFound => NotFound, "resource_not_found", "Resource not found";
        /// Two resources of a directory never have the same `userName`, whatever its case.
        UserNameTaken => Conflict, "user_name_taken", "A user with this userName exists already", field "userName";
        /// A user resource has a `userName`.
        UserNameRequired => Invalid, "user_name_required", "userName is required", field "userName";
        /// A group resource has a `displayName`.
        DisplayNameRequired => Invalid, "display_name_required", "displayName is required", field "displayName";
        /// A text that is looked up by has at most 1024 bytes and no NUL.
        InvalidText(String) => Invalid, "invalid_value", "{0} is too long or contains a NUL";
        /// The version that the caller knows is not the present one.
        Stale => Stale, "version_mismatch", "The resource has changed since it was read";
        /// A filter that no column answers would have to read more than is allowed.
        TooMany => TooLarge, "too_many", "The filter is not specific enough: too many resources would have to be read";
        /// Many requests of the directory ask for what no column answers, at once.
        TooManyScans => RateLimited, "too_many_scans", "Too many requests of this directory have to look at many resources; try again later";
        /// A cursor that is none of ours, or of another list.
        InvalidCursor => Invalid, "invalid_cursor", "The cursor is not valid for this request";
        /// A cursor that is too old.
        ExpiredCursor => Invalid, "expired_cursor", "The cursor has expired; begin again without one";
        /// Pages of one walk have one size.
        InvalidCount => Invalid, "invalid_count", "count is not what it was when the cursor was made";
        /// A page of groups with their members would be too long; it is not given with some of them.
        TooManyMembers => TooLarge, "too_many", "The groups of this page have too many members: ask for fewer groups, or leave members out";
        /// A page of people with their groups would be too long.
        TooManyGroups => TooLarge, "too_many", "The people of this page are in too many groups: ask for fewer people";
        /// Conditions of one change that would look at too many members.
        TooManyConditions => TooLarge, "too_many_conditions", "The conditions of this change would look at too many members; send fewer of them at once, or name the members";
        /// Groups are in groups too often, or rules for groups hold inside too many of them.
        TooManyNested => TooLarge, "too_many_nested_groups", "A directory has at most 50,000 memberships of groups in groups, and its role rules give at most 200,000 things to groups by them";
        /// No schema of the directory's own has this URN.
        SchemaNotFound => NotFound, "schema_not_found", "Schema not found";
        /// A definition that cannot be served.
        InvalidSchema(String) => Invalid, "invalid_schema", "{0}", field "attributes";
        /// What is stored would not be valid any more.
        SchemaInUse => Conflict, "schema_in_use", "Resources of this directory have values, or lack some, that the schema would then refuse", field "attributes";
        /// A schema extends one resource type, for good.
        SchemaExtendsOther => Conflict, "schema_extends_other", "The schema extends another resource type", field "resource_type";
        /// A directory has a few schemas of its own.
        TooManySchemas => Invalid, "too_many_schemas", "A directory has at most 20 schemas of its own";
        /// An admin changed the directory's schemas while the request was under way.
        SchemasChanged => Unavailable, "schemas_changed", "The schemas of this directory have just changed; try again";
        /// No such receipt, or none of this owner.
        ReceiptNotFound => NotFound, "receipt_not_found", "Receipt not found";
        /// No such version of the directory's mapping.
        MappingNotFound => NotFound, "attribute_mapping_not_found", "No such version of the attribute mapping";
        /// Which roles a mapping may give is for owners to decide.
        OwnersDecide => Forbidden, "mapping_roles_by_owner_only", "Only an owner or the platform decides which roles a mapping may give", field "settings.mapping_roles";
        /// Settings that say which attributes are the address and the name.
        InvalidUserSchema(String) => Invalid, "invalid_user_schema", "{0}", field "settings.user_schema";
        /// So many changes of it wait to be told of that another one has to wait.
        Busy => Unavailable, "directory_busy", "Too many changes of this directory's groups are still being worked on; try again later";
        /// No such job of this directory.
        JobNotFound => NotFound, "job_not_found", "Job not found";
        /// A job that was canceled, or that another replica goes on with.
        JobEnded => Conflict, "job_ended", "The job was canceled or is run elsewhere";
        /// The directory of the person's organization says that their access has ended.
        AccessSuspended => Forbidden, "access_suspended", "Your organization has suspended your access";
    }
}
