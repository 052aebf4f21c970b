//! What the program promises of every input, each as a function that panics if it does not hold. The property tests
//! and the fuzz targets call the same ones.
#![allow(dead_code, reason = "each target uses a part of this")]

use std::sync::LazyLock;

use pullcreds::check::{
    self, Caller, Circumstances, ContextScope, Input, Outcome, Stamps, Suppressions,
};
use pullcreds::edit::Plan;
use pullcreds::finding::Severity;
use pullcreds::inject::{self, Holder};
use pullcreds::inventory::stamp::{self, Stamp, Stamped};
use pullcreds::inventory::{Inventory, prefilter};
use pullcreds::kinds::Table;
use pullcreds::krm::ResourceList;
use pullcreds::krm::results::FunctionResult;
use pullcreds::policy::{InjectInto, Overrides, Policy, parse_inject};
use pullcreds::report::{self, Boxes, Format, Look, Report};
use pullcreds::source::{Source, Span};
use pullcreds::text::shown;
use pullcreds::verdict::Verdict;
use pullcreds::words::Words as _;
use pullcreds::yaml::{self, Node, Tree};

use super::data::{self, Data};
use super::leaks::Secrets;

/// Settings that inject in different ways.
static POLICIES: LazyLock<Vec<Policy>> = LazyLock::new(|| {
    let none = Overrides::default;
    let policies = [
        (&["*=regcred"][..], Overrides { into: Some(InjectInto::Pod), ..none() }),
        (&["*=regcred", "*=on"], Overrides { into: Some(InjectInto::ServiceAccount), ..none() }),
        (
            &["*=regcred"],
            Overrides {
                into: Some(InjectInto::Auto),
                namespace: Some("shop".to_owned()),
                ..none()
            },
        ),
        (&["myregistry.azurecr.io=regcred", "ghcr.io/acme=ghcr", "ghcr.io/acme=123"], none()),
        (
            &["docker.io=hub"],
            Overrides { into: Some(InjectInto::Pod), assume_private: Some(true), ..none() },
        ),
    ];
    let policy = |(inject, overrides): (&[&str], Overrides)| {
        let inject = inject.iter().map(|text| parse_inject(text).expect("a sound flag")).collect();
        let overrides = Overrides { inject, ..overrides };
        Policy::default().with(&overrides).expect("flags that go together")
    };
    policies.into_iter().map(policy).collect()
});

/// Everything that holds for any bytes.
pub(crate) fn hold_for_bytes(bytes: &[u8]) {
    if let Ok(source) = Source::new("input.yaml", bytes.to_vec()) {
        assert_eq!(source.text.as_bytes(), bytes);
        hold_for_text(&source.text);
    }
}

/// Everything that holds for any text.
pub(crate) fn hold_for_text(text: &str) {
    inventory_is_inside(text);
    skipping_changes_nothing(text);
    nothing_to_inject_changes_nothing(text);
    reports_are_sound(text);
    for policy in &*POLICIES {
        injection_adds_and_nothing_else(text, policy);
    }
    stamps_add_and_nothing_else(text);
    results_add_and_nothing_else(text);
    all_edits_go_together(text);
}

fn source(text: &str) -> [Source; 1] {
    [Source { name: "input.yaml".to_owned(), text: text.to_owned().into() }]
}

fn judge<'a>(sources: &'a [Source; 1], policy: &'a Policy) -> Outcome<'a> {
    judge_with(sources, policy, Stamps::Ignored)
}

fn judge_with<'a>(sources: &'a [Source; 1], policy: &'a Policy, stamps: Stamps) -> Outcome<'a> {
    let now = jiff::Timestamp::from_second(1_800_000_000).expect("a time");
    let circumstances = Circumstances {
        now,
        cluster: &[],
        providers: &[],
        input: Input::Stream,
        context: ContextScope::All,
        paths: &[],
        caller: Caller::CommandLine,
        require_input: false,
        stamps,
        suppressions: Suppressions::default(),
        watched: true,
        hints: false,
    };
    check::check(sources, policy, circumstances)
}

