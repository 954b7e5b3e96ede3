//! Where memberships and roles come from, and what each source may do. By the core itself: what uses it
//! is a directory.

use auth_core::Actor;
use auth_core::Result;
use auth_core::ids::{CredentialId, DirectoryId};
use auth_core::orgs::invitations::{self, Invitation, NewInvitation};
use auth_core::orgs::members::{self, Member, MembersFault, NewMember, Source, Status, Withdrawn};
use auth_core::roles::RolesFault;

use super::*;

struct Place {
    app: App,
    organization: OrgId,
    directory: DirectoryId,
    user: UserId,
    ann: Client,
}

/// Ann's organization, a directory of it, and Ben, who belongs to nothing.
async fn place(app: &App) -> (Place, Client) {
    let ann = app.signed_up("ann").await;
    let organization = OrgId::from_text(organization(&ann, "acme").await);
    let ben = app.signed_up("ben").await;
    let user = UserId::from_text(user_id(&ben).await);
    let directory = DirectoryId::from_text("dir_test".to_owned());
    (Place { app: app.clone(), organization, directory, user, ann }, ben)
}

impl Place {
    fn by_directory(&self) -> Ctx {
        Ctx::system("test").with_actor(Actor::Directory {
            directory_id: self.directory.clone(),
            organization_id: Some(self.organization.clone()),
            credential_id: CredentialId::from_text("scimt_test".to_owned()),
        })
    }

    fn default(&self) -> Source {
        Source::Default(self.directory.clone())
    }

    async fn add(&self, status: Status, role: &str, source: Source) -> Result<Member> {
        let new = NewMember {
            organization_id: self.organization.clone(),
            user_id: self.user.clone(),
            status,
            role: role.to_owned(),
            source,
            additional_fields: auth_core::fields::Given::default(),
        };
        self.app.core.write(&self.by_directory(), async |tx| members::add(tx, new.clone()).await).await
    }

    async fn grant(&self, member: &Member, role: &str, source: Source) -> Result<bool> {
        let ctx = Ctx::system("test");
        let give = async |tx: &mut auth_core::Tx| {
            members::grant(tx, &self.organization, &member.id, role, source.clone()).await
        };
        self.app.core.write(&ctx, give).await
    }

    async fn revoke(&self, member: &Member, which: Withdrawn) -> u64 {
        let ctx = Ctx::system("test");
        let take =
            async |tx: &mut auth_core::Tx| members::revoke_grants(tx, &self.organization, &member.id, &which).await;
        self.app.core.write(&ctx, take).await.unwrap()
    }

    async fn found(&self) -> Option<Member> {
        self.app.look(async |db| members::find(db, &self.organization, &self.user).await).await
    }

    async fn roles(&self) -> Vec<String> {
        self.found().await.expect("a member").roles
    }

    async fn invite(&self, resend: bool) -> Result<Invitation> {
        let new = NewInvitation {
            organization_id: self.organization.clone(),
            email: "ben@example.com".to_owned(),
            roles: vec!["member".to_owned()],
            inviter_id: None,
            directory_id: Some(self.directory.clone()),
            resend,
            additional_fields: auth_core::fields::Given::default(),
        };
        self.app.core.write(&self.by_directory(), async |tx| invitations::invite(tx, new.clone()).await).await
    }

    fn mails(&self) -> usize {
        self.app.mail().to("ben@example.com").iter().filter(|mail| mail.text.contains("/invitation/")).count()
    }
}

db_test!(roles_are_the_union_of_their_sources, async |app| {
    let (place, _) = place(&app).await;
    let ben = place.add(Status::Active, "member", place.default()).await.unwrap();
    assert_eq!(place.roles().await, ["member"]);
    assert!(place.grant(&ben, "admin", Source::Mapping(place.directory.clone())).await.unwrap());
    assert!(!place.grant(&ben, "admin", Source::Mapping(place.directory.clone())).await.unwrap(), "given already");
    assert_eq!(place.roles().await, ["admin"], "a default that another grant includes is not shown");
    assert!(place.grant(&ben, "admin", Source::Manual).await.unwrap());
    // A source takes away what it gave, and nothing else.
    assert_eq!(place.revoke(&ben, Withdrawn::Directory(DirectoryId::from_text("dir_other".into()))).await, 0);
    assert_eq!(place.revoke(&ben, Withdrawn::Source(Source::Mapping(place.directory.clone()))).await, 1);
    assert_eq!(place.roles().await, ["admin"]);
    assert_eq!(place.revoke(&ben, Withdrawn::ByHand).await, 1);
    assert_eq!(place.roles().await, ["member"]);
    let body = json!({"memberId": ben.id.as_str(), "role": "admin"});
    let changed = place.ann.post("/api/auth/organization/update-member-role", body).await.ok();
    assert_eq!(changed["role"], "admin");
    assert_eq!(place.revoke(&ben, Withdrawn::Directory(place.directory.clone())).await, 1);
    assert_eq!(place.roles().await, ["admin"]);
});

