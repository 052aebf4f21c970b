//! What the patch layer promises of every edit of every document, as functions that panic if it does not hold: the
//! loaded data are those of before with the one difference that was asked for, as another parser reads them.
#![allow(dead_code, reason = "each target uses a part of this")]

use pullcreds::edit::{Edit, Plan};
use pullcreds::patch::{self, Gap, Gaps, Patch};
use pullcreds::yaml::{self, Node, NodeKind, Tree};

use super::data::{self, Data};

/// Which edit is tried: each number chooses from a list, and starts again at its end.
pub(crate) type Choice = [u8; 4];

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    /// There is no place for an edit: no mapping, or a text that cannot be read.
    Nowhere,
    /// It was refused.
    Refused,
    /// It changes several places at once, which the caller has to look at.
    Several,
    /// It was made; whether the other parser could read the text too.
    Made { compared: bool },
}

const PATHS: &[&[&str]] = &[
    &["imagePullSecrets"],
    &["spec", "imagePullSecrets"],
    &["spec", "template", "spec", "imagePullSecrets"],
    &["imagePullSecrets", "name"],
    &["new"],
    &["metadata", "new", "er"],
    &["a", "b", "c"],
    &["hostname"],
    &["x-1/y", "1", "on"],
    &["serviceAccountName"],
    &["nodeSelector", "new"],
    &["image"],
];

const GAPS: &[Gaps<'static>] = &[
    Gaps::Items(Gap::Field("name")),
    Gaps::Items(Gap::Text),
    Gaps::One(Gap::Text),
    Gaps::One(Gap::Field("name")),
    Gaps::Commas,
];

const NAMES: &[&[&str]] =
    &[&["new"], &["new", "b.c-2"], &["123"], &["on", "null", "1e3"], &["é: 'x'"]];

/// A step from a node to one below it.
#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Item(usize),
}

/// An edit, and what it should come to.
struct Planned {
    document: usize,
    way: Vec<Step>,
    edit: Option<Edit>,
    /// The names that are there after it, of a list that was written again.
    restated: Option<Vec<String>>,
    several: bool,
}

struct Asked {
    at: u8,
    path: &'static [&'static str],
    gaps: Gaps<'static>,
    names: &'static [&'static str],
}

fn chosen<T: Copy>(choices: &[T], number: u8) -> T {
    choices[usize::from(number) % choices.len()]
}

/// Tries an edit of `text`.
pub(crate) fn hold(text: &str, [at, path, gaps, names]: Choice) -> Tried {
    let asked = Asked {
        at,
        path: chosen(PATHS, path),
        gaps: chosen(GAPS, gaps),
        names: chosen(NAMES, names),
    };
    let Some(planned) = planned(text, &asked) else { return Tried::Nowhere };
    let Some(edit) = planned.edit.clone() else { return Tried::Refused };
    let plan = Plan::new(vec![edit]).expect("one edit overlaps nothing");
    let after = plan.apply(text);
    is_in_style(text, &after, &plan.edits()[0], asked.gaps);
    let read = yaml::read(&after, |_, _| true, |(): &mut (), _, _: &Tree<'_>| ());
    assert!(read.is_ok(), "it cannot be read any more\n{after}");
    if planned.several {
        return Tried::Several;
    }
    Tried::Made { compared: differs_as_asked(text, &after, &planned, &asked) }
}

/// The edit of one mapping of the stream.
fn planned(text: &str, asked: &Asked) -> Option<Planned> {
    let take = |found: &mut Vec<Planned>, document: usize, tree: &Tree<'_>| {
        let mut mappings = Vec::new();
        collect(tree.root(), &mut Vec::new(), &mut mappings);
        if !mappings.is_empty() {
            let (node, way) = &mappings[usize::from(asked.at) % mappings.len()];
            found.push(plan(document, *node, way.clone(), asked));
        }
    };
    let parts = yaml::read(text, |_, _| true, take).ok()?;
    let all = parts.into_iter().flat_map(|(before, part)| {
        part.into_iter().map(move |mut planned| {
            planned.document += before;
            planned
        })
    });
    let mut all: Vec<_> = all.collect();
    let at = usize::from(asked.at).checked_rem(all.len())?;
    Some(all.swap_remove(at))
}

