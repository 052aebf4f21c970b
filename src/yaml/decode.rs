//! Valid YAML that Go's reader rejects (`go.yaml.in/yaml/v2`, decode.go): aliases that contain themselves or expand to
//! too much, merge keys without a mapping, values that do not have the type of their tag.
//!
//! This is the only place that follows all aliases of a document, as that reader does, and it stops where that reader
//! stops. Later code may follow aliases too, since they then lead to no more than the reader would expand.

use super::parse::Failure;
use super::resolve::{self, Type};
use super::tree::{NodeKind, Tag, Tree};

/// Why Go rejects the document; `None` if Go accepts it.
pub(super) fn refusal(tree: &Tree<'_>) -> Option<Failure> {
    let plain = |raw: &super::tree::Raw| raw.tag == Tag::None && raw.kind != NodeKind::Alias;
    let merges =
        || tree.may_merge && (0..).zip(&tree.nodes).any(|(at, _)| tree.node(at).is_merge_key());
    if tree.nodes.iter().all(plain) && !merges() {
        return None;
    }
    let mut decoder = Decoder::of(tree);
    decoder.document().err()
}

/// The limit for the expansion of aliases: Go's reader counts the nodes that it decodes.
#[derive(Default)]
struct Budget {
    decoded: u32,
    /// How many of them an alias led to.
    expanded: u32,
}

impl Budget {
    /// Counts a node; `None` if there are too many of aliases (`unmarshal`).
    fn take(&mut self, through_alias: bool) -> Option<()> {
        self.decoded = self.decoded.saturating_add(1);
        self.expanded = self.expanded.saturating_add(u32::from(through_alias));
        let share = f64::from(self.expanded) / f64::from(self.decoded);
        let is_excessive =
            self.expanded > 100 && self.decoded > 1000 && share > self.allowed_share();
        (!is_excessive).then_some(())
    }

    /// Which share of all nodes aliases may lead to (`allowedAliasRatio`): 99 % of a small document, 10 % of a very
    /// large one.
    fn allowed_share(&self) -> f64 {
        const SMALL: f64 = 400_000.0;
        const LARGE: f64 = 4_000_000.0;
        let beyond = (f64::from(self.decoded).clamp(SMALL, LARGE) - SMALL) / (LARGE - SMALL);
        0.99 - 0.89 * beyond
    }
}

/// The work that remains.
#[derive(Clone, Copy)]
enum DecodeStep {
    /// To decode a node.
    Node(u32),
    /// To merge a node into the mapping around it.
    Merge(u32),
    /// To leave the node that an alias refers to.
    Leave(u32),
}

/// Goes through a document as Go's decoder does, on a stack of its own.
struct Decoder<'t, 'a> {
    tree: &'t Tree<'a>,
    budget: Budget,
    steps: Vec<DecodeStep>,
    /// The aliases that are being followed, from the outermost on.
    open: Vec<u32>,
    /// Whether each node is among them.
    is_open: Vec<bool>,
}

impl<'t, 'a> Decoder<'t, 'a> {
    fn of(tree: &'t Tree<'a>) -> Self {
        let is_open = vec![false; tree.nodes.len()];
        Self { tree, budget: Budget::default(), steps: Vec::new(), open: Vec::new(), is_open }
    }