/// Every place that is remembered can be cut out of the text.
pub(crate) fn inventory_is_inside(text: &str) {
    let check = |span: Span| {
        assert!(text.get(span.range()).is_some(), "{span:?} is no part of the text");
    };
    match Inventory::of_kinds(text, Table::builtin()) {
        Err(problem) => {
            assert!(problem.offset <= text.len());
            assert!(text.get(problem.chunk.clone()).is_some());
        }
        Ok(inventory) => {
            for workload in &inventory.workloads {
                check(workload.object.label);
                check(workload.object.chunk);
                check(workload.pull_secrets.span);
                workload.pull_secrets.entries.iter().for_each(|entry| check(entry.span));
                workload.images.iter().for_each(|image| check(image.span));
            }
            inventory.service_accounts.iter().for_each(|account| check(account.object.label));
            inventory.secrets.iter().for_each(|secret| check(secret.type_span));
            inventory.produced.iter().for_each(|produced| check(produced.span));
            inventory.exposed.iter().for_each(|exposed| check(exposed.span));
        }
    }
}

/// A document that is not read for its kind would have turned out to be one document of just that kind.
pub(crate) fn skipping_changes_nothing(text: &str) {
    type Roots = Vec<(usize, (Span, String))>;
    let root = |found: &mut Roots, document: usize, tree: &Tree<'_>| {
        let root = tree.root();
        let kind = root.get("kind").and_then(Node::string).unwrap_or_default().to_string();
        found.push((document, (root.span(), kind)));
    };
    let numbered = |parts: Vec<(usize, Roots)>| -> Roots {
        let parts = parts.into_iter();
        let roots = parts.flat_map(|(before, roots)| {
            roots.into_iter().map(move |(document, root)| (before + document, root))
        });
        roots.collect()
    };
    let matters = |kind: &str, text: &str| prefilter::matters(Table::builtin(), kind, text);
    // What is broken and not read stays unnoticed: that is what skipping is for.
    let Ok(all) = yaml::read(text, |_, _| true, root) else { return };
    let all = numbered(all);
    let some = yaml::read(text, matters, root).expect("what all of can be read, some of can");
    let mut some = numbered(some).into_iter().peekable();
    for (at, (document, (span, kind))) in all.iter().enumerate() {
        assert_eq!(at, *document, "documents are numbered one by one");
        if some
            .next_if(|(other, root)| other == document && *root == (*span, kind.clone()))
            .is_none()
        {
            assert!(!matters(kind, &text[span.range()]), "a {kind} was skipped");
        }
    }
    assert!(some.next().is_none(), "documents come in order");
}

/// Without rules every byte stays.
pub(crate) fn nothing_to_inject_changes_nothing(text: &str) {
    let (sources, policy) = (source(text), Policy::default());
    let outcome = judge(&sources, &policy);
    assert!(outcome.plans.iter().all(|plan| plan.is_empty() && plan.apply(text) == text));
}

/// `after`, which `plan` has made of `text`, with what was there before in the place of each edit.
fn undone(plan: &Plan, text: &str, after: &str) -> String {
    let (mut back, mut kept, mut rest) = (String::new(), 0, after);
    for edit in plan.edits() {
        let between = edit.place.start as usize - kept;
        back.push_str(&rest[..between]);
        rest = rest[between..].strip_prefix(&*edit.insert).expect("an edit is made in its place");
        back.push_str(&text[edit.place.range()]);
        kept = edit.place.end as usize;
    }
    back + rest
}

