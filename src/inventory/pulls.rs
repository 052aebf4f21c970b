//! Pull sites beyond one pod spec at a known path: images, pull secrets and ServiceAccounts of custom resources, where a
//! row of the table says that they are. An object may have any number of them.
//!
//! Nothing here says how a list is written: `site` does.

use std::collections::BTreeSet;

use super::site::Site;
use super::{
    ACCOUNT_FIELDS, Image, ImageField, ListState, NotString, PULL_SECRETS, PullSecretRef,
    PullSecrets,
};
use super::{entries, exact, image, images, text, wrong};
use crate::kinds::{
    Combine, FieldPath, Override, PullSite, SecretField, SecretForm, SplitImage, Way,
};
use crate::patch::Form;
use crate::shared::Shared;
use crate::source::Span;
use crate::text::Text;
use crate::yaml::{Field, Node, NodeKind};

/// Where the fields of a workload are, if they are not in a pod spec at the same path in each object of its kind.
#[derive(Clone)]
pub struct Ways {
    /// To its pod spec, or to the place of its site.
    pub home: Box<str>,
    /// To its field for pull secrets; `None` if there is no such field.
    pub list: Option<Box<str>>,
    /// What that field holds.
    pub form: SecretForm,
    /// To the field that names its ServiceAccount.
    pub account: Option<Box<str>>,
}

/// One hit of a site in an object.
pub(super) struct Hit<'t, 'a> {
    root: Node<'t, 'a>,
    pub(super) site: &'a PullSite,
    /// What the path of the site leads to.
    node: Node<'t, 'a>,
    way: Way,
    /// Its pod spec.
    pub(super) spec: Option<Node<'t, 'a>>,
    /// What the pod spec is in, where the annotations of the pod are.
    pub(super) template: Option<Node<'t, 'a>>,
    home: Way,
}

/// What a hit says.
pub(super) struct SiteContents<'a> {
    pub(super) images: Box<[Image<'a>]>,
    pub(super) pull_secrets: PullSecrets<'a>,
    pub(super) site: Site,
    pub(super) service_account: Option<Text<'a>>,
    pub(super) not_an_account: Option<Box<NotString<'a>>>,
    pub(super) ways: Ways,
    /// The ServiceAccount that the operator makes for it, if it does.
    pub(super) made: Option<MadeAccount<'a>>,
    /// Where the list is that the operator ignores, if it does.
    pub(super) ignored: Option<Span>,
    /// Whether there are pods of it without what other objects have.
    pub(super) is_made: bool,
}

/// What an operator does about the ServiceAccount of pods.
#[derive(Clone)]
pub struct MadeAccount<'a> {
    /// Whether nothing else is known than that another object decides.
    pub is_elsewhere: bool,
    /// The pull secrets that the object puts on it, beside those of its own list.
    pub names: Box<[Text<'a>]>,
}

/// The hits of a site, in the order of the document.
pub(super) fn hits<'t, 'a>(root: Node<'t, 'a>, site: &'a PullSite) -> Vec<Hit<'t, 'a>> {
    let mut found = Vec::new();
    site.at.each(root, &mut Way::default(), &mut |node, way| {
        if !node.is_mapping() {
            return;
        }
        let mut hit = Hit {
            root,
            site,
            node,
            way: way.clone(),
            spec: None,
            template: None,
            home: way.clone(),
        };
        if let Some(names) = site.pod_spec.as_ref().map(FieldPath::names) {
            hit.spec = node.at(&names).filter(|spec| spec.is_mapping());
            hit.template = names.split_last().and_then(|(_, above)| node.at(above));
            for name in &names {
                hit.home.name(name);
            }
        }
        if hit.is_there() {
            found.push(hit);
        }
    });
    found
}

impl<'t, 'a> Hit<'t, 'a> {
    /// The way to its pod spec.
    pub(super) fn home(&self) -> &str {
        self.home.as_str()
    }

    /// Whether there is a pod spec, an image, or a pod whose image the operator chooses.
    pub(super) fn makes_pods(&self) -> bool {
        self.is_made(&self.images(), &self.places(None))
    }

