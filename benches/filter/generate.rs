//! Rendered manifests of any size, the same on every machine.

use std::fmt::Write as _;

/// A stream with a name.
pub(crate) struct Input {
    pub(crate) name: &'static str,
    pub(crate) text: String,
    pub(crate) documents: usize,
}

/// The first documents of a stream, in about `most` bytes.
pub(crate) fn first(text: &str, most: usize) -> String {
    let end = text[..most.min(text.len())].rfind("---\n").unwrap_or(0);
    text[..end].to_owned()
}

/// About 50 KB: what one chart renders.
pub(crate) fn chart() -> Input {
    let each = [deployment, service, service_account, small_config_map, secret];
    let enough = |text: &str, _| text.len() >= 50_000;
    build("chart", enough, |_, at| each[at % each.len()])
}

/// About 24 MB in 20,000 documents: half of them run pods.
pub(crate) fn workloads() -> Input {
    let shares: [(Generator, usize); 9] = [
        (deployment, 28),
        (stateful_set, 4),
        (cron_job, 5),
        (service, 21),
        (service_account, 12),
        (small_config_map, 10),
        (secret, 10),
        (role, 7),
        (json_deployment, 3),
    ];
    let mixed: Vec<_> =
        shares.iter().flat_map(|&(one, share)| std::iter::repeat_n(one, share)).collect();
    build("workloads", |_, count| count == 20_000, |dice, _| dice.pick(&mixed))
}

/// About 50 MB of custom resource definitions and `ConfigMap`s; two documents in a hundred run pods.
pub(crate) fn definitions() -> Input {
    let enough = |text: &str, _| text.len() >= 50_000_000;
    build("definitions", enough, |dice, _| match dice.below(100) {
        0..2 => dice.pick(&[deployment as Generator, stateful_set, cron_job]),
        2..55 => definition,
        _ => large_config_map,
    })
}

/// About 24 MB of workloads whose ServiceAccount is there, and that have no pull secret.
pub(crate) fn without_pull_secrets() -> Input {
    let enough = |text: &str, _| text.len() >= 24_000_000;
    build("without pull secrets", enough, |_, at| match at {
        0 => |_, _| {
            let metadata = "metadata: {name: default, namespace: default}";
            format!("apiVersion: v1\nkind: ServiceAccount\n{metadata}\n")
        },
        _ => bare_deployment,
    })
}

/// Manifests as people keep them, one a file: about half of them run pods.
pub(crate) fn files(count: usize) -> Vec<String> {
    let each = [deployment, service, service_account, small_config_map, cron_job, secret];
    let mut dice = Dice(42);
    (0..count).map(|at| each[at % each.len()](&mut dice, at)).collect()
}

type Generator = fn(&mut Dice, usize) -> String;

fn build(
    name: &'static str,
    enough: impl Fn(&str, usize) -> bool,
    next: impl Fn(&mut Dice, usize) -> Generator,
) -> Input {
    let mut dice = Dice(42);
    let (mut text, mut documents) = (String::new(), 0);
    while !enough(&text, documents) {
        text.push_str("---\n");
        text.push_str(&next(&mut dice, documents)(&mut dice, documents));
        documents += 1;
    }
    Input { name, text, documents }
}

/// A random sequence that is always the same (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.roll() >> 33).expect("31 bits fit") % bound
    }

    fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn word(&mut self) -> &'static str {
        self.pick(&WORDS)
    }

    fn words(&mut self, count: usize) -> Vec<&'static str> {
        std::iter::repeat_with(|| self.word()).take(count).collect()
    }

    fn name(&mut self, at: usize) -> String {
        format!("{}-{}-{at}", self.word(), self.word())
    }

    fn base64(&mut self, length: usize) -> String {
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        std::iter::repeat_with(|| char::from(self.pick(digits))).take(length).collect()
    }
}

const WORDS: [&str; 26] = [
    "alpha", "beta", "gamma", "delta", "proxy", "cache", "queue", "worker", "api", "web", "auth",
    "billing", "search", "index", "router", "mesh", "edge", "core", "batch", "store", "ledger",
    "notify", "export", "import", "sync", "audit",
];

const REGISTRIES: [&str; 5] = [
    "registry.example.com/team",
    "ghcr.io/acme",
    "docker.io/library",
    "quay.io/org",
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com/prod",
];

/// Appends formatted text to a `String`, which cannot fail.
macro_rules! put {
    ($to:expr, $($what:tt)*) => {
        $to.write_fmt(format_args!($($what)*)).expect("a String takes any text")
    };
}

