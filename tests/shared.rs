//! The program against the shared corpus, case tables and edit shapes.
#[path = "shared/expected.rs"]
mod expected;
#[path = "shared/failures.rs"]
mod failures;
#[path = "shared/oracle.rs"]
mod oracle;
#[path = "support/support.rs"]
mod support;
#[path = "shared/survival.rs"]
mod survival;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use failures::{Failures, equal};
use oracle::Oracle;
use support::{Outcome, pullcreds, read, shared};

// Reading the corpus.

#[test]
fn every_image_of_the_corpus_is_found_where_it_is() {
    let mut failures = Failures::default();
    for file in corpus().into_iter().filter(CorpusFile::is_yaml) {
        let outcome = pullcreds(["check", "--format", "json"]).arg(&file.path).run();
        failures.case(&file.name, same_images(&outcome, &file.truth));
    }
    failures.finish();
}

fn same_images(outcome: &Outcome, truth: &Value) -> Result<(), String> {
    report(outcome)?;
    let found = by_place(&outcome.json()["images"], |image| {
        let object = &image["object"];
        json!({
            "document": image["document"], "path": image["path"], "line": image["line"], "column": image["column"],
            "image": image["image"], "container": image["container"], "podPullSecrets": image["podPullSecrets"],
            "serviceAccount": image["serviceAccount"], "apiVersion": object["apiVersion"], "kind": object["kind"],
            "namespace": object["namespace"], "name": object["name"],
        })
    });
    let wanted = by_place(&truth["images"], |image| {
        json!({
            "document": image["doc"], "path": image["path"], "line": image["line"], "column": image["col"],
            "image": image["image"], "container": image["container"], "podPullSecrets": image["podImagePullSecrets"],
            "serviceAccount": image["effectiveServiceAccount"], "apiVersion": image["apiVersion"],
            "kind": image["kind"], "namespace": image["namespace"], "name": image["name"],
        })
    });
    for (place, image) in &wanted {
        let found = found.get(place).ok_or(format!("{place} is missing: {image}"))?;
        equal(place, found, image)?;
    }
    // The truth files have core kinds only.
    let mut core = found.iter().filter(|(_, image)| !is_custom(&image["apiVersion"]));
    core.find(|(place, _)| !wanted.contains_key(*place))
        .map(|(place, _)| place)
        .map_or(Ok(()), |place| Err(format!("{place} is no image field")))
}

/// Whether an API version is of a group that Kubernetes does not serve.
fn is_custom(api_version: &Value) -> bool {
    let group = api_version.as_str().and_then(|version| version.split_once('/'));
    group.is_some_and(|(group, _)| group.contains('.') && !group.ends_with(".k8s.io"))
}

/// The files in which no custom resource is judged: the expectations of this file know core kinds only, and
/// `tests/operators.rs` checks the others.
fn with_core_kinds(files: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    let (core, others): (Vec<_>, Vec<_>) = files.partition(|path| {
        let inject = ["check", "--inject", "*=regcred", "--into", "pod", "--format", "json"];
        let outcome = pullcreds(inject).arg(path).run();
        let report = serde_json::from_slice::<Value>(&outcome.stdout).unwrap_or_default();
        let parts = ["images", "otherImages", "edits"].map(|part| &report[part]);
        let judged = parts.into_iter().filter_map(Value::as_array).flatten();
        let refused = report["findings"].as_array().into_iter().flatten();
        let refused = refused.filter(|finding| finding["code"] == "injection-refused");
        !judged.chain(refused).any(|part| is_custom(&part["object"]["apiVersion"]))
    });
    assert!(core.len() > 5 * others.len(), "too many are left out: {others:?}");
    core
}

/// The images of a report or of a truth file by document and path, so that their order does not matter.
fn by_place(images: &Value, project: impl Fn(&Value) -> Value) -> BTreeMap<String, Value> {
    let images = images.as_array().into_iter().flatten().map(project);
    images.map(|image| (format!("{} {}", image["document"], image["path"]), image)).collect()
}

/// The outcome of `check`: a report on standard output, and an exit code that says whether it passes.
fn report(outcome: &Outcome) -> Result<(), String> {
    match outcome.code {
        Some(0 | 1) if serde_json::from_slice::<Value>(&outcome.stdout).is_ok() => Ok(()),
        _ => Err(outcome.to_string()),
    }
}

#[test]
fn the_summary_counts_what_the_images_say() {
    let mut failures = Failures::default();
    for file in corpus().into_iter().filter(CorpusFile::is_yaml) {
        let outcome = pullcreds(["check", "--format", "json"]).arg(&file.path).run();
        failures.case(&file.name, report(&outcome).and_then(|()| summary_agrees(&outcome)));
    }
    failures.finish();
}

