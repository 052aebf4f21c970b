//! The wire format of KRM functions: a `ResourceList`, where its parts are, and how results come into it
//! (kustomize, cmd/config/docs/api-conventions/functions-spec.md).
//!
//! Nothing here judges, and nothing here knows policy: a functionConfig is a place in the text.

pub mod results;

use crate::edit::Edit;
use crate::finding::Subject;
use crate::patch::{self, InsertionPoint};
use crate::source::{self, Span};
use crate::text::{Shown, Text, shown};
use crate::yaml::{self, Node, NodeKind, Problem, Scalar, Style, Tree, layout};

const KIND: &str = "ResourceList";
/// The key of its results.
const RESULTS: &str = "results";
/// What the API groups of its versions begin with.
const GROUP: &str = "config.kubernetes.io/";
/// Annotations that say from which file an item comes (kyaml, kio/kioutil), each with its older name.
const PATH: [&str; 2] = ["internal.config.kubernetes.io/path", "config.kubernetes.io/path"];
const INDEX: [&str; 2] = ["internal.config.kubernetes.io/index", "config.kubernetes.io/index"];

/// A `ResourceList` that is all that a stream holds.
pub struct ResourceList<'a> {
    /// The functionConfig of the function, if any.
    pub function_config: Option<FunctionConfig<'a>>,
    // Invariant: in the order of the text.
    items: Vec<Item<'a>>,
    without_items: Option<Edit>,
    results: InsertionPoint,
}

/// Why a text is not a valid `ResourceList`.
#[derive(Debug)]
pub enum NoList {
    /// It is not a YAML stream.
    NotYaml(Problem),
    /// It contains another object.
    Other(&'static str),
    /// It is a `ResourceList` that no function can read.
    Malformed {
        /// Where.
        span: Span,
        /// Why.
        why: &'static str,
    },
}

/// The functionConfig of a function.
pub struct FunctionConfig<'a> {
    /// Its names.
    pub reference: ObjectReference<'a>,
    /// Where it is.
    pub place: Span,
    /// If it is a `ConfigMap`: what that holds, in order.
    pub data: Option<Vec<Datum<'a>>>,
}

/// An entry of a `ConfigMap`.
pub struct Datum<'a> {
    /// Its key.
    pub key: Text<'a>,
    /// Where its key is.
    pub key_place: Span,
    /// Its value, whatever its type looks like.
    pub value: Text<'a>,
    /// Where its value is.
    pub place: Span,
    /// Where its lines are if they are its value but for their indentation (`|`).
    pub lines: Option<Span>,
}

/// What names an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectReference<'a> {
    /// Its `apiVersion`.
    pub api_version: Text<'a>,
    /// Its `kind`.
    pub kind: Text<'a>,
    /// Its `metadata.name`.
    pub name: Text<'a>,
    /// Its `metadata.namespace`.
    pub namespace: Option<Text<'a>>,
}

impl ObjectReference<'_> {
    /// The same as a report may show it.
    pub fn shown(&self) -> Subject {
        Subject {
            api_version: self.api_version.shown().into_owned(),
            kind: self.kind.shown().into_owned(),
            name: Some(self.name.shown().into_owned()),
            namespace: self.namespace.as_ref().map(|namespace| namespace.shown().into_owned()),
        }
    }
}

/// An item, as far as a result speaks of it.
struct Item<'a> {
    place: Span,
    reference: ObjectReference<'a>,
    path: Option<Text<'a>>,
    index: u64,
}

/// What the documents of a stream are.
#[derive(Default)]
struct StreamContents<'a> {
    lists: Vec<Result<ResourceList<'a>, NoList>>,
    others: usize,
}

impl<'a> ResourceList<'a> {
    /// Whether a stream may be one. It is not read, and mostly is none.
    pub fn may_be(text: &str) -> bool {
        source::holds(text, KIND) && source::holds(text, GROUP)
    }