/// `block` with every line moved to the right.
fn indented(block: &str, by: usize) -> String {
    let margin = " ".repeat(by);
    block.split_inclusive('\n').flat_map(|line| [margin.as_str(), line]).collect()
}

fn labels(dice: &mut Dice, name: &str) -> String {
    let (major, minor, patch) = (dice.between(1, 9), dice.below(30), dice.below(10));
    format!(
        "app.kubernetes.io/name: {name}\napp.kubernetes.io/instance: release-name\n\
         app.kubernetes.io/version: \"{major}.{minor}.{patch}\"\n\
         app.kubernetes.io/managed-by: Helm\nhelm.sh/chart: {name}-{patch}.{minor}.0\n"
    )
}

/// The head of an object as Helm renders it.
fn head(dice: &mut Dice, template: &str, api_version: &str, kind: &str, name: &str) -> String {
    format!(
        "# Source: mychart/templates/{template}.yaml\napiVersion: {api_version}\nkind: {kind}\n\
         metadata:\n  name: {name}\n  namespace: default\n  labels:\n{}",
        indented(&labels(dice, name), 4)
    )
}

/// A container as an entry of a list.
fn container(dice: &mut Dice, name: &str, offset: usize) -> String {
    let mut text = format!(
        "name: {name}\nimage: \"{}/{name}:{}.{}.{}\"\nimagePullPolicy: IfNotPresent\n",
        dice.pick(&REGISTRIES),
        dice.between(1, 9),
        dice.below(30),
        dice.below(10)
    );
    let list = |text: &mut String, key: &str, entries: &str| {
        put!(text, "{key}:\n{}", indented(entries, offset));
    };
    if dice.chance(50) {
        let port = dice.between(1000, 9999);
        let entries =
            format!("- --listen=:{port}\n- '--log-level=info'\n- \"--config=/etc/{name}.yaml\"\n");
        list(&mut text, "args", &entries);
    }
    match dice.below(100) {
        0..20 => put!(text, "command: [\"/bin/sh\", \"-c\", \"exec {name} --flag\"]\n"),
        20..33 => put!(
            text,
            "command:\n- /bin/sh\n- -ec\n- |\n  set -e\n  echo \"starting {name}\" # not a comment\n  \
             exec {name} --flag={}\n",
            dice.word()
        ),
        _ => {}
    }
    let port = dice.between(80, 9000);
    list(&mut text, "ports", &format!("- name: http\n  containerPort: {port}\n  protocol: TCP\n"));
    if dice.chance(60) {
        let entries: String = (0..dice.between(1, 4)).map(|at| variable(dice, name, at)).collect();
        list(&mut text, "env", &entries);
    }
    if dice.chance(60) {
        for (probe, path) in [("liveness", "/healthz"), ("readiness", "/")] {
            put!(text, "{probe}Probe:\n  httpGet:\n    path: {path}\n    port: http\n");
        }
    }
    put!(
        text,
        "resources:\n  limits:\n    cpu: {}00m\n    memory: {}Mi\n  requests:\n    cpu: 50m\n    memory: 64Mi\n",
        dice.between(1, 9),
        dice.between(1, 9) * 64
    );
    format!("- {}", indented(&text, 2).trim_start())
}

fn variable(dice: &mut Dice, name: &str, at: usize) -> String {
    let variable = dice.word().to_uppercase();
    let value = dice.word();
    if dice.chance(70) {
        return format!("- name: {variable}_{at}\n  value: \"{value}\"\n");
    }
    format!(
        "- name: {variable}_{at}\n  valueFrom:\n    secretKeyRef:\n      name: {name}-secret\n      key: {value}\n"
    )
}

