//! What a stream holds that decides image pulls: workloads with their images and pull secrets, and
//! ServiceAccounts. Facts only: nothing here judges, and nothing here knows policy.

pub mod annotations;
pub mod build;
pub mod custom;
pub mod definition;
mod exposed;
pub mod flaws;
pub mod phase;
mod placeholder;
pub mod prefilter;
pub mod producers;
mod pulls;
pub mod reach;
mod references;
mod refreshers;
mod repeated;
pub mod secrets;
mod site;
pub mod stamp;
pub mod texts;
mod walk;
mod wrong;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use memchr::memmem;

pub use build::Build;
pub use custom::Unjudged;
pub use exposed::Exposed;
pub use flaws::Flaw;
pub use producers::{ClusterGenerator, Produced};
pub use pulls::{MadeAccount, Ways};
pub use references::{AbsentTarget, resolve};
pub use secrets::Secret;
pub use site::Site;
pub use wrong::{NotString, Sort};

use crate::image::{InvalidReference, Reference};
use crate::kinds::{self, ACCOUNT_FIELDS, PULL_SECRETS, PullSite, Role, Row, Table, Way};
use crate::names::is_subdomain;
use crate::patch::Form;
use crate::shared::Shared;
use crate::source::Span;
use crate::text::Text;
use crate::yaml::{self, Node, NodeKind, Problem, Tree};

use phase::Timing;
use walk::ObjectPlace;

/// The annotation that keeps an object or pod template as it is.
pub const OPT_OUT: &str = "pullcreds.dev/inject";
/// The annotation that names findings to ignore, on an object or a pod template.
pub(crate) const IGNORE: &str = "pullcreds.dev/ignore";
/// The annotation in which kubectl repeats what it has applied.
pub(crate) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// The annotation of a ServiceAccount whose pods may name only its secrets
/// (plugin/pkg/admission/serviceaccount/admission.go).
const ENFORCE_MOUNTABLE: &str = "kubernetes.io/enforce-mountable-secrets";
/// How the line begins that makes a mapping an object, where it is written plainly.
const API_VERSION_LINE: &str = "\napiVersion: ";
/// What replaces parameters in the images of a custom resource.
const PARAMETERS: &str = "what sets its parameters";
/// Why a list has no effect where the ServiceAccount is named.
const IGNORED: &str = "its operator ignores them where a ServiceAccount is named; put them into imagePullSecrets of that \
                       ServiceAccount";

/// What a source is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SourceKind {
    /// Manifests on their way to a cluster, which are judged and edited.
    #[default]
    Manifests,
    /// A dump of a cluster: facts about what the manifests do not hold.
    Cluster,
}

/// How much of a source is read.
#[derive(Clone, Copy)]
enum ReadScope {
    /// What may matter.
    Needed,
    /// All of it, to see whether it can be.
    Whole,
}

/// All that matters in one source. What there may be thousands of is boxed, so that the parts of a stream are joined
/// without a second copy.
#[derive(Default)]
pub struct Inventory<'a> {
    /// What the source is.
    pub source_kind: SourceKind,
    /// The number of its context, which all of its objects have; 0 until [`Inventory::of_run`] says.
    pub context: u32,
    /// In the order of the stream; none of a dump.
    pub workloads: Vec<Box<Workload<'a>>>,
    /// In the order of the stream.
    pub service_accounts: Vec<Box<ServiceAccount<'a>>>,
    /// In the order of the stream.
    pub secrets: Vec<Box<Secret<'a>>>,
    /// The Secrets that other objects will make, in the order of the stream.
    pub produced: Vec<Produced<'a>>,
    /// What `ClusterGenerator`s issue, in the order of the stream.
    pub generators: Vec<ClusterGenerator<'a>>,
    /// Credentials in plain sight, in the order of the stream; none of a dump.
    pub exposed: Vec<Exposed<'a>>,
    /// What is wrong with the form of objects, in the order of the stream; none of a dump.
    pub flaws: Vec<Flaw<'a>>,
    /// Images of custom resources that the kubelet does not pull for their own pods, in the order of the stream; none of
    /// a dump.
    pub other_images: Vec<Box<OtherImage<'a>>>,
    /// Fields that look like those for pull secrets and that nothing reads, in the order of the stream; none of a dump.
    pub unread: Vec<DeadField<'a>>,
    /// The annotations that name findings to ignore, in the order of the stream; none of a dump.
    pub ignores: Vec<Box<Ignore<'a>>>,
    /// Custom resources that hold images and are not judged, in the order of the stream; none of a dump.
    pub unjudged: Vec<Box<Unjudged<'a>>>,
    /// What objects refer to and the run does not have; none of a dump.
    pub absent: Vec<Box<AbsentTarget<'a>>>,
    /// The rows of the policy that an object has which may make no pods itself.
    pub own_rows: BTreeSet<usize>,
    /// The objects of which others make pods, in the order of the stream.
    templates: Vec<references::Template<'a>>,
    /// What refers to others for its pods, in the order of the stream; none of a dump.
    users: Vec<references::User<'a>>,
    /// How many documents held Kubernetes objects that were read.
    pub objects: usize,
    /// Whether a document plainly says what it is, be it one that was not read.
    pub has_typed: bool,
}

/// An image that the kubelet does not pull for pods of its object.
pub struct OtherImage<'a> {
    /// The object.
    pub object: Object<'a>,
    /// What the image is for.
    pub role: Role,
    /// Its path from the root of the document.
    pub path: String,
    /// The image.
    pub image: Image<'a>,
    /// The pull secrets that the object has for it.
    pub names: Box<[Text<'a>]>,
    /// Whether an object of the run makes pods of it, and is checked for that.
    pub is_used: bool,
}

/// A field that looks like one for pull secrets and that nothing reads.
pub struct DeadField<'a> {
    /// The object.
    pub object: Object<'a>,
    /// Where it is.
    pub span: Span,
    /// Its path from the root of the document.
    pub path: String,
    /// Its path from the object.
    pub field: String,
    /// Why nothing reads it, and where the pull secret belongs.
    pub why: &'a str,
}

