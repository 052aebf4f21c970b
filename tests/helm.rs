//! The program as the post-renderer of real Helm binaries: 3 by its name on `PATH`, 4 by the plugin of this
//! repository. Each promise is a test; both majors hold it unless the name says which one does.
//!
//! No cluster is needed: `helm template`, and installs that are dry runs.
#[path = "helm/arguments.rs"]
mod arguments;
#[path = "helm/bytes.rs"]
mod bytes;
#[path = "support/case.rs"]
mod case;
#[path = "helm/example.rs"]
mod example;
#[path = "helm/injection.rs"]
mod injection;
#[path = "helm/many.rs"]
mod many;
#[path = "helm/plugin.rs"]
mod plugin;
#[path = "helm/seeds.rs"]
mod seeds;
#[path = "support/support.rs"]
mod support;
#[path = "helm/verdicts.rs"]
mod verdicts;
#[path = "helm/world.rs"]
mod world;
