//! The program on Secrets of the input that cover a private image and are not attached to its pod: proposed, and
//! attached where the policy says `inject.attachCovering`.
#[path = "support/support.rs"]
mod support;

use serde_json::{Value, json};

use support::pullcreds;

/// Runs the filter with a policy that has this below `spec.inject`, and more below `spec`.
#[track_caller]
fn inject(inject: &str, more: &str, stream: &str) -> Run {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let policy = folder.path().join("policy.yaml");
    let text = format!(
        "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nmetadata: {{name: p}}\nspec:\n  namespace: \
         shop\n  inject: {{{inject}}}\n{more}"
    );
    #[expect(clippy::disallowed_methods, reason = "a test writes into its own folder")]
    std::fs::write(&policy, text).expect("the temporary folder can be written");
    let args = ["--report", "json", "--policy"];
    let run = pullcreds(args).arg(policy).stdin(stream).run().expect(0);
    let report =
        serde_json::from_slice(&run.stderr).unwrap_or_else(|error| panic!("{error}: {run}"));
    Run { out: run.out().to_owned(), report }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

struct Run {
    out: String,
    report: Value,
}

impl Run {
    /// What was added to each object: kind, name and the names of Secrets.
    fn added(&self) -> Vec<(&str, &str, Vec<&str>)> {
        let edits = self.report["edits"].as_array().into_iter().flatten();
        let added = edits.map(|edit| {
            let names = edit["added"].as_array().into_iter().flatten().filter_map(Value::as_str);
            (text(&edit["object"]["kind"]), text(&edit["object"]["name"]), names.collect())
        });
        added.collect()
    }

    fn verdicts(&self) -> Vec<&str> {
        let images = self.report["images"].as_array().into_iter().flatten();
        images.map(|image| image["verdict"].as_str().unwrap_or_default()).collect()
    }
}

const ATTACH: &str = "attachCovering: true";

#[track_caller]
fn attach(stream: &str) -> Run {
    inject(ATTACH, "", stream)
}

fn deployment(images: &[&str], secrets: &str) -> String {
    let containers = images.iter().map(|image| format!("      - {{name: c, image: '{image}'}}\n"));
    let containers = containers.collect::<Vec<_>>().concat();
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api\nspec:\n  template:\n    \
         spec:\n{secrets}      containers:\n{containers}"
    )
}

fn secret(name: &str, keys: &[&str]) -> String {
    let login = json!({"username": "robot", "password": "hunter2hunter2"});
    let auths: serde_json::Map<_, _> =
        keys.iter().map(|key| ((*key).to_owned(), login.clone())).collect();
    payload(name, &json!({ "auths": auths }))
}

fn payload(name: &str, payload: &Value) -> String {
    format!(
        "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\ntype: kubernetes.io/dockerconfigjson\nstringData: \
         {{.dockerconfigjson: '{payload}'}}\n"
    )
}

fn account(name: &str, secrets: &str) -> String {
    format!("---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {name}\n{secrets}")
}

const ACR: &str = "acme.azurecr.io/api:v1";
const GHCR: &str = "ghcr.io/acme/api:v1";
const PRIVATE_GHCR: &str = "  registries: [{match: ghcr.io, access: private}]\n";

#[test]
fn what_covers_an_image_is_attached_where_the_policy_says_so() {
    let stream = deployment(&[ACR], "")
        + &secret("acr", &["acme.azurecr.io"])
        + &secret("ghcr", &["ghcr.io"]);
    let run = attach(&stream);
    assert_eq!(run.added(), [("Deployment", "api", vec!["acr"])]);
    assert_eq!(run.verdicts(), ["covered"]);
    assert_eq!(run.report["summary"]["injected"], 1);
    assert!(run.out.contains("      imagePullSecrets:\n      - name: acr\n"), "{}", run.out);
    // A second run finds all in place.
    let again = attach(&run.out);
    assert_eq!(again.added(), []);
    assert_eq!(again.out, run.out);
    // Without the key in the policy nothing is attached.
    assert_eq!(inject("", "", &stream).added(), []);
    assert_eq!(inject("attachCovering: true, into: none", "", &stream).added(), []);
}