    /// Reads a stream that is one `ResourceList`, with nothing but comments and empty documents around it (as
    /// kyaml does, `kio/byteio_reader.go`).
    ///
    /// # Errors
    ///
    /// Why it is none.
    pub fn read(text: &'a str) -> Result<Self, NoList> {
        let take = |seen: &mut StreamContents<'a>, _, tree: &Tree<'a>| seen.take(tree);
        let parts = yaml::read(text, |_, _| true, take).map_err(NoList::NotYaml)?;
        let mut all = StreamContents::default();
        for (_, part) in parts {
            all.lists.extend(part.lists);
            all.others += part.others;
        }
        match (all.lists.len(), all.others) {
            (1, 0) => all.lists.remove(0),
            (0, 0) => Err(NoList::Other("it contains no document")),
            (0, _) => Err(NoList::Other("it contains another object")),
            _ => Err(NoList::Other("it contains more than one document")),
        }
    }

    /// The edit that leaves its items out; none if it has none.
    pub fn without_items(&self) -> Option<&Edit> {
        self.without_items.as_ref()
    }

    /// The item in which a byte of the text is.
    fn item(&self, at: u32) -> Option<&Item<'a>> {
        let after = self.items.partition_point(|item| item.place.start <= at);
        self.items[..after].last().filter(|item| at < item.place.end)
    }
}

impl<'a> StreamContents<'a> {
    fn take(&mut self, tree: &Tree<'a>) {
        let root = tree.root();
        let text = |key| root.get(key).and_then(Node::string);
        let is_list = text("kind").is_some_and(|kind| kind == KIND)
            && text("apiVersion").is_some_and(|version| version.starts_with(GROUP));
        if is_list {
            self.lists.push(list(root));
        } else if !root.is_null() {
            self.others += 1;
        }
    }
}

fn list<'a>(root: Node<'_, 'a>) -> Result<ResourceList<'a>, NoList> {
    let items = root.field("items");
    let value = items.map(|items| items.value.resolved());
    if let Some(value) = value
        && !value.is_null()
        && !matches!(value.kind(), NodeKind::Sequence(_))
    {
        return Err(NoList::Malformed { span: value.span(), why: "`items` is not a list" });
    }
    // Where a new key would belong is another question there.
    let is_complex = |key: &Node<'_, '_>| layout::colon(*key).is_none();
    if root.kind() == NodeKind::Mapping(Style::Block)
        && let Some(key) = root.entries().map(|(key, _)| key).find(is_complex)
    {
        return Err(NoList::Malformed { span: key.span(), why: "a key is written with `?`" });
    }
    Ok(ResourceList {
        function_config: function_config(root.get("functionConfig"))?,
        items: value.into_iter().flat_map(Node::items).map(item).collect(),
        without_items: items.and_then(|items| patch::emptied(items.key, items.value)),
        results: patch::end(root, RESULTS),
    })
}

fn item<'a>(node: Node<'_, 'a>) -> Item<'a> {
    let node = node.resolved();
    let annotation = |names: [&str; 2]| {
        names.iter().find_map(|name| node.at(&["metadata", "annotations", name])?.scalar())
    };
    Item {
        place: node.span(),
        reference: reference(node),
        path: annotation(PATH),
        index: annotation(INDEX).and_then(|index| index.trim().parse().ok()).unwrap_or_default(),
    }
}

fn reference<'a>(node: Node<'_, 'a>) -> ObjectReference<'a> {
    let text = |path: &[&str]| node.at(path).and_then(Node::scalar).filter(|text| !text.is_empty());
    ObjectReference {
        api_version: text(&["apiVersion"]).unwrap_or_default(),
        kind: text(&["kind"]).unwrap_or_default(),
        name: text(&["metadata", "name"]).unwrap_or_default(),
        namespace: text(&["metadata", "namespace"]),
    }
}