/// An injection inserts text, and nothing but a null or an alias gives way to it; a second one finds nothing to do;
/// the data are those of before with the entries that the plan names.
pub(crate) fn injection_adds_and_nothing_else(text: &str, policy: &Policy) {
    let sources = source(text);
    let outcome = judge(&sources, policy);
    let plan = &outcome.plans[0];
    let after = plan.apply(text);
    assert_eq!(undone(plan, text, &after), text, "undoing the edits restores the input");
    json_stays_json(text, &after);
    for edit in plan.edits() {
        let gone = &text[edit.place.range()];
        let replaceable =
            matches!(gone, "" | "~" | "null" | "Null" | "NULL") || gone.starts_with('*');
        assert!(replaceable, "{gone:?} gives way to {:?}", edit.insert);
    }
    if !outcome.problems.is_empty() {
        assert!(plan.is_empty(), "nothing is injected into what cannot be read");
        return;
    }
    let sources = source(&after);
    let again = judge(&sources, policy);
    assert!(again.problems.is_empty(), "{:?}\n{after}", again.problems);
    assert_eq!(again.plans[0].edits(), &[], "twice is once\n{after}");
    assert_eq!(images(&outcome), images(&again), "the images are those of before");
    data_gain_the_entries(text, &after, &outcome);
    injection_helps_what_it_is_for(&outcome, policy);
}

/// An image counts as configured by injection only if the policy declares the secret for it, or a Secret of the input
/// covers it: the first entry of a pod turns no other error into a pass.
fn injection_helps_what_it_is_for(outcome: &Outcome<'_>, policy: &Policy) {
    for pod in &outcome.pods {
        let workload = pod.id.of(&outcome.inventories);
        let namespace = workload.object.namespace.as_deref();
        let images = workload.images.iter().zip(&pod.images);
        for (image, judged) in images.filter(|(_, judged)| judged.by_injection) {
            let judgement = &judged.judgement;
            let name = &*pod.effective.names[judgement.secret.expect("it rests on a secret")];
            let reference = image.parsed().expect("it is configured");
            let scope = policy.scope(namespace, name);
            let declared =
                scope.is_some_and(|scope| scope.covers(reference.domain(), reference.path()));
            let seen = judgement.verdict == Verdict::Covered;
            assert!(declared || seen, "{name} is not for {}", image.reference.as_str());
        }
    }
}

/// Whether a text is JSON values, and nothing else, to a strict parser.
pub(crate) fn is_json(text: &str) -> bool {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    text.trim_start().starts_with('{') && values.all(|value| value.is_ok())
}

/// What was JSON is JSON again.
fn json_stays_json(before: &str, after: &str) {
    assert!(is_json(after) || !is_json(before), "this is not JSON any more\n{before}\n{after}");
}

/// How many edits the first policy comes to; `None` if the text cannot be read.
pub(crate) fn edits(text: &str) -> Option<usize> {
    let sources = source(text);
    let outcome = judge(&sources, &POLICIES[0]);
    outcome.problems.is_empty().then(|| outcome.plans[0].edits().len())
}

/// The images of each workload, with the ordinal of the document.
fn images<'o>(outcome: &'o Outcome<'_>) -> Vec<(usize, Vec<&'o str>)> {
    let workloads = outcome.inventories[0].workloads.iter();
    let images = workloads.map(|workload| {
        let images = workload.images.iter().map(|image| &*image.reference);
        (workload.object.document, images.collect())
    });
    images.collect()
}

fn data_gain_the_entries(before: &str, after: &str, outcome: &Outcome<'_>) {
    let Some(mut expected) = settled(before) else { return };
    if documents(before) != Some(expected.len()) {
        // The two parsers do not agree on what a document is (a byte order mark before `...`), or one cannot read what
        // was passed over for its kind.
        return;
    }
    for (&holder, added) in &outcome.added {
        let document = inject::object(&outcome.inventories, holder).document;
        let path = inject::path(&outcome.inventories, holder);
        let names = added.iter().map(|name| (**name).to_owned());
        add(&mut expected[document], &path, names, holder);
    }
    let found = settled(after);
    assert_eq!(found, Some(expected), "the data are those of before, with the entries\n{after}");
}

