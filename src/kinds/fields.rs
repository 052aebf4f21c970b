//! Where the fields of a pull site are, as paths from the root of an object.

use super::{FieldPath, PULL_SECRETS, PullSite, Row, SecretField, SecretForm, SplitImage};

impl FieldPath {
    /// The path without the `$.` at its beginning, as messages write it.
    pub fn in_object(&self) -> String {
        let text = self.to_string();
        text.strip_prefix("$.").map_or(text.clone(), str::to_owned)
    }
}

impl PullSite {
    /// A path of the row from the root of an object.
    #[must_use]
    pub fn absolute(&self, path: &FieldPath) -> FieldPath {
        if path.from_root { path.clone() } else { self.at.join(path).from_the_root() }
    }

    /// The path of its pod spec.
    pub fn pod_spec_path(&self) -> Option<FieldPath> {
        self.pod_spec.as_ref().map(|path| self.absolute(path))
    }

    /// Its fields for pull secrets: those for one part and then that of the pod spec last. Their paths are from the root.
    pub fn secret_fields(&self) -> Vec<SecretField> {
        let own = self.pull_secrets.iter();
        let own =
            own.map(|field| SecretField { path: self.absolute(&field.path), form: field.form });
        let of_pod = self.pod_spec_path().filter(|_| !self.ignores_pod_list).map(|path| {
            let path = path.join(&FieldPath::of_name(PULL_SECRETS));
            SecretField { path, form: SecretForm::Objects }
        });
        let of_parts = self.overrides.iter().flat_map(|part| {
            let at = self.absolute(&part.at);
            let fields = part.pull_secrets.iter();
            fields.map(move |field| SecretField { path: at.join(&field.path), form: field.form })
        });
        own.chain(of_parts).chain(of_pod).collect()
    }

    /// Its fields that are whole references, outside of the pod spec. Their paths are from the root.
    pub fn image_fields(&self) -> Vec<FieldPath> {
        let fallback = self.fallback_images.iter().flat_map(|one| [&one.path, &one.otherwise]);
        let all = self.images.iter().chain(fallback).chain(&self.maybe_images);
        let mut found: Vec<FieldPath> = Vec::new();
        for path in all.map(|path| self.absolute(path)) {
            if !found.contains(&path) {
                found.push(path);
            }
        }
        found
    }

    /// The parts of an image that is written in parts, in the order in which they are put together. Their paths are from
    /// the root.
    pub fn parts(&self, split: &SplitImage) -> Vec<FieldPath> {
        let parts = [&split.registry, &split.repository, &split.name, &split.tag, &split.digest];
        let absolute = |path: &FieldPath| {
            if path.from_root { path.clone() } else { self.absolute(&split.at).join(path) }
        };
        parts.into_iter().flatten().map(absolute).collect()
    }
}

impl Row {
    /// The fields for pull secrets of all its sites, each once, in the order of the row.
    pub fn secret_fields(&self) -> Vec<SecretField> {
        let mut found: Vec<SecretField> = Vec::new();
        for field in self.sites.iter().flat_map(PullSite::secret_fields) {
            if !found.contains(&field) {
                found.push(field);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FieldPath, Table};

    #[track_caller]
    fn check(api_version: &str, kind: &str, fields: &[&str]) {
        let row = Table::builtin().find(api_version, kind).expect("it is in the table");
        let found = row.secret_fields();
        let found: Vec<_> = found.iter().map(|field| field.path.in_object()).collect();
        assert_eq!(found, fields, "{kind}");
    }

    #[test]
    fn fields_are_named_from_the_root() {
        check("v1", "Pod", &["spec.imagePullSecrets"]);
        check("batch/v1", "CronJob", &["spec.jobTemplate.spec.template.spec.imagePullSecrets"]);
        check("monitoring.coreos.com/v1", "Prometheus", &["spec.imagePullSecrets"]);
        check(
            "ray.io/v1",
            "RayCluster",
            &[
                "spec.headGroupSpec.template.spec.imagePullSecrets",
                "spec.workerGroupSpecs[*].template.spec.imagePullSecrets",
            ],
        );
        check(
            "awx.ansible.com/v1beta1",
            "AWX",
            &["spec.image_pull_secret", "spec.image_pull_secrets"],
        );
    }

    #[test]
    fn parts_of_images_are_named_from_the_root() {
        let row = Table::builtin().find("nvidia.com/v1", "ClusterPolicy").expect("it is there");
        let site = &row.sites[0];
        let parts: Vec<_> =
            site.parts(&site.split_images[0]).iter().map(FieldPath::in_object).collect();
        assert_eq!(parts, ["spec.driver.repository", "spec.driver.image", "spec.driver.version"]);
    }
}