fn pod_spec(dice: &mut Dice, name: &str) -> String {
    let offset = dice.pick(&[0, 2]);
    let mut text = String::new();
    let list = |text: &mut String, key: &str, entries: &str| {
        put!(text, "{key}:\n{}", indented(entries, offset));
    };
    if dice.chance(30) {
        list(&mut text, "imagePullSecrets", "- name: existing-regcred\n");
    }
    put!(text, "serviceAccountName: {name}\n");
    if dice.chance(50) {
        text.push_str("securityContext:\n  fsGroup: 1001\n  runAsNonRoot: true\n");
    }
    if dice.chance(20) {
        let entry = container(dice, &format!("init-{name}"), offset);
        list(&mut text, "initContainers", &entry);
    }
    let mut entries = container(dice, name, offset);
    if dice.chance(25) {
        entries.push_str(&container(dice, &format!("{name}-1"), offset));
    }
    list(&mut text, "containers", &entries);
    if dice.chance(40) {
        let config = format!("- name: config\n  configMap:\n    name: {name}\n");
        list(&mut text, "volumes", &(config + "- name: tmp\n  emptyDir: {}\n"));
    }
    if dice.chance(20) {
        put!(
            text,
            "affinity:\n  podAntiAffinity:\n    preferredDuringSchedulingIgnoredDuringExecution:\n    - weight: 100\n\
             \x20     podAffinityTerm:\n        labelSelector:\n          matchLabels:\n            app: {name}\n\
             \x20       topologyKey: kubernetes.io/hostname\n"
        );
    }
    text
}

fn deployment(dice: &mut Dice, at: usize) -> String {
    let name = dice.name(at);
    let head = head(dice, "deployment", "apps/v1", "Deployment", &name);
    let checksum = [0; 4].map(|_| format!("{:016x}", dice.roll())).concat();
    let labels = indented(&labels(dice, &name), 8);
    format!(
        "{head}spec:\n  replicas: {}\n  selector:\n    matchLabels:\n      app: {name}\n  template:\n    metadata:\n\
         \x20     annotations:\n        checksum/config: {checksum}\n      labels:\n{labels}    spec:\n{}",
        dice.between(1, 5),
        indented(&pod_spec(dice, &name), 6)
    )
}

/// A Deployment with neither a pull secret nor a ServiceAccount of its own.
fn bare_deployment(dice: &mut Dice, at: usize) -> String {
    const LEFT_OUT: [&str; 3] =
        ["imagePullSecrets:", "- name: existing-regcred", "serviceAccountName:"];
    let text = deployment(dice, at);
    let is_left = |line: &&str| !LEFT_OUT.iter().any(|start| line.trim_start().starts_with(start));
    text.split_inclusive('\n').filter(is_left).collect()
}

fn stateful_set(dice: &mut Dice, at: usize) -> String {
    let name = dice.name(at);
    let head = head(dice, "statefulset", "apps/v1", "StatefulSet", &name);
    let labels = indented(&labels(dice, &name), 8);
    format!(
        "{head}spec:\n  serviceName: {name}-headless\n  replicas: 3\n  selector:\n    matchLabels:\n      app: {name}\n\
         \x20 template:\n    metadata:\n      labels:\n{labels}    spec:\n{}  volumeClaimTemplates:\n    - metadata:\n\
         \x20       name: data\n      spec:\n        accessModes: [ \"ReadWriteOnce\" ]\n        resources:\n\
         \x20         requests:\n            storage: \"8Gi\"\n",
        indented(&pod_spec(dice, &name), 6)
    )
}

fn cron_job(dice: &mut Dice, at: usize) -> String {
    let name = dice.name(at);
    let head = head(dice, "cronjob", "batch/v1", "CronJob", &name);
    format!(
        "{head}spec:\n  schedule: \"*/5 * * * *\"\n  jobTemplate:\n    spec:\n      template:\n        spec:\n\
         \x20         restartPolicy: OnFailure\n{}",
        indented(&pod_spec(dice, &name), 10)
    )
}

fn service(dice: &mut Dice, at: usize) -> String {
    let name = dice.name(at);
    head(dice, "service", "v1", "Service", &name)
        + &format!(
            "spec:\n  type: ClusterIP\n  ports:\n    - port: 80\n      targetPort: http\n      protocol: TCP\n\
             \x20     name: http\n  selector:\n    app.kubernetes.io/name: {name}\n"
        )
}

fn service_account(dice: &mut Dice, at: usize) -> String {
    let name = dice.name(at);
    let tails = [
        "automountServiceAccountToken: true\n",
        "imagePullSecrets:\n- name: existing-regcred\n",
        "",
    ];
    head(dice, "serviceaccount", "v1", "ServiceAccount", &name) + dice.pick(&tails)
}

fn small_config_map(dice: &mut Dice, at: usize) -> String {
    config_map(dice, at, 20)
}

fn large_config_map(dice: &mut Dice, at: usize) -> String {
    let lines = dice.pick(&[30, 300, 1200]);
    config_map(dice, at, lines)
}

