//! Values of another type than the API has for them. YAML becomes JSON, and the API server decodes that strictly:
//! "cannot unmarshal number into Go struct field LocalObjectReference.name of type string", code 400
//! (k8s.io/apimachinery/pkg/runtime/serializer/json).

use std::fmt;

use super::Text;
use crate::source::Span;
use crate::yaml::{Node, NodeKind, Type};

/// A value that is not a string where the API has one.
#[derive(Clone, Debug)]
pub struct NotString<'a> {
    /// What it is instead.
    pub sort: Sort,
    /// What was meant, as far as that is clear.
    pub meant: Option<Text<'a>>,
    /// Where it is.
    pub span: Span,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// `true`, and to Go's YAML reader `y`, `no` or `on` too.
    Boolean,
    /// A number, in whatever notation.
    Number,
    /// A list.
    List,
    /// A mapping.
    Mapping,
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::List => "a list",
            Self::Mapping => "a mapping",
        })
    }
}

/// What is where a string belongs, if it is neither a string nor a null, which is as good as absent.
pub(super) fn not_a_string<'a>(node: Node<'_, 'a>) -> Option<NotString<'a>> {
    let node = node.resolved();
    let sort = match (node.kind(), node.scalar_type()) {
        (_, Some(Type::Null | Type::Text)) => return None,
        (_, Some(Type::Bool)) => Sort::Boolean,
        (_, Some(Type::Number)) => Sort::Number,
        (NodeKind::Sequence(_), None) => Sort::List,
        (_, None) => Sort::Mapping,
    };
    let inner = || node.items().next().or_else(|| node.get("name")).and_then(Node::string);
    Some(NotString { sort, meant: node.scalar().or_else(inner), span: node.span() })
}