/// An annotation that names findings to ignore.
pub struct Ignore<'a> {
    /// The object, whose annotation it is or that of its pod template.
    pub object: Object<'a>,
    /// Its value.
    pub text: Text<'a>,
    /// Where the value is.
    pub span: Span,
    /// The path of the annotations from the root of the document.
    pub path: String,
}

/// What an object is. Many objects share it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TypeMeta<'a> {
    /// The `apiVersion`.
    pub api_version: Text<'a>,
    /// The `kind`.
    pub kind: Text<'a>,
}

/// Where an object is that is not the root of its document.
#[derive(Clone)]
struct Nested {
    way: Box<str>,
    /// The way to the object that holds it, if one does.
    within: Option<Box<str>>,
}

/// A Kubernetes object, and where it is.
#[derive(Clone)]
pub struct Object<'a> {
    /// Which source of the run it is in; 0 until [`Inventory::of_run`] says.
    pub source: u32,
    /// The number of its context: names in it mean objects of the same context, and those of a dump of the cluster.
    pub context: u32,
    /// The ordinal of its document, from 0.
    pub document: usize,
    /// Where it is, if it is not the root of its document.
    nested: Option<Box<Nested>>,
    /// What it is.
    pub type_meta: Arc<TypeMeta<'a>>,
    /// Its `metadata.namespace`, if not empty. [`Object::namespace`] is where it will be.
    pub namespace: Option<Text<'a>>,
    /// The namespace of objects that name none, as [`Inventory::of_run`] says.
    pub default_namespace: Option<&'a str>,
    /// Its `metadata.name`, if not empty.
    pub name: Option<Text<'a>>,
    /// Where its name is, or its kind, or the whole of it.
    pub label: Span,
    /// The bytes of the stream that belong to its document.
    pub chunk: Span,
    /// Whether [`OPT_OUT`] says that it stays as it is.
    pub opted_out: bool,
    /// When it is applied, if it says so.
    pub timing: Option<Box<Timing>>,
    /// What kustomize notes about it in the middle of a build.
    pub build: Option<Box<Build<'a>>>,
}

/// A part of an object that runs pods, which all have the same images, pull secrets and ServiceAccount: most objects
/// have one such part.
#[derive(Clone)]
pub struct Workload<'a> {
    /// The object.
    pub object: Object<'a>,
    /// Its kind.
    pub kind: &'a Row,
    /// Which of the pull sites of its kind it is.
    pub pulls: &'a PullSite,
    /// Where its fields are, if that differs from object to object.
    pub ways: Option<Box<Ways>>,
    /// How many workloads before it is the first one of its object that has the same list of pull secrets; 0 if it is that
    /// one.
    pub shares: u32,
    /// `serviceAccountName`, else the deprecated `serviceAccount`, if not empty.
    pub service_account: Option<Text<'a>>,
    /// What is where that name belongs, if it is not a string: the API server rejects the object.
    pub not_an_account: Option<Box<NotString<'a>>>,
    /// Whether `serviceAccountName` says so, the one field that kustomize keeps up to date.
    pub has_account_name: bool,
    /// The pod's own list.
    pub pull_secrets: PullSecrets<'a>,
    /// Its images, in the order of [`kinds::CONTAINER_LISTS`], then those of volumes.
    pub images: Box<[Image<'a>]>,
    /// The `SecretProviderClass`es that its volumes mount.
    pub mounts: Box<[Text<'a>]>,
    /// Whether the kubelet runs it from a file or URL of its own, without the API server.
    pub is_static: bool,
    /// What its operator does about its ServiceAccount, if it makes one.
    pub made: Option<Box<MadeAccount<'a>>>,
    /// Where its list can be written.
    pub site: Site,
}

/// Where a workload is among the inventories of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkloadId {
    /// Which source.
    pub source: usize,
    /// Which of its workloads.
    pub index: usize,
}

impl WorkloadId {
    /// The workload in the `inventories` of the run.
    pub fn of<'i, 'a>(self, inventories: &'i [Inventory<'a>]) -> &'i Workload<'a> {
        &inventories[self.source].workloads[self.index]
    }
}

/// A ServiceAccount.
pub struct ServiceAccount<'a> {
    /// The object.
    pub object: Object<'a>,
    /// Its list.
    pub pull_secrets: PullSecrets<'a>,
    /// What it lists under `secrets`: Secrets that pods may mount, and none that they pull with.
    pub mountable: Box<[PullSecretRef<'a>]>,
    /// Its annotations.
    pub annotations: Vec<(Text<'a>, Text<'a>)>,
    /// Whether its pods may name only secrets of this list.
    pub enforces_mountable: bool,
    /// Where its list can be written.
    pub site: Site,
}

/// What is under `imagePullSecrets`.
#[derive(Clone, Default)]
pub struct PullSecrets<'a> {
    /// What kind of value it is.
    pub state: ListState,
    /// Its entries, in order.
    pub entries: Box<[PullSecretRef<'a>]>,
    /// Where it is; empty when it is absent.
    pub span: Span,
}

/// What kind of value `imagePullSecrets` has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListState {
    /// There is no such key.
    #[default]
    Absent,
    /// It is null.
    Null,
    /// It is a list, without entries perhaps.
    List,
    /// It is something that the API server rejects.
    Malformed,
}

/// An entry of `imagePullSecrets`.
#[derive(Clone)]
pub struct PullSecretRef<'a> {
    /// Its name; `None` if it has none, an empty one included.
    pub name: Option<Text<'a>>,
    /// Whether it is a bare string where a mapping belongs.
    pub bare: bool,
    /// What is where its name belongs, if that is not a string.
    pub not_a_name: Option<Box<NotString<'a>>>,
    /// A key that entries do not have: `name` is the only one (`LocalObjectReference` in k8s.io/api/core/v1/types.go).
    pub unknown: Option<Box<UnknownKey<'a>>>,
    /// Where it is.
    pub span: Span,
}

