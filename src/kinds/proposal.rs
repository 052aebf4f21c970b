//! What the structure of objects or of a schema suggests about a kind: an entry of `customResources` for a policy.
//!
//! A structure shows where pod specs, images and fields for pull secrets are. It does not show what the operator does with
//! them: that becomes a question.

use std::collections::{BTreeMap, BTreeSet};

use super::{FieldPath, PullSite, SecretField, SecretForm, SplitImage};
use crate::say;
use crate::text::{Message, Shown, shown};
use crate::words::Words as _;
use crate::yaml::is_plain_string;

/// What a structure holds. Paths are from the root of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Structure {
    /// Pod specs.
    pub pod_specs: BTreeSet<FieldPath>,
    /// Fields that are whole references of images, outside of pod specs.
    pub images: BTreeSet<FieldPath>,
    /// Images that are written in parts, by the place of the parts.
    pub split_images: BTreeMap<FieldPath, SplitImage>,
    /// Fields for pull secrets, outside of pod specs.
    pub pull_secrets: BTreeMap<FieldPath, SecretForm>,
    /// Fields that name ServiceAccounts, outside of pod specs.
    pub service_accounts: BTreeSet<FieldPath>,
    /// Fields of which nothing is known, and that may hold pods.
    pub open: BTreeSet<FieldPath>,
    /// Fields that hold whole objects.
    pub objects: BTreeSet<FieldPath>,
}

/// An entry of `customResources`, and what is left to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The API group.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The versions that it is for; without any, all of them.
    pub versions: Vec<String>,
    /// Where pods are made. Without any, there is nothing to propose.
    pub sites: Vec<PullSite>,
    /// What the structure does not show.
    pub questions: Vec<Message>,
}

impl SplitImage {
    /// The image whose parts are fields of these names. `has` is whether there is a text of a name, `is_of_image` whether
    /// the field that holds them is called after an image.
    pub fn of_fields(has: &dyn Fn(&str) -> bool, is_of_image: bool) -> Option<Self> {
        let one_of = |names: &[&str]| {
            let found = names.iter().find(|name| has(name));
            found.map(|name| FieldPath::of_name(name))
        };
        let registry = one_of(&["registry"]);
        let repository = one_of(&["repository", "repo"]);
        let (tag, digest) = (one_of(&["tag", "version"]), one_of(&["digest", "sha256", "sha"]));
        let is_tagged = tag.is_some() || digest.is_some();
        let name = match &repository {
            Some(_) => one_of(&["image"]).filter(|_| tag.is_some()),
            None if is_of_image && (is_tagged || registry.is_some()) => one_of(&["name"]),
            None => None,
        };
        let is_image = repository.is_some() && (is_tagged || is_of_image) || name.is_some();
        is_image.then(|| Self { registry, repository, name, tag, digest, ..Self::default() })
    }
}

/// Whether a field is one for images by its name.
pub fn names_whole_image(key: &str) -> bool {
    let letters = key.chars().filter(char::is_ascii_alphanumeric);
    let letters: String = letters.flat_map(char::to_lowercase).collect();
    ["image", "imagename", "imageurl", "imageref"].iter().any(|end| letters.ends_with(end))
}

impl Structure {
    /// Takes in what another one holds.
    pub fn merge(&mut self, other: &Self) {
        self.pod_specs.extend(other.pod_specs.iter().cloned());
        self.images.extend(other.images.iter().cloned());
        let split = other.split_images.iter();
        self.split_images.extend(split.map(|(at, split)| (at.clone(), split.clone())));
        for (path, form) in &other.pull_secrets {
            self.pull_secrets.entry(path.clone()).or_insert(*form);
        }
        self.service_accounts.extend(other.service_accounts.iter().cloned());
        self.open.extend(other.open.iter().cloned());
        self.objects.extend(other.objects.iter().cloned());
    }

    /// The entry for a kind with this structure.
    pub fn proposal(mut self, group: &str, kind: &str) -> Proposal {
        let hidden = self.hide();
        let groups = self.groups();
        let mut questions = Vec::new();
        let (mut sites, mut used) = (Vec::new(), BTreeSet::new());
        for (home, group) in &groups {
            let site = self.site(home.as_ref(), group, &mut used);
            ask(&site, &mut questions);
            sites.push(site);
        }
        if !sites.is_empty() {
            questions.insert(
                0,
                Message::of(
                    "Does the operator pull these images for pods in the namespace of the object?",
                ),
            );
        }
        self.ask_about_the_rest(&used, hidden, &mut questions);
        Proposal {
            group: group.to_owned(),
            kind: kind.to_owned(),
            versions: Vec::new(),
            sites,
            questions,
        }
    }