fn summary_agrees(outcome: &Outcome) -> Result<(), String> {
    let report = outcome.json();
    let pulls = |accept: &dyn Fn(&Value) -> bool| {
        let images = report["images"].as_array().into_iter().flatten();
        let pulls = images.filter(|image| accept(image)).map(|image| {
            let path = image["path"].as_str().unwrap_or_default();
            (image["document"].to_string(), object_path(path), image["image"].to_string())
        });
        pulls.collect::<BTreeSet<_>>().len()
    };
    let private = |image: &Value| image["access"] == "private" && image["verdict"] != "invalid";
    let known = ["covered", "iam", "declared"];
    let configured =
        |image: &Value| private(image) && known.iter().any(|known| image["verdict"] == *known);
    let (y, x) = (pulls(&private), pulls(&configured));
    let summary = &report["summary"];
    equal("privateImages", &summary["privateImages"], &json!(y))?;
    equal("configured", &summary["configured"], &json!(x))?;
    equal("injected", &summary["injected"], &json!(0))?;
    let errors = report["findings"].as_array().into_iter().flatten();
    let error = errors.into_iter().any(|finding| finding["severity"] == "error");
    let (status, text) = match (y, pulls(&|_| true)) {
        _ if x < y || error => ("fail", None),
        (0, 0) => ("skip", Some("N/A: no images in the input.".to_owned())),
        (0, _) => (
            "skip",
            Some(
                "N/A: all images are from public registries without authentication requirements."
                    .to_owned(),
            ),
        ),
        _ => ("pass", None),
    };
    let counted = format!("{x} of {y} private images have pull credentials configured.");
    equal("status", &summary["status"], &json!(status))?;
    equal("text", &summary["text"], &json!(text.unwrap_or(counted)))?;
    equal("exit code", &outcome.code, &Some(i32::from(status == "fail")))
}

/// The leading `items[3].items[0]` of a path: which object of the document it is in.
fn object_path(path: &str) -> String {
    path.split('.').take_while(|step| step.starts_with("items[")).collect::<Vec<_>>().join(".")
}

#[test]
fn what_is_no_yaml_is_refused_with_its_place() {
    let mut failures = Failures::default();
    for file in corpus().into_iter().filter(|file| !file.is_yaml()) {
        let checked = pullcreds(["check", "--format", "json"]).arg(&file.path).run();
        let name = file.path.display().to_string();
        failures.case(&file.name, placed(&checked, 3, &name).and(in_report(&checked, &name)));
        let filtered = pullcreds::<&str>([]).stdin(file.bytes).run();
        failures.case(format!("{} on standard input", file.name), refused(&filtered, 3, "<stdin>"));
    }
    failures.finish();
}

/// As [`placed`], and nothing on standard output.
fn refused(outcome: &Outcome, code: i32, name: &str) -> Result<(), String> {
    if outcome.stdout.is_empty() {
        return placed(outcome, code, name);
    }
    Err(format!("wanted nothing on standard output\n{outcome}"))
}

/// The place of the problem in the JSON report.
fn in_report(outcome: &Outcome, name: &str) -> Result<(), String> {
    let report: Value =
        serde_json::from_slice(&outcome.stdout).map_err(|error| error.to_string())?;
    let problem = &report["problems"][0];
    let is_placed = problem["line"].is_u64() && problem["column"].is_u64();
    if problem["source"] == name && is_placed && report["summary"]["status"] == "fail" {
        return Ok(());
    }
    Err(format!("wanted {name} with its place among the problems\n{outcome}"))
}

/// The exit code, and `NAME:LINE:COLUMN` on standard error.
fn placed(outcome: &Outcome, code: i32, name: &str) -> Result<(), String> {
    let number = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    let placed = outcome.err().match_indices(&format!("{name}:")).any(|(at, prefix)| {
        let rest = &outcome.err()[at + prefix.len()..];
        number(rest) && rest.split_once(':').is_some_and(|(_, column)| number(column))
    });
    if outcome.code == Some(code) && placed {
        return Ok(());
    }
    Err(format!("wanted exit code {code} and {name}:LINE:COLUMN\n{outcome}"))
}