/// A key that an entry of `imagePullSecrets` does not have.
#[derive(Clone)]
pub struct UnknownKey<'a> {
    /// The key.
    pub key: Text<'a>,
    /// Its value, if that is text.
    pub value: Option<Text<'a>>,
    /// Where it is.
    pub span: Span,
}

impl<'a> PullSecretRef<'a> {
    /// A name that is not written in the list; `span` is what brings it there.
    fn implied(name: Text<'a>, span: Span) -> Self {
        Self { name: Some(name), bare: false, not_a_name: None, unknown: None, span }
    }

    /// Whether nothing but its name is at its place in `text`, its source, and a Secret can be called so.
    pub fn is_name_in(&self, text: &str) -> bool {
        let written = text.get(self.span.range()).map(|text| text.trim_matches(['"', '\'']));
        self.name.as_ref().is_some_and(|name| is_subdomain(name) && written == Some(name.as_str()))
    }
}

impl<'a> PullSecrets<'a> {
    /// The names of its entries, in order.
    pub fn names(&self) -> impl Iterator<Item = &Text<'a>> {
        self.entries.iter().filter_map(|entry| entry.name.as_ref())
    }

    /// Whether the API server rejects what has this list: it is none, or has an entry that is not a mapping with a
    /// string for a name.
    pub fn is_malformed(&self) -> bool {
        let malformed = |entry: &PullSecretRef<'_>| entry.bare || entry.not_a_name.is_some();
        self.state == ListState::Malformed || self.entries.iter().any(malformed)
    }

    /// Whether it has an entry, be it without a name: one is enough to hide the list of the ServiceAccount.
    pub fn has_entry(&self) -> bool {
        !self.entries.is_empty()
    }
}

/// A field that names an image.
#[derive(Clone)]
pub struct Image<'a> {
    /// The reference as written.
    pub reference: Text<'a>,
    /// Where the reference is.
    pub span: Span,
    /// The name of its container or volume.
    pub container: Option<Text<'a>>,
    /// Which field of the pod spec it is.
    pub field: ImageField,
    /// Whether the kubelet pulls it.
    pub pulled: Pulled,
    /// Where it is written, if that is another object: the place of the image is then what refers to that.
    pub origin: Option<Box<ImageOrigin<'a>>>,
    parsed: Result<Reference<'a>, InvalidReference>,
}

/// Where an image is written that an object has from another one.
#[derive(Clone)]
pub struct ImageOrigin<'a> {
    /// The other object.
    pub object: Object<'a>,
    /// Its path from the root of the document.
    pub path: String,
    /// Where it is.
    pub span: Span,
}

/// Whether the kubelet pulls an image as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// It does, now or when the image is not on the node.
    Yes,
    /// It never does (`imagePullPolicy: Never`): the image has to be on the node.
    Never,
    /// The text stands for an image that something puts in its place in the cluster.
    ReplacedBy(&'static str),
}

impl Image<'_> {
    /// What the reference says.
    ///
    /// # Errors
    ///
    /// Why it does not parse.
    pub fn parsed(&self) -> Result<&Reference<'_>, InvalidReference> {
        self.parsed.as_ref().map_err(|invalid| *invalid)
    }

    /// The path of its field in the pod spec, by the name of its container or volume where that has one.
    pub fn field_by_name(&self) -> String {
        if let Some(origin) = &self.origin {
            let container = self.container.as_deref().unwrap_or_default();
            return format!(
                "{}/{}[{container}]",
                self.field,
                origin.object.type_meta.kind.as_str()
            );
        }
        match (self.container.as_deref(), &self.field) {
            (Some(name), ImageField::Container { list, .. }) => {
                format!("{}[{name}].image", kinds::CONTAINER_LISTS[usize::from(*list)])
            }
            (Some(name), ImageField::Volume { .. }) => format!("volumes[{name}].image.reference"),
            (_, field) => field.to_string(),
        }
    }
}

/// A field that names an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageField {
    /// `image` of an item of the list.
    Container {
        /// Which of [`kinds::CONTAINER_LISTS`].
        list: u8,
        /// The item, from 0.
        index: u32,
    },
    /// `image.reference` of an item of `volumes`.
    Volume {
        /// The item, from 0.
        index: u32,
    },
    /// A field outside of the pod spec, with the way from the object. Boxed, since few images have it.
    At(Box<Way>),
}

impl fmt::Display for ImageField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container { list, index } => {
                write!(f, "{}[{index}].image", kinds::CONTAINER_LISTS[usize::from(*list)])
            }
            Self::Volume { index } => write!(f, "volumes[{index}].image.reference"),
            Self::At(way) => f.write_str(way.as_str()),
        }
    }
}

impl Object<'_> {
    /// The namespace that it will be in, as far as it is known: its own, or the default one of the run.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref().or(self.default_namespace)
    }

    /// The way from the document's root to it: empty, or like `items[3]`.
    pub fn place(&self) -> &str {
        self.nested.as_ref().map_or("", |nested| &nested.way)
    }

    /// The way to the object that holds it, if one does: those that one holds know each other alone.
    pub fn within(&self) -> Option<&str> {
        self.nested.as_ref()?.within.as_deref()
    }

    /// The object that holds it: its document, and the way to it.
    pub fn held_by(&self) -> Option<(usize, &str)> {
        self.within().map(|within| (self.document, within))
    }

    /// The path of a field below it, from the root of the document.
    pub fn path(&self, steps: &[&str], field: &str) -> String {
        Self::joined(self.place().to_owned(), steps, field)
    }

    /// The path of a field below it, from itself.
    pub fn own_path(steps: &[&str], field: &str) -> String {
        Self::joined(String::new(), steps, field)
    }

    fn joined(mut path: String, steps: &[&str], field: &str) -> String {
        for step in steps.iter().copied().chain((!field.is_empty()).then_some(field)) {
            if !path.is_empty() && !step.starts_with('[') {
                path.push('.');
            }
            path.push_str(step);
        }
        path
    }
}

