//! The program against real custom resources: which images their operators' pods pull, with which pull secrets, and where
//! one more is written. An independent reader's truth says what is right (`operators/README.md` of the shared folder).
#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

#[path = "shared/oracle.rs"]
mod oracle;
#[path = "support/support.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::PathBuf;

use serde_json::{Value, json};

use oracle::Oracle;
use support::{Outcome, pullcreds, read, shared};

/// How much has to be right, in percent.
const LEAST_IMAGES: f64 = 98.0;
const LEAST_EFFECTIVE: f64 = 97.0;
const LEAST_INJECTED: f64 = 95.0;

/// What is not as the truth has it, and why that is right or has to be.
const ARGUED: &[(&str, &str)] = &[
    ("logging.multitenant.yaml spec.image.tag", TAG_ALONE),
    (
        "openshift.kompose-dc.yaml spec.template.spec.containers[0].image",
        "a blank text is an image for the API server: it is shown as one that does not parse",
    ),
    (
        "d11.knative-strings.yaml spec.template.spec.containers[0].image",
        "the API server rejects the list, and no pod runs",
    ),
    ("d25.anchored-images.yaml spec.headGroupSpec.template.spec.imagePullSecrets", ANCHOR),
    ("d25.anchored-images.yaml spec.workerGroupSpecs[0].template.spec.imagePullSecrets", ANCHOR),
    ("d25.anchored-images.yaml spec.workerGroupSpecs[1].template.spec.imagePullSecrets", ANCHOR),
    ("numaflow.sideinput.yaml spec.templates.vertex.imagePullSecrets", SAME_PARENT),
    ("numaflow.sideinput.yaml spec.templates.sideInputsManager.imagePullSecrets", SAME_PARENT),
    ("strimzi.connect-build.yaml spec.template.pod.imagePullSecrets", SAME_PARENT),
    ("strimzi.connect-build.yaml spec.template.buildPod.imagePullSecrets", SAME_PARENT),
];

const TAG_ALONE: &str = "the operator chooses the repository: there is no reference to show";
const ANCHOR: &str =
    "a list that an anchor, an alias and a merge key share is refused, with its line";
const SAME_PARENT: &str = "two lists below a key that is not there yet are refused: one of them has to be written by hand";

/// The secret that is injected.
const SECRET: &str = "operators-test";

#[test]
fn images_are_found_where_they_are() {
    let mut score = Score::default();
    for file in files() {
        let report = file.check(&[]);
        let found = by_place(&report["images"]);
        let wanted: Vec<_> = file.images().collect();
        for image in &wanted {
            let place = (image["doc"].clone().to_string(), text(&image["path"]));
            let name = format!("{} {}", file.name, place.1);
            score.case(
                name,
                found
                    .get(&place)
                    .map_or(Err("it is not found".to_owned()), |found| same_image(found, image)),
            );
        }
        let is_wanted = |place: &(String, String)| {
            let of = |image: &&&Value| (image["doc"].to_string(), text(&image["path"])) == *place;
            wanted.iter().find(of).is_some()
        };
        for (place, image) in
            found.iter().filter(|(place, image)| is_pulled(image) && !is_wanted(place))
        {
            score.case(
                format!("{} {}", file.name, place.1),
                Err(format!("{} is too much", image["image"])),
            );
        }
    }
    score.finish("images", LEAST_IMAGES);
}

#[test]
fn pods_have_the_pull_secrets_that_their_operator_gives_them() {
    let mut score = Score::default();
    for file in files() {
        let report = file.check(&[]);
        let found = by_place(&report["images"]);
        for image in file.images() {
            let effective = &image["effective"];
            // Several pods with different lists, or decided by an object that is not in the file.
            if ["mixed", "caller"].contains(&&*text(&effective["source"])) {
                continue;
            }
            let place = (image["doc"].to_string(), text(&image["path"]));
            let outcome = found
                .get(&place)
                .map_or(Err("it is not found".to_owned()), |found| same_list(found, effective));
            score.case(format!("{} {}", file.name, place.1), outcome);
        }
    }
    score.finish("effective lists", LEAST_EFFECTIVE);
}

