//! Checks and injects image pull credentials in rendered Kubernetes manifests.
//!
//! The modules are listed in the order of their dependencies: each uses only those above it
//! (`tests/layering.rs`).

pub mod shared;
pub mod names;
pub mod duration;
pub mod words;
pub mod source;
pub mod image;
pub mod edit;
pub mod base64;
pub mod json;
pub mod token;
pub mod mask;
pub mod text;
pub mod yaml;
pub mod patch;
pub mod credentials;
pub mod finding;
pub mod kinds;
pub mod policy;
pub mod inventory;
pub mod verdict;
pub mod inject;
pub mod check;
pub mod report;
pub mod krm;
pub mod frontend;
