//! Pull sites beyond one pod spec at a known path: images, pull secrets and ServiceAccounts of custom resources, where a
//! row of the table says that they are. An object may have any number of them.
//!
//! Nothing here says how a list is written: `site` does.

use std::collections::BTreeSet;

use super::site::Site;
use super::{ACCOUNT_FIELDS, Entry, FIELD, Image, ImageField, ListState, NotString, PullSecrets};
use super::{entries, exact, image, images, text, wrong};
use crate::image::Reference;
use crate::kinds::{Combine, FieldPath, PullSite, SecretForm, SplitImage, Way};
use crate::patch::Form;
use crate::shared::Shared;
use crate::text::Text;
use crate::yaml::{Field, Kind, Node};

/// Where the fields of a workload are, if they are not in a pod spec at the same path in each object of its kind.
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
    site: &'a PullSite,
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
pub(super) struct Found<'a> {
    pub(super) images: Box<[Image<'a>]>,
    pub(super) pull_secrets: PullSecrets<'a>,
    pub(super) site: Site,
    pub(super) service_account: Option<Text<'a>>,
    pub(super) not_an_account: Option<Box<NotString<'a>>>,
    pub(super) ways: Ways,
}

/// The hits of a site, in the order of the document.
pub(super) fn hits<'t, 'a>(root: Node<'t, 'a>, site: &'a PullSite) -> Vec<Hit<'t, 'a>> {
    let mut found = Vec::new();
    site.at.each(root, &mut Way::default(), &mut |node, way| {
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
            names.iter().for_each(|name| hit.home.name(name));
        }
        found.push(hit);
    });
    found
}

impl<'t, 'a> Hit<'t, 'a> {
    /// The way to its pod spec.
    pub(super) fn home(&self) -> &str {
        self.home.as_str()
    }

    /// Whether there is a pod spec or an image.
    pub(super) fn makes_pods(&self) -> bool {
        self.spec.is_some() || !self.images().is_empty()
    }

    /// Whether the pod spec names a ServiceAccount in the field that kustomize keeps up to date.
    pub(super) fn names_account(&self) -> bool {
        let name = self.spec.and_then(|spec| spec.get(ACCOUNT_FIELDS[0]));
        name.and_then(text).is_some()
    }

