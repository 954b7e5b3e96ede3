//! The rows of organizations and of what belongs to them. Never seen outside of `orgs`.

/// `organizations`
pub(crate) mod organization {
    use sea_orm::entity::prelude::*;

    use crate::clock::Timestamp;
    use crate::ids::OrgId;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "organizations")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: OrgId,
        pub name: String,
        pub slug: String,
        pub logo: Option<String>,
        pub public_metadata: Option<String>,
        pub private_metadata: String,
        pub max_allowed_memberships: Option<i64>,
        pub require_two_factor: bool,
        pub require_sso: Option<String>,
        pub created_by: Option<String>,
        pub ownerless_since: Option<i64>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub additional_fields: String,
    }

    crate::db::stored!(Model {
        id,
        name,
        slug,
        logo,
        public_metadata,
        private_metadata,
        max_allowed_memberships,
        require_two_factor,
        require_sso,
        created_by,
        ownerless_since,
        created_at,
        updated_at,
        additional_fields,
    });

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// `invitations`
pub(crate) mod invitation {
    use sea_orm::entity::prelude::*;

    use crate::clock::Timestamp;
    use crate::ids::{InvitationId, OrgId};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "invitations")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: InvitationId,
        pub organization_id: OrgId,
        pub email: String,
        pub email_key: String,
        pub role: String,
        pub status: String,
        pub inviter_id: Option<String>,
        pub directory_id: Option<String>,
        pub expires_at: Timestamp,
        pub last_mailed_at: Option<i64>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub additional_fields: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