/// The mappings that keys and items alone lead to, each with its way.
fn collect<'t, 'a>(
    node: Node<'t, 'a>,
    way: &mut Vec<Step>,
    found: &mut Vec<(Node<'t, 'a>, Vec<Step>)>,
) {
    if node.kind() == NodeKind::Alias || way.len() > 40 {
        return;
    }
    if node.is_mapping() {
        found.push((node, way.clone()));
    }
    for (at, item) in node.items().enumerate() {
        way.push(Step::Item(at));
        collect(item, way, found);
        way.pop();
    }
    for (key, value) in node.entries() {
        // The other parser takes `<<` in quotes for a merge key too.
        let Some(key) = key.string().filter(|key| *key != *"<<") else { continue };
        // Of two equal keys the last one counts, and a merge key may hide both.
        if node.field(&key).is_some_and(|field| field.value == value && !field.merged) {
            way.push(Step::Key(key.into_string()));
            collect(value, way, found);
            way.pop();
        }
    }
}

fn plan(document: usize, node: Node<'_, '_>, way: Vec<Step>, asked: &Asked) -> Planned {
    let nothing = Planned { document, way, edit: None, restated: None, several: false };
    let Ok(patch) = patch::grow(node, asked.path, asked.gaps, "containers") else { return nothing };
    let old = restated(&patch, asked.gaps);
    let names = old.iter().flatten().map(String::as_str).chain(asked.names.iter().copied());
    let insert = patch.form.write(names);
    let fits = asked.names.len() == 1 || !matches!(asked.gaps, Gaps::One(_));
    let simple = asked.names.iter().all(|name| name.is_ascii());
    assert!(insert.is_some() || !fits || asked.gaps == Gaps::Commas && !simple, "names fit");
    let edit = insert.map(|insert| Edit { place: patch.place, insert: insert.into() });
    let several = node.tree().paths_to(patch.target) > 1;
    Planned { edit, restated: old, several, ..nothing }
}

/// The names of a list that has to be written again.
fn restated(patch: &Patch<'_, '_>, gaps: Gaps<'_>) -> Option<Vec<String>> {
    let Gaps::Items(gap) = gaps else { return None };
    let found = patch.found.filter(|_| patch.restates)?;
    let names = found.items().filter_map(|item| match gap {
        Gap::Text => item.string(),
        Gap::Field(key) => item.get(key)?.string(),
    });
    Some(names.map(pullcreds::text::Text::into_string).collect())
}

/// Nothing that means something gives way, JSON stays JSON, and lines end as they do around.
fn is_in_style(before: &str, after: &str, edit: &Edit, gaps: Gaps<'_>) {
    let gone = &before[edit.place.range()];
    let replaceable = matches!(gone, "" | "~" | "null" | "Null" | "NULL" | "''" | "\"\"")
        || gone.starts_with('*')
        || gaps == Gaps::Commas && edit.insert.starts_with('"');
    assert!(replaceable, "{gone:?} gives way to {:?}", edit.insert);
    assert!(is_json(after) || !is_json(before), "this is not JSON any more\n{after}");
    let lone_feed = |text: &str| text.replace("\r\n", "").contains('\n');
    let lone_return = |text: &str| text.replace("\r\n", "").contains('\r');
    let breaks = before.contains(['\n', '\r']);
    assert!(!breaks || lone_feed(before) || !lone_feed(&edit.insert), "a line feed\n{after:?}");
    assert!(lone_return(before) || !lone_return(&edit.insert), "a carriage return\n{after:?}");
    assert!(before.contains("\r\n") || !edit.insert.contains("\r\n"), "both\n{after:?}");
}

/// Whether a text is JSON values, and nothing else, to a strict parser.
pub(crate) fn is_json(text: &str) -> bool {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    text.trim_start().starts_with('{') && values.all(|value| value.is_ok())
}

