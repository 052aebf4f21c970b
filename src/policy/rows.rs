//! Kinds of custom resources as a policy writes them: paths for all pods of a kind, or a list of pull sites.

use super::Spanned;
use super::check::{InvalidValue, Validation, place, refusal, start_of};
use super::config;
use super::read::{FieldValue, List, quoted};
use crate::kinds::{
    FieldPath, ObjectReference, PullSite, Row, SecretField, SecretForm, SplitImage, Table, Target,
};
use crate::names::is_subdomain;
use crate::say;
use crate::source::Span;
use crate::text::shown;

impl Validation<'_> {
    /// The kinds with the built-in ones, and the place of each entry.
    pub(super) fn custom_resources(
        &mut self,
        list: FieldValue<List<Spanned<config::CustomResource>>>,
    ) -> (Table, Vec<Option<Span>>) {
        let mut rows: Vec<Row> = Vec::new();
        let mut spans: Vec<Option<Span>> = Vec::new();
        for item in list.good().map(|list| list.0).unwrap_or_default() {
            let span = item.span;
            let Some(row) = self.custom_resource(item) else { continue };
            if let Some(first) = rows.iter().position(|other| overlap(other, &row)) {
                let message =
                    say!("{} of {} already has an entry", shown(&row.kind), shown(&row.groups[0]));
                self.repeated(span.map(start_of), message, spans[first].map(start_of));
            } else {
                rows.push(row);
                spans.push(span);
            }
        }
        (Table::with(rows), spans)
    }

    fn custom_resource(&mut self, item: Spanned<config::CustomResource>) -> Option<Row> {
        let (whole, item) = (place(item.span), item.value);
        let says_nothing = item.pod_specs.is_absent()
            && item.images.is_absent()
            && item.pull_secrets.is_absent()
            && item.sites.is_absent();
        if says_nothing {
            self.report(
                start_of(whole),
                "this entry says nothing about its kind",
                "add `podSpecs`, or `images` and `pullSecrets`",
            );
        }
        let group = self.required(item.group, "group", whole, "this entry");
        let kind = self.required(item.kind, "kind", whole, "this entry");
        let versions = self.distinct(item.versions, version).unwrap_or_default();
        let short = Short {
            pod_specs: values(self.distinct(item.pod_specs, one_field)),
            images: values(self.distinct(item.images, from_root)),
            pull_secrets: values(self.distinct(item.pull_secrets, one_field)),
            service_account: values(self.distinct(item.service_accounts, from_root)),
            form: item.pull_secret_shape.clone().good().map(|form| form.value).unwrap_or_default(),
        };
        if let (Some(shape), true) = (item.pull_secret_shape.good(), short.pull_secrets.is_empty())
        {
            let message = "`pullSecretShape` is about `pullSecrets`, and there are none";
            self.report(place(shape.span), message, "remove it, or add `pullSecrets`");
        }
        let mut sites = short.sites();
        for site in item.sites.good().map(|list| list.0).unwrap_or_default() {
            sites.extend(self.site(site));
        }
        let (group, kind) = (group?, kind?);
        let group = self.accept(group.span, api_group(&group.value))?;
        let kind = self.accept(kind.span, kind_name(&kind.value))?;
        let versions = versions.into_iter().map(|version| version.value.into()).collect();
        Some(Row::new(&group, &kind, versions, sites.into()))
    }

    fn site(&mut self, item: Spanned<config::CustomSite>) -> Option<PullSite> {
        let (whole, item) = (place(item.span), item.value);
        let says_nothing = item.pod_spec.is_absent()
            && item.images.is_absent()
            && item.split_images.is_absent()
            && item.references.is_absent();
        if says_nothing {
            self.report(
                start_of(whole),
                "this entry says nothing about images",
                "add `podSpec`, `images`, `splitImages` or `references`",
            );
            return None;
        }
        let at = self.value(item.at, any_path).map(|path| path.value).unwrap_or_default();
        let pod_spec = self.value(item.pod_spec, single_path).map(|path| path.value);
        let images = values(self.distinct(item.images, any_path)).into();
        let splits = item.split_images.good().map(|list| list.0).unwrap_or_default();
        let splits: Vec<_> = splits.into_iter().filter_map(|split| self.split(split)).collect();
        let fields = item.pull_secrets.good().map(|list| list.0).unwrap_or_default();
        let fields: Vec<_> = fields.into_iter().filter_map(|field| self.field(field)).collect();
        let service_account = values(self.distinct(item.service_account, any_path)).into();
        let combine = item.combine.good().map(|combine| combine.value).unwrap_or_default();
        let references = item.references.good().map(|list| list.0).unwrap_or_default();
        let references: Vec<_> =
            references.into_iter().filter_map(|one| self.reference(one)).collect();
        let key = self.value(item.key, any_path).map(|path| path.value);
        let (split_images, pull_secrets) = (splits.into(), fields.into());
        let site = PullSite {
            at,
            pod_spec,
            images,
            split_images,
            pull_secrets,
            combine,
            service_account,
            role: item.role.good().map(|role| role.value).unwrap_or_default(),
            key,
            references: references.into(),
            ..PullSite::default()
        };
        Some(site.tidied())
    }

    fn reference(&mut self, item: Spanned<config::CustomReference>) -> Option<ObjectReference> {
        let (whole, item) = (place(item.span), item.value);
        let at = self.required(item.at, "at", whole, "this entry");
        let to = self.required(item.to, "to", whole, "this entry").map(|list| list.0);
        let to: Vec<_> =
            to.unwrap_or_default().into_iter().filter_map(|target| self.target(target)).collect();
        let name = self.value(item.name, any_path).map(|path| path.value);
        let part = self.value(item.part, any_path).map(|path| path.value);
        let at = at?;
        (!to.is_empty()).then_some(ObjectReference {
            at: self.accept(at.span, any_path(&at.value))?,
            name: name.unwrap_or_else(|| FieldPath::of_name("name")),
            to: to.into(),
            remote: Box::default(),
            params: None,
            part,
            takes: item.takes.good().map(|takes| takes.value).unwrap_or_default(),
            merges: item.merges.good().is_some_and(|merges| merges.value),
            unless_own: false,
        })
    }

    fn target(&mut self, item: Spanned<config::CustomTarget>) -> Option<Target> {
        let (whole, item) = (place(item.span), item.value);
        let group = self.required(item.group, "group", whole, "this entry");
        let kind = self.required(item.kind, "kind", whole, "this entry");
        let (group, kind) = (group?, kind?);
        Some(Target {
            group: self.accept(group.span, target_group(&group.value))?.into(),
            kind: self.accept(kind.span, kind_name(&kind.value))?.into(),
            cluster_scoped: item.cluster_scoped.good().is_some_and(|scope| scope.value),
            when: None,
            sites: Box::default(),
        })
    }

    fn field(&mut self, item: Spanned<config::CustomSecrets>) -> Option<SecretField> {
        let path = self.required(item.value.path, "path", place(item.span), "this entry")?;
        let path = self.accept(path.span, ends_in_name(any_path(&path.value)))?;
        let form = item.value.form.good().map(|form| form.value).unwrap_or_default();
        Some(SecretField { path, form })
    }

    fn split(&mut self, item: Spanned<config::CustomSplit>) -> Option<SplitImage> {
        let (whole, item) = (place(item.span), item.value);
        if item.repository.is_absent() && item.name.is_absent() {
            let message = "this image has neither a repository nor a name";
            self.report(start_of(whole), message, "add `repository` or `name`");
            return None;
        }
        let mut path = |field| self.value(field, any_path).map(|path| path.value);
        Some(SplitImage {
            at: path(item.at).unwrap_or_default(),
            registry: path(item.registry),
            repository: path(item.repository),
            name: path(item.name),
            tag: path(item.tag),
            digest: path(item.digest),
            ..SplitImage::default()
        })
    }
}