impl Workload<'_> {
    /// The ServiceAccount that its pods run as.
    pub fn effective_service_account(&self) -> &str {
        self.service_account.as_deref().unwrap_or("default")
    }

    /// The way from its object to its pod spec, or to the place of its pull site.
    pub fn home(&self) -> String {
        match &self.ways {
            Some(ways) => ways.home.to_string(),
            None => self.pulls.plain().unwrap_or_default().join("."),
        }
    }

    /// The path of a field of its pod spec, from the root of its document.
    fn path(&self, field: &str) -> String {
        self.object.path(&[&self.home()], field)
    }

    /// The path of an image.
    pub fn image_path(&self, image: &Image<'_>) -> String {
        let field = image.field.to_string();
        match image.field {
            ImageField::At(_) => self.object.path(&[], &field),
            ImageField::Container { .. } | ImageField::Volume { .. } => self.path(&field),
        }
    }

    /// The path of its list of pull secrets, or of the object if it has no field for one.
    pub fn list_path(&self) -> String {
        match &self.ways {
            Some(ways) => self.object.path(&[], ways.list.as_deref().unwrap_or_default()),
            None => self.path(PULL_SECRETS),
        }
    }

    /// The path of the name of its ServiceAccount.
    pub fn account_path(&self) -> String {
        match self.ways.as_ref().and_then(|ways| ways.account.as_deref()) {
            Some(account) => self.object.path(&[], account),
            None => self.path(ACCOUNT_FIELDS[0]),
        }
    }

    /// The path of an image from its object, by the name of its container or volume where that has one.
    pub fn image_path_by_name(&self, image: &Image<'_>) -> String {
        match image.field {
            ImageField::At(_) => image.field_by_name(),
            _ => Object::own_path(&[&self.home()], &image.field_by_name()),
        }
    }
}

impl<'a> Inventory<'a> {
    /// Reads a stream of manifests, with the built-in kinds.
    ///
    /// # Errors
    ///
    /// The first place where `text` is not a YAML stream.
    #[cfg(test)]
    pub(crate) fn of(text: &'a str) -> Result<Self, Problem> {
        Self::of_kinds(text, Table::builtin())
    }

    /// Reads a stream of manifests, with the kinds of `table`.
    ///
    /// # Errors
    ///
    /// The first place where `text` is not a YAML stream.
    pub fn of_kinds(text: &'a str, table: &'a Table) -> Result<Self, Problem> {
        Self::read(text, table, SourceKind::Manifests, ReadScope::Needed)
    }

    /// The same, with a look at every document: what is not YAML is found in objects of any kind.
    ///
    /// # Errors
    ///
    /// The first place where `text` is not a YAML stream.
    pub fn of_whole(text: &'a str, table: &'a Table) -> Result<Self, Problem> {
        Self::read(text, table, SourceKind::Manifests, ReadScope::Whole)
    }

    /// Reads a dump of a cluster with the kinds of `table`. Nothing that runs there is judged.
    ///
    /// # Errors
    ///
    /// The first place where `text` is not a YAML stream.
    pub fn of_cluster(text: &'a str, table: &'a Table) -> Result<Self, Problem> {
        let mut all = Self::read(text, table, SourceKind::Cluster, ReadScope::Needed)?;
        all.workloads.clear();
        all.users.clear();
        all.other_images.clear();
        all.exposed.clear();
        Ok(all)
    }

    fn read(
        text: &'a str,
        table: &'a Table,
        source_kind: SourceKind,
        extent: ReadScope,
    ) -> Result<Self, Problem> {
        let take = |part: &mut StreamPart<'a>, document, tree: &Tree<'a>| {
            part.found.source_kind = source_kind;
            walk::each_object(tree, document, table, |node, place, meta, row| {
                part.take(node, place, meta, row);
            });
        };
        let has_typed = AtomicBool::new(false);
        let matters = |kind: &str, document: &str| {
            if !has_typed.load(Ordering::Relaxed) && has_version(document) {
                has_typed.store(true, Ordering::Relaxed);
            }
            prefilter::matters(table, kind, document)
        };
        let parts = match extent {
            ReadScope::Needed => yaml::read(text, matters, take)?,
            ReadScope::Whole => yaml::read_whole(text, matters, take)?,
        };
        let has_typed = has_typed.into_inner();
        let mut all = Self { source_kind, has_typed, ..Self::default() };
        for (documents_before, StreamPart { found: mut part, .. }) in parts {
            for object in part.objects_mut() {
                object.document += documents_before;
            }
            references::shift(&mut part, all.workloads.len());
            all.own_rows.append(&mut part.own_rows);
            all.templates.append(&mut part.templates);
            all.users.append(&mut part.users);
            all.workloads.append(&mut part.workloads);
            all.service_accounts.append(&mut part.service_accounts);
            all.secrets.append(&mut part.secrets);
            all.produced.append(&mut part.produced);
            all.generators.append(&mut part.generators);
            all.exposed.append(&mut part.exposed);
            all.flaws.append(&mut part.flaws);
            all.other_images.append(&mut part.other_images);
            all.unread.append(&mut part.unread);
            all.ignores.append(&mut part.ignores);
            all.unjudged.append(&mut part.unjudged);
            all.objects += part.objects;
        }
        Ok(all)
    }

    /// The same as the source of this number, in the context of that number, in a run where objects that name no
    /// namespace are in `namespace`.
    #[must_use]
    pub fn of_run(mut self, source: usize, context: u32, namespace: Option<&'a str>) -> Self {
        let number = u32::try_from(source).unwrap_or(u32::MAX);
        self.context = context;
        // The first one has its numbers.
        if number > 0 || context > 0 || namespace.is_some() {
            self.objects_mut().for_each(|object| {
                object.source = number;
                object.context = context;
                object.default_namespace = namespace;
            });
        }
        self
    }