fn function_config<'a>(node: Option<Node<'_, 'a>>) -> Result<Option<FunctionConfig<'a>>, NoList> {
    let Some(node) = node.filter(|node| !node.is_null()) else { return Ok(None) };
    if !node.is_mapping() {
        let why = "`functionConfig` is not an object";
        return Err(NoList::Malformed { span: node.span(), why });
    }
    if node.entries().next().is_none() {
        return Ok(None);
    }
    let reference = reference(node);
    let is_config_map = reference.kind == "ConfigMap" && reference.api_version == "v1";
    let data = is_config_map.then(|| {
        let data = node.get("data").into_iter().flat_map(Node::entries);
        data.filter_map(|(key, value)| datum(key, value)).collect()
    });
    Ok(Some(FunctionConfig { reference, place: node.span(), data }))
}

fn datum<'a>(key: Node<'_, 'a>, value: Node<'_, 'a>) -> Option<Datum<'a>> {
    let is_block = value.kind() == NodeKind::Scalar(Scalar::Block) && !value.span().is_empty();
    let lines = lines_of(key, value).filter(|_| is_block);
    let value = value.resolved();
    Some(Datum {
        key: key.scalar()?,
        key_place: key.span(),
        value: value.scalar()?,
        place: value.span(),
        lines,
    })
}

/// Where the lines of a literal block scalar are, which its key announces with `|`.
fn lines_of(key: Node<'_, '_>, value: Node<'_, '_>) -> Option<Span> {
    let text = value.tree().text();
    let first = value.span().start as usize;
    let between = text.get(key.span().end as usize..first)?;
    let is_literal = between.trim_start().strip_prefix(':')?.trim_start().starts_with('|');
    let start = layout::line_start(text, first);
    is_literal.then(|| Span::new(start, value.span().end as usize))
}

/// The way from the functionConfig of a list to what is at `at`, as far as there are keys and items.
pub fn path_in_function_config(text: &str, at: Span) -> Shown<'static> {
    let way = |found: &mut String, _, tree: &Tree<'_>| {
        if let Some(config) = tree.root().get("functionConfig") {
            *found = path_within(config, at.start);
        }
    };
    let parts = yaml::read(text, |_, _| true, way).unwrap_or_default();
    let way: String = parts.into_iter().map(|(_, way)| way).collect();
    shown(&way).into_owned()
}

