//! Inputs of one shape and any size. A size is a count of what there is much of.

use std::fmt::Write as _;

/// What a run gets.
#[derive(Default)]
pub(crate) struct Input {
    pub(crate) text: String,
    /// The policy file; empty: none.
    pub(crate) policy: String,
    pub(crate) flags: Vec<String>,
}

pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) args: &'static [&'static str],
    /// The size of the smallest input.
    pub(crate) size: usize,
    pub(crate) input: fn(usize) -> Input,
}

const FILTER: &[&str] = &[];
const INJECT: &[&str] = &["--inject", "*=regcred", "--into", "pod"];
const JSON: &[&str] = &["check", "--format", "json", "-"];
const DIFF: &[&str] = &["--inject", "*=regcred", "--into", "pod", "--diff", "always"];

const fn shape(
    name: &'static str,
    args: &'static [&'static str],
    input: fn(usize) -> Input,
) -> Shape {
    Shape { name, args, size: 128, input }
}

/// One of which a small input shows nothing.
const fn large(name: &'static str, input: fn(usize) -> Input) -> Shape {
    Shape { size: 512, ..shape(name, FILTER, input) }
}

pub(crate) const SHAPES: &[Shape] = &[
    // Many objects.
    shape("deployments", FILTER, |n| stream(n, deployment)),
    shape("deployments, injected", INJECT, |n| stream(n, deployment)),
    shape("deployments, json report", JSON, |n| stream(n, deployment)),
    shape("deployments, diff", DIFF, |n| stream(n, deployment)),
    shape("a namespace each", FILTER, |n| {
        stream(n, |at| Pod::new(at).in_namespace(format!("ns-{at}")).text())
    }),
    shape("a registry each", FILTER, |n| {
        stream(n, |at| Pod::new(at).image(format!("reg{at}.example.com/a/b:1")).text())
    }),
    large("a template of one name in a namespace each", |n| {
        stream(n, |at| task_and_run(&format!("ns-{at}")))
    }),
    large("a template of one name", |n| stream(n, |_| task_and_run("ci"))),
    shape("a list", FILTER, |n| list("List", n)),
    shape("a ResourceList", &["krm"], |n| list("ResourceList", n)),
    shape("a list in JSON on one line", FILTER, |n| json_list(n, "")),
    shape("a list in JSON on one line, injected", INJECT, |n| json_list(n, "")),
    shape("a list in JSON on one line, report", JSON, |n| json_list(n, "")),
    shape("a list in JSON with escapes", INJECT, |n| json_list(n, "\\u003e")),
    shape("carriage returns for line ends", INJECT, |n| Input {
        text: stream(n, deployment).text.replace('\n', "\r"),
        ..Input::default()
    }),
    shape("both for line ends", INJECT, |n| Input {
        text: stream(n, deployment).text.replace('\n', "\r\n"),
        ..Input::default()
    }),
    shape("folded scalars", INJECT, |n| {
        stream(n, |at| Pod::new(at).annotation("d: >-\n      a\n      b").text())
    }),
    // One pod with much of something.
    shape("images of a pod", FILTER, |n| pod_of(n, "")),
    shape("pull secrets of a pod", FILTER, |n| {
        text(Pod::new(0).naming((0..n).map(secret_name)).text())
    }),
    shape("images and pull secrets of a pod", FILTER, |n| {
        let names = Pod::new(0).naming((0..n).map(secret_name)).text();
        text(names + &containers(n))
    }),
    shape("images and Secrets of a pod", FILTER, |n| {
        let pod = Pod::new(0).naming((0..n).map(secret_name)).text();
        let secrets =
            repeated(n, |at| secret(&secret_name(at), "default", &[format!("other{at}.io")]));
        text(pod + &containers(n) + &secrets)
    }),
    shape("variables of a pod", INJECT, |n| {
        let variables =
            repeated(n, |at| format!("        - name: E{at}\n          value: v{at}\n"));
        text(Pod::new(0).text() + "        env:\n" + &variables)
    }),
    shape("credentials of a pod", DIFF, |n| {
        let token = |at| format!("        - name: T{at}\n          value: \"ghp_{at:036}\"\n");
        text(Pod::new(0).text() + "        env:\n" + &repeated(n, token))
    }),
    shape("credentials of pods, diff", DIFF, |n| {
        stream(n, |at| {
            Pod::new(at).text()
                + &format!("        env:\n        - name: T\n          value: \"ghp_{at:036}\"\n")
        })
    }),
    // Secrets.
    shape("Secrets for others", FILTER, |n| {
        stream(n, |at| {
            deployment(at)
                + &secret(&secret_name(at), "default", &[format!("other-{at}.example.com")])
        })
    }),
    shape("Secrets that cover", FILTER, |n| stream(n, |at| deployment(at) + &covering(at))),
    shape("Secrets that cover, attached", FILTER, |n| Input {
        policy: policy("  inject: {attachCovering: true}\n"),
        ..stream(n, |at| deployment(at) + &covering(at))
    }),
    shape("Secrets that are named", FILTER, |n| {
        stream(n, |at| Pod::new(at).naming([secret_name(at)]).text() + &covering(at))
    }),
    shape("Secrets of one name", FILTER, |n| {
        stream(n, |at| {
            Pod::new(at).naming(["same".to_owned()]).text() + &secret("same", "default", &[host()])
        })
    }),
    shape("Secrets of one name in namespaces", FILTER, |n| {
        stream(n, |at| {
            let namespace = format!("ns-{at}");
            let pod = Pod::new(at).in_namespace(namespace.clone()).naming(["same".to_owned()]);
            pod.text() + &secret("same", &namespace, &[host()])
        })
    }),
    shape("Secrets in another namespace", FILTER, |n| {
        stream(n, |at| {
            let pod = Pod::new(at).in_namespace(format!("ns-{at}")).naming(["same".to_owned()]);
            pod.text() + &secret("same", &format!("other-{at}"), &[host()])
        })
    }),
    shape("entries for hosts, named", FILTER, |n| entries(n, |at| format!("r{at}.example.com"))),
    shape("entries for paths, named", FILTER, |n| {
        entries(n, |at| format!("registry.example.com/team/app-{at}"))
    }),
    shape("entries with wildcards, named", FILTER, |n| {
        entries(n, |at| format!("*.r{at}.example.com"))
    }),
    shape("entries with wildcards in words, named", FILTER, |n| {
        entries(n, |at| format!("r{at}*.example.com"))
    }),
    shape("entries that nearly match, named", FILTER, |n| {
        entries(n, |at| format!("registry.example.com:{at}"))
    }),
    shape("entries for one pod of many images", FILTER, |n| {
        let keys: Vec<_> = (0..n).map(|at| format!("r{at}.example.com")).collect();
        let pod = Pod::new(0).naming([secret_name(0)]).text() + &containers(n);
        text(pod + &secret(&secret_name(0), "default", &keys))
    }),
    // ServiceAccounts.
    shape("ServiceAccounts", FILTER, |n| {
        stream(n, |at| {
            let name = format!("sa-{at}");
            Pod::new(at).account(&name).text() + &account(&name, "default", &[secret_name(at)])
        })
    }),
    shape("ServiceAccounts of one name", FILTER, |n| {
        stream(n, |at| Pod::new(at).account("same").text() + &account("same", "default", &[]))
    }),
    shape("ServiceAccounts of one name in namespaces", FILTER, |n| {
        stream(n, |at| {
            let namespace = format!("ns-{at}");
            let pod = Pod::new(at).in_namespace(namespace.clone()).account("same");
            pod.text() + &account("same", &namespace, &[])
        })
    }),
    shape("pods of a ServiceAccount with a long list", FILTER, |n| {
        let names: Vec<_> = (0..n).map(secret_name).collect();
        let pods = stream(n, |at| Pod::new(at).account("sa").text());
        text(pods.text + &account("sa", "default", &names))
    }),
    shape("pods injected into one ServiceAccount", &["--inject", "*=regcred"], |n| {
        text(
            stream(n, |at| Pod::new(at).account("sa").text()).text + &account("sa", "default", &[]),
        )
    }),
    // Helm, Argo CD, kustomize.
    shape("hooks", FILTER, |n| {
        stream(n, |at| {
            hook(Pod::new(at), at % 7).naming([secret_name(at)]).text()
                + &hook_secret(&secret_name(at))
        })
    }),
    shape("hooks of one name", FILTER, |n| {
        stream(n, |at| {
            hook(Pod::new(at), at % 7).naming(["same".to_owned()]).text() + &hook_secret("same")
        })
    }),
    shape("hooks that Secrets cover too late", FILTER, |n| {
        stream(n, |at| hook(Pod::new(at), at % 7).text() + &covering(at))
    }),
    shape("waves", FILTER, |n| {
        stream(n, |at| {
            let wave = format!("argocd.argoproj.io/sync-wave: \"{}\"", at % 7);
            Pod::new(at).annotation(&wave).naming([secret_name(at)]).text() + &covering(at)
        })
    }),
    shape("former names of ServiceAccounts", FILTER, |n| {
        stream(n, |at| {
            let name = format!("sa-{at}");
            Pod::new(at).account("sa").text()
                + &renamed(&account(&name, "default", &[]), &["sa".to_owned()])
        })
    }),
    shape("former names of Secrets", FILTER, |n| {
        stream(n, |at| {
            Pod::new(at).naming(["s".to_owned()]).text()
                + &renamed(&covering(at), &["s".to_owned()])
        })
    }),
    shape("former names of one ServiceAccount", FILTER, |n| {
        let names: Vec<_> = (0..n).map(|at| format!("sa-{at}")).collect();
        let pods = stream(n, |at| Pod::new(at).account(&format!("sa-{at}")).text());
        text(pods.text + &renamed(&account("sa", "default", &[]), &names))
    }),
    // YAML.
    shape("anchors with aliases", FILTER, |n| {
        let anchors = (0..n).map(|at| format!("    a{at}: &a{at} b\n"));
        let aliases = (0..n).map(|at| format!("    b{at}: *a{at}\n"));
        text(pod_with_annotations(anchors.chain(aliases)))
    }),
    shape("merge keys", INJECT, |n| stream(n, |at| Pod::new(at).annotation("<<: {a: b}").text())),
    shape("comments after quotes", FILTER, |n| {
        text(pod_with_annotations((0..n).map(|at| format!("    a{at}: \"b\"#c\n"))))
    }),
    shape("next lines in quotes", FILTER, |n| {
        text(pod_with_annotations((0..n).map(|at| format!("    a{at}: \"b\u{85}c\"\n"))))
    }),
    shape("empty documents", FILTER, |n| text("---\n".repeat(n * 32))),
    shape("a long literal", FILTER, |n| {
        text(format!("{CONFIG}  a: |\n{}", "    dockerconfigjson and other words\n".repeat(n)))
    }),
    shape("docker configurations", FILTER, |n| {
        let value = |at| {
            format!("  k{at}: '{{\"auths\":{{\"r{at}.example.com\":{{\"auth\":\"dTpw\"}}}}}}'\n")
        };
        text(CONFIG.to_owned() + &repeated(n, value))
    }),
    shape("a dump of a cluster", &["check", "--cluster-dump", "input", "input"], |n| {
        stream(n, |at| {
            deployment(at) + &covering(at) + &account(&format!("sa-{at}"), "default", &[])
        })
    }),
    // Policies.
    shape("rows for hosts", FILTER, |n| rows(n, |at| format!("reg{at}.example.com"))),
    shape("rows for paths", FILTER, |n| {
        rows(n, |at| format!("registry.example.com/team/app-{at}"))
    }),
    shape("rows with wildcards", FILTER, |n| rows(n, |at| format!("*.r{at}.example.com"))),
    shape("rows with wildcards in words", FILTER, |n| rows(n, |at| format!("r{at}*.example.com"))),
    shape("rows that are equal", FILTER, |n| rows(n, |_| "registry.example.com".to_owned())),
    shape("declared Secrets", FILTER, |n| {
        let row = |at| format!("    - {{name: sec-{at}, registries: [other{at}.example.com]}}\n");
        Input {
            policy: policy(&format!("  cluster:\n    secrets:\n{}", repeated(n, row))),
            ..stream(n, |at| Pod::new(at).naming([secret_name(at)]).text())
        }
    }),
    shape("registries of a declared Secret", FILTER, |n| {
        let hosts: Vec<_> = (0..n).map(|at| format!("other{at}.example.com")).collect();
        let secret = format!("    - {{name: sec-0, registries: [{}]}}\n", hosts.join(", "));
        Input {
            policy: policy(&format!("  cluster:\n    secrets:\n{secret}")),
            ..stream(n, |at| Pod::new(at).naming([secret_name(0)]).text())
        }
    }),
    shape("exceptions", FILTER, |n| {
        let row = |at| {
            format!(
                "  - {{code: unknown-pull-secret, kind: Deployment, name: app-{at}, reason: old}}\n"
            )
        };
        Input {
            policy: policy(&format!("  exceptions:\n{}", repeated(n, row))),
            ..stream(n, deployment)
        }
    }),
    shape("flags that inject", FILTER, |n| Input {
        flags: (0..n)
            .flat_map(|at| ["--inject".to_owned(), format!("reg{at}.example.com=regcred")])
            .collect(),
        ..stream(n, deployment)
    }),
];