    /// Whether a document of a stream says what it is: a Kubernetes object, or a list, be it without items.
    pub fn is_typed(text: &str) -> bool {
        let found = AtomicBool::new(false);
        let read = |_: &str, document: &str| {
            if has_version(document) {
                found.store(true, Ordering::Relaxed);
            }
            !found.load(Ordering::Relaxed)
        };
        let look = |(): &mut (), _, tree: &Tree<'_>| {
            found.fetch_or(walk::is_typed(tree), Ordering::Relaxed);
        };
        yaml::read(text, read, look).is_ok() && found.into_inner()
    }

    /// Whether a stream holds a Kubernetes object of any kind; a list without items is none.
    ///
    /// # Errors
    ///
    /// The first place where `text` is not a YAML stream.
    pub fn holds_object(text: &str) -> Result<bool, Problem> {
        let found = AtomicBool::new(false);
        let read = |kind: &str, document: &str| {
            let is_certain = has_version(document) && !kind.ends_with("List");
            found.fetch_or(is_certain, Ordering::Relaxed);
            !is_certain
        };
        let look = |(): &mut (), _, tree: &Tree<'_>| {
            found.fetch_or(walk::holds_object(tree), Ordering::Relaxed);
        };
        yaml::read(text, read, look)?;
        Ok(found.into_inner())
    }

    /// Objects that decide pulls, not all and not in order: those of which something can be said.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &Object<'a>> {
        let workloads = self.workloads.iter().map(|workload| &workload.object);
        let accounts = self.service_accounts.iter().map(|account| &account.object);
        let secrets = self.secrets.iter().map(|secret| &secret.object);
        let produced = self.produced.iter().map(|produced| &produced.object);
        workloads.chain(accounts).chain(secrets).chain(produced)
    }

    fn objects_mut(&mut self) -> impl Iterator<Item = &mut Object<'a>> {
        let workloads = self.workloads.iter_mut().map(|workload| &mut workload.object);
        let accounts = self.service_accounts.iter_mut().map(|account| &mut account.object);
        let secrets = self.secrets.iter_mut().map(|secret| &mut secret.object);
        let produced = self.produced.iter_mut().map(|produced| &mut produced.object);
        let exposed = self.exposed.iter_mut().map(|exposed| &mut exposed.object);
        let flaws = self.flaws.iter_mut().map(|flaw| &mut flaw.object);
        let unjudged = self.unjudged.iter_mut().map(|unjudged| &mut unjudged.object);
        let others = self.other_images.iter_mut().map(|other| &mut other.object);
        let unread = self.unread.iter_mut().map(|unread| &mut unread.object);
        let ignores = self.ignores.iter_mut().map(|ignore| &mut ignore.object);
        let templates = self.templates.iter_mut().flat_map(references::Template::objects_mut);
        let ignores = ignores.chain(templates);
        let users = self.users.iter_mut().flat_map(references::User::objects_mut);
        let ignores = ignores.chain(users);
        let rest = produced.chain(exposed).chain(flaws).chain(unjudged).chain(others).chain(unread);
        let rest = rest.chain(ignores);
        workloads.chain(accounts).chain(secrets).chain(rest)
    }
}

/// What is found in a part of a stream.
#[derive(Default)]
struct StreamPart<'a> {
    found: Inventory<'a>,
    types: Shared<TypeMeta<'a>>,
    forms: Shared<Form>,
}

impl<'a> StreamPart<'a> {
    /// Takes in an object, of a kind with this row.
    fn take(
        &mut self,
        node: Node<'_, 'a>,
        place: &ObjectPlace,
        meta: &TypeMeta<'a>,
        row: Option<&'a Row>,
    ) {
        let Self { found, types, forms } = self;
        found.objects += 1;
        let TypeMeta { api_version, kind } = meta;
        let core = kinds::group(api_version).is_empty();
        let meta = types.keep(meta.clone());
        let make = || object(node, place, Arc::clone(&meta));
        if found.source_kind == SourceKind::Manifests {
            found.take_ignores(node, row, &make);
        }
        if core && *kind == "Secret" {
            found.secrets.push(Box::new(secrets::secret(node, make(), found.source_kind)));
            found.take_flaws(repeated::in_secret(node), &make);
            // What is in a cluster may have come from anywhere.
            if found.source_kind == SourceKind::Manifests {
                found.expose(exposed::in_secret(node), &make, &[]);
            }
        } else if core && *kind == "ConfigMap" {
            found.expose(exposed::in_config_map(node), &make, &[]);
        } else if core && *kind == "ServiceAccount" {
            found.service_accounts.push(Box::new(service_account(node, make(), forms)));
            found.take_flaws(flaws::stray_fields_of_account(node), &make);
            found.take_flaws(repeated::in_account(node), &make);
        } else if let Some(row) = row {
            let first = found.workloads.len();
            found.own_rows.extend(row.own.filter(|_| row.may_make_no_pods()));
            if row.is_template() {
                found.templates.push(references::Template::new(make(), first));
            }
            for site in row.sites.iter().filter(|site| site.is_of(api_version)) {
                match site.plain() {
                    Some(home) => found.take_workload(node, (row, site, &home), &make, forms),
                    None => found.take_hits(node, (row, site), &make, forms),
                }
            }
            share_lists(&mut found.workloads[first..]);
            found.take_unread(node, row, &make);
        } else if kinds::is_custom(api_version)
            && producers::rows(api_version, kind).next().is_none()
        {
            let held = custom::held(node).filter(|_| found.source_kind == SourceKind::Manifests);
            let unjudged = held.map(|held| Box::new(Unjudged { object: make(), held }));
            found.unjudged.extend(unjudged);
        } else {
            let flaw = flaws::unknown_kind(node, api_version, kind);
            found.take_flaws(flaw.into_iter().collect(), &make);
        }
        found.generators.extend(producers::cluster_generator(node, api_version, kind));
        for row in producers::rows(api_version, kind) {
            found.produced.extend(producers::produced(node, row, make));
        }
    }
}