#[test]
fn images_of_templates_are_checked_at_the_object_of_the_file_that_uses_them() {
    let mut users = BTreeMap::new();
    for file in files() {
        let report = file.check(&[]);
        let images = report["images"].as_array().expect("a report lists images");
        let templates = file.truth["images"].as_array().expect("images are a list");
        for image in templates.iter().filter(|image| image["role"] == "reference") {
            let is_of = |found: &&Value| {
                let origin = &found["origin"];
                origin["document"] == image["doc"] && as_in_truth(&origin["path"]) == image["path"]
            };
            let used = images.iter().filter(is_of).map(|found| text(&found["object"]["kind"]));
            let place = format!("{} {}", file.name, text(&image["path"]));
            users.insert(place, used.collect::<Vec<_>>());
        }
    }
    let used: Vec<_> = users.iter().filter(|(_, users)| !users.is_empty()).collect();
    println!("images of templates: {} of {} with a user in their file", used.len(), users.len());
    let expected = [
        "tekton.catalog-jib.yaml spec.tasks[2].taskSpec.steps[0].image",
        "tekton.matrix.yaml spec.steps[0].image",
        "tekton.stepaction-params.yaml spec.image",
    ];
    let places: Vec<_> = used.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(places, expected);
    assert!(used.iter().all(|(_, users)| **users == ["PipelineRun"]), "{used:?}");
}

#[test]
fn one_more_secret_is_written_where_the_operator_reads_it() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut score = Score::default();
    let mut written = Vec::new();
    for (at, file) in files().into_iter().enumerate() {
        let refusals = refusals(&file);
        let outcome = inject(read(&file.path));
        if !refusals.is_empty() {
            score_refused(&mut score, &file, &refusals, &outcome);
            continue;
        }
        if outcome.code != Some(0) {
            for target in targets(&file) {
                score.case(
                    format!("{} {}", file.name, place_of(&target)),
                    Err(outcome.err().to_owned()),
                );
            }
            continue;
        }
        let again = inject(outcome.stdout.clone());
        assert_eq!(
            (again.code, &again.stdout),
            (Some(0), &outcome.stdout),
            "{} a second time",
            file.name
        );
        let output = folder.path().join(format!("{at}.yaml"));
        #[expect(clippy::disallowed_methods, reason = "a test writes into its own folder")]
        std::fs::write(&output, &outcome.stdout).expect("the temporary folder can be written");
        written.push((file, output));
    }
    score_written(&mut score, &written);
    score.finish("places of injection", LEAST_INJECTED);
}

#[test]
fn the_kinds_of_corrections_and_those_in_use_have_a_case() {
    let cases = include_str!("../testdata/kinds.yaml");
    let cases: Vec<BTreeMap<String, Value>> = serde_yaml_ng::from_str(cases).expect("a list");
    let objects = cases.iter().filter_map(|case| case["objects"].as_array()).flatten();
    let kinds: BTreeSet<_> = objects
        .map(|object| (text(&object["apiVersion"]), text(&object["kind"])))
        .map(|(version, kind)| (version.rsplit_once('/').map_or("", |parts| parts.0).into(), kind))
        .collect();
    let corrections = words_of_tables("operators/corrections.md", &["## A", "## C"], 1);
    let used = words_of_tables("operators/top-60.md", &["## Kinds whose"], 2);
    let without_case = |word: &&String| !kinds.iter().any(|kind| is_kind(word, kind));
    let missed: Vec<_> = corrections.iter().filter(without_case).collect();
    assert!(corrections.len() > 50 && missed.is_empty(), "{missed:?} of {}", corrections.len());
    let missed = used.iter().filter(without_case).count();
    println!(
        "kinds in use with a case in testdata/kinds.yaml: {} of {}",
        used.len() - missed,
        used.len()
    );
    assert!(used.len() - missed >= 30);
}

/// The kinds in a column of the tables below these headings, as `GROUP/KIND`, `KIND` or with a `*` for a part.
fn words_of_tables(file: &str, headings: &[&str], column: usize) -> Vec<String> {
    let all = String::from_utf8(read(shared(file))).expect("it is UTF-8");
    let sections = all.split("\n## ").map(|section| format!("## {section}"));
    let wanted = sections.filter(|section| headings.iter().any(|one| section.starts_with(one)));
    let mut words = Vec::new();
    for section in wanted {
        let cells =
            section.lines().filter_map(|line| line.strip_prefix('|')?.split('|').nth(column - 1));
        let is_kind = |word: &&str| {
            let kind = word.rsplit('/').next().unwrap_or_default();
            kind.starts_with(|first: char| first.is_ascii_uppercase() || first == '*')
                || word.split_once('/').is_some_and(|(_, kind)| kind == "postgresql")
        };
        for cell in cells {
            let found = cell.split([' ', ',', '(', ')']).filter(is_kind);
            words.extend(found.map(str::to_owned));
        }
    }
    words
}

