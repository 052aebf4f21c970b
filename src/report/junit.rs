//! Results of tests in the XML of `JUnit`, as Jenkins, GitLab and Azure Pipelines read them
//! (<https://github.com/testmoapp/junitxml>): each image pull is a test, and so is each other finding.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;

use super::Report;
use super::listed::{self, Listed, clipped, heading, one_line};
use crate::check::Pod;
use crate::finding::{Finding, Severity, Subject};
use crate::inventory::Image;
use crate::policy::FailOn;
use crate::source::Span;
use crate::text::{Shown, printable, shown};
use crate::verdict::Verdict;
use crate::words::Words as _;

/// Characters of a name or of a message.
const LONGEST: usize = 1000;

#[derive(Template)]
#[template(path = "junit.xml")]
struct TestSuites {
    counts: TestCounts,
    suites: Vec<TestSuite>,
}

/// The tests of a source, or those about the whole run.
struct TestSuite {
    name: String,
    /// Empty if it is about the whole run.
    file: String,
    counts: TestCounts,
    cases: Vec<TestCase>,
}

struct TestCase {
    class: String,
    name: String,
    notes: Vec<TestNote>,
}

/// What a test says.
struct TestNote {
    sort: Sort,
    code: &'static str,
    message: String,
    text: String,
}

/// What it means for its test. A test has at most one of the first three.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Failure,
    Error,
    Skipped,
    Output,
}

#[derive(Clone, Copy, Default)]
struct TestCounts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

/// Findings by the image that they are about: its source, its span and its reference.
type ByImage<'r> = BTreeMap<(usize, Span, String), Vec<&'r Finding>>;

/// The whole report.
pub(super) fn render(report: &Report<'_>) -> String {
    let mut cases: BTreeMap<usize, Vec<TestCase>> = BTreeMap::new();
    let findings = || report.outcome.findings.iter().chain(report.outcome.suppressed.iter());
    let mut by_image = ByImage::new();
    for finding in findings() {
        if let Some(key) = image_of(finding) {
            by_image.entry(key).or_default().push(finding);
        }
    }
    for pod in &report.outcome.pods {
        cases.entry(pod.id.source).or_default().extend(pulls(report, pod, &mut by_image));
    }
    let left: BTreeSet<_> = by_image.into_values().flatten().map(std::ptr::from_ref).collect();
    let is_left = |finding: &&Finding| {
        image_of(finding).is_none() || left.contains(&std::ptr::from_ref(*finding))
    };
    let mut run = unreadable(report);
    for finding in findings().filter(is_left) {
        let case = finding_case(report, finding);
        match &finding.place {
            Some(place) => cases.entry(place.source).or_default().push(case),
            None => run.push(case),
        }
    }
    let of_source = |(source, cases)| {
        let name = shown(&report.source(source).name).to_string();
        suite(&name, listed::path(&name), cases)
    };
    let mut suites: Vec<_> = cases.into_iter().map(of_source).collect();
    if !run.is_empty() || suites.is_empty() {
        suites.push(suite("pullcreds", String::new(), run));
    }
    let counts = suites.iter().fold(TestCounts::default(), |sum, suite| sum.and(suite.counts));
    let page = TestSuites { counts, suites };
    listed::valid(&page.render().expect("writing into a string cannot fail")) + "\n"
}

/// The image that a finding is about.
fn image_of(finding: &Finding) -> Option<(usize, Span, String)> {
    let image = finding.image.as_ref()?.to_string();
    finding.place.as_ref().map(|place| (place.source, place.span, image))
}

/// A test for each pull of a pod. What was found of its images is taken out of `by_image`.
fn pulls(report: &Report<'_>, pod: &Pod<'_>, by_image: &mut ByImage<'_>) -> Vec<TestCase> {
    let workload = pod.id.of(&report.outcome.inventories);
    let object = &workload.object;
    let namespace = object.namespace();
    let class = class(
        &shown(&object.type_meta.kind),
        namespace.map(shown).as_ref(),
        object.name.as_deref().map(shown).as_ref(),
    );
    let mut seen = BTreeSet::new();
    let mut cases = Vec::new();
    for (image, judged) in workload.images.iter().zip(&pod.images) {
        let id = (pod.id.source, image.span, shown(&image.reference).to_string());
        let found = by_image.remove(&id).unwrap_or_default();
        // The same image in a second container is the same pull.
        if !seen.insert(&*image.reference) && found.is_empty() {
            continue;
        }
        let mut notes: Vec<_> = found.iter().map(|finding| note(report, finding)).collect();
        if notes.is_empty() {
            notes.extend(unjudged(judged.judgement.verdict));
        }
        cases.push(TestCase { class: class.clone(), name: pull(image), notes: settled(notes) });
    }
    cases
}

fn pull(image: &Image<'_>) -> String {
    let container = image.container.as_deref().map(|name| format!(" ({})", shown(name)));
    clipped(&format!("pull {}{}", shown(&image.reference), container.unwrap_or_default()), LONGEST)
}