#[test]
fn what_covers_an_image_is_proposed() {
    let stream =
        deployment(&[ACR], "") + &secret("acr", &["acme.azurecr.io"]) + &account("default", "");
    let run = pullcreds(["check", "--format", "json", "--namespace", "shop"])
        .stdin(stream)
        .run()
        .expect(1);
    let report = run.json();
    let findings = report["findings"].as_array().into_iter().flatten();
    let remedies: Vec<_> = findings
        .filter(|finding| finding["code"] == "missing-pull-secret")
        .map(|finding| &finding["remedy"])
        .collect();
    assert_eq!(
        remedies,
        [
            "The Secret 'acr' of the input covers it.\nLet pullcreds inject a pull secret:\n  RENDERER | \
          pullcreds --inject acme.azurecr.io=acr\nor in the policy:\n  registries:\n  - match: acme.azurecr.io\n    pullSecrets: \
          [acr]\nor attach what covers an image, whatever its name: attachCovering: true below inject in the \
          policy\nor name it in spec.template.spec:\n  imagePullSecrets:\n  - name: acr"
        ]
    );
}

#[test]
fn a_list_of_the_service_account_is_where_it_is_proposed() {
    let list = "imagePullSecrets: [{name: ghcr}]\n";
    let stream = deployment(&[ACR], "")
        + &account("default", list)
        + &secret("ghcr", &["ghcr.io"])
        + &secret("acr", &["acme.azurecr.io"]);
    let run = pullcreds(["check", "--namespace", "shop"]).stdin(stream).run().expect(1);
    let said = run.out();
    assert!(said.contains("The Secret 'acr' of the input covers it."), "{run}");
    assert!(said.contains("or name it in ServiceAccount 'default':"), "{run}");
}

#[test]
fn only_usable_secrets_of_the_same_namespace_are_attached() {
    let expired = format!("ya29{}{}", '.', "0123456789abcdefghij");
    for (what, secret) in [
        (
            "another namespace",
            secret("acr", &["acme.azurecr.io"])
                .replace("name: acr\n", "name: acr\n  namespace: other\n"),
        ),
        (
            "another type",
            secret("acr", &["acme.azurecr.io"]).replace("kubernetes.io/dockerconfigjson", "Opaque"),
        ),
        ("another registry", secret("acr", &["ghcr.io"])),
        ("another port", secret("acr", &["acme.azurecr.io:443"])),
        ("an empty entry", payload("acr", &json!({"auths": {"acme.azurecr.io": {}}}))),
        ("no password", payload("acr", &json!({"auths": {"acme.azurecr.io": {"username": "u"}}}))),
        (
            "a line break",
            secret("acr", &["acme.azurecr.io"]).replace("hunter2hunter2", "hunter2hunter2\\n"),
        ),
        (
            "a payload that fails",
            payload("acr", &json!({"auths": {"acme.azurecr.io": {"auth": "?"}}})),
        ),
    ] {
        let run = attach(&(deployment(&[ACR], "") + &secret));
        assert_eq!(run.added(), [], "{what}");
    }
    // What lives for hours covers for hours.
    let token = payload(
        "acr",
        &json!({"auths": {"acme.azurecr.io": {"username": "u", "password": expired}}}),
    );
    assert_eq!(attach(&(deployment(&[ACR], "") + &token)).added().len(), 1);
}

#[test]
fn what_is_configured_already_gets_nothing() {
    let acr = secret("acr", &["acme.azurecr.io"]);
    let outside = deployment(&[ACR], "      imagePullSecrets: [{name: elsewhere}]\n");
    assert_eq!(attach(&(outside + &acr)).added(), []);
    let nodes = "  cluster: {credentialProviders: [aks]}\n";
    assert_eq!(inject(ATTACH, nodes, &(deployment(&[ACR], "") + &acr)).added(), []);
    let policy =
        "  registries: [{match: acme.azurecr.io, access: private, pullSecrets: [regcred]}]\n";
    let run = inject(ATTACH, policy, &(deployment(&[ACR], "") + &acr));
    assert_eq!(run.added(), [("Deployment", "api", vec!["regcred"])]);
    // Public images need nothing.
    assert_eq!(
        attach(&(deployment(&["nginx"], "") + &secret("hub", &["https://index.docker.io/v1/"])))
            .added(),
        []
    );
    // Nothing helps a pod with a secret that fails every pull.
    let broken = payload("broken", &json!({"auths": {"ghcr.io": {"auth": "?"}}}));
    let pod = deployment(&[ACR], "      imagePullSecrets: [{name: broken}]\n");
    assert_eq!(attach(&(pod + &broken + &acr)).added(), []);
}