    /// Leaves out fields whose names no output may show, and says how many there were.
    fn hide(&mut self) -> usize {
        let is_shown = |path: &FieldPath| {
            let text = path.to_string();
            shown(&text).to_string() == text
        };
        let before = self.fields();
        self.pod_specs.retain(is_shown);
        self.images.retain(is_shown);
        self.split_images.retain(|path, _| is_shown(path));
        self.pull_secrets.retain(|path, _| is_shown(path));
        self.service_accounts.retain(is_shown);
        self.open.retain(is_shown);
        self.objects.retain(is_shown);
        before - self.fields()
    }

    fn fields(&self) -> usize {
        let sets =
            [&self.pod_specs, &self.images, &self.service_accounts, &self.open, &self.objects];
        sets.iter().map(|set| set.len()).sum::<usize>()
            + self.split_images.len()
            + self.pull_secrets.len()
    }

    /// The places with pull secrets of their own, each with its images; `None` is for images without such a place.
    fn groups(&self) -> BTreeMap<Option<FieldPath>, Group<'_>> {
        let holders = self.pull_secrets.keys().filter_map(|path| Some(path.split_last()?.0));
        let homes: BTreeSet<_> = self.pod_specs.iter().cloned().chain(holders).collect();
        let only = homes.first().filter(|home| homes.len() == 1 && home.is_single());
        let home = |place: &FieldPath| {
            let above = homes.iter().filter(|home| place.starts_with(home));
            above.max_by_key(|home| home.steps().len()).or(only).cloned()
        };
        let mut groups: BTreeMap<Option<FieldPath>, Group<'_>> = BTreeMap::new();
        for path in &self.pod_specs {
            groups.entry(Some(path.clone())).or_default();
        }
        for path in &self.images {
            groups.entry(home(path)).or_default().images.push(path);
        }
        for (at, split) in &self.split_images {
            groups.entry(home(at)).or_default().split_images.push((at, split));
        }
        groups
    }

    /// The site of a place. Notes which fields for pull secrets it has.
    fn site<'s>(
        &'s self,
        home: Option<&FieldPath>,
        group: &Group<'_>,
        used: &mut BTreeSet<&'s FieldPath>,
    ) -> PullSite {
        let root = FieldPath::default().from_the_root();
        let home = home.unwrap_or(&root);
        let (at, names) = home.split_names();
        let relative = |path: &FieldPath| path.below_of(&at);
        let pod_spec = self.pod_specs.contains(home).then(|| FieldPath::of_names(&names));
        let split = |(place, split): &(&FieldPath, &SplitImage)| SplitImage {
            at: relative(place),
            ..(*split).clone()
        };
        // The nearest first. Those further up are named from the root, if that is one field.
        let is_of = |path: &FieldPath| {
            let holder = path.split_last().map(|(holder, _)| holder);
            holder.is_some_and(|holder| home.starts_with(&holder))
                && (path.starts_with(&at) || path.is_single())
        };
        let mut fields: Vec<_> = self.pull_secrets.iter().filter(|(path, _)| is_of(path)).collect();
        fields.sort_by_key(|(path, _)| std::cmp::Reverse(path.steps().len()));
        used.extend(fields.iter().map(|(path, _)| *path));
        let accounts = self.service_accounts.iter().filter(|path| is_of(path)).map(relative);
        let field = |(path, form): &(&FieldPath, &SecretForm)| SecretField {
            path: relative(path),
            form: **form,
        };
        PullSite {
            pod_spec,
            images: group.images.iter().map(|path| relative(path)).collect(),
            split_images: group.split_images.iter().map(split).collect(),
            pull_secrets: fields.iter().map(field).collect(),
            service_account: accounts.collect(),
            at: if at.steps().is_empty() { FieldPath::default() } else { at.clone() },
            ..PullSite::default()
        }
    }

    /// Asks about what has no place in an entry.
    fn ask_about_the_rest(
        &self,
        used: &BTreeSet<&FieldPath>,
        hidden: usize,
        questions: &mut Vec<Message>,
    ) {
        for path in self.pull_secrets.keys().filter(|path| !used.contains(path)) {
            questions.push(say!("For which images is {}?", show(path)));
        }
        for path in &self.open {
            questions.push(say!("{} has no schema: does it hold a pod template?", show(path)));
        }
        for path in &self.objects {
            questions.push(say!(
                "{} holds a whole object, for which a policy has no key: does its kind make pods?",
                show(path)
            ));
        }
        if hidden > 0 {
            questions.push(say!(
                "Some fields are left out, because their names look like credentials: {}.",
                hidden
            ));
        }
    }
}

