//! A lossless read view of YAML and JSON streams: documents, nodes, and where each stands in the bytes.
//!
//! Nothing here knows Kubernetes, and nothing here writes text. What a document means to Go
//! (`sigs.k8s.io/yaml`, which kubectl, Helm and Argo CD read with) decides where readers differ.

mod decode;
mod joint;
pub(crate) mod layout;
mod lines;
mod parse;
mod resolve;
mod scan;
mod stream;
mod tree;

pub use joint::{Joint, Severed, join};
pub use resolve::Type;
pub use stream::{Problem, read, read_whole, refusal};
pub(crate) use tree::is_plain_string;
pub use tree::{Field, Kind, Node, Scalar, Style, Tree};