#[test]
fn the_fewest_secrets_are_attached_in_the_order_of_the_stream() {
    let images = [ACR, GHCR, "registry.example.com/api:v1"];
    let pod = deployment(&images, "");
    let one_each = secret("c", &["registry.example.com"])
        + &secret("a", &["acme.azurecr.io"])
        + &secret("b", &["ghcr.io"]);
    let added = |secrets: &str| {
        let run = inject(ATTACH, PRIVATE_GHCR, &(pod.clone() + secrets));
        run.added().first().map(|(_, _, names)| names.join(" ")).unwrap_or_default()
    };
    assert_eq!(added(&one_each), "c a b");
    let two = secret("ab", &["acme.azurecr.io", "ghcr.io"]);
    assert_eq!(added(&(one_each.clone() + &two)), "c ab");
    assert_eq!(added(&(two.clone() + &one_each)), "ab c");
    let all = secret("all", &["registry.example.com", "ghcr.io", "acme.azurecr.io"]);
    assert_eq!(added(&(one_each + &two + &all)), "all");
    // Of two that cover the same, the first.
    assert_eq!(added(&(secret("z", &["ghcr.io"]) + &secret("x", &["ghcr.io"]))), "z");
}

#[test]
fn what_is_attached_goes_where_the_policy_injects() {
    let acr = secret("acr", &["acme.azurecr.io"]);
    let to = |into: &str, pod: &str, account: &str| {
        let run = inject(&format!("{ATTACH}, into: {into}"), "", &format!("{pod}{account}{acr}"));
        run.added()
            .iter()
            .map(|(kind, _, names)| format!("{kind}: {}", names.join(" ")))
            .collect::<Vec<_>>()
    };
    let pod = deployment(&[ACR], "");
    let hub = "imagePullSecrets: [{name: hub}]\n";
    let policy_free = secret("hub", &["https://index.docker.io/v1/"]);
    let with_hub = account("default", hub) + &policy_free;
    assert_eq!(to("auto", &pod, &with_hub), ["ServiceAccount: acr"]);
    assert_eq!(to("serviceAccount", &pod, &with_hub), ["ServiceAccount: acr"]);
    assert_eq!(to("pod", &pod, &with_hub), ["Deployment: hub acr"]);
    assert_eq!(to("auto", &pod, ""), ["Deployment: acr"]);
    let own = deployment(&[ACR], "      imagePullSecrets: [{name: hub}]\n");
    assert_eq!(to("auto", &own, &with_hub), ["Deployment: acr"]);
    let opted_out = pod
        .replace("  name: api\n", "  name: api\n  annotations: {pullcreds.dev/inject: 'false'}\n");
    assert_eq!(to("auto", &opted_out, &with_hub), [""; 0]);
}

#[test]
fn what_another_object_makes_is_attached_if_the_policy_says_what_it_is_for() {
    let made = |kind: &str| {
        format!(
            "---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {{name: acr}}\nspec: {{target: \
             {{template: {{type: {kind}}}}}}}\n"
        )
    };
    let says = |registry: &str| {
        format!(
            "  cluster:\n    secrets: [{{namespace: shop, name: acr, registries: [{registry}], rotatedAt: 2026-10-01}}]\n"
        )
    };
    let pod = deployment(&[ACR], "");
    let stream = pod.clone() + &made("kubernetes.io/dockerconfigjson");
    let run = inject(ATTACH, &says("acme.azurecr.io"), &stream);
    assert_eq!(run.added(), [("Deployment", "api", vec!["acr"])]);
    assert_eq!(run.verdicts(), ["declared"]);
    assert_eq!(inject(ATTACH, &says("ghcr.io"), &stream).added(), []);
    assert_eq!(attach(&stream).added(), []);
    assert_eq!(inject(ATTACH, &says("acme.azurecr.io"), &(pod + &made("Opaque"))).added(), []);
}

#[test]
fn what_is_not_there_in_time_is_not_attached() {
    let hook = deployment(&[ACR], "")
        .replace("  name: api\n", "  name: api\n  annotations: {helm.sh/hook: pre-install}\n");
    assert_eq!(attach(&(hook + &secret("acr", &["acme.azurecr.io"]))).added(), []);
}
