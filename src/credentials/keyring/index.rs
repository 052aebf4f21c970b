//! Which of many keys can match an image: a tree over the labels of hosts, the last one first, and below it paths by
//! their beginning. What is found has still to be held against the rule of whoever asks.

use std::collections::HashMap;

/// Keys by host and path, with the wildcards of Go's `path.Match` in the labels of hosts. Each is a number that its
/// owner knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// The tree for each port.
    roots: HashMap<Box<[u8]>, usize>,
    // A host may have a million labels: the tree is walked without recursion.
    nodes: Vec<LabelNode>,
}

/// What ends in the same labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct LabelNode {
    /// The node of each label before those.
    below: HashMap<Box<[u8]>, usize>,
    /// The labels among them with wildcards, by the text that they begin with.
    heads: Prefixes<Vec<Glob>>,
    /// Those that have more text after the last wildcard, by that text, back to front.
    tails: Prefixes<Vec<Glob>>,
    /// The keys that have no more labels, by path.
    paths: Prefixes<Vec<usize>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Glob {
    text: Box<[u8]>,
    node: usize,
}

impl Index {
    /// Adds a key for a host with its port, and all paths that begin with this one.
    pub fn add(&mut self, (host, port): (&[u8], &[u8]), path: &[u8], key: usize) {
        let Self { roots, nodes } = self;
        let mut at = *roots.entry(port.into()).or_insert_with(|| grow(nodes));
        for label in labels(host) {
            at = below(nodes, at, label);
        }
        nodes[at].paths.entry(path).push(key);
    }

    /// The keys that can match, in no order.
    pub fn candidates(&self, (host, port): (&[u8], &[u8]), path: &[u8]) -> Vec<usize> {
        let mut level: Vec<usize> = self.roots.get(port).copied().into_iter().collect();
        for label in labels(host) {
            let mut next = Vec::new();
            for at in level {
                self.nodes[at].matching(label, &mut next);
            }
            next.sort_unstable();
            next.dedup();
            level = next;
        }
        level.iter().flat_map(|&at| self.nodes[at].paths.of(path)).flatten().copied().collect()
    }
}

/// The labels of a host, the last one first.
fn labels(host: &[u8]) -> impl Iterator<Item = &[u8]> {
    host.rsplit(|&byte| byte == b'.')
}

fn grow(nodes: &mut Vec<LabelNode>) -> usize {
    nodes.push(LabelNode::default());
    nodes.len() - 1
}

/// The node below another one for a label.
fn below(nodes: &mut Vec<LabelNode>, at: usize, label: &[u8]) -> usize {
    if let Some(&known) = nodes[at].below.get(label) {
        return known;
    }
    let node = grow(nodes);
    nodes[at].below.insert(label.into(), node);
    let is_special = |byte: &u8| b"*?[\\".contains(byte);
    if let Some(first) = label.iter().position(is_special) {
        let glob = Glob { text: label.into(), node };
        let tail = tail(label);
        if first < tail.len() {
            let tail: Vec<u8> = tail.iter().rev().copied().collect();
            nodes[at].tails.entry(&tail).push(glob);
        } else {
            nodes[at].heads.entry(&label[..first]).push(glob);
        }
    }
    node
}

/// What is after the last wildcard, as far as that is plain.
fn tail(label: &[u8]) -> &[u8] {
    let is_wildcard = |byte: &u8| b"*?".contains(byte);
    if label.iter().any(|byte| b"[\\".contains(byte)) {
        return &[];
    }
    let start = label.iter().rposition(is_wildcard).map_or(0, |last| last + 1);
    &label[start..]
}

impl LabelNode {
    /// The nodes below whose label may match.
    fn matching(&self, label: &[u8], found: &mut Vec<usize>) {
        found.extend(self.below.get(label));
        let matches = |glob: &&Glob| super::glob::matches(&glob.text, label).unwrap_or(false);
        let heads = self.heads.of(label).flatten();
        found.extend(heads.filter(matches).map(|glob| glob.node));
        if !self.tails.lengths.is_empty() {
            let back: Vec<u8> = label.iter().rev().copied().collect();
            let tails = self.tails.of(&back).flatten();
            found.extend(tails.filter(matches).map(|glob| glob.node));
        }
    }
}

/// Values by text, found by longer texts that begin with it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Prefixes<T> {
    by_text: HashMap<Box<[u8]>, T>,
    // Invariant: the lengths of the texts, sorted.
    lengths: Vec<usize>,
}

impl<T> Default for Prefixes<T> {
    fn default() -> Self {
        Self { by_text: HashMap::new(), lengths: Vec::new() }
    }
}

impl<T: Default> Prefixes<T> {
    fn entry(&mut self, text: &[u8]) -> &mut T {
        if let Err(at) = self.lengths.binary_search(&text.len()) {
            self.lengths.insert(at, text.len());
        }
        self.by_text.entry(text.into()).or_default()
    }

    /// The values of all that `text` begins with, the shortest first.
    fn of<'p>(&'p self, text: &'p [u8]) -> impl Iterator<Item = &'p T> {
        let lengths = self.lengths.iter().take_while(|&&length| length <= text.len());
        lengths.filter_map(|&length| self.by_text.get(&text[..length]))
    }
}
