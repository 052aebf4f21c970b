//! What the user says about registries, secrets and the cluster, and what is known without it.

pub mod pattern;
pub mod registries;