#[test]
fn no_report_shows_what_a_secret_holds() {
    let files: Vec<_> = corpus().into_iter().filter(CorpusFile::is_yaml).collect();
    let paths: Vec<_> = files.iter().map(|file| file.path.clone()).collect();
    let mut failures = Failures::default();
    for (file, documents) in files.iter().zip(Oracle::PyYaml.load(&paths)) {
        let mut documents = documents.expect("a truth file without an error");
        let input = String::from_utf8_lossy(&file.bytes);
        // Short ones, and those that are elsewhere too, are no evidence.
        let mut payloads = expected::payloads(&mut documents);
        payloads
            .retain(|payload| payload.len() >= 12 && input.matches(payload.as_str()).count() == 1);
        if payloads.is_empty() {
            continue;
        }
        for args in [&["check"][..], &["check", "--format", "json"]] {
            let outcome = pullcreds(args).arg(&file.path).run();
            let shows =
                |text: &[u8], payload: &str| String::from_utf8_lossy(text).contains(payload);
            let leaked = payloads
                .iter()
                .find(|payload| shows(&outcome.stdout, payload) || shows(&outcome.stderr, payload));
            let result = match (leaked, outcome.code) {
                (Some(payload), _) => Err(format!("{payload:?} is shown")),
                (None, Some(0 | 1)) => Ok(()),
                (None, _) => Err(outcome.to_string()),
            };
            failures.case(format!("{}, {}", file.name, args.join(" ")), result);
        }
    }
    failures.finish();
}

// Writing it.

#[test]
fn nothing_to_inject_leaves_every_byte() {
    let mut failures = Failures::default();
    let corpus = corpus().into_iter().filter(CorpusFile::is_yaml);
    let corpus = corpus.map(|file| (file.name, file.bytes));
    let shapes = shapes().into_iter().map(|path| (name_of(&path), read(path)));
    for (name, bytes) in corpus.chain(shapes) {
        let outcome = pullcreds::<&str>([]).stdin(bytes.as_slice()).run();
        let same = outcome.code == Some(0) && outcome.stdout == bytes;
        failures.case(name, if same { Ok(()) } else { Err(outcome) });
    }
    failures.finish();
}

#[test]
fn the_expectation_agrees_with_the_truth_files() {
    let files: Vec<_> = corpus().into_iter().filter(CorpusFile::is_yaml).collect();
    let paths: Vec<_> = files.iter().map(|file| file.path.clone()).collect();
    let mut failures = Failures::default();
    for (file, documents) in files.iter().zip(Oracle::PyYaml.load(&paths)) {
        let names = |list: &Value| match list.as_array() {
            Some(names) if !names.is_empty() => json!(names),
            _ => Value::Null,
        };
        let workloads = file.truth["workloads"].as_array().into_iter().flatten();
        let wanted: Vec<_> = workloads
            .map(|pod| [names(&pod["podImagePullSecrets"]), names(&pod["saImagePullSecrets"])])
            .collect();
        let found = documents.map(|mut documents| expected::lists(&mut documents));
        let found = found.expect("a truth file without an error");
        let found: Vec<_> = found.into_iter().map(|lists| lists.map(|list| names(&list))).collect();
        failures.case(&file.name, equal("own and inherited lists", &found, &wanted));
    }
    failures.finish();
}

#[test]
fn injection_into_the_corpus_adds_the_entries_and_nothing_else() {
    let files = corpus().into_iter().filter(CorpusFile::is_yaml).map(|file| file.path);
    inject("pod", &with_core_kinds(files), &[], expected::into_pods);
}

#[test]
fn injection_where_it_belongs_adds_the_entries_and_nothing_else() {
    let corpus = corpus().into_iter().filter(CorpusFile::is_yaml).map(|file| file.path);
    let files: Vec<_> = with_core_kinds(corpus).into_iter().chain(shapes()).collect();
    inject("auto", &files, &["36-complex-key.yaml"], expected::automatically);
}

#[test]
fn injection_into_the_shapes_adds_the_entries_and_nothing_else() {
    inject("pod", &shapes(), &["36-complex-key.yaml"], expected::into_pods);
}

#[test]
fn injection_into_service_accounts_adds_the_entries_and_nothing_else() {
    let files = shapes().into_iter().filter(|path| name_of(path).contains("-sa-"));
    let files: Vec<_> = files.collect();
    assert_eq!(files.len(), 2, "shapes 25 and 26");
    inject("service-account", &files, &[], expected::into_service_accounts);
}