const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n";

fn text(text: String) -> Input {
    Input { text, ..Input::default() }
}

fn repeated(n: usize, each: impl Fn(usize) -> String) -> String {
    (0..n).map(each).collect()
}

fn stream(n: usize, each: impl Fn(usize) -> String) -> Input {
    text(repeated(n, each))
}

fn host() -> String {
    "registry.example.com".to_owned()
}

fn secret_name(at: usize) -> String {
    format!("sec-{at}")
}

/// A Deployment with one private image.
struct Pod {
    name: String,
    namespace: String,
    annotations: String,
    image: String,
    account: String,
    names: Vec<String>,
}

impl Pod {
    fn new(at: usize) -> Self {
        Self {
            name: format!("app-{at}"),
            namespace: "default".to_owned(),
            annotations: String::new(),
            image: format!("registry.example.com/team/app-{at}:1.{at}"),
            account: String::new(),
            names: Vec::new(),
        }
    }

    fn in_namespace(self, namespace: String) -> Self {
        Self { namespace, ..self }
    }

    fn image(self, image: String) -> Self {
        Self { image, ..self }
    }

    fn account(self, account: &str) -> Self {
        Self { account: account.to_owned(), ..self }
    }

    fn naming(self, names: impl IntoIterator<Item = String>) -> Self {
        Self { names: names.into_iter().collect(), ..self }
    }

