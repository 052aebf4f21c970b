//! What holds for every path and every document.
#![allow(dead_code, reason = "each test target uses a part of this")]

use pullcreds::inventory::Inventory;
use pullcreds::kinds::{Combine, FieldPath, PullSite, Row, SecretField, SecretForm, Table, Way};
use pullcreds::yaml;

const FORMS: [SecretForm; 5] = [
    SecretForm::Objects,
    SecretForm::Names,
    SecretForm::Object,
    SecretForm::Name,
    SecretForm::Text,
];

/// Reads `document` along `path`, and as a kind that has its images and pull secrets there.
pub(crate) fn hold(path: &str, document: &str) {
    let Ok(path) = FieldPath::parse(path) else { return };
    let again = FieldPath::parse(&path.to_string());
    assert_eq!(again.as_ref(), Ok(&path), "a path is read as it is written");
    hits_are_in_the_text(&path, document);
    for (form, combine) in FORMS
        .into_iter()
        .zip([Combine::First, Combine::Joined, Combine::FirstEntry].into_iter().cycle())
    {
        a_row_is_read(&path, form, combine, document);
    }
}

fn hits_are_in_the_text(path: &FieldPath, document: &str) {
    let look = |(): &mut (), _, tree: &yaml::Tree<'_>| {
        path.each(tree.root(), &mut Way::default(), &mut |node, way| {
            assert!(document.get(node.span().range()).is_some(), "{} is outside", way.as_str());
        });
    };
    let _ = yaml::read(document, |_, _| true, look);
}

fn a_row_is_read(path: &FieldPath, form: SecretForm, combine: Combine, document: &str) {
    let object = format!("apiVersion: example.com/v1\nkind: Any\nspec:\n{}\n", indented(document));
    let whole = FieldPath::of_name("spec").join(path);
    let field = |path: FieldPath| Box::from([SecretField { path, form }]);
    let sites = [
        PullSite {
            images: [whole.clone()].into(),
            pull_secrets: field(whole.clone()),
            service_account: [whole.clone()].into(),
            combine,
            ..PullSite::default()
        },
        PullSite {
            at: whole,
            pod_spec: Some(FieldPath::default()),
            pull_secrets: field(FieldPath::of_name("secrets")),
            ..PullSite::default()
        },
    ];
    let row = Row::new("example.com", "Any", Box::default(), sites.into());
    let table = Table::with(vec![row]);
    let Ok(inventory) = Inventory::of_kinds(&object, &table) else { return };
    for workload in &inventory.workloads {
        for image in &workload.images {
            assert!(object.get(image.span.range()).is_some(), "an image is in the text");
            assert!(!workload.image_path(image).is_empty());
        }
        for entry in &workload.pull_secrets.entries {
            assert!(object.get(entry.span.range()).is_some(), "an entry is in the text");
        }
        if let Ok((place, _)) = workload.site.write(["new"]) {
            assert!(object.get(place.range()).is_some(), "an edit is in the text");
        }
    }
}

fn indented(document: &str) -> String {
    let lines: Vec<_> = document.lines().map(|line| format!("  {line}")).collect();
    lines.join("\n")
}