fn documents(text: &str) -> Option<usize> {
    let parts = yaml::read(text, |_, _| true, |count: &mut usize, _, _: &Tree<'_>| *count += 1);
    Some(parts.ok()?.iter().map(|(_, count)| count).sum())
}

fn settled(text: &str) -> Option<Vec<Data>> {
    let documents = data::load(text)?;
    Some(documents.iter().map(Data::settled).collect())
}

/// Adds entries to the list at a path like `items[3].spec.imagePullSecrets`.
fn add(document: &mut Data, path: &str, names: impl Iterator<Item = String>, holder: Holder) {
    let at = lead(document, path);
    if !matches!(at, Data::List(_)) {
        *at = Data::List(Vec::new());
    }
    let Data::List(list) = at else { unreachable!("{holder:?}: it was made one just now") };
    list.extend(
        names.map(|name| Data::Map(vec![(Data::Text("name".to_owned()), Data::Text(name))])),
    );
}

/// What is at a path; a key that is missing gets nothing for a value.
fn lead<'d>(document: &'d mut Data, path: &str) -> &'d mut Data {
    let mut at = document;
    let steps = path.split(['.', '[']).map(|step| step.trim_end_matches(']'));
    for step in steps.filter(|step| !step.is_empty()) {
        at = at.untagged_mut();
        if let Data::Other(_) = at {
            // A null.
            *at = Data::Map(Vec::new());
        }
        at = match at {
            Data::List(items) => {
                items.get_mut(step.parse::<usize>().expect("an index")).expect("an item")
            }
            Data::Map(_) => field(at, step),
            other => panic!("{path} leads to {other:?}"),
        };
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

/// A stamp is an annotation of a workload, and nothing else changes; a second run finds nothing to do.
pub(crate) fn stamps_add_and_nothing_else(text: &str) {
    let (sources, policy) = (source(text), &POLICIES[0]);
    let outcome = judge_with(&sources, policy, Stamps::Written);
    let Ok(stamped) = stamp::stamps(text, Table::builtin()) else {
        assert!(outcome.plans[0].is_empty());
        return;
    };
    let after = outcome.plans[0].apply(text);
    assert_eq!(undone(&outcome.plans[0], text, &after), text);
    json_stays_json(text, &after);
    let again = source(&after);
    let again = judge_with(&again, policy, Stamps::Written);
    assert_eq!(again.plans[0].edits(), &[], "twice is once\n{after}");
    let injected = judge(&sources, policy).plans[0].apply(text);
    let Some(mut expected) = settled(&injected) else { return };
    if documents(&injected) != Some(expected.len()) {
        return;
    }
    for Stamped { object, stamp } in &stamped {
        if let Stamp::Absent(Ok(_)) = stamp {
            let path = object.path(&["metadata", "annotations"], "");
            let annotations = lead(&mut expected[object.document], &path);
            if let Data::Other(_) = annotations {
                *annotations = Data::Map(Vec::new());
            }
            *field(annotations, stamp::STAMP) = Data::Text("v1".to_owned());
        }
    }
    assert_eq!(
        settled(&after),
        Some(expected),
        "the data are those of before, with stamps\n{after}"
    );
}

/// Results are a key of the list, and nothing else changes; the same results change nothing.
pub(crate) fn results_add_and_nothing_else(text: &str) {
    let results = || {
        vec![FunctionResult {
            message: "a: #b\n\"c\"".into(),
            severity: Severity::Error,
            reference: None,
            field: None,
            file: Some((shown("a.yaml"), 7)),
            tags: [("code", shown("x"))].into(),
        }]
    };
    for text in lists(text) {
        let Ok(list) = ResourceList::read(&text) else { continue };
        let with_results = |list: &ResourceList<'_>, text: &str| {
            let edits = list.edit(results()).into_iter().collect();
            Plan::new(edits).expect("one edit overlaps nothing").apply(text)
        };
        let after = with_results(&list, &text);
        json_stays_json(&text, &after);
        let again = ResourceList::read(&after).unwrap_or_else(|no| panic!("{no:?}\n{after}"));
        assert_eq!(with_results(&again, &after), after, "twice is once");
        let (Some(mut expected), Some(mut found)) = (settled(&text), settled(&after)) else {
            continue;
        };
        let (Some(before), Some(with)) = (expected.first_mut(), found.first_mut()) else {
            continue;
        };
        let result = std::mem::replace(field(with, "results"), Data::Other(String::new()));
        assert_eq!(result.items()[0].get("message").and_then(Data::text), Some("a: #b\n\"c\""));
        *field(before, "results") = Data::Other(String::new());
        assert_eq!(found, expected, "the data are those of before\n{after}");
    }
}