    fn document(&mut self) -> Result<(), Failure> {
        // The document counts as a node.
        self.count(0)?;
        self.steps.push(DecodeStep::Node(0));
        while let Some(step) = self.steps.pop() {
            match step {
                DecodeStep::Node(node) => self.node(node)?,
                DecodeStep::Merge(node) => self.merge(node)?,
                DecodeStep::Leave(alias) => {
                    self.open.pop();
                    self.is_open[alias as usize] = false;
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, node: u32) -> Result<(), Failure> {
        if self.budget.take(!self.open.is_empty()).is_some() {
            return Ok(());
        }
        let alias = self.open.first().copied().unwrap_or(node);
        let why = "the document contains excessive aliasing, and kubectl and Helm reject it";
        self.refuse(alias, why)
    }

    fn node(&mut self, node: u32) -> Result<(), Failure> {
        self.count(node)?;
        let raw = &self.tree.nodes[node as usize];
        match raw.kind {
            NodeKind::Alias => self.alias(node),
            NodeKind::Scalar(_) => self.scalar(node),
            NodeKind::Sequence(_) => {
                let first = self.steps.len();
                self.steps.extend(self.children(node).map(DecodeStep::Node));
                self.steps[first..].reverse();
                Ok(())
            }
            NodeKind::Mapping(_) => {
                let first = self.steps.len();
                let mut children = self.children(node);
                while let Some((key, value)) = children.next().zip(children.next()) {
                    if self.tree.node(key).is_merge_key() {
                        self.steps.push(DecodeStep::Merge(value));
                    } else {
                        self.steps.extend([DecodeStep::Node(key), DecodeStep::Node(value)]);
                    }
                }
                self.steps[first..].reverse();
                Ok(())
            }
        }
    }

    fn alias(&mut self, alias: u32) -> Result<(), Failure> {
        if std::mem::replace(&mut self.is_open[alias as usize], true) {
            let message = format!("{} contains itself", self.anchor(alias));
            return self.refuse(alias, &message);
        }
        self.open.push(alias);
        let target = self.tree.nodes[alias as usize].target;
        self.steps.extend([DecodeStep::Leave(alias), DecodeStep::Node(target)]);
        Ok(())
    }

    /// The name of the alias's anchor, if it is short.
    fn anchor(&self, alias: u32) -> String {
        let name = self.tree.node(alias).source().trim_start_matches('*');
        if name.len() <= LONGEST_NAME {
            format!("anchor '{name}'")
        } else {
            "this anchor".to_owned()
        }
    }

    /// A value of `<<` has to be a mapping, a list of mappings, or an alias of one of these. Go (`merge`) takes no
    /// alias of a list; the merge type of YAML 1.1 and `PyYAML` do, and charts that are in use have it.
    fn merge(&mut self, value: u32) -> Result<(), Failure> {
        let is_mapping = |node: u32| self.tree.node(node).is_mapping();
        if is_mapping(value) {
            self.steps.push(DecodeStep::Node(value));
            return Ok(());
        }
        let list = match self.tree.nodes[value as usize].kind {
            NodeKind::Alias => self.tree.nodes[value as usize].target,
            _ => value,
        };
        let is_list = matches!(self.tree.nodes[list as usize].kind, NodeKind::Sequence(_));
        if !is_list || !self.children(list).all(is_mapping) {
            return self.refuse(value, "a merge key (<<) takes a mapping, or a list of mappings");
        }
        if list != value {
            // Decoding the alias counts the nodes that it refers to, and detects an alias that contains itself.
            self.steps.push(DecodeStep::Node(value));
            return Ok(());
        }
        // The last one is decoded first, so that the first one decides.
        self.steps.extend(self.children(list).map(DecodeStep::Node));
        Ok(())
    }

    /// Checks that a scalar has the type of its tag (`resolve`). Base64 has been decoded before.
    fn scalar(&self, node: u32) -> Result<(), Failure> {
        let tag = self.tree.nodes[node as usize].tag;
        let wanted = match tag {
            Tag::Null => Type::Null,
            Tag::Bool => Type::Bool,
            Tag::Number => Type::Number,
            Tag::NotBinary => {
                return self.refuse(node, "the tag says base64, but this is not base64");
            }
            _ => return Ok(()),
        };
        let value = self.tree.node(node).scalar().unwrap_or_default();
        if resolve::plain(&value) == wanted {
            return Ok(());
        }
        self.refuse(node, "this value does not have the type of its tag")
    }

    fn children(&self, node: u32) -> impl Iterator<Item = u32> + use<'t, 'a> {
        let nodes = &self.tree.nodes;
        let end = nodes[node as usize].next;
        let mut at = node + 1;
        std::iter::from_fn(move || {
            let child = at;
            at = nodes.get(child as usize).filter(|_| child < end)?.next;
            Some(child)
        })
    }

    fn refuse(&self, node: u32, message: &str) -> Result<(), Failure> {
        let offset = self.tree.nodes[node as usize].span.start as usize;
        Err(Failure { offset, message: message.to_owned() })
    }
}

/// No longer name of an anchor is printed.
const LONGEST_NAME: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    /// Where Go rejects a document, and why.
    fn refused(text: &str) -> Option<(usize, String)> {
        parse::refusal(text).map(|failure| (failure.offset, failure.message))
    }

    /// `at` is the text that it is about.
    #[track_caller]
    fn check_refused(text: &str, at: &str, why: &str) {
        let (offset, message) = refused(text).expect("it is refused");
        assert!(text[offset..].starts_with(at), "{:?}", &text[offset..]);
        assert!(message.contains(why), "{message}");
    }

    #[test]
    fn what_contains_itself_is_refused() {
        check_refused("&a\nitems: [*a]\n", "*a]", "anchor 'a' contains itself");
        check_refused("a: &b {<<: *b}\n", "*b}", "anchor 'b' contains itself");
        check_refused("a: &b {<<: [{c: d}, *b]}\n", "*b]", "anchor 'b' contains itself");
        check_refused("a: &b\n- c: &d [*b]\n- *d\n", "*b]", "anchor 'b' contains itself");
        let long = "b".repeat(LONGEST_NAME + 1);
        check_refused(&format!("&a [&{long} [*{long}]]\n"), "*b", "this anchor contains itself");
        // What an anchor names is the last node of that name before the alias.
        assert_eq!(refused("a: &b [c]\nd: &b [e]\nf: [*b, *b]\n"), None);
        assert_eq!(refused("&a b: *a\n"), None);
    }

    /// Nine lines, each with ten aliases of the line before.
    fn bomb(leaf: &str, level: impl Fn(&str) -> String) -> String {
        let levels = (1..9).map(|at| {
            let aliases = vec![format!("*x{}", at - 1); 10].join(", ");
            format!("x{at}: &x{at} {}\n", level(&aliases))
        });
        format!("x0: &x0 {leaf}\n{}", levels.collect::<String>())
    }

    #[test]
    fn excessive_aliases_are_refused_after_a_bounded_number_of_steps() {
        let lists = |aliases: &str| format!("{{kind: List, items: [{aliases}]}}");
        let merges = |aliases: &str| format!("{{<<: [{aliases}]}}");
        for text in
            [bomb("{}", lists), bomb("{a: b}", merges), bomb("[a]", |all| format!("[{all}]"))]
        {
            check_refused(&text, "*x", "excessive aliasing");
            let trees = parse::trees(&text, 0..text.len()).ok().expect("it is YAML");
            let mut decoder = Decoder::of(&trees[0]);
            assert!(decoder.document().is_err());
            assert!(decoder.budget.decoded < 10_000, "{} steps", decoder.budget.decoded);
            assert!(decoder.steps.len() < 200, "{} steps to do", decoder.steps.len());
        }
    }

    #[test]
    fn a_large_document_may_have_fewer_aliases() {
        // As many as the document has nodes.
        let text = |leaves: usize| format!("a: &a [{}]\nb: *a\n", vec!["x"; leaves].join(","));
        assert_eq!(refused(&text(1_000)), None);
        assert_eq!(refused(&text(400_000)), None);
        check_refused(&text(1_900_000), "*a", "excessive aliasing");
    }

    #[test]
    fn a_merge_key_takes_mappings() {
        let why = "takes a mapping";
        check_refused("<<: 1\n", "1", why);
        check_refused("a: 1\n<<:\nb: 1\n", "", why);
        check_refused("<<: [{a: 1}, [b]]\n", "[{a", why);
        check_refused("x: &x [{a: 1}, b]\n<<: *x\n", "*x", why);
        for fine in [
            "<<: {a: 1}\n",
            "<<: [{a: 1}]\n",
            "x: &x {a: 1}\n<<: [*x, *x]\n",
            "x: &x [{a: 1}]\n<<: *x\n",
            "\"<<\": 1\n",
            "!!str <<: 1\n",
            "a: <<\n",
        ] {
            assert_eq!(refused(fine), None, "{fine}");
        }
    }

    #[test]
    fn a_value_is_of_the_type_of_its_tag() {
        for text in ["a: !!int x\n", "a: !!bool 5\n", "a: !!null x\n", "a: !!float y\n"] {
            check_refused(text, &text[text.len() - 2..], "does not have the type of its tag");
        }
        check_refused("a: !!binary \"a b\"\n", "\"a b\"", "not base64");
        for fine in
            ["a: !!int \"5\"\n", "a: !x 5\n", "a: !!null \"\"\n", "a: !!str [b]\n", "a: ! ~\n"]
        {
            assert_eq!(refused(fine), None, "{fine}");
        }
    }
}
