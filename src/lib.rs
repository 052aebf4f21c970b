//! Checks and injects image pull credentials in rendered Kubernetes manifests.
//!
//! A program makes [`Source`](source::Source)s of manifests and a [`Policy`](policy::Policy), has them checked with
//! [`check::check`], and gets the findings, the verdict of each image and one [`Plan`](edit::Plan) of edits for each
//! source. [`report::Report`] renders them. Nothing of this reads a file, the environment or the clock.
//!
//! The modules are listed in the order of their dependencies: each uses only those above it (`tests/layering.rs`). Those
//! that this page does not show are for the program and the tests of this repository alone: they may change at any time.

mod shared;
mod names;
#[doc(hidden)]
pub mod duration;
#[doc(hidden)]
pub mod words;
pub mod source;
#[doc(hidden)]
pub mod image;
pub mod edit;
mod base64;
mod json;
mod token;
#[doc(hidden)]
pub mod mask;
pub mod text;
#[doc(hidden)]
pub mod yaml;
#[doc(hidden)]
pub mod patch;
#[doc(hidden)]
pub mod credentials;
pub mod finding;
#[doc(hidden)]
pub mod kinds;
pub mod policy;
#[doc(hidden)]
pub mod inventory;
#[doc(hidden)]
pub mod verdict;
#[doc(hidden)]
pub mod inject;
pub mod check;
pub mod report;
#[doc(hidden)]
pub mod krm;
#[doc(hidden)]
pub mod frontend;
