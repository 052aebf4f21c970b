//! The program under real kustomize 5.8: as an exec function, as a legacy plugin (of kubectl's kustomize too), and
//! under `kustomize fn run`. Each promise is a test.
//!
//! kpt cannot be installed everywhere. It runs functions through the same code as `kustomize fn run`, and what it
//! adds is held against plain lists in `tests/krm.rs`.
#[path = "kustomize/example.rs"]
mod example;
#[path = "kustomize/functions.rs"]
mod functions;
#[path = "kustomize/legacy.rs"]
mod legacy;
#[path = "kustomize/many.rs"]
mod many;
#[path = "kustomize/names.rs"]
mod names;
#[path = "kustomize/packages.rs"]
mod packages;
#[path = "kustomize/shapes.rs"]
mod shapes;
#[path = "support/support.rs"]
mod support;
#[path = "kustomize/world.rs"]
mod world;