/// The paths of an entry that are about all pods of its kind.
struct Short {
    pod_specs: Vec<FieldPath>,
    images: Vec<FieldPath>,
    pull_secrets: Vec<FieldPath>,
    form: SecretForm,
    service_account: Vec<FieldPath>,
}

impl Short {
    /// A site for what each path to a pod spec leads to, and one for the images beside them.
    fn sites(&self) -> Vec<PullSite> {
        let field = |path: &FieldPath| SecretField { path: path.clone(), form: self.form };
        let common = || PullSite {
            pull_secrets: self.pull_secrets.iter().map(field).collect(),
            service_account: self.service_account.as_slice().into(),
            ..PullSite::default()
        };
        let pod_specs = self.pod_specs.iter().filter_map(|path| {
            let (at, name) = path.split_last()?;
            let pod_spec = Some(FieldPath::of_name(name));
            Some(PullSite { at, pod_spec, ..common() }.tidied())
        });
        let images = || PullSite { images: self.images.as_slice().into(), ..common() };
        let beside = (!self.images.is_empty()).then(images);
        pod_specs.chain(beside).collect()
    }
}

/// Whether two rows are for one kind in some version.
fn overlap(one: &Row, other: &Row) -> bool {
    let is_any = one.versions.is_empty() || other.versions.is_empty();
    one.kind == other.kind
        && one.groups == other.groups
        && (is_any || one.versions.iter().any(|version| other.versions.contains(version)))
}