impl<'a> Inventory<'a> {
    fn take_workload(
        &mut self,
        node: Node<'_, 'a>,
        (row, site, home): (&'a Row, &'a PullSite, &[&str]),
        make: &dyn Fn() -> Object<'a>,
        forms: &mut Shared<Form>,
    ) {
        self.take_flaws(flaws::stray_fields(node, home), make);
        self.take_flaws(repeated::in_workload(node, home), make);
        let Some(spec) = node.at(home).filter(|spec| spec.is_mapping()) else {
            self.take_flaws(flaws::incomplete(node, row, home), make);
            return;
        };
        let mut object = make();
        let template = &home[..home.len() - 1];
        object.opted_out |= node.at(template).is_some_and(opts_out);
        let is_static = row.is_pod() && phase::is_static(|name| annotation(node, name));
        self.expose(exposed::in_pod(spec), make, home);
        let mut workload = Workload { is_static, ..workload(spec, object, (row, site), forms) };
        if row.is_pod()
            || workload.not_an_account.is_some()
            || !flaws::is_complete(spec, &workload.images)
        {
            self.take_flaws(flaws::incomplete(node, row, home), make);
        }
        let is_held = workload.object.within().is_some();
        for image in &mut workload.images {
            let by = placeholder::replaced_by(image, node, node.at(template));
            let by = by.or_else(|| placeholder::parameter_in(image).filter(|_| is_held));
            image.pulled = by.map_or(image.pulled, Pulled::ReplacedBy);
        }
        self.workloads.push(Box::new(workload));
    }

    /// Takes in the workloads of a pull site that is more than one pod spec at one path.
    fn take_hits(
        &mut self,
        node: Node<'_, 'a>,
        (kind, pulls): (&'a Row, &'a PullSite),
        make: &dyn Fn() -> Object<'a>,
        forms: &mut Shared<Form>,
    ) {
        for hit in pulls::hits(node, pulls) {
            self.take_hit(node, &hit, (kind, make), forms);
        }
    }

    fn take_hit(
        &mut self,
        node: Node<'_, 'a>,
        hit: &pulls::Hit<'_, 'a>,
        (kind, make): (&'a Row, &dyn Fn() -> Object<'a>),
        forms: &mut Shared<Form>,
    ) {
        let (key, referrals) = (hit.key(), references::of(hit));
        let mut found = read_hit(node, hit, key.as_deref(), forms);
        let is_made = found.is_made;
        if !is_made && referrals.is_empty() {
            return;
        }
        if let Some(spec) = hit.spec.filter(|_| is_made) {
            self.expose(exposed::in_pod(spec), make, &[hit.home()]);
        }
        if let Some(span) = found.ignored.filter(|_| self.source_kind == SourceKind::Manifests) {
            let (object, field) = (make(), found.ways.list.as_deref().unwrap_or_default());
            let (path, field) = (object.path(&[], field), field.to_owned());
            self.unread.push(DeadField { object, span, path, field, why: IGNORED });
        }
        found.ignored = None;
        let workload = workload_of(hit, found, kind, make);
        if hit.site.is_template() {
            let part = references::TemplatePart::new(hit, key, &referrals, (&workload, is_made));
            self.templates.last_mut().expect("its object is there").parts.push(part);
        }
        match hit.site.role {
            Role::Pulled if self.source_kind == SourceKind::Manifests && !referrals.is_empty() => {
                // A part with a key of its own has what is for that key already.
                let keys = if hit.site.key.is_some() { Vec::new() } else { hit.overridden() };
                let variants = keys.into_iter().map(|key| {
                    let found = read_hit(node, hit, Some(&key), forms);
                    (key, workload_of(hit, found, kind, make))
                });
                let variants = variants.collect();
                let at = self.workloads.len();
                self.users.push(references::User { at, is_made, referrals, variants });
                self.workloads.push(Box::new(workload));
            }
            Role::Pulled if is_made => self.workloads.push(Box::new(workload)),
            Role::Pulled => {}
            role => self.take_other(role, &workload),
        }
    }

    /// Takes in images that the kubelet does not pull for pods of their object.
    fn take_other(&mut self, role: Role, workload: &Workload<'a>) {
        self.other_images.extend(workload.images.iter().map(|image| {
            let names = workload.pull_secrets.names().cloned().collect();
            let (object, path) = (workload.object.clone(), workload.image_path(image));
            let image = image.clone();
            Box::new(OtherImage { object, role, path, image, names, is_used: false })
        }));
    }

    /// Takes in the findings that an object and its pod templates ask to ignore.
    fn take_ignores(
        &mut self,
        node: Node<'_, 'a>,
        row: Option<&'a Row>,
        make: &dyn Fn() -> Object<'a>,
    ) {
        // Few objects have it, and the templates of a kind may take long to find.
        if MENTIONS_IGNORE.find(node.source().as_bytes()).is_none() {
            return;
        }
        let mut holders = vec![(node, Vec::new())];
        for site in row.iter().flat_map(|row| &row.sites) {
            match site.plain().as_deref() {
                Some([template @ .., _]) if !template.is_empty() => {
                    let way = template.iter().map(|key| (*key).to_owned()).collect();
                    holders.extend(node.at(template).map(|holder| (holder, way)));
                }
                Some(_) => {}
                None => holders.extend(pulls::hits(node, site).into_iter().filter_map(|hit| {
                    let (way, _) = hit.home().rsplit_once('.')?;
                    Some((hit.template?, vec![way.to_owned()]))
                })),
            }
        }
        for (holder, way) in holders {
            let field = holder.at(&["metadata", "annotations"]).and_then(|all| all.field(IGNORE));
            let Some(field) = field else { continue };
            let Some(text) = field.value.scalar() else { continue };
            let object = make();
            let steps: Vec<_> = way.iter().map(String::as_str).collect();
            let path = object.path(&steps, "metadata.annotations");
            let span = if field.value.span().is_empty() { field.key } else { field.value };
            self.ignores.push(Box::new(Ignore { object, text, span: span.span(), path }));
        }
    }