db_test!(no_directory_makes_an_owner, async |app| {
    let (place, _) = place(&app).await;
    for source in [place.default(), Source::Mapping(place.directory.clone()), Source::Sso("okta".into())] {
        let refused = place.add(Status::Active, "owner", source).await.unwrap_err();
        assert!(refused.is(&RolesFault::OwnerByHandOnly));
    }
    assert!(place.add(Status::Active, "owner", Source::Manual).await.unwrap_err().is(&RolesFault::OwnerByHandOnly));
    let unknown = place.add(Status::Active, "king", place.default()).await.unwrap_err();
    assert!(unknown.is(&RolesFault::NotFound(String::new())));
    assert!(place.found().await.is_none());
    let ben = place.add(Status::Active, "admin", place.default()).await.unwrap();
    let refused = place.grant(&ben, "owner", Source::Mapping(place.directory.clone())).await.unwrap_err();
    assert!(refused.is(&RolesFault::OwnerByHandOnly));
});

db_test!(who_awaits_acceptance_is_no_member_yet, async |app| {
    let (place, ben) = place(&app).await;
    place.add(Status::Awaiting, "member", place.default()).await.unwrap();
    assert_eq!(members_of(&place.ann, place.organization.as_str()).await.len(), 1);
    assert_eq!(ben.get("/api/auth/organization/list").await.ok(), json!([]));
    let asked = json!({"organizationId": place.organization.as_str()});
    ben.post("/api/auth/organization/set-active", asked).await.expect(403);
    let invitation = place.invite(false).await.unwrap();
    let accept = json!({"invitationId": invitation.id.as_str()});
    let accepted = ben.post("/api/auth/organization/accept-invitation", accept).await.ok();
    assert_eq!(accepted["member"]["role"], "member");
    assert_eq!(accepted["invitation"]["inviterId"], Json::Null);
    assert_eq!(place.found().await.unwrap().status, Status::Active);
    assert_eq!(app.count("SELECT COUNT(*) FROM members").await, 2);
    assert_eq!(place.revoke(&place.found().await.unwrap(), Withdrawn::Directory(place.directory.clone())).await, 1);
});

db_test!(only_a_directory_brings_back_whom_a_directory_suspended, async |app| {
    let (place, _) = place(&app).await;
    place.add(Status::Active, "member", place.default()).await.unwrap();
    assert!(place.add(Status::Active, "member", place.default()).await.unwrap_err().is(&MembersFault::AlreadyMember));
    suspend(&app, place.organization.as_str(), place.user.as_str()).await;
    for source in [Source::Invitation, Source::Sso("okta".into())] {
        assert!(place.add(Status::Active, "member", source).await.unwrap_err().is(&MembersFault::Suspended));
    }
    assert!(place.add(Status::Awaiting, "member", Source::Invitation).await.unwrap_err().is(&MembersFault::Suspended));
    assert_eq!(place.found().await.unwrap().status, Status::Suspended);
    let awaited = place.add(Status::Awaiting, "member", place.default()).await.unwrap();
    assert_eq!(awaited.status, Status::Awaiting, "a directory without authority asks for consent");
    let back = place.add(Status::Active, "member", place.default()).await.unwrap();
    assert!(back.is_active() && back.suspended_by.is_none());
});

db_test!(a_directory_mails_an_address_once_a_day_whatever_it_does, async |app| {
    let (place, _) = place(&app).await;
    let first = place.invite(false).await.unwrap();
    app.mail().wait("ben@example.com", "/invitation/([A-Za-z0-9_]+)").await;
    assert_eq!(place.invite(true).await.unwrap().id, first.id);
    let canceled = async || {
        let ctx = place.by_directory();
        let cancel = async |tx: &mut auth_core::Tx| {
            invitations::cancel_for_email(tx, &place.organization, "Ben@Example.com").await
        };
        app.core.write(&ctx, cancel).await.unwrap()
    };
    assert_eq!((canceled().await, canceled().await), (1, 0));
    let second = place.invite(false).await.unwrap();
    assert_ne!(first.id, second.id);
    // What would have been mailed is in the queue before this, and mail goes out in order.
    invite(&place.ann, place.organization.as_str(), "last@example.com", "member").await;
    app.mail().wait("last@example.com", "/invitation/([A-Za-z0-9_]+)").await;
    assert_eq!(place.mails(), 1);
    app.clock.advance(86_400);
    place.invite(true).await.unwrap();
    app.mail().wait("ben@example.com", &format!("/invitation/({})", second.id)).await;
    assert_eq!(place.mails(), 2);
});

db_test!(a_directory_invites_into_its_own_organization_alone, async |app| {
    let (place, ben) = place(&app).await;
    let foreign = OrgId::from_text(organization(&ben, "other").await);
    let new = NewInvitation {
        organization_id: foreign,
        email: "x@example.com".to_owned(),
        roles: vec!["member".to_owned()],
        inviter_id: None,
        directory_id: Some(place.directory.clone()),
        resend: false,
        additional_fields: auth_core::fields::Given::default(),
    };
    let refused = app.core.write(&place.by_directory(), async |tx| invitations::invite(tx, new.clone()).await).await;
    assert_eq!(refused.unwrap_err().code(), "organization_not_found");
    let in_anothers_name = NewInvitation { organization_id: place.organization.clone(), directory_id: None, ..new };
    let refused =
        app.core.write(&place.by_directory(), async |tx| invitations::invite(tx, in_anothers_name.clone()).await).await;
    assert_eq!(refused.unwrap_err().code(), "you_are_not_allowed_to_invite_users_to_this_organization");
});