fn values<T>(list: Option<Vec<Spanned<T>>>) -> Vec<T> {
    list.unwrap_or_default().into_iter().map(|spanned| spanned.value).collect()
}

fn any_path(text: &str) -> Result<FieldPath, InvalidValue> {
    FieldPath::parse(text).map_err(|bad| refusal(bad.what, bad.help))
}

fn from_root(text: &str) -> Result<FieldPath, InvalidValue> {
    if !text.starts_with('$') {
        return Err(refusal("a path begins with `$`", "write it as in `$.spec.template.spec`"));
    }
    let path = any_path(text)?;
    if path.steps().is_empty() {
        let help = "name a field, as in `$.spec.template.spec`";
        return Err(refusal("this path leads nowhere", help));
    }
    Ok(path)
}

fn ends_in_name(path: Result<FieldPath, InvalidValue>) -> Result<FieldPath, InvalidValue> {
    let path = path?;
    if path.split_last().is_none() {
        let help = "write the path of one field, as in `$.spec.template.spec`";
        return Err(refusal("this path does not end in a key", help));
    }
    Ok(path)
}

/// The path of one field: of a pod spec, or of a field for pull secrets.
fn one_field(text: &str) -> Result<FieldPath, InvalidValue> {
    ends_in_name(from_root(text))
}

/// The path of a pod spec below the place of its site.
fn single_path(text: &str) -> Result<FieldPath, InvalidValue> {
    let path = any_path(text)?;
    if path.names().len() < path.steps().len() || path.from_root {
        let help = "write keys only, as in `template.spec`, and lists into `at`";
        return Err(refusal("this path can lead to several pod specs", help));
    }
    Ok(path)
}

/// `v1`, `v1beta2`, without the group.
fn version(text: &str) -> Result<String, InvalidValue> {
    if is_subdomain(text) && !text.contains('.') {
        return Ok(text.to_owned());
    }
    let message = say!("{} is not a valid version", quoted(text, "this"));
    Err(refusal(message, "write the part of `apiVersion` after the `/`, as in `v1alpha1`"))
}

/// The group of a custom resource is the domain of its definition.
fn api_group(text: &str) -> Result<String, InvalidValue> {
    if is_subdomain(text) && text.contains('.') {
        return Ok(text.to_owned());
    }
    Err(refusal(
        say!("{} is not a valid API group of a custom resource", quoted(text, "this")),
        "write the part of `apiVersion` before the `/`, as in `argoproj.io`",
    ))
}

/// The group of any kind to which a reference may lead.
fn target_group(text: &str) -> Result<String, InvalidValue> {
    if is_subdomain(text) {
        return Ok(text.to_owned());
    }
    Err(refusal(
        say!("{} is not a valid API group", quoted(text, "this")),
        "write the part of `apiVersion` before the `/`, as in `apps`",
    ))
}

pub(super) fn kind_name(text: &str) -> Result<String, InvalidValue> {
    let fine = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && text.len() <= 63;
    if fine {
        return Ok(text.to_owned());
    }
    Err(refusal(
        say!("{} is not a valid kind", quoted(text, "this")),
        "write it as in the manifest, such as `Rollout`",
    ))
}