fn config_map(dice: &mut Dice, at: usize, lines: usize) -> String {
    let name = dice.name(at);
    let mut text = head(dice, "configmap", "v1", "ConfigMap", &name);
    text.push_str("data:\n  config.yaml: |\n");
    for line in 0..lines {
        let (key, value, comment) = (dice.word(), dice.word(), dice.word());
        put!(text, "    {key}_{line}: {value} {} # {comment}\n", dice.below(1_000_000));
    }
    text + "  KEY: \"value\"\n  other: 'it''s'\n"
}

fn secret(dice: &mut Dice, at: usize) -> String {
    let name = dice.name(at);
    let head = head(dice, "secret", "v1", "Secret", &name);
    if dice.chance(30) {
        // {"auths":{"registry.example.com":{"auth":"dTpw"}}}
        let payload = "eyJhdXRocyI6eyJyZWdpc3RyeS5leGFtcGxlLmNvbSI6eyJhdXRoIjoiZFRwdyJ9fX0=";
        return format!(
            "{head}type: kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson: {payload}\n"
        );
    }
    let (password, token) = (dice.base64(44), dice.base64(128));
    format!("{head}type: Opaque\ndata:\n  password: {password}\n  token: \"{token}\"\n")
}

fn role(dice: &mut Dice, at: usize) -> String {
    let name = dice.name(at);
    let mut text = head(dice, "role", "rbac.authorization.k8s.io/v1", "ClusterRole", &name);
    text.push_str("rules:\n");
    for _ in 0..dice.between(2, 6) {
        let (group, resource) = (dice.word(), dice.word());
        put!(
            text,
            "- apiGroups: [\"{group}.example.com\"]\n  resources:\n  - {resource}s\n  - {resource}s/status\n  \
             verbs: [\"get\", \"list\", \"watch\"]\n"
        );
    }
    text
}

fn json_deployment(dice: &mut Dice, at: usize) -> String {
    let name = dice.name(at);
    let image = format!("{}/{name}:1", dice.pick(&REGISTRIES));
    let object = serde_json::json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": {
            "metadata": {"labels": {"app": name}},
            "spec": {"containers": [{
                "name": name, "image": image, "ports": [{"containerPort": 80}],
                "env": [{"name": "A", "value": "b\u{e9}\n"}],
            }]},
        }},
    });
    if dice.chance(50) { format!("{object:#}\n") } else { format!("{object}\n") }
}

fn definition(dice: &mut Dice, at: usize) -> String {
    let plural = format!("{}{}{at}s", dice.word(), dice.word());
    let size = dice.pick(&[8_000, 30_000, 80_000]);
    let mut text = format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  annotations:\n\
         \x20   controller-gen.kubebuilder.io/version: v0.16.1\n  name: {plural}.example.com\nspec:\n\
         \x20 group: example.com\n  names:\n    kind: Kind{at}\n    plural: {plural}\n  scope: Namespaced\n  versions:\n"
    );
    let mut version = 0;
    while text.len() < size {
        version += 1;
        put!(
            text,
            "  - name: v{version}\n    schema:\n      openAPIV3Schema:\n        description: {plural} is the schema\n\
             \x20       properties:\n          spec:\n            properties:\n              containers:\n\
             \x20               description: containers of the pod\n                type: array\n                items:\n\
             \x20                 type: object\n{}            type: object\n        type: object\n    served: true\n\
             \x20   storage: true\n    subresources:\n      status: {{}}\n",
            indented(&schema(dice, 4), 14)
        );
    }
    text
}

/// The properties of an object schema, `depth` levels of them at most.
fn schema(dice: &mut Dice, depth: usize) -> String {
    let mut text = String::new();
    for at in 0..dice.between(3, 7) {
        put!(text, "{}{at}:\n", dice.word());
        let length = dice.between(9, 40);
        let words = dice.words(length);
        let lines: Vec<_> = words.chunks(9).map(|line| line.join(" ")).collect();
        let lines = indented(&(lines.join("\n") + "\n"), 4);
        match dice.below(100) {
            0..50 => put!(text, "  description: {}.\n", words.join(" ")),
            50..80 => put!(text, "  description: |-\n{lines}"),
            _ => put!(text, "  description: 'what follows:\n{lines}    end''s'\n"),
        }
        if depth > 0 && dice.chance(55) {
            put!(text, "  properties:\n{}  type: object\n", indented(&schema(dice, depth - 1), 4));
        } else if dice.chance(30) {
            text.push_str(
                "  items:\n    type: string\n  type: array\n  x-kubernetes-list-type: atomic\n",
            );
        } else {
            text.push_str("  format: int32\n  type: integer\n");
        }
    }
    text
}
