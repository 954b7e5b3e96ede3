//! Whoever is erased loses what groups gave them, and nobody waits for them in a circle.

use super::super::erased_beside::free_beside;
use super::*;

db_test!(who_is_erased_has_no_membership_that_a_removal_wants, async |app| {
    if app.database == Database::Sqlite {
        // There is one writer, and nobody waits for a row.
        return;
    }
    let mut acme = place(&app).await;
    let ann = acme.person("ann").await;
    let staff = acme.group("Staff", &[ann.id.as_str()]).await;
    acme.save(&[(id(&staff), &["admin"])]).await;
    assert!(acme.roles(&ann).await.contains(&"admin".to_owned()));
    let person = ann.user_id.clone().expect("a person");
    let erased = async { app.core.write(&system(), async |tx| users::delete(tx, &person).await).await };
    // As whoever removes a member has them.
    let organization = format!("organizations WHERE id = '{}'", acme.acme.as_str());
    let membership = format!("members WHERE user_id = '{}'", person.as_str());
    Box::pin(free_beside(&app, &organization, &membership, erased)).await;
    assert!(member(&app, &acme.acme, &person).await.is_none());
});
