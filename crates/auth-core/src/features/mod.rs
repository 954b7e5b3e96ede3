//! Features that stand on the kernel. They do not import each other, and the kernel never names one.

pub mod directory;
pub mod handover;
pub mod magic_link;
pub mod webhooks;
