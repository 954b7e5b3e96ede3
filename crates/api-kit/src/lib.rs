//! What the dialects share over actix-web: who is calling and from where, the session cookie, the
//! bearer header, reading a body with a limit, one middleware, the status of a kind of failure.
//!
//! It knows no dialect and no resource. The server wraps its `App` in
//! `actix_web::middleware::from_fn(api_kit::trace)` and gives it `web::Data<Settings>` and
//! `web::Data<auth_core::AuthCore>`.

pub mod bearer;
pub mod body;
pub mod branding;
pub mod bucket;
pub mod cookies;
pub mod ip;
pub mod limit;
pub mod origins;
pub mod percent;
pub mod reach;
pub mod request;
pub mod self_test;
pub mod settings;
pub mod status;
pub mod trace;
pub mod translations;
pub mod turnstile;

pub use bearer::bearer;
pub use cookies::Cookies;
pub use ip::Cidr;
pub use reach::{Reach, Refused};
pub use request::RequestMeta;
pub use settings::Settings;
pub use status::{status_of, wait_after};
pub use trace::trace;
pub use translations::Translations;
pub use turnstile::Turnstile;
