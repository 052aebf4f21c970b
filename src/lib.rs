//! Checks and injects image pull credentials in rendered Kubernetes manifests.
//!
//! The modules are listed in the order of their dependencies: each uses only those above it
//! (`tests/layering.rs`).

pub mod credentials;
pub mod image;
pub mod source;
