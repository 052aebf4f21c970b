//! When credentials were last rotated: the sources, their order, and the findings.

use serde_json::json;

use super::{
    DAY, Files, NOW, PASSWORD, Report, account, cluster, covering, days_ago, deployment, document,
    ecr_token, jwt, list, payload, payload_of, pulls, secret, stamp,
};

const OVERDUE: &str = "Registry credentials last rotated over 90 days ago";

/// Findings about an age, or an unknown age.
const AGES: &[&str] = &["rotation-overdue", "rotation-unknown", "slow-refresh"];

/// `managedFields` of a Secret whose payload was written so many days ago.
fn written(days: i64) -> String {
    format!("managedFields: [{}]", manager(days, "f:data: {.: {}, f:.dockerconfigjson: {}}"))
}

fn manager(days: i64, fields: &str) -> String {
    format!(
        "{{manager: kubectl-create, operation: Update, apiVersion: v1, fieldsType: FieldsV1, fieldsV1: {{{fields}}}, \
         time: '{}'}}",
        stamp(days)
    )
}

fn rotated_at(days: i64) -> String {
    format!("annotations: {{pullcreds.dev/rotated-at: '{}'}}", stamp(days))
}

fn created(days: i64) -> String {
    format!("creationTimestamp: '{}'", stamp(days))
}

/// What is said about a pull secret of a dump with this metadata and payload.
fn of(metadata: &[String], payload: &str) -> Report {
    Report::of(&pulls(), &cluster("", &[secret("regcred", &metadata.join(", "), payload)]))
}

/// A JWT that was issued so many days ago and lives for a year.
fn token(days: i64) -> String {
    let claims = json!({"iat": days_ago(days), "exp": days_ago(days) + 365 * DAY});
    payload(&[("ghcr.io", &jwt(&claims))])
}

/// An `ExternalSecret` that makes `regcred` with these fields.
fn external(fields: &str) -> String {
    format!(
        "---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {{name: regcred, namespace: shop}}\n\
         spec: {{{fields}target: {{template: {{type: kubernetes.io/dockerconfigjson}}}}}}\n"
    )
}

#[test]
fn the_token_tells_before_an_annotation() {
    of(&[rotated_at(200)], &token(10)).finds_no(AGES);
    of(&[rotated_at(10)], &token(200)).finds(
        "rotation-overdue",
        "error",
        &[
            OVERDUE,
            "Secret 'regcred' (in the cluster dump)",
            "200 days ago",
            "as the token itself tells",
        ],
    );
}

#[test]
fn an_annotation_tells_before_the_managed_fields() {
    of(&[rotated_at(10), written(200)], &covering()).finds_no(AGES);
    of(&[rotated_at(200), written(10)], &covering()).finds(
        "rotation-overdue",
        "error",
        &[OVERDUE, "200 days ago", "as the annotation pullcreds.dev/rotated-at tells"],
    );
}

#[test]
fn the_managed_fields_tell_before_the_age_of_the_object() {
    of(&[written(10), created(500)], &covering()).finds_no(AGES);
    of(&[written(200), created(10)], &covering()).finds(
        "rotation-overdue",
        "error",
        &[OVERDUE, "200 days ago", "when its data was last written"],
    );
}

#[test]
fn the_newest_write_of_the_payload_counts() {
    let owner = "f:data: {f:.dockerconfigjson: {}}";
    let fields = [manager(300, owner), manager(20, owner), manager(200, owner)];
    of(&[format!("managedFields: [{}]", fields.join(", "))], &covering()).finds_no(AGES);
    let labels = manager(1, "f:metadata: {f:labels: {}}");
    let fields = format!("managedFields: [{labels}, {}]", manager(200, owner));
    of(&[fields], &covering()).finds("rotation-overdue", "error", &["200 days ago"]);
    let never_stored = manager(1, "f:stringData: {f:.dockerconfigjson: {}}");
    let fields = format!("managedFields: [{labels}, {never_stored}]");
    of(&[fields], &covering()).finds("rotation-unknown", "warning", &[]);
}

#[test]
fn only_a_young_object_tells_an_age() {
    of(&[created(10)], &covering()).finds_no(AGES);
    of(&[created(200)], &covering()).finds("rotation-unknown", "warning", &[]);
    of(&[], &covering()).finds(
        "rotation-unknown",
        "warning",
        &["Secret 'regcred' (in the cluster dump)"],
    );
}