/// One plan has all edits of a function: what is injected, the stamps and the results. Each of them comes to what it comes
/// to alone, and they stand in this order where they stand at one place.
pub(crate) fn all_edits_go_together(text: &str) {
    for text in lists(text) {
        let Ok(list) = ResourceList::read(&text) else { continue };
        let sources = source(&text);
        let outcome = judge_with(&sources, &POLICIES[0], Stamps::Written);
        let items = outcome.plans[0].apply(&text);
        let results = list.edit(list.results(&outcome.findings));
        let plan = outcome.plans[0].clone().followed_by(results.clone()).expect("no overlap");
        let after = plan.apply(&text);
        assert_eq!(undone(&plan, &text, &after), text, "undoing the edits restores the input");
        json_stays_json(&text, &after);
        let (Some(mut expected), Some(mut found)) = (settled(&items), settled(&after)) else {
            continue;
        };
        if let (Some(_), Some(before), Some(with)) =
            (results, expected.first_mut(), found.first_mut())
        {
            for document in [before, with] {
                *field(document, "results") = Data::Other(String::new());
            }
        }
        assert_eq!(found, expected, "the data are those of the items\n{after}");
    }
}

/// A text as the input of a function, and with itself as its only item, in front and at the end of the list.
fn lists(text: &str) -> Vec<String> {
    let head = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n";
    let item = text.trim_end().replace('\n', "\n  ");
    vec![
        text.to_owned(),
        format!("{head}items:\n- {item}\n"),
        format!("{head}items:\n- {item}"),
        format!("items:\n- {item}\n{head}functionConfig:\n  a: |+\n    b\n\n\n"),
        format!("{head}items: []\nfunctionConfig:\n  {item}"),
    ]
}

/// Reports can be made of any input, are the same every time, order their findings by concern and place, and point at what they
/// speak of.
pub(crate) fn reports_are_sound(text: &str) {
    let sources = source(text);
    let policy = &POLICIES[2];
    let outcome = judge(&sources, policy);
    let report = Report::new(&sources, &outcome, policy);
    for (at, problem) in &outcome.problems {
        report::problem(&sources[*at], problem, Look::PLAIN);
    }
    report.render(Format::Human, Look { colour: true, width: 80, ..Look::PLAIN });
    for width in [40, 80] {
        let terminal = Look { width, wrap: true, boxes: Boxes::Ascii, ..Look::PLAIN };
        report.render(Format::Human, terminal);
    }
    report::diff(&report, Look::PLAIN);
    let json = report.render(Format::Json, Look::PLAIN);
    let second = judge(&sources, policy);
    let again = Report::new(&sources, &second, policy).render(Format::Json, Look::PLAIN);
    assert_eq!(json, again, "two runs on one input are equal");
    let key = |finding: &pullcreds::finding::Finding| {
        let place = finding.place.as_ref().map(|place| place.span);
        (finding.code.concern(), place.is_none(), place, finding.code.name)
    };
    assert!(outcome.findings.iter().is_sorted_by_key(key), "findings are sorted");
    let json: serde_json::Value = serde_json::from_str(&json).expect("the report is JSON");
    let lines: Vec<&str> = text.split('\n').collect();
    for image in json["images"].as_array().into_iter().flatten() {
        points_at_its_image(image, &lines);
    }
}