    fn is_made(&self, images: &[Image<'_>], places: &[SecretsField<'_, '_>]) -> bool {
        let by_object = || {
            let is_written = |place: &SecretsField<'_, '_>| place.list.state != ListState::Absent;
            self.site.implicit || self.spec.is_some() || places.iter().any(is_written)
        };
        !images.is_empty() || !self.site.needs_image && by_object()
    }

    /// Whether the condition of the site holds.
    fn is_there(&self) -> bool {
        self.site.when.as_ref().is_none_or(|when| {
            let mut value = None;
            self.each(&when.path, &mut |node, _| {
                value.get_or_insert_with(|| node.scalar());
            });
            when.holds(value.as_ref().map(Option::as_deref))
        })
    }

    /// Whether the pod spec names a ServiceAccount in the field that kustomize keeps up to date.
    pub(super) fn names_account(&self) -> bool {
        let name = self.spec.and_then(|spec| spec.get(ACCOUNT_FIELDS[0]));
        name.and_then(text).is_some()
    }

    /// What the site is called among the parts of its object.
    pub(super) fn key(&self) -> Option<Text<'a>> {
        first_text(self.node, self.site.key.as_ref()?)
    }

    /// The keys of the parts for which other fields take the place of those of the site, each once.
    pub(super) fn overridden(&self) -> Vec<Text<'a>> {
        let mut keys = Vec::new();
        for part in &self.site.overrides {
            self.each(&part.at, &mut |node, _| {
                keys.extend(first_text(node, &part.key).filter(|key| !keys.contains(key)));
            });
        }
        keys
    }

    /// The ServiceAccount that the object names for all of its parts, or that the place itself names.
    pub(super) fn account_named(&self, for_all: bool) -> Option<Text<'a>> {
        let mut name = None;
        for path in self.site.service_account.iter().filter(|path| path.from_root == for_all) {
            self.each(path, &mut |node, _| name = name.take().or_else(|| text(node)));
        }
        let spec = self.spec.filter(|_| for_all);
        name.or_else(|| ACCOUNT_FIELDS.iter().find_map(|field| text(spec?.get(field)?)))
    }

    /// What is there to be pulled, and with what. `key` is that of the part, if it has one.
    pub(super) fn read(
        &self,
        name: Option<&str>,
        key: Option<&str>,
        forms: &mut Shared<Form>,
    ) -> SiteContents<'a> {
        let images = self.images();
        let mut places = self.places(key);
        let is_made = self.is_made(&images, &places);
        let (used, target) = (self.used(&places), self.target(&places));
        let mut ways =
            Ways { home: self.home().into(), list: None, form: SecretForm::Objects, account: None };
        let (mut list, mut site) = (PullSecrets::default(), Site::without_field(self.node));
        if let Some(place) = places.get_mut(target) {
            ways.list = Some(place.way.as_str().into());
            ways.form = place.form;
            site = place.site(forms);
        }
        if let Some(place) = places.get_mut(used) {
            list = std::mem::take(&mut place.list);
        }
        if self.site.combine == Combine::FirstEntry && list.has_entry() {
            site = Site::only_first(list.span);
        }
        list.entries = combined(self.site.combine, list.entries, places);
        let (mut service_account, not_an_account) = self.account(key, &mut ways);
        let is_named = service_account.is_some();
        let mut ignored = None;
        if is_named && self.site.account_ignores_secrets {
            ignored = list.has_entry().then_some(list.span);
            site = Site::ignored(list.span, self.node);
            list = PullSecrets::default();
        } else if let Some(instead) = &self.site.cannot {
            let instead = instead.replace("{name}", name.unwrap_or("NAME"));
            site = Site::impossible(self.node, &instead);
        }
        if let Some(default) = self.site.pull_secret_default.as_deref()
            && !list.has_entry()
        {
            list.entries = Box::new([named(default, self.node)]);
        }
        let made = (!is_named).then(|| self.made(name, &mut service_account)).flatten();
        SiteContents {
            images,
            pull_secrets: list,
            site,
            service_account,
            not_an_account,
            ways,
            made,
            ignored,
            is_made,
        }
    }

    /// The field whose entries count first.
    fn used(&self, places: &[SecretsField<'_, '_>]) -> usize {
        places.iter().position(SecretsField::counts).unwrap_or_else(|| self.target(places))
    }

    /// The field to write to: the one that is in use, but rather a list than a field for one name where both count.
    fn target(&self, places: &[SecretsField<'_, '_>]) -> usize {
        if self.site.pair {
            return 0;
        }
        // Fields for one part come first, and are written only if they are in use.
        let first = places.iter().take_while(|place| place.is_override).count();
        let is_list =
            |at: &usize| matches!(places[*at].form, SecretForm::Objects | SecretForm::Names);
        let joined = self.site.combine == Combine::Joined;
        let used = places.iter().position(SecretsField::counts);
        if let Some(used) = used.filter(|at| !joined || is_list(at)) {
            return used;
        }
        let own = (joined && self.site.pod_spec.is_some()).then(|| places.len().saturating_sub(1));
        let wanted = self
            .site
            .write_to
            .as_ref()
            .and_then(|to| self.site.pull_secrets.iter().position(|field| field.path == *to));
        let wanted = wanted.map(|at| at + first);
        let best = wanted.or(own).filter(|at| *at < places.len());
        let list = best.filter(is_list).or_else(|| (first..places.len()).find(is_list));
        if used.is_some() { list.or(used).unwrap_or(first) } else { best.unwrap_or(first) }
    }

    /// What the operator makes of the ServiceAccount that no field names, and under which name.
    fn made(&self, name: Option<&str>, account: &mut Option<Text<'a>>) -> Option<MadeAccount<'a>> {
        let default = self.site.service_account_default.as_deref().unwrap_or("default");
        if self.site.decided_elsewhere {
            return Some(MadeAccount { is_elsewhere: true, names: Box::default() });
        }
        if default == "default" {
            return None;
        }
        *account = Some(default.replace("{name}", name.unwrap_or("*")).into());
        let fields = self.fields(&self.site.account_secrets);
        let names = fields.iter().flat_map(|field| field.list.names().cloned()).collect();
        Some(MadeAccount { is_elsewhere: false, names: exact(names) })
    }

    /// Calls `visit` with everything that a path of the row leads to.
    pub(super) fn each(&self, path: &FieldPath, visit: &mut dyn FnMut(Node<'t, 'a>, &mut Way)) {
        self.each_below(self.node, &self.way, path, visit);
    }

    /// Calls `visit` with everything that a path leads to from `node`, unless the path begins at the root.
    fn each_below(
        &self,
        node: Node<'t, 'a>,
        way: &Way,
        path: &FieldPath,
        visit: &mut dyn FnMut(Node<'t, 'a>, &mut Way),
    ) {
        if path.from_root {
            path.each(self.root, &mut Way::default(), visit);
        } else {
            path.each(node, &mut way.clone(), visit);
        }
    }

    /// The places of fields that hold names.
    fn fields(&self, fields: &'a [SecretField]) -> Vec<SecretsField<'t, 'a>> {
        let mut found = Vec::new();
        for field in fields {
            let (above, keys) = field.path.split_names();
            self.each(&above, &mut |holder, way| {
                found.push(SecretsField::new(holder, way, keys.clone(), field.form));
            });
        }
        found
    }

    fn images(&self) -> Box<[Image<'a>]> {
        let mut found = self.spec.map_or_else(Vec::new, |spec| images(spec).into_vec());
        let mut seen = BTreeSet::new();
        for path in &self.site.images {
            self.whole(path, &mut found, &mut seen);
        }
        for image in &self.site.fallback_images {
            let before = found.len();
            self.whole(&image.path, &mut found, &mut seen);
            if found.len() == before {
                self.whole(&image.otherwise, &mut found, &mut seen);
            }
        }
        for path in &self.site.maybe_images {
            let before = found.len();
            self.whole(path, &mut found, &mut seen);
            if found[before..].iter().any(|image| !image.reference.contains('/')) {
                found.truncate(before);
            }
        }
        for split in &self.site.split_images {
            self.each(&split.at, &mut |holder, way| {
                found.extend(self.composed(split, holder, way));
            });
        }
        exact(found)
    }

    /// The images at a path.
    fn whole(&self, path: &FieldPath, found: &mut Vec<Image<'a>>, seen: &mut BTreeSet<Way>) {
        let (above, name) =
            path.split_last().map_or((path.clone(), None), |(above, name)| (above, Some(name)));
        self.each(&above, &mut |holder, way| {
            let way = name.map_or_else(|| way.clone(), |name| way.with(name));
            let Some(node) = name.map_or(Some(holder), |name| holder.get(name)) else { return };
            let policy = holder.get("imagePullPolicy");
            if seen.insert(way.clone()) {
                found.extend(image(holder, node, policy, ImageField::At(Box::new(way))));
            }
        });
    }

    /// The image of which an object has the parts. Its place is that of the main part.
    fn composed(&self, split: &SplitImage, holder: Node<'t, 'a>, way: &Way) -> Option<Image<'a>> {
        let part = |path: &Option<FieldPath>| {
            let path = path.as_ref()?;
            let mut found = None;
            self.each_below(holder, way, path, &mut |node, way| {
                if let Some(value) = node.scalar().filter(|_| !node.is_null()) {
                    found.get_or_insert((value, node, way.clone()));
                }
            });
            found.filter(|(value, ..)| !value.is_empty())
        };
        if part(&split.unless).is_some() {
            return None;
        }
        let or = |path, fallback| part(path).or_else(|| part(fallback));
        let fallback = &split.fallback;
        let registry = or(&split.registry, &fallback.registry);
        let repository = part(&split.repository);
        let (name, tag, digest) =
            (part(&split.name), or(&split.tag, &fallback.tag), part(&split.digest));
        // What only others name does not make an image.
        if [&repository, &name].iter().all(|part| part.is_none()) {
            return None;
        }
        let repository = repository.or_else(|| part(&fallback.repository));
        let path = [&registry, &repository, &name].into_iter().flatten();
        let path = path.map(|(value, ..)| value.as_str());
        let tag = tag.as_ref().map(|(tag, ..)| tag.as_str());
        let digest = digest.as_ref().map(|(digest, ..)| digest.as_str());
        let reference = Text::from(reference_of(path, tag, digest));
        let (_, main, way) = repository.or(name)?;
        Some(Image {
            parsed: super::parsed(&reference),
            reference,
            span: main.span(),
            container: holder.get("name").and_then(text),
            field: ImageField::At(Box::new(way)),
            pulled: super::Pulled::Yes,
            origin: None,
        })
    }

    /// Calls `visit` with what takes the place of fields of the site for the part of a key.
    fn each_override(
        &self,
        key: Option<&str>,
        visit: &mut dyn FnMut(&'a Override, Node<'t, 'a>, &mut Way),
    ) {
        for part in &self.site.overrides {
            self.each(&part.at, &mut |node, way| {
                if key.is_some() && first_text(node, &part.key).as_deref() == key {
                    visit(part, node, way);
                }
            });
        }
    }

    /// The fields for pull secrets of the part of a key, the one that decides first.
    fn places(&self, key: Option<&str>) -> Vec<SecretsField<'t, 'a>> {
        let mut found = Vec::new();
        self.each_override(key, &mut |part, node, way| {
            for field in &part.pull_secrets {
                let (above, keys) = field.path.split_names();
                above.each(node, way, &mut |holder, way| {
                    let field = SecretsField::new(holder, way, keys.clone(), field.form);
                    found.push(SecretsField { is_override: true, ..field });
                });
            }
        });
        found.extend(self.fields(&self.site.pull_secrets));
        if self.site.ignores_pod_list {
            return found;
        }
        if let Some(spec) = self.spec {
            found.push(SecretsField::new(
                spec,
                &self.home,
                vec![PULL_SECRETS],
                SecretForm::Objects,
            ));
        } else if let Some(path) = &self.site.pod_spec {
            let keys = path.names().into_iter().chain([PULL_SECRETS]).collect();
            found.push(SecretsField::new(self.node, &self.way, keys, SecretForm::Objects));
        }
        found
    }

    /// The name of the ServiceAccount of the part of a key, or what is there and is not a name. Says in `ways` where.
    fn account(
        &self,
        key: Option<&str>,
        ways: &mut Ways,
    ) -> (Option<Text<'a>>, Option<Box<NotString<'a>>>) {
        let (mut name, mut wrong) = (None, None);
        let mut look = |node: Node<'t, 'a>, way: &str| {
            if let Some(found) = text(node).filter(|_| name.is_none()) {
                name = Some(found);
                ways.account = Some(way.into());
            }
            wrong = wrong.take().or_else(|| wrong::not_a_string(node));
        };
        self.each_override(key, &mut |part, node, way| {
            for path in &part.service_account {
                path.each(node, way, &mut |node, way| look(node, way.as_str()));
            }
        });
        for path in &self.site.service_account {
            self.each(path, &mut |node, way| look(node, way.as_str()));
        }
        for field in ACCOUNT_FIELDS {
            if let Some(node) = self.spec.and_then(|spec| spec.get(field)) {
                look(node, self.home.with(field).as_str());
            }
        }
        (name, wrong.map(Box::new))
    }
}

