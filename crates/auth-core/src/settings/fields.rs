//! Fields that an operator adds to what there is, as Better Auth's `additionalFields` do.

use serde_json::Value as Json;

/// What can have fields of an operator's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldOwner {
    /// A person.
    User,
    /// An organization.
    Organization,
    /// A membership.
    Member,
    /// An invitation.
    Invitation,
    /// A team.
    Team,
    /// A role of an organization's own.
    Role,
    /// A session.
    Session,
}

impl FieldOwner {
    /// All of them, with their names.
    pub const ALL: [(&'static str, Self); 7] = [
        ("user", Self::User),
        ("organization", Self::Organization),
        ("member", Self::Member),
        ("invitation", Self::Invitation),
        ("team", Self::Team),
        ("organization_role", Self::Role),
        ("session", Self::Session),
    ];

    /// Whether people give them where such a thing is made.
    #[must_use]
    pub const fn is_made_with(self) -> bool {
        !matches!(self, Self::Member | Self::Session)
    }

    /// Names that such a thing has already, or that mean something else where it is made or changed.
    #[must_use]
    pub const fn reserved(self) -> &'static [&'static str] {
        match self {
            Self::User => &[
                "id",
                "name",
                "email",
                "emailVerified",
                "image",
                "createdAt",
                "updatedAt",
                "role",
                "banned",
                "banReason",
                "banExpires",
                "twoFactorEnabled",
                "publicMetadata",
                "username",
                "displayUsername",
                "isAnonymous",
                "phoneNumber",
                "phoneNumberVerified",
                "password",
                "rememberMe",
                "callbackURL",
                "token",
                "otp",
                "code",
                "disableSession",
                "updatePhoneNumber",
                "lastLoginMethod",
            ],
            Self::Organization => &[
                "id",
                "name",
                "slug",
                "logo",
                "metadata",
                "createdAt",
                "updatedAt",
                "members",
                "invitations",
                "teams",
                "organizationId",
                "userId",
                "keepCurrentActiveOrganization",
            ],
            Self::Member => &["id", "organizationId", "userId", "role", "createdAt", "updatedAt", "user", "teamId"],
            Self::Invitation => &[
                "id",
                "organizationId",
                "email",
                "role",
                "status",
                "expiresAt",
                "createdAt",
                "updatedAt",
                "inviterId",
                "teamId",
                "teamIds",
                "resend",
                "organizationName",
                "organizationSlug",
                "inviterEmail",
            ],
            Self::Team => &["id", "name", "organizationId", "createdAt", "updatedAt", "members", "memberCount"],
            Self::Session => &[
                "id",
                "expiresAt",
                "token",
                "createdAt",
                "updatedAt",
                "ipAddress",
                "userAgent",
                "userId",
                "activeOrganizationId",
                "activeTeamId",
                "impersonatedBy",
            ],
            Self::Role => &["id", "organizationId", "role", "permission", "roleName", "createdAt", "updatedAt"],
        }
    }
}

/// The fields of everything that can have some, in the order in which they are shown.
#[derive(Clone, Debug, Default)]
pub struct FieldsSettings {
    /// Of people.
    pub user: Vec<FieldSettings>,
    /// Of organizations.
    pub organization: Vec<FieldSettings>,
    /// Of memberships.
    pub member: Vec<FieldSettings>,
    /// Of invitations.
    pub invitation: Vec<FieldSettings>,
    /// Of teams.
    pub team: Vec<FieldSettings>,
    /// Of roles of organizations' own.
    pub role: Vec<FieldSettings>,
    /// Of sessions.
    pub session: Vec<FieldSettings>,
}

impl FieldsSettings {
    /// Those of such a thing.
    pub const fn of(&mut self, owner: FieldOwner) -> &mut Vec<FieldSettings> {
        match owner {
            FieldOwner::User => &mut self.user,
            FieldOwner::Organization => &mut self.organization,
            FieldOwner::Member => &mut self.member,
            FieldOwner::Invitation => &mut self.invitation,
            FieldOwner::Team => &mut self.team,
            FieldOwner::Role => &mut self.role,
            FieldOwner::Session => &mut self.session,
        }
    }
}

/// A field.
#[derive(Clone, Debug)]
pub struct FieldSettings {
    /// Its name on the wire: letters, digits and underscores.
    pub name: String,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether somebody who signs up, or makes such a thing, must give it.
    pub required: bool,
    /// What it is where nothing is given; `None`: empty.
    pub default: Option<Json>,
    /// Whether people give it; otherwise back ends and administrators of the instance alone.
    pub input: bool,
    /// Whether people are shown it; otherwise back ends alone.
    pub returned: bool,
    /// The most UTF-16 code units of a text in it.
    pub max_length: usize,
}

impl FieldSettings {
    /// One that nobody must give, that everybody may give and is shown, and that is empty otherwise.
    #[must_use]
    pub fn new(name: &str, kind: FieldKind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            required: false,
            default: None,
            input: true,
            returned: true,
            max_length: 4096,
        }
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A text.
    Text,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// An instant, as ISO 8601 text in UTC.
    Date,
    /// Texts.
    Texts,
    /// Numbers.
    Numbers,
}
