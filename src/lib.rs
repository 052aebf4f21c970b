//! Checks and injects image pull credentials in rendered Kubernetes manifests.
//!
//! The modules are listed in the order of their dependencies: each uses only those above it
//! (`tests/layering.rs`).

pub mod check;
pub mod credentials;
pub mod edit;
pub mod finding;
pub mod frontend;
pub mod image;
pub mod inject;
pub mod inventory;
pub mod mask;
pub mod policy;
pub mod report;
pub mod source;
pub mod verdict;
pub mod yaml;
