//! Checks and injects image pull credentials in rendered Kubernetes manifests.
//!
//! A program makes [`Source`](source::Source)s of manifests and a [`Policy`](policy::Policy), has them checked with
//! [`check::check`], and gets the findings, the verdict of each image and one [`Plan`](edit::Plan) of edits for each
//! source. [`report::Report`] renders them. Nothing of this reads a file, the environment or the clock.
//!
//! ```
//! use pullcreds::check::{self, Caller, Circumstances, ContextScope, Input, Stamps, Suppressions};
//! use pullcreds::policy::{Overrides, Policy, parse_inject};
//! use pullcreds::report::{Format, Look, Report};
//! use pullcreds::source::Source;
//!
//! let pod = "apiVersion: v1
//! kind: Pod
//! metadata: {name: api}
//! spec:
//!   containers:
//!   - name: api
//!     image: ghcr.io/acme/api:v1
//! ";
//! let sources = [Source::new("pod.yaml", pod.as_bytes()).expect("it is UTF-8")];
//! let inject = vec![parse_inject("ghcr.io/acme=ghcr").expect("a pattern and a Secret")];
//! let overrides = Overrides { inject, ..Overrides::default() };
//! let policy = Policy::default().with(&overrides).expect("nothing contradicts itself");
//!
//! let outcome = check::check(&sources, &policy, Circumstances {
//!     now: jiff::Timestamp::from_second(1_800_000_000)?,
//!     providers: &[],
//!     cluster: &[],
//!     input: Input::Files,
//!     context: ContextScope::All,
//!     paths: &[],
//!     caller: Caller::CommandLine,
//!     require_input: true,
//!     stamps: Stamps::Ignored,
//!     suppressions: Suppressions::default(),
//!     watched: false,
//!     hints: false,
//! });
//! let edited = outcome.plans[0].apply(&sources[0].text);
//! assert!(edited.contains("  imagePullSecrets:\n  - name: ghcr\n"), "{edited}");
//!
//! let report = Report::new(&sources, &outcome, &policy).render(Format::Human, Look::PLAIN);
//! assert!(report.contains("pod.yaml"), "{report}");
//! # Ok::<(), jiff::Error>(())
//! ```
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
pub mod baseline;
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
