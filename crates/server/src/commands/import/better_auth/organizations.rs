//! Organizations, who is in them, and who is invited.

use auth_core::arrivals::Came;
use auth_core::orgs::{self, invitations, members, teams};
use auth_core::{Tx, roles};

use super::{Import, tables, without};
use crate::commands::import::report::Report;

impl Import<'_> {
    pub(super) async fn organizations(&self, tx: &mut Tx, report: &mut Report) -> auth_core::Result<()> {
        self.each(tx, report, ("organizations", &tables::ORGANIZATION), async |tx, row| {
            let (additional_fields, unread) = self.additional(&tables::ORGANIZATION, row);
            let there = orgs::Arriving {
                id: row.texts("id"),
                name: row.texts("name"),
                slug: row.texts("slug"),
                logo: row.text("logo"),
                metadata: row.object("metadata"),
                created_at: row.at("createdAt"),
                additional_fields,
            };
            Ok(without(orgs::take_over(tx, there).await?, unread))
        })
        .await?;
        self.each(tx, report, ("roles", &tables::ROLE), async |tx, row| {
            let permissions =
                row.object("permission").unwrap_or_default().into_iter().flat_map(|(resource, actions)| {
                    let actions = actions.as_array().cloned().unwrap_or_default();
                    actions.into_iter().filter_map(move |action| Some(format!("{resource}:{}", action.as_str()?)))
                });
            let (additional_fields, unread) = self.additional(&tables::ROLE, row);
            let there = roles::Arriving {
                id: row.texts("id"),
                organization_id: row.texts("organizationId"),
                key: row.texts("role"),
                permissions: permissions.collect(),
                created_at: row.at("createdAt"),
                additional_fields,
            };
            Ok(without(roles::take_over(tx, there).await?, unread))
        })
        .await
    }

    pub(super) async fn members(&self, tx: &mut Tx, report: &mut Report) -> auth_core::Result<()> {
        self.each(tx, report, ("members", &tables::MEMBER), async |tx, row| {
            let (additional_fields, unread) = self.additional(&tables::MEMBER, row);
            let there = members::Arriving {
                id: row.texts("id"),
                organization_id: row.texts("organizationId"),
                user_id: row.texts("userId"),
                roles: row.list("role"),
                created_at: row.at("createdAt"),
                additional_fields,
            };
            Ok(without(members::take_over(tx, there).await?, unread))
        })
        .await
    }

    pub(super) async fn teams(&self, tx: &mut Tx, report: &mut Report) -> auth_core::Result<()> {
        self.each(tx, report, ("teams", &tables::TEAM), async |tx, row| {
            let (additional_fields, unread) = self.additional(&tables::TEAM, row);
            let there = teams::Arriving {
                id: row.texts("id"),
                organization_id: row.texts("organizationId"),
                name: row.texts("name"),
                created_at: row.at("createdAt"),
                additional_fields,
            };
            Ok(without(teams::take_over(tx, there).await?, unread))
        })
        .await?;
        self.each(tx, report, ("team members", &tables::TEAM_MEMBER), async |tx, row| {
            let there = teams::ArrivingPlace {
                id: row.texts("id"),
                team_id: row.texts("teamId"),
                user_id: row.texts("userId"),
                created_at: row.at("createdAt"),
            };
            teams::take_over_place(tx, there).await
        })
        .await
    }

    pub(super) async fn invitations(&self, tx: &mut Tx, report: &mut Report) -> auth_core::Result<()> {
        self.each(tx, report, ("invitations", &tables::INVITATION), async |tx, row| {
            let Some(expires_at) = row.at("expiresAt") else {
                return Ok(Came::refused("it does not say until when it can be accepted"));
            };
            let (additional_fields, unread) = self.additional(&tables::INVITATION, row);
            let there = invitations::Arriving {
                id: row.texts("id"),
                organization_id: row.texts("organizationId"),
                email: row.texts("email"),
                roles: row.list("role"),
                status: row.texts("status"),
                inviter_id: row.text("inviterId"),
                team_ids: row.list("teamId"),
                expires_at,
                created_at: row.at("createdAt"),
                additional_fields,
            };
            Ok(without(invitations::take_over(tx, there).await?, unread))
        })
        .await
    }
}
