//! The manifests below folders, and what there has to be rendered first. Nothing here reads a manifest.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use ignore::WalkBuilder;
use ignore::gitignore::Gitignore;
use ignore::overrides::OverrideBuilder;

use super::ReadError;
use crate::say;
use crate::text::{Message, shown, shown_path};

/// The extensions of files that are taken from a folder.
pub(super) const EXTENSIONS: &[&str] = &["json", "yaml", "yml"];
/// The file that says which files are left out, in the syntax of `.gitignore`. Those of Git and `.ignore` count too.
const IGNORE_FILE: &str = ".pullcredsignore";
/// Every file that says so, the one that wins first.
const IGNORE_FILES: &[&str] = &[IGNORE_FILE, ".ignore", ".gitignore"];
/// The file that makes a folder a chart of Helm.
const CHART: &str = "Chart.yaml";
/// The folder of a chart that has its templates.
const TEMPLATES: &str = "templates";
/// The folder of a chart that has the charts which are part of it.
const SUBCHARTS: &str = "charts";
/// The files that make a folder a kustomization (`RecognizedKustomizationFileNames` in kustomize's
/// api/konfig/general.go).
pub const KUSTOMIZATIONS: &[&str] = &["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// What is at paths.
#[derive(Debug, Default)]
pub struct FoundFiles {
    /// The manifests: files as they are named, and those below folders, in the order of their names.
    pub files: Vec<PathBuf>,
    /// The folders of charts, in order.
    pub charts: BTreeSet<PathBuf>,
    /// The folders of kustomizations, in order.
    pub kustomizations: BTreeSet<PathBuf>,
    /// The paths that were given and are among the templates of a chart, each with that chart.
    among_templates: Vec<(PathBuf, PathBuf)>,
}

impl FoundFiles {
    /// The charts that are not part of a chart above them.
    pub fn whole_charts(&self) -> impl Iterator<Item = &Path> {
        let is_part = |chart: &PathBuf| {
            let charts = chart.parent().filter(|parent| parent.ends_with(SUBCHARTS));
            let above = charts.and_then(Path::parent);
            above.is_some_and(|above| self.charts.contains(above))
        };
        self.charts.iter().filter(move |chart| !is_part(chart)).map(PathBuf::as_path)
    }

    /// Whether a file is in the folder of a kustomization, or below it.
    pub fn is_kustomized(&self, file: &Path) -> bool {
        file.ancestors().skip(1).any(|folder| self.kustomizations.contains(folder))
    }

    /// The chart whose template a file is, if it is below its `templates` and the chart was found. The templates of a
    /// chart below `charts` are rendered with the chart above.
    pub fn chart_of(&self, file: &Path) -> Option<&Path> {
        let mut given = self.among_templates.iter();
        if let Some((_, chart)) = given.find(|(path, _)| file.starts_with(path)) {
            return Some(chart);
        }
        let mut folders = file.ancestors().skip(1);
        folders.find_map(|folder| {
            let chart = folder.parent().filter(|_| folder.ends_with(TEMPLATES))?;
            let mut chart = self.charts.get(chart)?.as_path();
            while let Some(charts) = chart.parent().filter(|parent| parent.ends_with(SUBCHARTS))
                && let Some(above) = charts.parent().and_then(|above| self.charts.get(above))
            {
                chart = above;
            }
            Some(chart)
        })
    }
}

/// The manifests at `paths`: files as they are, and every YAML and JSON file below folders that no ignore file and none
/// of the patterns in `exclude` leaves out.
///
/// # Errors
///
/// A path that does not exist or cannot be listed.
pub fn find(paths: &[PathBuf], exclude: &[String]) -> Result<FoundFiles, ReadError> {
    let mut found = FoundFiles::default();
    for path in paths {
        let error = |source| ReadError::Io { name: shown_path(path), source };
        let is_folder = fs::metadata(path).map_err(error)?.is_dir();
        if let Some(chart) = chart_around(path) {
            found.charts.insert(chart.clone());
            found.among_templates.push((path.clone(), chart));
        }
        if !is_folder {
            found.files.push(path.clone());
            continue;
        }
        let mut below = Vec::new();
        let mut walk = WalkBuilder::new(path);
        walk.require_git(false).add_custom_ignore_filename(IGNORE_FILE);
        walk.overrides(excluded(path, exclude).map_err(|error| ReadError::Io {
            name: shown_path(path),
            source: io::Error::other(error.to_string()),
        })?);
        for entry in walk.build() {
            let entry = entry.map_err(|error| ReadError::Io {
                name: shown_path(path),
                source: io::Error::other(error.to_string()),
            })?;
            if !entry.file_type().is_some_and(|kind| kind.is_file()) {
                continue;
            }
            let folder = entry.path().parent().map(Path::to_owned).unwrap_or_default();
            let name = entry.file_name();
            if name == CHART {
                found.charts.insert(folder);
            } else if KUSTOMIZATIONS.iter().any(|kustomization| name == *kustomization) {
                found.kustomizations.insert(folder);
            }
            if is_manifest(entry.path()) {
                below.push(entry.into_path());
            }
        }
        below.sort();
        found.files.extend(below);
    }
    Ok(found)
}

/// The chart among whose templates a path is, or the one that this chart is part of, named as the path is.
fn chart_around(path: &Path) -> Option<PathBuf> {
    let leads_up = path.components().any(|part| part == Component::ParentDir);
    let whole = if leads_up { fs::canonicalize(path) } else { std::path::absolute(path) }.ok()?;
    let is_chart = |folder: &&Path| folder.join(CHART).is_file();
    let templates = whole.ancestors().filter(|folder| folder.ends_with(TEMPLATES));
    let mut chart = templates.filter_map(Path::parent).find(is_chart)?;
    while let Some(charts) = chart.parent().filter(|parent| parent.ends_with(SUBCHARTS))
        && let Some(above) = charts.parent().filter(is_chart)
    {
        chart = above;
    }
    if leads_up {
        return Some(chart.to_owned());
    }
    let depth = whole.ancestors().position(|folder| folder == chart)?;
    let parts: Vec<_> = path.components().filter(|part| *part != Component::CurDir).collect();
    Some(match parts.len().checked_sub(depth) {
        Some(0) => PathBuf::from("."),
        Some(kept) => parts[..kept].iter().collect(),
        None => std::iter::repeat_n("..", depth - parts.len()).collect(),
    })
}

/// A manifest that is not read.
#[derive(Debug, PartialEq, Eq)]
pub struct LeftOutFile {
    /// Its path.
    pub path: PathBuf,
    /// Why.
    pub why: LeftOutBy,
}

/// Why a manifest is not read.
#[derive(Debug, PartialEq, Eq)]
pub enum LeftOutBy {
    /// A pattern of the run.
    Exclude,
    /// An ignore file.
    IgnoreFile(PathBuf),
    /// Its name, or that of a folder around it, begins with a dot.
    Hidden,
    /// An ignore file outside of the folder, or the one of the user.
    Elsewhere,
}

/// The manifests below folders of `paths` that are not among those `found`, for a person who misses one. What cannot be
/// listed is not among them, and neither is the repository of Git itself.
pub fn left_out(paths: &[PathBuf], exclude: &[String], found: &FoundFiles) -> Vec<LeftOutFile> {
    let taken: BTreeSet<&Path> = found.files.iter().map(PathBuf::as_path).collect();
    let mut all = Vec::new();
    for root in paths.iter().filter(|path| path.is_dir()) {
        let Ok(rules) = excluded(root, exclude) else { continue };
        let mut walk = WalkBuilder::new(root);
        walk.standard_filters(false).filter_entry(|entry| entry.file_name() != ".git");
        let files = walk.build().flatten();
        let files = files.filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
        for path in files.map(ignore::DirEntry::into_path) {
            if is_manifest(&path) && !taken.contains(&*path) {
                let is_excluded = rules.matched(&path, false).is_ignore()
                    || path.ancestors().skip(1).any(|up| rules.matched(up, true).is_ignore());
                let why = if is_excluded { LeftOutBy::Exclude } else { why_left_out(root, &path) };
                all.push(LeftOutFile { path, why });
            }
        }
    }
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

/// Which ignore file below `root` leaves a file out, if it is not hidden.
fn why_left_out(root: &Path, path: &Path) -> LeftOutBy {
    let below = path.strip_prefix(root).unwrap_or(path);
    let is_hidden =
        |part: Component<'_>| part.as_os_str().as_encoded_bytes().first() == Some(&b'.');
    let folders = path.ancestors().skip(1).take_while(|folder| folder.starts_with(root));
    for file in folders.flat_map(|folder| IGNORE_FILES.iter().map(|name| folder.join(name))) {
        if file.is_file()
            && Gitignore::new(&file).0.matched_path_or_any_parents(path, false).is_ignore()
        {
            return LeftOutBy::IgnoreFile(file);
        }
    }
    if below.components().any(is_hidden) { LeftOutBy::Hidden } else { LeftOutBy::Elsewhere }
}

fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
}

/// The rules by which files below a folder are left out: a pattern of an override with `!` before it is one to ignore.
fn excluded(root: &Path, exclude: &[String]) -> Result<ignore::overrides::Override, ignore::Error> {
    let mut rules = OverrideBuilder::new(root);
    for pattern in exclude {
        rules.add(&format!("!{pattern}"))?;
    }
    rules.build()
}

/// Reads a pattern of files to leave out.
///
/// # Errors
///
/// Why it is not one.
pub fn parse_exclude(pattern: &str) -> Result<String, Message> {
    if pattern.starts_with('!') {
        return Err(Message::of("a pattern does not begin with `!`: these files are left out"));
    }
    match excluded(Path::new("."), &[pattern.to_owned()]) {
        Ok(_) => Ok(pattern.to_owned()),
        Err(error) => {
            // The sign is not from the user.
            let why = error.to_string().replacen("'!", "'", 1);
            Err(say!("this is not a valid pattern: {}", shown(&why)))
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test makes its own files")]
mod tests {
    use super::*;

    /// A folder with these files.
    fn folder_with(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder can be made");
        for name in names {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
            fs::write(path, "a: 1\n").expect("a file can be written");
        }
        folder
    }

    #[track_caller]
    fn found_in(folder: &Path, exclude: &[String]) -> FoundFiles {
        find(&[folder.to_owned()], exclude).expect("the folder can be read")
    }

    fn names(found: &FoundFiles, folder: &Path) -> Vec<String> {
        let below = found.files.iter().map(|file| file.strip_prefix(folder).expect("it is below"));
        below.map(|file| file.display().to_string()).collect()
    }

    #[test]
    fn a_folder_gives_its_manifests_in_order_and_honours_ignore_files() {
        let files =
            ["b.yaml", "a.json", "c.txt", "left-out.yml", "own.yaml", "d/e.yaml", "d/f.yml"];
        let folder = folder_with(&files);
        for (name, text) in [(".gitignore", "left-out.yml\n"), (IGNORE_FILE, "own.yaml\n")] {
            fs::write(folder.path().join(name), text).expect("a file can be written");
        }
        let all = found_in(folder.path(), &[]);
        assert_eq!(names(&all, folder.path()), ["a.json", "b.yaml", "d/e.yaml", "d/f.yml"]);
        for (pattern, left) in [
            ("d/", &["a.json", "b.yaml"][..]),
            ("*.yml", &["a.json", "b.yaml", "d/e.yaml"]),
            ("/e.yaml", &["a.json", "b.yaml", "d/e.yaml", "d/f.yml"]),
            ("**/e.yaml", &["a.json", "b.yaml", "d/f.yml"]),
        ] {
            let found = found_in(folder.path(), &[pattern.to_owned()]);
            assert_eq!(names(&found, folder.path()), left, "{pattern}");
        }
    }

    #[test]
    fn what_is_left_out_has_a_reason() {
        let files = ["a.yaml", "own.yaml", "d/e.yaml", "d/f.yml", ".hidden/g.yaml", ".git/h.yaml"];
        let folder = folder_with(&files);
        let write = |name: &str, text: &str| {
            fs::write(folder.path().join(name), text).expect("a file can be written");
        };
        write(IGNORE_FILE, "own.yaml\n");
        write("d/.gitignore", "e.*\n");
        let exclude = ["*.yml".to_owned()];
        let paths = [folder.path().to_owned()];
        let all = left_out(&paths, &exclude, &found_in(folder.path(), &exclude));
        let at = |name: &str| folder.path().join(name);
        let expected = [
            (at(".hidden/g.yaml"), LeftOutBy::Hidden),
            (at("d/e.yaml"), LeftOutBy::IgnoreFile(at("d/.gitignore"))),
            (at("d/f.yml"), LeftOutBy::Exclude),
            (at("own.yaml"), LeftOutBy::IgnoreFile(at(IGNORE_FILE))),
        ];
        assert_eq!(all, expected.map(|(path, why)| LeftOutFile { path, why }));
    }

    #[test]
    fn templates_are_known_by_their_chart() {
        let folder = folder_with(&[
            "shop/Chart.yaml",
            "shop/templates/api.yaml",
            "shop/templates/tests/test.yaml",
            "shop/charts/db/Chart.yaml",
            "shop/charts/db/templates/db.yaml",
            "shop/crds/crd.yaml",
            "templates/plain.yaml",
            "overlay/kustomization.yaml",
        ]);
        let found = found_in(folder.path(), &[]);
        let chart = |file: &str| {
            let chart = found.chart_of(&folder.path().join(file));
            chart.map(|chart| chart.strip_prefix(folder.path()).expect("it is below").to_owned())
        };
        assert_eq!(chart("shop/templates/api.yaml"), Some("shop".into()));
        assert_eq!(chart("shop/templates/tests/test.yaml"), Some("shop".into()));
        assert_eq!(chart("shop/charts/db/templates/db.yaml"), Some("shop".into()));
        assert_eq!(chart("shop/crds/crd.yaml"), None);
        assert_eq!(chart("templates/plain.yaml"), None);
        assert_eq!(found.kustomizations, [folder.path().join("overlay")].into());
    }

    #[test]
    fn templates_are_known_by_the_chart_above_them() {
        let folder = folder_with(&[
            "shop/Chart.yaml",
            "shop/templates/tests/test.yaml",
            "shop/charts/db/Chart.yaml",
            "shop/charts/db/templates/db.yaml",
            "templates/plain.yaml",
        ]);
        for (path, file, chart) in [
            ("shop/templates", "shop/templates/tests/test.yaml", Some("shop")),
            ("shop/templates/tests", "shop/templates/tests/test.yaml", Some("shop")),
            ("shop/charts/db/templates/db.yaml", "shop/charts/db/templates/db.yaml", Some("shop")),
            ("shop/../shop/templates", "shop/../shop/templates/tests/test.yaml", Some("shop")),
            ("templates/plain.yaml", "templates/plain.yaml", None),
        ] {
            let found = find(&[folder.path().join(path)], &[]).expect("it can be read");
            let chart = chart.map(|chart| {
                let named = folder.path().join(chart);
                if path.contains("..") { named.canonicalize().expect("it exists") } else { named }
            });
            assert_eq!(found.chart_of(&folder.path().join(file)), chart.as_deref(), "{path}");
            assert_eq!(found.whole_charts().collect::<Vec<_>>(), Vec::from_iter(chart.as_deref()));
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let error =
            find(&[PathBuf::from("no/such/file.yaml")], &[]).expect_err("it does not exist");
        assert_eq!(error.to_string(), "cannot read no/such/file.yaml");
    }

    #[test]
    fn a_pattern_that_is_not_one_is_refused() {
        assert!(parse_exclude("vendor/").is_ok());
        assert!(parse_exclude("!vendor/").is_err());
        assert!(parse_exclude("a[").is_err());
    }
}
