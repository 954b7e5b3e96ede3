//! `/Me`: a directory's credential is no person.

use super::*;
use crate::support::*;

db_test!(a_credential_has_no_resource_of_its_own, async |app| {
    let boot = app.boot("Acme", None).await;
    for base in ["/scim/v2", "/api/auth/scim/v2"] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            // Whatever the body is: nobody looks at it.
            let body = (method != "GET").then(|| b"{ not json".to_vec());
            let answer = boot.scim.send(method, &format!("{base}/Me"), body.clone(), &[]).await;
            refused(&answer, 501, "");
            refused(&app.http().send(method, &format!("{base}/Me"), body, &[]).await, 401, "");
        }
        boot.scim.send("HEAD", &format!("{base}/Me"), None, &[]).await.expect(501);
    }
});