fn points_at_its_image(image: &serde_json::Value, lines: &[&str]) {
    let number = |key: &str| {
        let number = image[key].as_u64().expect("a number");
        usize::try_from(number).expect("a small one") - 1
    };
    let (line, column) = (number("line"), number("column"));
    let line = lines[line].trim_start_matches('\u{feff}');
    let rest: String = line.chars().skip(column).collect();
    let quoted = rest.strip_prefix(['"', '\'']).unwrap_or(&rest);
    let reference = image["image"].as_str().expect("a text");
    // A value with escapes, of several lines or with a password does not stand there as it is.
    let plain = lines.iter().any(|line| line.contains(reference));
    let is_there = [&*rest, quoted].iter().any(|text| text.starts_with(reference));
    assert!(!plain || is_there, "{image} is not at {rest:?}");
}

/// A stream that is long enough to be read in parts, side by side, comes to what its parts come to.
pub(crate) fn repeating_repeats(part: &str) {
    let times = (1 << 20) / part.len() + 2;
    let text = part.repeat(times);
    let policy = &POLICIES[0];
    let (sources, wholes) = (source(part), source(&text));
    let (outcome, whole) = (judge(&sources, policy), judge(&wholes, policy));
    assert!(whole.problems.is_empty(), "{:?}", whole.problems);
    assert_eq!(whole.plans[0].apply(&text), outcome.plans[0].apply(part).repeat(times));
    let documents = documents(part).expect("it was read just now");
    let images = images(&outcome);
    let repeated = (0..times).flat_map(|time| {
        images.iter().map(move |(document, images)| (document + time * documents, images.clone()))
    });
    assert_eq!(self::images(&whole), repeated.collect::<Vec<_>>());
}

/// Whatever is told about a text, no secret that it holds is in it.
pub(crate) fn nothing_is_told(text: &str) {
    let mut secrets = Secrets::of_fixtures().clone();
    secrets.learn(text.as_bytes());
    let search = secrets.search();
    let sources = source(text);
    for policy in &*POLICIES {
        let outcome = judge(&sources, policy);
        let report = Report::new(&sources, &outcome, policy);
        for (at, problem) in &outcome.problems {
            let told = report::problem(&sources[*at], problem, Look::PLAIN);
            search.assert_absent("what is said about a problem", told.as_bytes());
        }
        let formats = Format::words().iter().filter_map(|word| Format::of_word(word));
        for format in formats {
            let told = report.render(format, Look::PLAIN);
            search.assert_absent("the report", told.as_bytes());
        }
        let diff = report::diff(&report, Look::PLAIN);
        search.assert_absent("the diff", diff.as_bytes());
    }
}

/// A policy file is read or refused, with places that are in it and without what it should not hold.
pub(crate) fn policies_are_read(text: &str) {
    let inside =
        |span: Span| assert!(text.get(span.range()).is_some(), "{span:?} is no part of it");
    let whole = Span::new(0, text.len());
    Policy::masked(text, whole).into_iter().for_each(inside);
    match Policy::parse(text, &pullcreds::finding::names()) {
        Ok(policy) => {
            policy.registries().iter().filter_map(|entry| entry.pattern.span).for_each(inside);
            for name in ["docker.io/library/nginx", "ghcr.io/acme/api", "a.b.c:5000/d"] {
                let (domain, path) = name.split_once('/').expect("a name has a domain");
                policy.access(domain, path);
                policy.pull_secrets(domain, path);
                policy.iam(domain, path);
            }
        }
        Err(mistakes) => {
            assert!(!mistakes.is_empty(), "there is a reason");
            for mistake in &mistakes {
                inside(mistake.span);
                mistake.related.iter().for_each(|(span, _)| inside(*span));
            }
            let [source] = source(text);
            report::mistakes(&source, whole, &mistakes, &|_| "here".into(), Look::PLAIN);
        }
    }
}