/// Whether a word of a table means a kind of a group.
fn is_kind(word: &str, (group, kind): &(String, String)) -> bool {
    let (of, name) = word.rsplit_once('/').unwrap_or(("", word));
    let is_named = match name.split_once('*') {
        Some((start, end)) => kind.starts_with(start) && kind.ends_with(end),
        None => kind == name,
    };
    is_named && (of.is_empty() || of == group)
}

/// The program, told to inject into every pod.
fn inject(input: Vec<u8>) -> Outcome {
    pullcreds(["--inject", &format!("*={SECRET}"), "--into", "pod"]).stdin(input).run()
}

/// Where one more secret goes, each place once: the truth of the pods of a file.
fn targets(file: &File) -> Vec<Value> {
    let pods = file.truth["pods"].as_array().expect("pods are a list");
    let pulled = pods.iter().filter(|pod| pod["role"] == "kubelet");
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for pod in pulled {
        let single = [pod["inject"].clone()];
        let targets = pod["inject"]["perImage"].as_array().map_or(&single[..], Vec::as_slice);
        for target in targets.iter().filter(|target| !target.is_null()) {
            let other = target["otherObject"]["doc"].clone();
            let document = if other.is_null() { pod["doc"].clone() } else { other };
            let mut target = target.clone();
            target["doc"] = document;
            // A list of its own hides that of the ServiceAccount, so that the names of that are written into it too.
            if pod["effective"]["source"] == "serviceAccount" && target["action"] != "append" {
                target["inherited"] = pod["effective"]["names"].clone();
            }
            target["objectPath"] = pod["objectPath"].clone();
            target["group"] = json!([pod["group"], pod["at"]]);
            let place = (target["doc"].to_string(), place_of(&target));
            if seen.insert(place) {
                all.push(target);
            }
        }
    }
    all
}

/// The path of a target, or the object that cannot carry a secret.
fn place_of(target: &Value) -> String {
    let path = target["path"].as_str().map(str::to_owned);
    path.unwrap_or_else(|| format!("{} cannot carry a secret", text(&target["objectPath"])))
}

/// The targets where nothing may be written.
fn refusals(file: &File) -> Vec<Value> {
    let refused = |target: &Value| {
        target["cannot"] == true
            || target["action"] == "occupied"
            || target["action"] == "refuse-malformed"
    };
    targets(file).into_iter().filter(refused).collect()
}

/// A file with a place where nothing can be written is refused as a whole. The report says what is refused, and what
/// would be written elsewhere.
fn score_refused(score: &mut Score, file: &File, refusals: &[Value], outcome: &Outcome) {
    let is_refused = outcome.code == Some(1) && outcome.stdout.is_empty();
    let report = file.check(&["--inject", &format!("*={SECRET}"), "--into", "pod"]);
    let is_in = |list: &Value, target: &Value| {
        list.as_array().into_iter().flatten().any(|entry| {
            let path =
                target["path"].as_str().is_none_or(|path| as_in_truth(&entry["path"]) == path);
            entry["document"] == target["doc"] && path
        })
    };
    let found = report["findings"].as_array().cloned().unwrap_or_default();
    let found = Value::Array(
        found.into_iter().filter(|finding| finding["code"] == "injection-refused").collect(),
    );
    for target in targets(file) {
        let (what, right) = if refusals.contains(&target) {
            ("refused", is_refused && is_in(&found, &target))
        } else {
            ("written", is_in(&report["edits"], &target))
        };
        let outcome = if right { Ok(()) } else { Err(format!("it is not {what}: {target}")) };
        score.case(format!("{} {}", file.name, place_of(&target)), outcome);
    }
}

/// Compares the data of each input and output, as two independent readers load them.
fn score_written(score: &mut Score, written: &[(File, PathBuf)]) {
    let mut wrong: BTreeMap<(String, String), String> = BTreeMap::new();
    for oracle in Oracle::ALL {
        let inputs: Vec<_> = written.iter().map(|(file, _)| file.path.clone()).collect();
        let outputs: Vec<_> = written.iter().map(|(_, output)| output.clone()).collect();
        let loaded = oracle.load(&inputs).into_iter().zip(oracle.load(&outputs));
        for ((file, _), loaded) in written.iter().zip(loaded) {
            let (Ok(before), Ok(after)) = loaded else { continue };
            for (place, why) in wrong_places(file, before, after) {
                wrong.insert((file.name.clone(), place), format!("read by {oracle}: {why}"));
            }
        }
    }
    for (file, _) in written {
        for target in targets(file) {
            let place = place_of(&target);
            let wrong = wrong.remove(&(file.name.clone(), place.clone()));
            score.case(format!("{} {place}", file.name), wrong.map_or(Ok(()), Err));
        }
    }
    for ((file, place), why) in wrong {
        score.case(format!("{file} {place}"), Err(why));
    }
}