    fn annotation(self, annotation: &str) -> Self {
        Self { annotations: format!("{}    {annotation}\n", self.annotations), ..self }
    }

    fn text(self) -> String {
        let Self { name, namespace, annotations, image, account, names } = self;
        let mut text = format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  namespace: {namespace}\n"
        );
        if !annotations.is_empty() {
            let _ = write!(text, "  annotations:\n{annotations}");
        }
        text.push_str("spec:\n  template:\n    spec:\n");
        if !account.is_empty() {
            let _ = writeln!(text, "      serviceAccountName: {account}");
        }
        if !names.is_empty() {
            text.push_str("      imagePullSecrets:\n");
            for name in &names {
                let _ = writeln!(text, "      - name: {name}");
            }
        }
        let _ = writeln!(text, "      containers:\n      - name: app\n        image: {image}");
        text
    }
}

/// A Task, and a `TaskRun` that refers to it.
fn task_and_run(namespace: &str) -> String {
    let metadata = |name: &str| format!("metadata: {{name: {name}, namespace: {namespace}}}");
    format!(
        "---\napiVersion: tekton.dev/v1\nkind: Task\n{}\nspec: {{steps: [{{name: a, image: ghcr.io/a/b:1}}]}}\n---\n\
         apiVersion: tekton.dev/v1\nkind: TaskRun\n{}\nspec: {{taskRef: {{name: build}}}}\n",
        metadata("build"),
        metadata("run")
    )
}

