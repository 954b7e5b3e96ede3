//! Rules that wait for a group by its name: the first that gets it is theirs, for good.

use serde_json::json;

use super::effects::Touch;
use super::{expansion, record, store, touched};
use crate::db::{self, Tx};
use crate::fault::Result;
use crate::features::directory::Directory;
use crate::features::directory::resource::GroupColumns;
use crate::ids::{DirectoryGroupId, Id as _};

/// Binds the rules that wait for a group of that name. The group was made or renamed in this transaction.
///
/// It is asked each time: what the request knows of the directory may be older than a rule.
pub(in crate::features::directory) async fn appeared(
    tx: &mut Tx,
    directory: &Directory,
    group: &DirectoryGroupId,
    columns: &GroupColumns,
) -> Result<()> {
    let owner = directory.organization_id.as_ref();
    if owner.is_none() {
        return Ok(());
    }
    let sql = "SELECT 1 FROM directory_role_rules WHERE directory_id = $1 AND group_id IS NULL AND group_name_key = $2 LIMIT 1";
    let values = [directory.id.as_str().into(), columns.display_name_key.as_str().into()];
    if db::one(tx, sql, values).await?.is_none() || !touched::hold(tx, directory).await? {
        return Ok(());
    }
    let before = store::rules(tx, owner, &directory.id).await?;
    let sql = "UPDATE directory_role_rules SET group_id = $1
               WHERE directory_id = $2 AND group_id IS NULL AND group_name_key = $3";
    let values = [group.as_str().into(), directory.id.as_str().into(), columns.display_name_key.as_str().into()];
    if db::run(tx, sql, values).await? == 0 {
        // Another group of that name was faster.
        return Ok(());
    }
    let after = store::rules(tx, owner, &directory.id).await?;
    record(tx, directory, &before, &after);
    tx.note(
        "role.rule_bound",
        || format!("The rules for \"{}\" hold for this group from now on", columns.display_name),
        || json!({ "group_id": group.as_str() }),
    );
    let groups = expansion::write(tx, directory, &after).await?;
    touched::settle(tx, directory, Touch { groups, moved: None }).await
}
