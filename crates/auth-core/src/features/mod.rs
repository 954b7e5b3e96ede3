//! Features that stand on the kernel. They do not import each other, and the kernel never names one.

pub mod anonymous;
pub mod device;
pub mod directory;
pub mod email_otp;
pub mod handover;
pub mod magic_link;
pub mod one_time_token;
pub mod phone_number;
pub mod social;
pub mod webhooks;