/// A field for pull secrets, or where it would be.
struct SecretsField<'t, 'a> {
    holder: Node<'t, 'a>,
    /// The keys from the holder to the field.
    keys: Vec<&'a str>,
    way: Way,
    form: SecretForm,
    list: PullSecrets<'a>,
    /// Whether it takes the place of others for one part.
    is_override: bool,
}

impl<'t, 'a> SecretsField<'t, 'a> {
    fn new(holder: Node<'t, 'a>, above: &Way, keys: Vec<&'a str>, form: SecretForm) -> Self {
        let mut way = above.clone();
        for key in &keys {
            way.name(key);
        }
        let split = keys.split_last();
        let field = split.and_then(|(key, above)| holder.at(above)?.field(key));
        let list = field.map(|field| read(field, form)).unwrap_or_default();
        Self { holder, keys, way, form, list, is_override: false }
    }

    /// Whether it has something that hides the fields after it.
    fn counts(&self) -> bool {
        self.list.has_entry() || self.list.state == ListState::Malformed
    }

    fn site(&self, forms: &mut Shared<Form>) -> Site {
        if self.way.is_below("metadata") {
            return Site::in_metadata(self.holder);
        }
        Site::at(self.holder, &self.keys, self.form, forms)
    }
}

/// The entries that count: those of the field that is in use, and what others add to them.
fn combined<'a>(
    combine: Combine,
    used: Box<[PullSecretRef<'a>]>,
    others: Vec<SecretsField<'_, 'a>>,
) -> Box<[PullSecretRef<'a>]> {
    match combine {
        Combine::First => used,
        Combine::FirstEntry => exact(used.into_vec().into_iter().take(1).collect()),
        Combine::Joined => {
            let others = others.into_iter().flat_map(|place| place.list.entries.into_vec());
            let mut seen = BTreeSet::new();
            let mut is_new = |entry: &PullSecretRef<'a>| {
                entry.name.as_ref().is_none_or(|name| seen.insert(name.clone()))
            };
            used.into_vec().into_iter().chain(others).filter(|entry| is_new(entry)).collect()
        }
    }
}