    /// Takes in the fields that nothing reads.
    fn take_unread(&mut self, node: Node<'_, 'a>, row: &'a Row, make: &dyn Fn() -> Object<'a>) {
        for field in &row.unread {
            field.path.each(node, &mut Way::default(), &mut |value, way| {
                let object = make();
                let is_of = kinds::is_among(&field.versions, &object.type_meta.api_version);
                let is_empty = value.is_null()
                    || value.items().next().is_none()
                        && text(value).is_none()
                        && !value.is_mapping();
                if is_of && !is_empty && self.source_kind == SourceKind::Manifests {
                    let path = object.path(&[], way.as_str());
                    let field_path = way.as_str().to_owned();
                    let (span, why) = (value.span(), &*field.why);
                    self.unread.push(DeadField { object, span, path, field: field_path, why });
                }
            });
        }
    }

    /// Takes in what is wrong with the form of an object. What is in a cluster, the API server has accepted.
    fn take_flaws(&mut self, found: Vec<flaws::FoundFault>, make: &dyn Fn() -> Object<'a>) {
        if self.source_kind != SourceKind::Manifests {
            return;
        }
        for flaws::FoundFault { path, span, what, container } in found {
            let object = make();
            let path = object.path(&[], &path);
            self.flaws.push(Flaw { object, span, path, container, what });
        }
    }

    /// Takes in values that show a credential.
    fn expose(
        &mut self,
        values: Vec<exposed::ExposedValue>,
        object: &dyn Fn() -> Object<'a>,
        steps: &[&str],
    ) {
        for exposed::ExposedValue { field, by_name, container, span, what } in values {
            let object = object();
            let path = object.path(steps, &field);
            let by_name = Object::own_path(steps, &by_name);
            self.exposed.push(Exposed { object, span, path, by_name, container, what });
        }
    }
}

/// What a hit says for the part of a key.
fn read_hit<'a>(
    node: Node<'_, 'a>,
    hit: &pulls::Hit<'_, 'a>,
    key: Option<&str>,
    forms: &mut Shared<Form>,
) -> pulls::SiteContents<'a> {
    let name = node.at(&["metadata", "name"]).and_then(text);
    let mut found = hit.read(name.as_deref(), key, forms);
    for image in &mut found.images {
        let by = placeholder::replaced_by(image, node, hit.template);
        let by = by.or_else(|| placeholder::parameter_in(image).map(|_| PARAMETERS));
        image.pulled = by.map_or(image.pulled, Pulled::ReplacedBy);
    }
    found
}

/// The workload of a hit.
fn workload_of<'a>(
    hit: &pulls::Hit<'_, 'a>,
    found: pulls::SiteContents<'a>,
    kind: &'a Row,
    make: &dyn Fn() -> Object<'a>,
) -> Workload<'a> {
    let mut object = make();
    object.opted_out |= hit.template.is_some_and(opts_out);
    Workload {
        object,
        kind,
        pulls: hit.site,
        ways: Some(Box::new(found.ways)),
        shares: 0,
        service_account: found.service_account,
        not_an_account: found.not_an_account,
        has_account_name: hit.names_account(),
        pull_secrets: found.pull_secrets,
        images: found.images,
        mounts: hit.spec.map(mounts).unwrap_or_default(),
        is_static: false,
        made: found.made.map(Box::new),
        site: found.site,
    }
}

/// Notes which of the workloads of one object have a list of pull secrets in common.
fn share_lists(workloads: &mut [Box<Workload<'_>>]) {
    if workloads.len() < 2 {
        return;
    }
    let mut firsts = BTreeMap::new();
    for (at, workload) in workloads.iter_mut().enumerate() {
        workload.shares = 0;
        if workload.ways.as_ref().is_none_or(|ways| ways.list.is_some()) {
            let first = *firsts.entry(workload.list_path()).or_insert(at);
            workload.shares = u32::try_from(at - first).unwrap_or(0);
        }
    }
}

fn object<'a>(node: Node<'_, 'a>, place: &ObjectPlace, type_meta: Arc<TypeMeta<'a>>) -> Object<'a> {
    let metadata = node.get("metadata");
    let name = metadata.and_then(|metadata| metadata.get("name"));
    let label = name.filter(|name| text(*name).is_some()).or_else(|| node.get("kind"));
    let name = name.and_then(text);
    Object {
        source: 0,
        context: 0,
        document: place.document,
        nested: (!place.way.is_empty()).then(|| {
            let within = place.within.as_ref().map(|within| within.way.clone());
            Box::new(Nested { way: place.way.as_str().into(), within })
        }),
        build: Build::of(node, &type_meta.kind, name.as_deref()),
        type_meta,
        namespace: metadata.and_then(|metadata| metadata.get("namespace")).and_then(text),
        default_namespace: None,
        name,
        label: label.unwrap_or(node).span(),
        chunk: node.tree().span(),
        opted_out: opts_out(node) || place.within.as_ref().is_some_and(|within| within.opted_out),
        timing: Timing::of(node),
    }
}

static MENTIONS_IGNORE: LazyLock<memmem::Finder<'static>> =
    LazyLock::new(|| memmem::Finder::new(IGNORE));

/// Whether a document that is certainly a mapping says plainly which version it has.
fn has_version(document: &str) -> bool {
    document.starts_with(API_VERSION_LINE.trim_start()) || document.contains(API_VERSION_LINE)
}

/// Whether the annotations of an object or a pod template opt out of injection.
fn opts_out(node: Node<'_, '_>) -> bool {
    annotation(node, OPT_OUT).is_some_and(|value| value == "false")
}

fn annotation<'a>(node: Node<'_, 'a>, name: &str) -> Option<Text<'a>> {
    node.at(&["metadata", "annotations", name])?.scalar()
}

