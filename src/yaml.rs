//! A lossless read view of YAML and JSON streams: documents, nodes, and where each is in the bytes.
//!
//! Nothing here knows Kubernetes, and nothing here writes text. Where YAML readers differ, this one follows Go
//! (`sigs.k8s.io/yaml`, which kubectl, Helm and Argo CD use).

mod decode;
mod joint;
pub(crate) mod layout;
mod lines;
mod parse;
mod prelude;
mod resolve;
mod scan;
mod stream;
mod tree;
mod value;

pub use joint::{Joint, Severed, join};
pub use resolve::Type;
pub use stream::{Problem, read, read_whole, refusal};
pub(crate) use tree::is_plain_string;
pub use tree::{Field, Node, NodeKind, Scalar, Style, Tree};