fn path_within(node: Node<'_, '_>, at: u32) -> String {
    let holds = |node: Node<'_, '_>| {
        (node.span().start..node.span().end.max(node.span().start + 1)).contains(&at)
    };
    let mut way = String::new();
    let mut node = node;
    loop {
        let field = node.entries().find(|(key, value)| holds(*key) || holds(*value));
        let item = node.items().enumerate().find(|(_, item)| holds(*item));
        node = match (field, item) {
            (Some((key, value)), _) => {
                let dot = if way.is_empty() { "" } else { "." };
                way.extend([dot, &key.scalar().unwrap_or_default()]);
                value
            }
            (None, Some((index, item))) => {
                way.extend(["[", &index.to_string(), "]"]);
                item
            }
            (None, None) => return way,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n";

    #[track_caller]
    fn read(text: &str) -> ResourceList<'_> {
        ResourceList::read(text).unwrap_or_else(|no| panic!("{no:?}"))
    }

    #[test]
    fn a_list_is_recognised_whatever_stands_around_it() {
        let crlf = format!("{HEAD}items: []\n").replace('\n', "\r\n");
        for text in [
            format!("{HEAD}items: []\n"),
            format!("\u{feff}# comment\n\n---\n{HEAD}items:\n- a: 1\n---\n# nothing\n"),
            format!("---\n{HEAD}items: []\n..."),
            "kind: ResourceList\napiVersion: config.kubernetes.io/v1beta1".to_owned(),
            r#"{"items": [], "kind": "ResourceList", "apiVersion": "config.kubernetes.io/v1alpha1"}"#
                .to_owned(),
            crlf,
        ] {
            assert!(ResourceList::may_be(&text));
            read(&text);
        }
    }

    #[test]
    fn what_is_no_list_says_why() {
        let why = |text: &str| match ResourceList::read(text) {
            Err(NoList::Other(why) | NoList::Malformed { why, .. }) => why,
            Err(NoList::NotYaml(_)) => "not YAML",
            Ok(_) => "a list",
        };
        assert_eq!(why("# nothing\n---\n"), "it contains no document");
        assert_eq!(
            why("apiVersion: v1\nkind: ResourceList\nitems: []\n"),
            "it contains another object"
        );
        assert_eq!(why(&format!("{HEAD}---\nkind: Pod\n")), "it contains more than one document");
        assert_eq!(why(&format!("{HEAD}---\n{HEAD}")), "it contains more than one document");
        assert_eq!(why(&format!("{HEAD}items: {{a: 1}}\n")), "`items` is not a list");
        assert_eq!(why(&format!("{HEAD}functionConfig: x\n")), "`functionConfig` is not an object");
        assert_eq!(why(&format!("{HEAD}items: [\n")), "not YAML");
        assert_eq!(why(&format!("{HEAD}? items\n:\n- a: 1\n")), "a key is written with `?`");
        assert_eq!(why(&format!("? |\n  a\n: 1\n{HEAD}")), "a key is written with `?`");
        assert_eq!(why(&format!("&a {HEAD}? - b\n")), "a key is written with `?`");
    }

    #[test]
    fn a_function_config_may_be_absent() {
        for nothing in ["", "functionConfig:\n", "functionConfig: {}\n"] {
            assert!(read(&format!("{HEAD}{nothing}")).function_config.is_none());
        }
    }

    #[test]
    fn a_config_map_gives_its_values_as_text() {
        let text = format!(
            "{HEAD}functionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n  metadata: {{name: c}}\n  data:\n    \
             assume-private: true\n    policy: |\n      a: 1\n      b:\n        c: 2\n    x: >\n      folded\n"
        );
        let list = read(&text);
        let config = list.function_config.as_ref().unwrap();
        let data = config.data.as_ref().unwrap();
        let pairs: Vec<_> = data.iter().map(|datum| (&*datum.key, &*datum.value)).collect();
        assert_eq!(
            pairs,
            [("assume-private", "true"), ("policy", "a: 1\nb:\n  c: 2\n"), ("x", "folded\n")]
        );
        let lines = data[1].lines.unwrap();
        assert_eq!(&text[lines.range()], "      a: 1\n      b:\n        c: 2");
        assert_eq!((data[0].lines, data[2].lines), (None, None));
        assert_eq!(config.reference.name, "c");
    }

    #[test]
    fn places_in_a_function_config_have_a_path() {
        let text = format!(
            "{HEAD}functionConfig:\n  spec:\n    registries:\n    - match: a.io\n      acess: private\n"
        );
        let at = Span::at(text.find("acess").unwrap());
        assert_eq!(path_in_function_config(&text, at).masked(), "spec.registries[0].acess");
    }

    #[test]
    fn items_are_left_out_with_what_stands_between() {
        let check = |items: &str, expected: &str| {
            let text = format!("{HEAD}items{items}functionConfig: {{a: 1}}\n");
            let list = read(&text);
            let edits: Vec<_> = list.without_items().cloned().into_iter().collect();
            let found = crate::edit::Plan::new(edits).unwrap().apply(&text);
            assert_eq!(found, format!("{HEAD}items{expected}functionConfig: {{a: 1}}\n"));
        };
        check(":\n# c\n- a: 1\n- b: 1 # d\n", ": [] # d\n");
        check(": [ {a: 1} ]\n", ": []\n");
        check(": []\n", ": []\n");
        check(":\n", ":\n");
    }
}