fn deployment(at: usize) -> String {
    Pod::new(at).text()
}

/// More containers of the last pod.
fn containers(n: usize) -> String {
    let container =
        |at| format!("      - name: c{at}\n        image: registry.example.com/team/c{at}:1\n");
    repeated(n, container)
}

fn pod_of(n: usize, more: &str) -> Input {
    text(deployment(0) + &containers(n) + more)
}

fn pod_with_annotations(lines: impl Iterator<Item = String>) -> String {
    let lines: String = lines.collect();
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations:\n{lines}spec:\n  containers:\n  - name: a\n    \
         image: registry.example.com/a\n"
    )
}

fn account(name: &str, namespace: &str, names: &[String]) -> String {
    let list = repeated(names.len(), |at| format!("- name: {}\n", names[at]));
    let list = if names.is_empty() { list } else { format!("imagePullSecrets:\n{list}") };
    format!(
        "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {name}\n  namespace: {namespace}\n{list}"
    )
}

/// A Secret with an entry for each key.
fn secret(name: &str, namespace: &str, keys: &[String]) -> String {
    let entries: Vec<_> =
        keys.iter().map(|key| format!("\"{key}\":{{\"auth\":\"dTpw\"}}")).collect();
    format!(
        "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\n  namespace: {namespace}\ntype: \
         kubernetes.io/dockerconfigjson\nstringData:\n  .dockerconfigjson: '{{\"auths\":{{{}}}}}'\n",
        entries.join(",")
    )
}