#[test]
fn the_interval_of_a_producer_tells_before_the_managed_fields_of_what_it_made() {
    let dump = |metadata: &str| cluster("", &[secret("regcred", metadata, &covering())]);
    let manifests = |fields: &str| format!("{}{}", pulls(), external(fields));
    let old = dump(&written(200));
    Report::of(&manifests("refreshInterval: 1h, "), &old).verdict("declared").finds_no(AGES);
    Report::of(&manifests(""), &old).finds_no(AGES);
    let slow = Report::of(&manifests("refreshInterval: 2400h, "), &dump(&written(1)));
    slow.finds("slow-refresh", "warning", &["ExternalSecret 'regcred'", "every 90 days"]);
    // The token and the annotation of the created Secret come first.
    Report::of(&manifests("refreshInterval: 1h, "), &dump(&rotated_at(200))).finds(
        "rotation-overdue",
        "error",
        &[OVERDUE, "made by ExternalSecret 'regcred'"],
    );
}

#[test]
fn a_producer_that_tells_nothing_leaves_it_to_what_it_made() {
    let sealed = "---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: regcred, namespace: \
                  shop}\nspec: {template: {type: kubernetes.io/dockerconfigjson}, encryptedData: {.dockerconfigjson: \
                  AgB}}\n";
    let manifests = format!("{}{sealed}", pulls());
    Report::with(&manifests, &[], &[]).verdict("declared").finds(
        "rotation-unknown",
        "warning",
        &[],
    );
    let dump = |metadata: &str| cluster("", &[secret("regcred", metadata, &covering())]);
    Report::of(&manifests, &dump(&written(10))).verdict("declared").finds_no(AGES);
    Report::of(&manifests, &dump(&written(200))).finds(
        "rotation-overdue",
        "error",
        &[OVERDUE, "made by SealedSecret 'regcred'"],
    );
    let annotated = manifests.replace(
        "{name: regcred, namespace: shop}\nspec",
        &format!("{{name: regcred, namespace: shop, {}}}\nspec", rotated_at(10)),
    );
    Report::with(&annotated, &[], &[]).finds_no(AGES);
}

#[test]
fn the_policy_tells_the_limit_the_annotations_and_the_severity_of_not_knowing() {
    let files = Files::new();
    let policy = "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nmetadata: {name: p}\nspec:\n  \
                  rotation: {maxAge: 30d, annotations: [example.com/rotated], unknown: error}\n";
    let policy = files.write("policy.yaml", policy);
    let with = |metadata: &str| {
        let dump = cluster("", &[secret("regcred", metadata, &covering())]);
        Report::with(&pulls(), &[&dump], &["--policy", &policy])
    };
    with(&format!("annotations: {{example.com/rotated: '{}'}}", stamp(40))).finds(
        "rotation-overdue",
        "error",
        &["Registry credentials last rotated over 30 days ago", "40 days ago"],
    );
    with(&rotated_at(40)).finds("rotation-unknown", "error", &[]);
}

#[test]
fn a_time_of_the_policy_is_for_what_nobody_else_tells() {
    let files = Files::new();
    let policy = "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nmetadata: {name: p}\nspec:\n  \
                  cluster:\n    secrets:\n    - {namespace: shop, name: regcred, rotatedAt: 2026-01-01}\n";
    let policy = files.write("policy.yaml", policy);
    let args = ["--policy", policy.as_str()];
    let texts = [OVERDUE, "on 2026-01-01", "as the policy tells"];
    Report::with(&pulls(), &[], &args).finds("rotation-overdue", "error", &texts);
    let dump = |metadata: &str| cluster("", &[secret("regcred", metadata, &covering())]);
    Report::with(&pulls(), &[&dump(&written(10))], &args).finds_no(AGES);
    Report::with(&pulls(), &[&dump(&created(900))], &args).finds(
        "rotation-overdue",
        "error",
        &texts,
    );
}

#[test]
fn a_secret_of_the_manifests_tells_its_age_in_the_same_order() {
    let with = |metadata: &[String], payload: &str| {
        let own = document(&secret("regcred", &metadata.join(", "), payload));
        Report::with(&format!("{}{own}", pulls()), &[], &[])
    };
    with(&[rotated_at(10)], &token(200)).finds("rotation-overdue", "error", &[OVERDUE]);
    with(&[rotated_at(200)], &covering()).finds("rotation-overdue", "error", &[OVERDUE]);
    with(&[rotated_at(10)], &covering()).finds_no(AGES);
    with(&[], &covering()).finds("rotation-unknown", "warning", &["Secret 'regcred'"]);
}

#[test]
fn a_placeholder_of_the_manifests_is_as_old_as_what_fills_it() {
    let placeholder = |metadata: &str| {
        let metadata =
            format!("annotations: {{replicator.v1.mittwald.de/replicate-from: a/b, {metadata}}}");
        format!("{}{}", pulls(), document(&secret("regcred", &metadata, "e30K")))
    };
    Report::with(&placeholder(""), &[], &[])
        .verdict("declared")
        .finds_no(&["hardcoded-credentials", "mismatched-pull-secret"])
        .finds("rotation-unknown", "warning", &[]);
    Report::of(&placeholder(""), &cluster("", &[secret("regcred", &written(10), &covering())]))
        .finds_no(AGES);
    Report::of(&placeholder(""), &cluster("", &[secret("regcred", &written(100), &covering())]))
        .finds("rotation-overdue", "error", &[OVERDUE]);
    let annotated = placeholder(&format!("pullcreds.dev/rotated-at: '{}'", stamp(10)));
    Report::with(&annotated, &[], &[]).finds_no(AGES);
}