/// Why an image without a finding is not a test that passes.
fn unjudged(verdict: Verdict) -> Option<TestNote> {
    let message = match verdict {
        Verdict::NotPulled => "the kubelet does not pull it: imagePullPolicy is Never",
        Verdict::Placeholder => "a placeholder for an image",
        _ => return None,
    };
    let (sort, message, text) = (Sort::Skipped, message.to_owned(), String::new());
    Some(TestNote { sort, code: "", message, text })
}

fn finding_case(report: &Report<'_>, finding: &Finding) -> TestCase {
    let class = finding.place.as_ref().map(|place| {
        let Subject { kind, namespace, name, .. } = &*place.object;
        class(kind, namespace.as_ref(), name.as_ref())
    });
    let name = clipped(&one_line(finding.fingerprint.as_str()), LONGEST);
    let notes = vec![note(report, finding)];
    TestCase { class: class.unwrap_or_else(|| "pullcreds".to_owned()), name, notes }
}

/// The sources that cannot be read.
fn unreadable(report: &Report<'_>) -> Vec<TestCase> {
    let unreadable = listed::all(report).take_while(|listed| listed.finding.is_none());
    let cases = unreadable.map(|listed| TestCase {
        class: "pullcreds".to_owned(),
        name: clipped(&listed.fingerprint, LONGEST),
        notes: vec![TestNote {
            sort: Sort::Error,
            code: listed.rule.name,
            message: clipped(&listed.message, LONGEST),
            text: place(&listed),
        }],
    });
    cases.collect()
}

fn note(report: &Report<'_>, finding: &Finding) -> TestNote {
    let listed = listed::finding(report, finding);
    let fails = match finding.severity {
        Severity::Error => true,
        Severity::Warning => report.policy.fail_on() == Some(FailOn::Warning),
        Severity::Info => false,
    };
    let sort = match &finding.suppressed {
        Some(_) => Sort::Skipped,
        None if fails => Sort::Failure,
        None => Sort::Output,
    };
    let message = match &finding.suppressed {
        Some(suppressed) => format!("accepted ({}): {}", suppressed.by.word(), suppressed.reason),
        None => clipped(&listed.message, LONGEST),
    };
    let remedy =
        finding.remedy.as_ref().map(|remedy| printable(&remedy.text())).unwrap_or_default();
    let text = format!("{}\n{}\n{remedy}", place(&listed), listed.message);
    TestNote { sort, code: finding.code.name, message, text: text.trim().to_owned() }
}

/// `manifests/shop.yaml:10:16: error[missing-pull-secret]`.
fn place(listed: &Listed<'_>) -> String {
    let kind = heading(listed.severity, listed.rule.name);
    let Some(at) = &listed.at else { return kind };
    let position = at.positions.map(|(start, _)| format!("{start}: ")).unwrap_or_default();
    format!("{}:{position}{kind}", at.file)
}

/// A test that is skipped or fails does so once, and the rest is output.
fn settled(mut notes: Vec<TestNote>) -> Vec<TestNote> {
    notes.sort_by_key(|note| match note.sort {
        Sort::Failure => 0,
        Sort::Error => 1,
        Sort::Skipped => 2,
        Sort::Output => 3,
    });
    for note in notes.iter_mut().skip(1) {
        note.sort = Sort::Output;
        if note.text.is_empty() {
            note.text.clone_from(&note.message);
        }
    }
    notes
}

/// `Deployment/shop/api`.
fn class(kind: &Shown<'_>, namespace: Option<&Shown<'_>>, name: Option<&Shown<'_>>) -> String {
    let parts = [Some(kind), namespace, name];
    let parts: Vec<_> = parts.into_iter().flatten().map(ToString::to_string).collect();
    clipped(&parts.join("/"), LONGEST)
}

fn suite(name: &str, file: String, mut cases: Vec<TestCase>) -> TestSuite {
    // Readers take tests with equal names for one.
    let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
    for case in &mut cases {
        let count = seen.entry((case.class.clone(), case.name.clone())).or_default();
        *count += 1;
        if *count > 1 {
            case.name = format!("{} #{count}", case.name);
        }
    }
    let counts = cases.iter().fold(TestCounts::default(), |sum, case| sum.and(case.counts()));
    TestSuite { name: clipped(name, LONGEST), file, counts, cases }
}

impl TestCase {
    fn counts(&self) -> TestCounts {
        let has = |sort| usize::from(self.notes.iter().any(|note| note.sort == sort));
        TestCounts {
            tests: 1,
            failures: has(Sort::Failure),
            errors: has(Sort::Error),
            skipped: has(Sort::Skipped),
        }
    }
}

impl TestCounts {
    fn and(self, other: Self) -> Self {
        Self {
            tests: self.tests + other.tests,
            failures: self.failures + other.failures,
            errors: self.errors + other.errors,
            skipped: self.skipped + other.skipped,
        }
    }
}