/// The pull secrets in a field that holds them in this form.
fn read<'a>(field: Field<'_, 'a>, form: SecretForm) -> PullSecrets<'a> {
    let value = field.value.resolved();
    let span = if value.span().is_empty() { field.key.span() } else { value.span() };
    if value.is_null() {
        return PullSecrets { state: ListState::Null, entries: Box::default(), span };
    }
    let found = match (form, value.kind()) {
        (SecretForm::Objects, NodeKind::Sequence(_)) => Some(entries(Some(value))),
        (SecretForm::Names, NodeKind::Sequence(_)) => Some(value.items().map(name).collect()),
        (SecretForm::Object, NodeKind::Mapping(_)) => {
            let named = value.entries().next().map(|_| super::entry(value));
            Some(named.into_iter().collect())
        }
        (SecretForm::Name, NodeKind::Scalar(_)) => {
            let named = value.string().is_none_or(|name| !name.is_empty());
            Some(named.then(|| name(value)).into_iter().collect())
        }
        (SecretForm::Text, NodeKind::Scalar(_)) => value.string().map(|all| names(&all, value)),
        _ => None,
    };
    let state = if found.is_some() { ListState::List } else { ListState::Malformed };
    PullSecrets { state, entries: found.unwrap_or_default(), span }
}