#[test]
fn the_oldest_token_counts_and_one_entry_does_not_speak_for_another() {
    let issued = |days: i64| jwt(&json!({"iat": days_ago(days), "exp": NOW + 300 * DAY}));
    let both = |one: &str, other: &str| payload(&[("ghcr.io", one), ("quay.io", other)]);
    of(&[], &both(&issued(10), &issued(20))).finds_no(AGES);
    of(&[], &both(&issued(10), &issued(120))).finds("rotation-overdue", "error", &["120 days ago"]);
    of(&[], &both(&issued(10), PASSWORD)).finds("rotation-unknown", "warning", &[]);
    of(&[], &both(&issued(120), PASSWORD)).finds("rotation-overdue", "error", &["120 days ago"]);
}

// Short-lived tokens.

/// A pull secret with a token of Amazon ECR that expires in so many hours.
fn ecr(hours: i64) -> String {
    payload_of([("ghcr.io", "AWS", &*ecr_token(NOW + hours * 3600))])
}

const STATIC: &[&str] = &["short-lived-credentials", "expired-credentials"];

#[test]
fn a_short_lived_token_in_a_static_secret_is_an_error() {
    for metadata in [vec![], vec![rotated_at(1)], vec![written(0)]] {
        of(&metadata, &ecr(6))
            .finds(
                "short-lived-credentials",
                "error",
                &["12 hours", "nothing refreshes this Secret"],
            )
            .finds_no(&["expired-credentials", "rotation-unknown"]);
    }
    of(&[], &ecr(-24)).finds("expired-credentials", "error", &["expired on 2026-06-30"]);
    // A sealed one stays as it was sealed.
    let owner =
        "ownerReferences: [{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, name: regcred}]";
    of(&[owner.to_owned()], &ecr(6)).finds("short-lived-credentials", "error", &[]);
}

#[test]
fn a_token_that_a_controller_replaces_is_not_static() {
    for mark in [
        "ownerReferences: [{apiVersion: external-secrets.io/v1, kind: ExternalSecret, name: r, controller: true}]",
        "labels: {reconcile.external-secrets.io/managed: 'true'}",
        "labels: {secrets.hashicorp.com/vso-ownerRefUID: 082931ae}",
        "annotations: {openshift.io/internal-registry-auth-token.service-account: default}",
    ] {
        for hours in [6, -24] {
            of(&[mark.to_owned(), written(0)], &ecr(hours))
                .verdict("covered")
                .finds_no(STATIC)
                .finds_no(AGES);
        }
    }
    // What it shows of itself when it has expired is the age of the dump.
    let mark = "labels: {reconcile.external-secrets.io/managed: 'true'}".to_owned();
    of(&[mark], &ecr(-200 * 24)).finds_no(STATIC).finds("rotation-unknown", "warning", &[]);
}

#[test]
fn a_token_that_an_object_of_the_manifests_or_the_dump_replaces_is_not_static() {
    let token = secret("regcred", "", &ecr(6));
    let item = external("").trim_start_matches("---\n").replace('\n', "\n  ");
    let item = format!("- {}\n", item.trim_end());
    let dump = list(&[account("default", "", ""), token.clone(), item]);
    Report::of(&pulls(), &dump).verdict("covered").finds_no(STATIC).finds_no(AGES);
    let manifests = format!("{}{}{}", pulls(), document(&token), external(""));
    Report::with(&manifests, &[], &[]).verdict("covered").finds_no(STATIC);
    // Unless it does so once only, or too late.
    for (fields, code) in [
        ("refreshPolicy: CreatedOnce, ", "short-lived-credentials"),
        ("refreshInterval: 0, ", "short-lived-credentials"),
        ("refreshInterval: 24h, ", "expires-before-refresh"),
    ] {
        let manifests = format!("{}{}{}", pulls(), document(&token), external(fields));
        Report::with(&manifests, &[], &[]).finds(code, "error", &["12 hours"]);
    }
}

#[test]
fn an_expired_credential_of_the_dump_spoils_a_public_image() {
    let pod = deployment("imagePullSecrets: [{name: regcred}], ");
    let with = |metadata: &str| {
        let dump = cluster("", &[secret("regcred", metadata, &ecr(-24))]);
        Report::with(&pod, &[&dump], &["--public", "ghcr.io"])
    };
    with("").finds("bad-credentials-for-public-image", "warning", &["(in the cluster dump)"]);
    with("labels: {reconcile.external-secrets.io/managed: 'true'}")
        .finds_no(&["bad-credentials-for-public-image"]);
}