/// Injects `regcred` into each file and checks what came out: as text against the input, as data against
/// what `expect` makes of the input, and once more through the program. Only the files of `refusable` may
/// be refused, and then with their place.
fn inject(into: &str, files: &[PathBuf], refusable: &[&str], expect: fn(&mut [Value], &str)) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut failures = Failures::default();
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    for (at, file) in files.iter().enumerate() {
        let name = name_of(file);
        let input = read(file);
        let filter =
            |bytes: &[u8]| pullcreds(["--inject", "*=regcred", "--into", into]).stdin(bytes).run();
        let outcome = filter(&input);
        if outcome.code != Some(0) && refusable.contains(&name.as_str()) {
            failures.case(&name, refused(&outcome, 1, "<stdin>"));
            continue;
        }
        if outcome.code != Some(0) {
            failures.case(&name, Err(outcome));
            continue;
        }
        failures.case(format!("{name}, as text"), survival::survives(&input, &outcome.stdout));
        let again = filter(&outcome.stdout);
        let same = again.code == Some(0) && again.stdout == outcome.stdout;
        failures.case(format!("{name}, a second time"), if same { Ok(()) } else { Err(again) });
        let output = folder.path().join(format!("{at}.yaml"));
        #[expect(clippy::disallowed_methods, reason = "a test writes into its own folder")]
        std::fs::write(&output, &outcome.stdout).expect("the temporary folder can be written");
        inputs.push(file.clone());
        outputs.push(output);
    }
    for oracle in Oracle::ALL {
        let loaded = oracle.load(&inputs).into_iter().zip(oracle.load(&outputs));
        for (file, (before, after)) in inputs.iter().zip(loaded) {
            let outcome = match (before, after) {
                (Ok(mut documents), Ok(found)) => {
                    expect(&mut documents, "regcred");
                    same_data(&found, &documents)
                }
                // What a loader cannot read before it cannot read afterwards either.
                (Err(_), Err(_)) => Ok(()),
                (Err(error), Ok(_)) => Err(format!("can be read now, and before: {error}")),
                (Ok(_), Err(error)) => Err(error),
            };
            failures.case(format!("{}, read by {oracle}", name_of(file)), outcome);
        }
    }
    failures.finish();
}

fn same_data(found: &[Value], wanted: &[Value]) -> Result<(), String> {
    equal("documents", &found.len(), &wanted.len())?;
    let pairs = found.iter().zip(wanted).enumerate();
    for (at, (found, wanted)) in pairs {
        if let Some(difference) = difference(found, wanted, &format!("document {at}")) {
            return Err(difference);
        }
    }
    Ok(())
}

/// The first place where two values differ.
fn difference(found: &Value, wanted: &Value, place: &str) -> Option<String> {
    match (found, wanted) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            a.iter().find_map(|(key, value)| difference(value, &b[key], &format!("{place}.{key}")))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(at, (a, b))| difference(a, b, &format!("{place}[{at}]")))
        }
        _ if found == wanted => None,
        _ => Some(format!("{place}\n  found  {}\n  wanted {}", cut(found), cut(wanted))),
    }
}

fn cut(value: &Value) -> String {
    let text = value.to_string();
    let end = text.char_indices().nth(600).map_or(text.len(), |(at, _)| at);
    text[..end].to_owned()
}

// References.

#[test]
fn references_are_read_as_the_kubelet_reads_them() {
    let cases = support::json_lines(shared("vectors/references.jsonl"));
    let pods = cases.iter().map(|case| {
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("case-{}", case["id"])},
            "spec": {"containers": [{"name": "c", "image": case["input"]}]},
        })
    });
    let outcome = pullcreds(["check", "--format", "json"]).stdin(support::list(pods)).run();
    let report = outcome.json();
    let mut failures = Failures::default();
    for case in &cases {
        let pod = format!("case-{}", case["id"]);
        let images = report["images"].as_array().expect("a report lists images");
        let image = images.iter().find(|image| image["object"]["name"] == pod.as_str());
        let name = case["input"].to_string();
        failures.case(
            name,
            image.map_or(Err("no image".to_owned()), |image| same_reference(image, case)),
        );
    }
    failures.finish();
}

fn same_reference(image: &Value, case: &Value) -> Result<(), String> {
    equal("image", &image["image"], &case["input"])?;
    if case["valid"] == false {
        return equal("verdict", &image["verdict"], &json!("invalid"));
    }
    if image["verdict"] == "invalid" {
        return Err("it is valid".to_owned());
    }
    equal("name", &image["name"], &case["name"])?;
    equal("registry", &image["registry"], &case["domain"])
}

// The files.

struct CorpusFile {
    name: String,
    path: PathBuf,
    bytes: Vec<u8>,
    truth: Value,
}

impl CorpusFile {
    /// The corpus also holds notes, logs and snapshots.
    fn is_yaml(&self) -> bool {
        self.truth["error"].is_null()
    }
}

fn corpus() -> Vec<CorpusFile> {
    let files = files_in(&shared("corpus/manifests"));
    files
        .into_iter()
        .map(|path| {
            let name = name_of(&path);
            let truth = read(shared(&format!("corpus/truth/{name}.json")));
            let truth = serde_json::from_slice(&truth).expect("a truth file is JSON");
            CorpusFile { bytes: read(&path), name, path, truth }
        })
        .collect()
}

fn shapes() -> Vec<PathBuf> {
    let mut files = files_in(&shared("shapes"));
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().expect("the folder can be listed");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

fn name_of(path: &Path) -> String {
    path.file_name().expect("it is a file").to_string_lossy().into_owned()
}