fn covering(at: usize) -> String {
    secret(&secret_name(at), "default", &[host()])
}

/// Pods that name one Secret with many entries.
fn entries(n: usize, key: impl Fn(usize) -> String) -> Input {
    let keys: Vec<_> = (0..n).map(key).collect();
    let pods = stream(n, |at| Pod::new(at).naming([secret_name(0)]).text());
    text(pods.text + &secret(&secret_name(0), "default", &keys))
}

fn hook(pod: Pod, weight: usize) -> Pod {
    let weight = format!("helm.sh/hook-weight: \"{weight}\"");
    pod.annotation("helm.sh/hook: pre-install").annotation(&weight)
}

fn hook_secret(name: &str) -> String {
    let annotations = "metadata:\n  annotations:\n    helm.sh/hook: pre-install\n";
    secret(name, "default", &[host()]).replace("metadata:\n", annotations)
}

/// An object in the middle of a kustomize build, which has had other names.
fn renamed(object: &str, names: &[String]) -> String {
    let (kinds, namespaces) =
        (vec!["a"; names.len()].join(","), vec!["default"; names.len()].join(","));
    let kinds = kinds
        .replace('a', if object.contains("ServiceAccount") { "ServiceAccount" } else { "Secret" });
    let annotations = format!(
        "metadata:\n  annotations:\n    internal.config.kubernetes.io/previousNames: {}\n    \
         internal.config.kubernetes.io/previousNamespaces: {namespaces}\n    \
         internal.config.kubernetes.io/previousKinds: {kinds}\n",
        names.join(",")
    );
    object.replace("metadata:\n", &annotations)
}

fn list(kind: &str, n: usize) -> Input {
    let version = if kind == "List" { "v1" } else { "config.kubernetes.io/v1" };
    let mut list = format!("apiVersion: {version}\nkind: {kind}\nitems:\n");
    for at in 0..n {
        let object = deployment(at);
        for (number, line) in object.lines().skip(1).enumerate() {
            let _ = writeln!(list, "{} {line}", if number == 0 { "-" } else { " " });
        }
    }
    text(list)
}

fn json_list(n: usize, more: &str) -> Input {
    let item = |at| {
        format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{{\"name\":\"p{at}\",\"annotations\":{{\"a\":\"{more}\"}}}},\
             \"spec\":{{\"containers\":[{{\"name\":\"a\",\"image\":\"registry.example.com/a{at}\"}}]}}}}"
        )
    };
    let items: Vec<_> = (0..n).map(item).collect();
    text(format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{}]}}\n", items.join(",")))
}

fn policy(spec: &str) -> String {
    format!("apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nspec:\n{spec}")
}

/// A policy with many registries, and as many pods.
fn rows(n: usize, pattern: impl Fn(usize) -> String) -> Input {
    let row =
        |at| format!("  - {{match: \"{}\", access: private, pullSecrets: [a]}}\n", pattern(at));
    Input {
        policy: policy(&format!("  registries:\n{}", repeated(n, row))),
        ..stream(n, deployment)
    }
}