/// Whether the other parser reads both texts, which then differ as they should.
fn differs_as_asked(before: &str, after: &str, planned: &Planned, asked: &Asked) -> bool {
    let Some(mut expected) = settled(before) else { return false };
    if documents(before) != Some(expected.len()) {
        // The two parsers do not agree on what a document is.
        return false;
    }
    let found = settled(after).unwrap_or_else(|| panic!("the other parser cannot read\n{after}"));
    let place = lead(&mut expected[planned.document], planned, asked);
    change(place, planned, asked);
    assert_eq!(found, expected, "{planned:?} {:?} {:?}\n{before}\n{after}", asked.path, asked.gaps);
    true
}

impl std::fmt::Debug for Planned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "document {} {:?}: {:?}", self.document, self.way, self.edit)
    }
}

fn change(place: &mut Data, planned: &Planned, asked: &Asked) {
    let names = asked.names.iter().copied();
    let text = |name: &str| Data::Text(name.to_owned());
    match asked.gaps {
        Gaps::Items(gap) => {
            if planned.restated.is_some() || !matches!(place, Data::List(_)) {
                *place = Data::List(Vec::new());
            }
            let Data::List(items) = place else { unreachable!("it was made one just now") };
            let old = planned.restated.iter().flatten().map(String::as_str);
            items.extend(old.chain(names).map(|name| match gap {
                Gap::Text => text(name),
                Gap::Field(key) => Data::Map(vec![(text(key), text(name))]),
            }));
        }
        Gaps::One(Gap::Text) => *place = text(asked.names[0]),
        Gaps::One(Gap::Field(key)) => {
            if !matches!(place, Data::Map(_)) {
                *place = Data::Map(Vec::new());
            }
            *field(place, key) = text(asked.names[0]);
        }
        Gaps::Commas => {
            let old = place.text().unwrap_or_default();
            let comma = if old.contains(", ") { ", " } else { "," };
            let begins = old.trim().is_empty() || old.trim_end().ends_with(',');
            let begin = if begins { "" } else { comma };
            *place = Data::Text(format!("{old}{begin}{}", asked.names.join(comma)));
        }
    }
}

/// What is at the end of the way and the path; keys that are missing are made.
fn lead<'d>(document: &'d mut Data, planned: &Planned, asked: &Asked) -> &'d mut Data {
    let mut at = document;
    for step in &planned.way {
        at = match (at.untagged_mut(), step) {
            (Data::List(items), Step::Item(item)) => &mut items[*item],
            (Data::Map(entries), Step::Key(key)) => {
                let found = entries.iter_mut().find(|(name, _)| name.text() == Some(key));
                &mut found.expect("the key is there").1
            }
            (other, step) => panic!("{step:?} leads nowhere in {other:?}"),
        };
    }
    for key in asked.path {
        at = at.untagged_mut();
        if let Data::Other(_) = at {
            *at = Data::Map(Vec::new());
        }
        at = field(at, key);
    }
    at.untagged_mut()
}

/// The value of a key, made if it is missing.
fn field<'d>(mapping: &'d mut Data, key: &str) -> &'d mut Data {
    let Data::Map(entries) = mapping else { panic!("{mapping:?} has no keys") };
    let key = Data::Text(key.to_owned());
    let found = entries.iter().position(|(name, _)| *name == key);
    let found = found.unwrap_or_else(|| {
        let place = entries.partition_point(|(name, _)| *name < key);
        entries.insert(place, (key, Data::Other(String::new())));
        place
    });
    &mut entries[found].1
}

fn settled(text: &str) -> Option<Vec<Data>> {
    let documents = data::load(text)?;
    Some(documents.iter().map(Data::settled).collect())
}

fn documents(text: &str) -> Option<usize> {
    let parts = yaml::read(text, |_, _| true, |count: &mut usize, _, _: &Tree<'_>| *count += 1);
    Some(parts.ok()?.iter().map(|(_, count)| count).sum())
}