/// A name that is not a value of the input by itself.
fn named<'a>(name: &str, node: Node<'_, 'a>) -> PullSecretRef<'a> {
    PullSecretRef::implied(name.to_owned().into(), node.span())
}

/// The reference of an image that is written in parts: those of its path, a tag, which may be a digest, and a digest.
pub(super) fn reference_of<'p>(
    path: impl Iterator<Item = &'p str>,
    tag: Option<&str>,
    digest: Option<&str>,
) -> String {
    let path: Vec<_> = path.map(|part| part.trim_matches('/')).collect();
    let mut reference = path.join("/");
    if let Some(tag) = tag {
        reference.extend([if tag.starts_with("sha256:") { "@" } else { ":" }, tag]);
    }
    if let Some(digest) = digest {
        reference.extend(["@", digest]);
    }
    reference
}

/// The first text that a path leads to.
pub(super) fn first_text<'a>(node: Node<'_, 'a>, path: &FieldPath) -> Option<Text<'a>> {
    let mut found = None;
    path.each(node, &mut Way::default(), &mut |node, _| {
        found = found.take().or_else(|| text(node));
    });
    found
}

/// A name that is the entry itself.
fn name<'a>(node: Node<'_, 'a>) -> PullSecretRef<'a> {
    PullSecretRef {
        name: text(node),
        bare: !matches!(node.resolved().kind(), NodeKind::Scalar(_)),
        not_a_name: wrong::not_a_string(node).map(Box::new),
        unknown: None,
        span: node.resolved().span(),
    }
}

/// The names in a text, separated by commas or semicolons.
fn names<'a>(all: &str, node: Node<'_, 'a>) -> Box<[PullSecretRef<'a>]> {
    let names = all.split([',', ';']).map(str::trim).filter(|name| !name.is_empty());
    names.map(|name| named(name, node)).collect()
}