fn service_account<'a>(
    node: Node<'_, 'a>,
    object: Object<'a>,
    forms: &mut Shared<Form>,
) -> ServiceAccount<'a> {
    let enforces = annotation(node, ENFORCE_MOUNTABLE);
    let annotations = node.at(&["metadata", "annotations"]).into_iter().flat_map(Node::entries);
    ServiceAccount {
        object,
        pull_secrets: pull_secrets(node),
        mountable: entries(node.get("secrets")),
        annotations: annotations
            .filter_map(|(key, value)| Some((key.scalar()?, value.scalar()?)))
            .collect(),
        // Go's strconv.ParseBool.
        enforces_mountable: enforces
            .is_some_and(|value| matches!(&*value, "1" | "t" | "T" | "true" | "TRUE" | "True")),
        site: Site::of(node, forms),
    }
}

fn workload<'a>(
    spec: Node<'_, 'a>,
    object: Object<'a>,
    (kind, pulls): (&'a Row, &'a PullSite),
    forms: &mut Shared<Form>,
) -> Workload<'a> {
    let said = |field: &str| spec.get(field).and_then(text);
    Workload {
        object,
        kind,
        pulls,
        ways: None,
        shares: 0,
        has_account_name: said(ACCOUNT_FIELDS[0]).is_some(),
        service_account: said(ACCOUNT_FIELDS[0]).or_else(|| said(ACCOUNT_FIELDS[1])),
        not_an_account: ACCOUNT_FIELDS
            .iter()
            .find_map(|field| wrong::not_a_string(spec.get(field)?))
            .map(Box::new),
        pull_secrets: pull_secrets(spec),
        images: images(spec),
        mounts: mounts(spec),
        is_static: false,
        made: None,
        site: Site::of(spec, forms),
    }
}

fn images<'a>(spec: Node<'_, 'a>) -> Box<[Image<'a>]> {
    let mut images = Vec::new();
    for (list, name) in (0..).zip(kinds::CONTAINER_LISTS) {
        let containers = (0..).zip(spec.get(name).into_iter().flat_map(Node::items));
        images.extend(containers.filter_map(|(index, container)| {
            let reference = container.get("image")?;
            let policy = container.get("imagePullPolicy");
            image(container, reference, policy, ImageField::Container { list, index })
        }));
    }
    let volumes = (0..).zip(spec.get("volumes").into_iter().flat_map(Node::items));
    images.extend(volumes.filter_map(|(index, volume)| {
        let source = volume.get("image")?;
        let policy = source.get("pullPolicy");
        image(volume, source.get("reference")?, policy, ImageField::Volume { index })
    }));
    exact(images)
}

/// The driver of the Secrets Store (`secrets-store-csi-driver`, docs, "Usage").
const SECRETS_STORE: &str = "secrets-store.csi.k8s.io";

fn mounts<'a>(spec: Node<'_, 'a>) -> Box<[Text<'a>]> {
    let volumes = spec.get("volumes").into_iter().flat_map(Node::items);
    let drivers = volumes.filter_map(|volume| volume.get("csi"));
    let stores = drivers
        .filter(|csi| csi.get("driver").and_then(text).is_some_and(|of| of == SECRETS_STORE));
    let classes =
        stores.filter_map(|csi| text(csi.at(&["volumeAttributes", "secretProviderClass"])?));
    exact(classes.collect())
}

fn image<'a>(
    holder: Node<'_, 'a>,
    node: Node<'_, 'a>,
    policy: Option<Node<'_, 'a>>,
    field: ImageField,
) -> Option<Image<'a>> {
    let reference = node.string().filter(|reference| !reference.is_empty())?;
    let never = policy.is_some_and(|policy| policy.is("Never"));
    let pulled = if never { Pulled::Never } else { Pulled::Yes };
    let container = holder.get("name").and_then(text);
    let parsed = parsed(&reference);
    let span = node.span();
    Some(Image { reference, span, container, field, pulled, origin: None, parsed })
}

/// What the reference of an image says, in its own text where that is a part of the source.
fn parsed<'a>(reference: &Text<'a>) -> Result<Reference<'a>, InvalidReference> {
    match reference.borrowed() {
        Some(text) => Reference::parse(text),
        None => Reference::parse(reference).map(Reference::into_owned),
    }
}

fn pull_secrets<'a>(holder: Node<'_, 'a>) -> PullSecrets<'a> {
    let Some(field) = holder.field(PULL_SECRETS) else { return PullSecrets::default() };
    let list = field.value.resolved();
    let state = match list.kind() {
        NodeKind::Sequence(_) => ListState::List,
        _ if list.is_null() => ListState::Null,
        _ => ListState::Malformed,
    };
    let span = if list.span().is_empty() { field.key.span() } else { list.span() };
    PullSecrets { state, entries: entries(Some(list)), span }
}

fn entries<'a>(list: Option<Node<'_, 'a>>) -> Box<[PullSecretRef<'a>]> {
    exact(list.into_iter().flat_map(Node::items).map(entry).collect())
}

/// A mapping with a name.
fn entry<'a>(item: Node<'_, 'a>) -> PullSecretRef<'a> {
    PullSecretRef {
        name: item.get("name").and_then(text),
        bare: !item.is_mapping() && !item.is_null(),
        not_a_name: item.get("name").and_then(wrong::not_a_string).map(Box::new),
        unknown: unknown_key(item),
        span: item.resolved().span(),
    }
}

fn unknown_key<'a>(item: Node<'_, 'a>) -> Option<Box<UnknownKey<'a>>> {
    let unknown =
        |key: &Node<'_, '_>| !key.is_merge_key() && key.scalar().is_none_or(|key| key != "name");
    let (key, value) = item.entries().find(|(key, _)| unknown(key))?;
    let key_text = key.scalar().unwrap_or_default();
    Some(Box::new(UnknownKey { key: key_text, value: text(value), span: key.span() }))
}

/// The same in memory of its size. What a vector that has grown gives back of its own would be a hole after it, and
/// there are thousands.
fn exact<T>(mut found: Vec<T>) -> Box<[T]> {
    found.drain(..).collect()
}

/// The value of a string that is not empty.
fn text<'a>(node: Node<'_, 'a>) -> Option<Text<'a>> {
    node.string().filter(|text| !text.is_empty())
}