/// The images of a place.
#[derive(Default)]
struct Group<'s> {
    images: Vec<&'s FieldPath>,
    split_images: Vec<(&'s FieldPath, &'s SplitImage)>,
}

/// Asks what the structure of a site does not show.
fn ask(site: &PullSite, questions: &mut Vec<Message>) {
    let fields = site.secret_fields();
    if let (Some(spec), Some(image)) = (site.pod_spec_path(), site.image_fields().first()) {
        questions.push(say!("Do the pods of {} pull {}, too?", show(&spec), show(image)));
    }
    match &*fields {
        [] => {
            let first = site.image_fields().first().map(FieldPath::in_object);
            let split = site.split_images.first();
            let first = first.or_else(|| Some(site.parts(split?).first()?.in_object()));
            questions.push(say!(
                "Where do the pods of {} have their pull secrets from?",
                shown(&first.unwrap_or_default())
            ));
        }
        [_] if site.pull_secrets.is_empty() => {}
        [field] => questions.push(say!(
            "Does the operator put {} into the pods, or on a ServiceAccount that it makes?",
            show(&field.path)
        )),
        [first, ..] => questions.push(say!(
            "Does the first field that has an entry count (combine: first), or all (combine: joined)? The first is {}.",
            show(&first.path)
        )),
    }
}

/// A path of a structure: [`Structure::hide`] has seen it.
fn show(path: &FieldPath) -> Shown<'static> {
    shown(&path.in_object()).into_owned()
}

// The entry as text.