    /// What is there to be pulled, and with what; `None` if there is neither a pod spec nor an image.
    pub(super) fn read(&self, forms: &mut Shared<Form>) -> Option<Found<'a>> {
        let images = self.images();
        if self.spec.is_none() && images.is_empty() {
            return None;
        }
        let mut places = self.places();
        let used = places.iter().position(|place| place.counts()).unwrap_or(0);
        let mut ways =
            Ways { home: self.home().into(), list: None, form: SecretForm::Objects, account: None };
        let (mut list, mut site) = (PullSecrets::default(), Site::without_field(self.node));
        if let Some(place) = places.get_mut(used) {
            ways.list = Some(place.way.as_str().into());
            ways.form = place.form;
            list = std::mem::take(&mut place.list);
            site = place.site(forms);
        }
        match self.site.combine {
            Combine::First => {}
            Combine::FirstEntry if list.has_entry() => {
                site = Site::only_first(list.span);
                list.entries = exact(list.entries.into_vec().into_iter().take(1).collect());
            }
            Combine::FirstEntry => {}
            Combine::Joined => {
                let rest = places.into_iter().flat_map(|place| place.list.entries.into_vec());
                list.entries = list.entries.into_vec().into_iter().chain(rest).collect();
            }
        }
        let account = self.account(&mut ways);
        let (service_account, not_an_account) = account;
        Some(Found { images, pull_secrets: list, site, service_account, not_an_account, ways })
    }

    /// Calls `visit` with everything that a path of the row leads to.
    fn each(&self, path: &FieldPath, visit: &mut dyn FnMut(Node<'t, 'a>, &mut Way)) {
        if path.from_root {
            path.each(self.root, &mut Way::default(), visit);
        } else {
            path.each(self.node, &mut self.way.clone(), visit);
        }
    }

    fn images(&self) -> Box<[Image<'a>]> {
        let mut found = self.spec.map_or_else(Vec::new, |spec| images(spec).into_vec());
        let mut seen = BTreeSet::new();
        for path in &self.site.images {
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
        for split in &self.site.split_images {
            self.each(&split.at, &mut |holder, way| {
                found.extend(self.composed(split, holder, way));
            });
        }
        exact(found)
    }

    /// The image of which an object has the parts. Its place is that of the main part.
    fn composed(&self, split: &SplitImage, holder: Node<'t, 'a>, way: &Way) -> Option<Image<'a>> {
        let part = |path: &Option<FieldPath>| {
            let path = path.as_ref()?;
            let mut found = None;
            let (from, mut way) =
                if path.from_root { (self.root, Way::default()) } else { (holder, way.clone()) };
            path.each(from, &mut way, &mut |node, way| {
                if let Some(value) = node.scalar().filter(|_| !node.is_null()) {
                    found.get_or_insert((value, node, way.clone()));
                }
            });
            found.filter(|(value, ..)| !value.is_empty())
        };
        let (registry, repository, name) =
            (part(&split.registry), part(&split.repository), part(&split.name));
        let (tag, digest) = (part(&split.tag), part(&split.digest));
        let path = [&registry, &repository, &name].into_iter().flatten();
        let path: Vec<_> = path.map(|(value, ..)| value.trim_matches('/')).collect();
        let mut reference = path.join("/");
        for (value, ..) in [&tag, &digest].into_iter().flatten() {
            let is_digest = value.starts_with("sha256:");
            reference.extend([if is_digest { "@" } else { ":" }, value.as_str()]);
        }
        let (_, main, way) = repository.or(name)?;
        Some(Image {
            parsed: Reference::parse(&reference),
            reference: reference.into(),
            span: main.span(),
            container: holder.get("name").and_then(text),
            field: ImageField::At(Box::new(way)),
            pulled: super::Pulled::Yes,
        })
    }

    /// The fields for pull secrets, the one that decides first.
    fn places(&self) -> Vec<Place<'t, 'a>> {
        let mut found = Vec::new();
        for field in &self.site.pull_secrets {
            let (above, keys) = field.path.split_names();
            self.each(&above, &mut |holder, way| {
                found.push(Place::new(holder, way, keys.clone(), field.form));
            });
        }
        let own =
            self.spec.map(|spec| Place::new(spec, &self.home, vec![FIELD], SecretForm::Objects));
        found.extend(own);
        found
    }

    /// The name of its ServiceAccount, or what is there and is not a name. Says in `ways` where.
    fn account(&self, ways: &mut Ways) -> (Option<Text<'a>>, Option<Box<NotString<'a>>>) {
        let (mut name, mut wrong) = (None, None);
        let mut look = |node: Node<'t, 'a>, way: &str| {
            if let Some(found) = text(node).filter(|_| name.is_none()) {
                name = Some(found);
                ways.account = Some(way.into());
            }
            wrong = wrong.take().or_else(|| wrong::not_a_string(node));
        };
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
struct Place<'t, 'a> {
    holder: Node<'t, 'a>,
    /// The keys from the holder to the field.
    keys: Vec<&'a str>,
    way: Way,
    form: SecretForm,
    list: PullSecrets<'a>,
}

impl<'t, 'a> Place<'t, 'a> {
    fn new(holder: Node<'t, 'a>, above: &Way, keys: Vec<&'a str>, form: SecretForm) -> Self {
        let mut way = above.clone();
        keys.iter().for_each(|key| way.name(key));
        let last = keys.split_last();
        let field = last.and_then(|(key, above)| holder.at(above)?.field(key));
        let list = field.map(|field| read(field, form)).unwrap_or_default();
        Self { holder, keys, way, form, list }
    }

    /// Whether it has something that hides the fields after it.
    fn counts(&self) -> bool {
        self.list.has_entry() || self.list.state == ListState::Malformed
    }

    fn site(&self, forms: &mut Shared<Form>) -> Site {
        Site::at(self.holder, &self.keys, self.form, forms)
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
        (SecretForm::Objects, Kind::Sequence(_)) => Some(entries(Some(value))),
        (SecretForm::Names, Kind::Sequence(_)) => Some(value.items().map(name).collect()),
        (SecretForm::Object, Kind::Mapping(_)) => {
            let named = value.entries().next().map(|_| super::entry(value));
            Some(named.into_iter().collect())
        }
        (SecretForm::Name, Kind::Scalar(_)) => {
            let named = value.string().is_none_or(|name| !name.is_empty());
            Some(named.then(|| name(value)).into_iter().collect())
        }
        (SecretForm::Text, Kind::Scalar(_)) => value.string().map(|all| names(&all, value)),
        _ => None,
    };
    let state = if found.is_some() { ListState::List } else { ListState::Malformed };
    PullSecrets { state, entries: found.unwrap_or_default(), span }
}

/// A name that is the entry itself.
fn name<'a>(node: Node<'_, 'a>) -> Entry<'a> {
    Entry {
        name: text(node),
        bare: !matches!(node.resolved().kind(), Kind::Scalar(_)),
        not_a_name: wrong::not_a_string(node).map(Box::new),
        unknown: None,
        span: node.resolved().span(),
    }
}

/// The names in a text, separated by commas or semicolons.
fn names<'a>(all: &str, node: Node<'_, 'a>) -> Box<[Entry<'a>]> {
    let names = all.split([',', ';']).map(str::trim).filter(|name| !name.is_empty());
    let entry = |name: &str| Entry {
        name: Some(name.to_owned().into()),
        bare: false,
        not_a_name: None,
        unknown: None,
        span: node.span(),
    };
    names.map(entry).collect()
}