/// The targets that are not as they should be, and what else has changed.
fn wrong_places(file: &File, before: Vec<Value>, mut after: Vec<Value>) -> Vec<(String, String)> {
    let mut expected = before;
    let targets = targets(file);
    for target in &targets {
        let at = place_among(file, number(&target["doc"]), &expected);
        add(&mut expected[at], target);
    }
    let mut wrong = Vec::new();
    for target in &targets {
        let path = steps(&text(&target["path"]));
        let at = place_among(file, number(&target["doc"]), &expected);
        let (found, wanted) =
            (value_at(&after[at], &path).cloned(), value_at(&expected[at], &path).cloned());
        if found != wanted {
            wrong.push((place_of(target), format!("found {found:?}, wanted {wanted:?}")));
            take_out(&mut after[at], &path);
            take_out(&mut expected[at], &path);
        }
    }
    // What is made on the way to a place that is wrong is no second mistake.
    if wrong.is_empty() && after != expected {
        wrong.push(("elsewhere".to_owned(), "something else has changed".to_owned()));
    }
    wrong
}

/// The place of a document among those that a reader gives, which may count empty ones otherwise.
fn place_among(file: &File, document: usize, given: &[Value]) -> usize {
    if number(&file.truth["documents"]) == given.len() {
        return document;
    }
    let objects = file.truth["objects"].as_array().expect("objects are a list");
    let before = objects.iter().map(|object| number(&object["doc"])).filter(|at| *at < document);
    let rank = before.collect::<BTreeSet<_>>().len();
    let filled = given.iter().enumerate().filter(|(_, value)| !value.is_null());
    filled.map(|(at, _)| at).nth(rank).expect("it has the objects of the truth")
}

/// Adds the secret at a target, with the parents that are not there.
fn add(document: &mut Value, target: &Value) {
    let mut node = document;
    for step in steps(&text(&target["path"])) {
        node = match step {
            Step::Key(key) => {
                if node.is_null() {
                    *node = json!({});
                }
                node.as_object_mut().expect("a mapping").entry(key).or_insert(Value::Null)
            }
            Step::Index(index) => &mut node[index],
        };
    }
    let named = json!({ "name": SECRET });
    match target["shape"].as_str().expect("a shape") {
        "list-of-name" => {
            for name in target["inherited"].as_array().into_iter().flatten() {
                append(node, json!({ "name": name }));
            }
            append(node, named);
        }
        "list-of-string" => append(node, json!(SECRET)),
        "string" => *node = json!(SECRET),
        "object-name" => *node = named,
        _ => {
            let before = node.as_str().unwrap_or_default();
            *node =
                json!(format!("{before}{}{SECRET}", if before.contains(';') { ";" } else { "," }));
        }
    }
}

fn append(node: &mut Value, entry: Value) {
    if node.is_null() {
        *node = json!([]);
    }
    node.as_array_mut().expect("a list").push(entry);
}

/// A step of a path of the truth.
enum Step {
    Key(String),
    Index(usize),
}

/// The steps of `spec.pods[0]["a.b"]`.
fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix("[\"") {
            let end = quoted.find("\"]").expect("brackets are closed");
            let key: String = serde_json::from_str(&format!("\"{}\"", &quoted[..end]))
                .expect("a key is a string of JSON");
            steps.push(Step::Key(key));
            rest = &quoted[end + 2..];
        } else if let Some(index) = rest.strip_prefix('[') {
            let (index, after) = index.split_once(']').expect("brackets are closed");
            steps.push(Step::Index(index.parse().expect("an index")));
            rest = after;
        } else {
            let name = rest.strip_prefix('.').unwrap_or(rest);
            let end = name.find(['.', '[']).unwrap_or(name.len());
            steps.push(Step::Key(name[..end].to_owned()));
            rest = &name[end..];
        }
    }
    steps
}

fn value_at<'v>(value: &'v Value, steps: &[Step]) -> Option<&'v Value> {
    steps.iter().try_fold(value, |node, step| match step {
        Step::Key(key) => node.get(key),
        Step::Index(index) => node.get(index),
    })
}