/// A part of an entry.
enum Part {
    Text(String),
    List(Vec<Self>),
    Keys(Vec<(&'static str, Self)>),
}

impl Proposal {
    /// The entry on one line, as YAML in flow style.
    pub fn flow(&self) -> String {
        let mut out = String::new();
        self.entry().flow(&mut out);
        out
    }

    /// The entry as an item of a block list, indented by so many spaces, with a line feed at its end.
    pub fn block(&self, indent: usize) -> String {
        let mut out = String::new();
        Part::List(vec![self.entry()]).block(indent, &mut out);
        out
    }

    fn entry(&self) -> Part {
        let mut keys = vec![
            ("group", Part::Text(shown(&self.group).to_string())),
            ("kind", Part::Text(shown(&self.kind).to_string())),
        ];
        let versions = self.versions.iter().map(|version| shown(version).to_string());
        push(&mut keys, "versions", versions.map(Part::Text).collect());
        match self.short() {
            Some(short) => keys.extend(short),
            None => push(&mut keys, "sites", self.sites.iter().map(site).collect()),
        }
        Part::Keys(keys)
    }

    /// The keys for all pods of a kind, if they can say it.
    fn short(&self) -> Option<Vec<(&'static str, Part)>> {
        let is_pod = |site: &&PullSite| site.pod_spec.is_some();
        let (pods, others): (Vec<_>, Vec<_>) = self.sites.iter().partition(is_pod);
        let is_plain = |site: &PullSite| {
            site.split_images.is_empty()
                && site.pull_secrets.is_empty()
                && site.service_account.is_empty()
        };
        let ends_in_key =
            |site: &PullSite| site.pod_spec.as_ref().is_some_and(|path| !path.steps().is_empty());
        let are_pods_plain =
            pods.iter().all(|site| is_plain(site) && site.images.is_empty() && ends_in_key(site));
        let is_common = |site: &PullSite| {
            let mut forms = site.pull_secrets.iter().map(|field| field.form);
            let first = forms.next();
            site.split_images.is_empty()
                && site.at.steps().is_empty()
                && (pods.is_empty() || is_plain(site))
                && forms.all(|form| Some(form) == first)
        };
        let other = match &*others {
            [] => None,
            [site] if is_common(site) => Some(*site),
            _ => return None,
        };
        if !are_pods_plain {
            return None;
        }
        let from_root = |path: FieldPath| text(&path.from_the_root());
        let mut keys = Vec::new();
        let pod_specs = pods.iter().filter_map(|site| site.pod_spec_path()).map(from_root);
        push(&mut keys, "podSpecs", pod_specs.collect());
        if let Some(site) = other {
            push(&mut keys, "images", site.image_fields().into_iter().map(from_root).collect());
            let fields = site.secret_fields();
            let form = fields.first().map(|field| field.form).unwrap_or_default();
            push(
                &mut keys,
                "pullSecrets",
                fields.into_iter().map(|field| from_root(field.path)).collect(),
            );
            if form != SecretForm::default() {
                keys.push(("pullSecretShape", Part::Text(form.word().to_owned())));
            }
            let accounts = site.service_account.iter().map(|path| from_root(path.clone()));
            push(&mut keys, "serviceAccounts", accounts.collect());
        }
        Some(keys)
    }
}

fn site(site: &PullSite) -> Part {
    let mut keys = Vec::new();
    if !site.at.steps().is_empty() {
        keys.push(("at", text(&site.at)));
    }
    keys.extend(site.pod_spec.as_ref().map(|path| ("podSpec", text(path))));
    push(&mut keys, "images", site.images.iter().map(text).collect());
    push(&mut keys, "splitImages", site.split_images.iter().map(split_image).collect());
    push(&mut keys, "pullSecrets", site.pull_secrets.iter().map(secret_field).collect());
    push(&mut keys, "serviceAccount", site.service_account.iter().map(text).collect());
    Part::Keys(keys)
}

fn split_image(split: &SplitImage) -> Part {
    let at = (!split.at.steps().is_empty()).then_some(("at", &split.at));
    let parts = [
        ("registry", &split.registry),
        ("repository", &split.repository),
        ("name", &split.name),
        ("tag", &split.tag),
        ("digest", &split.digest),
    ];
    let parts = parts.iter().filter_map(|(key, part)| Some((*key, part.as_ref()?)));
    Part::Keys(at.into_iter().chain(parts).map(|(key, path)| (key, text(path))).collect())
}

fn secret_field(field: &SecretField) -> Part {
    let mut keys = vec![("path", text(&field.path))];
    if field.form != SecretForm::default() {
        keys.push(("form", Part::Text(field.form.word().to_owned())));
    }
    Part::Keys(keys)
}

fn text(path: &FieldPath) -> Part {
    Part::Text(shown(&path.to_string()).to_string())
}

fn push(keys: &mut Vec<(&'static str, Part)>, key: &'static str, list: Vec<Part>) {
    if !list.is_empty() {
        keys.push((key, Part::List(list)));
    }
}

impl Part {
    fn flow(&self, out: &mut String) {
        match self {
            Self::Text(text) => out.push_str(&scalar(text, true)),
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { ", " } else { "" });
                    item.flow(out);
                }
                out.push(']');
            }
            Self::Keys(keys) => {
                out.push('{');
                for (at, (key, value)) in keys.iter().enumerate() {
                    out.push_str(if at > 0 { ", " } else { "" });
                    out.extend([key, ": "]);
                    value.flow(out);
                }
                out.push('}');
            }
        }
    }

    /// Writes it below a key that is indented by `indent`. The items of a list begin there.
    fn block(&self, indent: usize, out: &mut String) {
        let margin = " ".repeat(indent);
        match self {
            Self::Text(text) => out.extend([&*margin, &*scalar(text, false), "\n"]),
            Self::List(items) => {
                for item in items {
                    let start = out.len();
                    item.block(indent + 2, out);
                    // The dash is in the margin of the first line.
                    out.replace_range(start + indent..=start + indent, "-");
                }
            }
            Self::Keys(keys) => {
                for (key, value) in keys {
                    if let Self::Text(text) = value {
                        out.extend([&*margin, key, ": ", &*scalar(text, false), "\n"]);
                    } else {
                        out.extend([&*margin, key, ":\n"]);
                        value.block(indent, out);
                    }
                }
            }
        }
    }
}

/// A text as YAML: in double quotes as JSON has them, unless nothing in it needs quotes.
fn scalar(text: &str, in_flow: bool) -> String {
    let is_plain = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || b"._-$".contains(&byte)
            || !in_flow && b"[]*".contains(&byte)
    };
    let starts_plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '$');
    if starts_plain && text.bytes().all(is_plain) && is_plain_string(text) {
        return text.to_owned();
    }
    serde_json::Value::from(text).to_string()
}
