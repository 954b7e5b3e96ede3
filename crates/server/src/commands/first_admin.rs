//! `portico serve --ensure-admin`: somebody must be able to sign in to a fresh instance.

use auth_core::clock::SystemChance;
use auth_core::secret::random_text;
use auth_core::{AuthCore, Ctx, credentials, users};

use super::bootstrap;
use crate::config::Config;

/// Makes a platform admin with a generated password, and prints both, unless there is one. Where passwords are switched off the
/// address alone is what they come in by.
pub(super) async fn ensure(core: &AuthCore, config: &Config) -> auth_core::Result<()> {
    let ctx = Ctx::system("first-admin");
    if core.read(&ctx, async |db| users::has_platform_admin(db).await).await? {
        return Ok(());
    }
    let password = core.settings().password.enabled.then(|| random_text(&SystemChance, 20));
    let hash = match &password {
        Some(password) => Some(credentials::hash_password(core, password).await?),
        None => None,
    };
    let made = core
        .write(&ctx, async |tx| {
            // Two processes may start at once: the second finds the first one's.
            if users::has_platform_admin(tx).await? {
                return Ok::<_, auth_core::Error>(false);
            }
            bootstrap::admin(tx, &config.first_admin, hash.as_deref()).await?;
            Ok(true)
        })
        .await?;
    match password.filter(|_| made) {
        Some(password) => println!(
            "The first admin was made; its password is shown this once:\n  email     {}\n  password  {password}",
            config.first_admin
        ),
        None if made => println!(
            "The first admin was made, without a password, because those are switched off:\n  email     {}\nWhoever \
             proves that address comes in as the admin: set auth.first_admin to one that you read.",
            config.first_admin
        ),
        None => {}
    }
    Ok(())
}