fn take_out(value: &mut Value, steps: &[Step]) {
    let Some((Step::Key(last), before)) = steps.split_last() else { return };
    let mut node = value;
    for step in before {
        let next = match step {
            Step::Key(key) => node.get_mut(key),
            Step::Index(index) => node.get_mut(index),
        };
        let Some(next) = next else { return };
        node = next;
    }
    if let Some(mapping) = node.as_object_mut() {
        mapping.remove(last);
    }
}

fn same_image(found: &Value, image: &Value) -> Result<(), String> {
    let position = |image: &Value| (image["line"].clone(), image["column"].clone());
    if position(found) != position(image) {
        return Err(format!("it is at {:?}, not at {:?}", position(found), position(image)));
    }
    if !is_pulled(found) {
        return Err(format!("its role is {}", found["role"]));
    }
    // What cannot be composed has no text that is right.
    if image["image"].is_null() || found["image"] == image["image"] {
        return Ok(());
    }
    Err(format!("it is {}, not {}", found["image"], image["image"]))
}

fn same_list(found: &Value, effective: &Value) -> Result<(), String> {
    let names = |list: &Value| -> BTreeSet<String> {
        list.as_array().into_iter().flatten().map(text).collect()
    };
    let is_unknown = |from: &Value| from == "unknown";
    let (from, source) = (&found["pullSecretsFrom"], &effective["source"]);
    if names(&found["pullSecrets"]) == names(&effective["names"])
        && is_unknown(from) == is_unknown(source)
    {
        return Ok(());
    }
    Err(format!("{} from {from}, not {} from {source}", found["pullSecrets"], effective["names"]))
}

/// Whether the kubelet pulls an image for pods of its object: other roles are shown, and not counted.
fn is_pulled(image: &Value) -> bool {
    image.get("role").is_none_or(|role| role == "pulled")
}

/// The images of a report by document and path.
fn by_place(images: &Value) -> BTreeMap<(String, String), &Value> {
    let images = images.as_array().expect("a report lists images");
    let place = |image: &Value| (image["document"].to_string(), as_in_truth(&image["path"]));
    images.iter().map(|image| (place(image), image)).collect()
}

/// A path of a report as the truth writes it: keys in double quotes.
fn as_in_truth(path: &Value) -> String {
    text(path).replace("['", "[\"").replace("']", "\"]")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().expect("a number")).expect("it is small")
}

/// How many cases are right.
#[derive(Default)]
struct Score {
    cases: usize,
    missed: Vec<(String, String)>,
}

impl Score {
    fn case(&mut self, name: String, outcome: Result<(), impl Display>) {
        self.cases += 1;
        if let Err(why) = outcome {
            self.missed.push((name, why.to_string()));
        }
    }

    /// Prints the figure and what is missed; fails if too much is.
    #[track_caller]
    #[expect(clippy::cast_precision_loss, reason = "there are hundreds of cases")]
    fn finish(self, what: &str, least: f64) {
        assert!(self.cases > 0, "there was no case");
        let right = self.cases - self.missed.len();
        let percent = right as f64 * 100.0 / self.cases as f64;
        let figure = format!("{what}: {right} of {} right, {percent:.1} %", self.cases);
        println!("{figure}");
        let argued: BTreeMap<_, _> = ARGUED.iter().copied().collect();
        for (name, why) in &self.missed {
            let argument = argued.get(name.as_str()).unwrap_or(&"not argued");
            let why = why.lines().next().unwrap_or_default();
            println!("  {name}: {why}\n    {argument}");
        }
        assert!(percent >= least, "{figure}; {least} % are wanted");
    }
}

/// A file with its truth.
struct File {
    name: String,
    path: PathBuf,
    truth: Value,
}

impl File {
    /// The images that the kubelet pulls.
    fn images(&self) -> impl Iterator<Item = &Value> {
        let images = self.truth["images"].as_array().expect("images are a list");
        images.iter().filter(|image| image["role"] == "kubelet")
    }

    /// What the program reports of it, with these arguments.
    fn check(&self, args: &[&str]) -> Value {
        pullcreds(["check", "--format", "json"]).args(args).arg(&self.path).run().json()
    }
}

/// Real files, and those made from them by one edit.
fn files() -> Vec<File> {
    let mut files = Vec::new();
    for below in ["operators", "operators/derived"] {
        let folder = shared(below).join("manifests");
        let entries = std::fs::read_dir(folder).expect("the folder can be listed");
        for entry in entries {
            let path = entry.expect("an entry can be read").path();
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            let truth = read(shared(below).join("truth").join(format!("{name}.json")));
            let truth = serde_json::from_slice(&truth).expect("a truth file is JSON");
            files.push(File { name, path, truth });
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}
