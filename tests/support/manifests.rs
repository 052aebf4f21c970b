//! Streams of manifests made from dice: the same bytes make the same stream, no bytes the plainest one. What YAML
//! allows is written in every way it can be: block, flow and JSON style, anchors, aliases and merge keys, comments,
//! odd indentation, mixed line endings, repeated keys, documents that are empty or no objects.
#![allow(dead_code, reason = "each test target uses a part of this")]

use std::fmt::Write as _;

use base64::prelude::*;

/// Bytes that decide what is made. When they are used up every roll is 0, the plainest choice.
pub(crate) struct Dice<'d> {
    left: &'d [u8],
    /// A password to put wherever passwords are found, for better or worse.
    password: Option<&'static str>,
}

impl<'d> Dice<'d> {
    pub(crate) fn new(bytes: &'d [u8]) -> Self {
        Self { left: bytes, password: None }
    }

    /// The same for streams that hold a password.
    pub(crate) fn with_password(bytes: &'d [u8], password: &'static str) -> Self {
        Self { left: bytes, password: Some(password) }
    }

    fn comment(&mut self) -> String {
        match self.password.filter(|_| self.rarely(4)) {
            Some(password) => format!("# the password: {password}"),
            None => self.pick(COMMENTS).to_owned(),
        }
    }

    fn image(&mut self) -> String {
        match self.password.filter(|_| self.rarely(4)) {
            Some(password) => format!("robot:{password}@ghcr.io/acme/api:v1"),
            None => self.pick(IMAGES).to_owned(),
        }
    }

    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        let Some((first, rest)) = self.left.split_first() else { return 0 };
        self.left = rest;
        usize::from(*first) % sides
    }

    /// Whether something happens that does so once in `times`.
    fn rarely(&mut self, times: usize) -> bool {
        self.roll(times) == times - 1
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.roll(choices.len())]
    }
}

/// A value, and how it has to be written if that matters.
#[derive(Clone)]
enum Value {
    Text(String),
    /// As it is: `null`, `~`, `8080`, nothing.
    Raw(&'static str),
    /// Lines of a literal block.
    Lines(Vec<String>),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
    Anchor(&'static str, Box<Value>),
    Alias(&'static str),
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

const NAMES: &[&str] = &[
    "api", "default", "regcred", "123", "on", "null", "1e3", "0x1f", "a.b-c", "é", "-x", "x: y",
    "'q'",
];
const NAMESPACES: &[&str] = &["shop", "default", "kube-system"];
const IMAGES: &[&str] = &[
    "myregistry.azurecr.io/api:v1",
    "ghcr.io/acme/web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "nginx",
    "registry.example.com:5000/team/app:1.0",
    "Not An Image",
    "{{ .Values.image }}",
    "docker.io/library/redis:7",
    "",
];
const COMMENTS: &[&str] =
    &["# c", "# Source: shop/templates/api.yaml", "#", "# kind: Pod", "# 'open", "#---"];

/// Documents that are easily read wrongly.
const TRICKY: &[&str] = &[
    "a: 'x\nkind: Deployment\n'\nkind: Widget\n",
    "a: \"x\nkind: Pod\"\nkind: Widget\n",
    "kind: Widget\nspec: {}\nkind: Pod\napiVersion: v1\n",
    "kind: Widget\n\"kind\": Pod\napiVersion: v1\nspec: {containers: [{image: a}]}\n",
    "kind: # none\n  Pod\napiVersion: v1\nspec: {containers: [{image: a}]}\n",
    "kind:\n- Pod\n",
    "kind: &k Widget\n",
    "kind: !!str Pod\napiVersion: v1\nspec: {containers: [{image: a}]}\n",
    "? kind\n: Pod\n? apiVersion\n: v1\n? spec\n: {containers: [{image: a}]}\n",
    "kind: Widget\n...\nkind: Pod\napiVersion: v1\nspec: {containers: [{image: a}]}\n",
    "kind: Widget # Pod\nspec:\n  template: >\n    kind: Pod\n",
    "kind: Pod\napiVersion: v1\nspec:\n  ? containers\n  : - {name: a, image: b}\n",
    "kind: Pod\napiVersion: v1\nspec:\n  containers: [\n  {name: a, image: b},\n  ]\n  x: 1\n",
    "kind: Pod\napiVersion: v1\nspec:\n  imagePullSecrets: # none\n\n  containers:\n  - image: a\n",
    "kind: Pod\napiVersion: v1\nspec:\n  imagePullSecrets:\n  -\n    name: a\n  containers:\n  - image: a\n",
    "kind: Pod\napiVersion: v1\nspec:\n  imagePullSecrets:\n  - {}\n  - name: \"\"\n  containers: []\n",
    "kind: Pod\napiVersion: v1\nspec:\n  imagePullSecrets:\n  - name: |\n      a\n  containers: []\n",
    "kind: Pod\napiVersion: v1\nspec:\n  containers: []\n  hostname: |+\n    a\n\n\n",
    "kind: Pod\napiVersion: v1\nspec: {containers: [], x: \"a\"#c\n}\n",
    "kind: Pod\napiVersion: v1\nspec: &all\n  containers: *all\n",
    "kind: Pod\napiVersion: v1\nspec: {<<: {imagePullSecrets: [{name: m}]}, containers: []}\n",
    "kind: Pod\napiVersion: v1\nspec: {imagePullSecrets: [{name: m}], <<: {imagePullSecrets: [{name: n}]}}\n",
    "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"spec\":{}}",
    "{kind: Pod, apiVersion: v1, spec: {containers: [image: a]}}\n",
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"containers\":[]}}\n{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"spec\":{}}\n",
    "kind: List\napiVersion: v1\nitems: null\n",
    "kind: PodList\napiVersion: v1\nitems:\n- spec: {containers: [{image: a}]}\n",
    "just some text\n",
    "- a\n- b\n",
    "~\n",
    "",
    "# only a comment\n",
    "\u{feff}kind: Widget\n",
];

/// A stream that the dice decide on.
pub(crate) fn stream(dice: &mut Dice<'_>) -> String {
    let eol = dice.roll(4);
    let mut out = String::from(if dice.rarely(8) { "\u{feff}" } else { "" });
    for number in 0..=dice.roll(4) {
        if number > 0 || dice.rarely(2) {
            let end = if number > 0 && dice.rarely(8) { "...\n" } else { "" };
            let _ =
                writeln!(out, "{end}{}", dice.pick(&["---", "---", "--- ", "--- # c", "---\t"]));
        }
        if dice.rarely(4) {
            let _ = writeln!(out, "{}", dice.comment());
        }
        out.push_str(&document(dice));
        if !out.ends_with('\n') && !out.is_empty() {
            out.push('\n');
        }
    }
    if dice.rarely(4) {
        out.pop();
    }
    match eol {
        2 => out.replace('\n', "\r\n"),
        3 => mixed(&out, dice),
        _ => out,
    }
}

/// The same of JSON values alone, as `kubectl get -o json`, APIs and generators write them, with everything in it that
/// may be null or empty.
pub(crate) fn json_stream(dice: &mut Dice<'_>) -> String {
    let (crlf, wrapped) = (dice.rarely(4), dice.rarely(4));
    let mut out = String::new();
    for _ in 0..=dice.roll(3) {
        let mut object = if dice.rarely(4) { list(dice) } else { object(dice) };
        with_nulls(&mut object, dice);
        if wrapped {
            let version = text("config.kubernetes.io/v1");
            let items = Value::List(vec![object]);
            object =
                map([("apiVersion", version), ("kind", text("ResourceList")), ("items", items)]);
        }
        let pretty = dice.rarely(2).then_some(0);
        let mut writer = Writer::new(dice);
        writer.json(&object, pretty);
        out.push_str(&writer.out);
        out.push_str(dice.pick(&["\n", "", " ", "\n\n"]));
        if wrapped {
            break;
        }
    }
    if crlf { out.replace('\n', "\r\n") } else { out }
}

/// Puts nulls and empty collections where edits come.
fn with_nulls(value: &mut Value, dice: &mut Dice<'_>) {
    let null = || Value::Raw("null");
    let empty = || Value::Map(Vec::new());
    match value {
        Value::List(items) => items.iter_mut().for_each(|item| with_nulls(item, dice)),
        Value::Map(entries) => {
            for (key, value) in entries {
                with_nulls(value, dice);
                match (key.as_str(), dice.roll(8)) {
                    ("metadata" | "annotations", 5) => *value = null(),
                    ("metadata" | "annotations" | "spec", 6) => *value = empty(),
                    ("metadata", 7) => set(value, "annotations", marks(dice)),
                    ("imagePullSecrets", 4) => *value = Value::List(vec![null()]),
                    ("imagePullSecrets", 5) => *value = Value::List(vec![empty()]),
                    ("imagePullSecrets", 6) => {
                        *value = Value::List(vec![map([("name", null())])]);
                    }
                    ("imagePullSecrets", 7) => {
                        *value = Value::List(vec![map([("name", text("x"))]), null()]);
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// Annotations with a stamp that is none, perhaps.
fn marks(dice: &mut Dice<'_>) -> Value {
    match dice.roll(5) {
        0 => Value::Raw("null"),
        1 => Value::Map(Vec::new()),
        2 => map([("pullcreds.dev/checked", Value::Raw("null"))]),
        3 => map([("pullcreds.dev/checked", Value::Raw("8080"))]),
        _ => map([("a", text("b")), ("pullcreds.dev/checked", text("v0"))]),
    }
}

fn mixed(text: &str, dice: &mut Dice<'_>) -> String {
    let ends = |line: &str, crlf: bool| match line.strip_suffix('\n') {
        Some(line) if crlf => format!("{line}\r\n"),
        _ => line.to_owned(),
    };
    text.split_inclusive('\n').map(|line| ends(line, dice.rarely(2))).collect()
}

fn document(dice: &mut Dice<'_>) -> String {
    if dice.rarely(5) {
        return dice.pick(TRICKY).to_owned();
    }
    let object = match dice.roll(8) {
        6 => list(dice),
        7 => shared_spec(dice),
        _ => object(dice),
    };
    let mut writer = Writer::new(dice);
    writer.document(&object);
    writer.out
}

fn list(dice: &mut Dice<'_>) -> Value {
    let items = (0..=dice.roll(3)).map(|_| object(dice)).collect();
    let kind = dice.pick(&["List", "List", "PodList", "WidgetList"]);
    ordered(dice, [("apiVersion", text("v1")), ("kind", text(kind)), ("items", Value::List(items))])
}

/// Two workloads of a list, with a pod spec, a list of pull secrets or a mapping to merge in common.
fn shared_spec(dice: &mut Dice<'_>) -> Value {
    let way = dice.roll(3);
    let mut first = pod_spec(dice);
    let mut second = pod_spec(dice);
    match way {
        0 => {
            first = Value::Anchor("spec", Box::new(first));
            second = Value::Alias("spec");
        }
        1 => {
            let own = Value::Anchor("own", Box::new(pull_secrets(dice)));
            set(&mut first, "imagePullSecrets", own);
            set(&mut second, "imagePullSecrets", Value::Alias("own"));
        }
        _ => {
            first = Value::Anchor("base", Box::new(first));
            let merged = ("<<".to_owned(), Value::Alias("base"));
            if let Value::Map(entries) = &mut second {
                let at = dice.roll(entries.len() + 1);
                entries.insert(at, merged);
            }
        }
    }
    let items = [first, second].into_iter().map(|spec| pod(dice, spec)).collect();
    map([("apiVersion", text("v1")), ("kind", text("List")), ("items", Value::List(items))])
}

fn set(value: &mut Value, key: &str, new: Value) {
    let Value::Map(entries) = value else { return };
    entries.retain(|(name, _)| name != key);
    entries.push((key.to_owned(), new));
}

fn pod(dice: &mut Dice<'_>, spec: Value) -> Value {
    let metadata = metadata(dice);
    ordered(
        dice,
        [("apiVersion", text("v1")), ("kind", text("Pod")), ("metadata", metadata), ("spec", spec)],
    )
}

/// A mapping with its keys in some order, one of them twice perhaps.
fn ordered<const N: usize>(dice: &mut Dice<'_>, entries: [(&str, Value); N]) -> Value {
    let Value::Map(mut entries) = map(entries) else { unreachable!("it makes a mapping") };
    let by = dice.roll(entries.len());
    entries.rotate_left(by);
    if dice.rarely(16) {
        let again = entries[dice.roll(entries.len())].clone();
        // An anchor must not come twice.
        if !matches!(again.1, Value::Anchor(..)) {
            entries.push(again);
        }
    }
    Value::Map(entries)
}

fn metadata(dice: &mut Dice<'_>) -> Value {
    let mut metadata = vec![("name".to_owned(), text(dice.pick(NAMES)))];
    if dice.rarely(2) {
        metadata.push(("namespace".to_owned(), text(dice.pick(NAMESPACES))));
    }
    if dice.rarely(8) {
        let annotations = map([
            ("pullcreds.dev/inject", text(dice.pick(&["false", "true"]))),
            ("note", Value::Lines(vec!["kind: Secret".to_owned(), "# no comment".to_owned()])),
        ]);
        metadata.insert(0, ("annotations".to_owned(), annotations));
    }
    Value::Map(metadata)
}

fn object(dice: &mut Dice<'_>) -> Value {
    match dice.roll(10) {
        0 | 1 => {
            let spec = pod_spec(dice);
            pod(dice, spec)
        }
        2 => workload(dice, "apps/v1", "Deployment", &["template", "spec"]),
        3 => workload(dice, "batch/v1", "CronJob", &["jobTemplate", "spec", "template", "spec"]),
        4 => workload(dice, "batch/v1", "Job", &["template", "spec"]),
        5 => service_account(dice),
        6 => secret(dice),
        7 => {
            let data = map([("a", text("b")), ("script", Value::Lines(vec!["kind: Pod".into()]))]);
            let metadata = metadata(dice);
            ordered(
                dice,
                [
                    ("apiVersion", text("v1")),
                    ("kind", text("ConfigMap")),
                    ("metadata", metadata),
                    ("data", data),
                ],
            )
        }
        8 => workload(dice, "example.com/v1", "StatefulSet", &["template", "spec"]),
        _ => workload(dice, "example.com/v1", "Widget", &["template", "spec"]),
    }
}

fn workload(dice: &mut Dice<'_>, api_version: &str, kind: &str, path: &[&str]) -> Value {
    let mut spec = pod_spec(dice);
    for step in path.iter().rev() {
        let before = dice.rarely(4).then_some(("replicas", Value::Raw("1")));
        let entries = before.into_iter().chain([(*step, spec)]);
        spec = Value::Map(entries.map(|(key, value)| (key.to_owned(), value)).collect());
    }
    let metadata = metadata(dice);
    ordered(
        dice,
        [
            ("apiVersion", text(api_version)),
            ("kind", text(kind)),
            ("metadata", metadata),
            ("spec", spec),
        ],
    )
}

fn service_account(dice: &mut Dice<'_>) -> Value {
    let metadata = metadata(dice);
    let mut account = ordered(
        dice,
        [("apiVersion", text("v1")), ("kind", text("ServiceAccount")), ("metadata", metadata)],
    );
    if dice.rarely(2) {
        set(&mut account, "imagePullSecrets", pull_secrets(dice));
    }
    account
}

fn secret(dice: &mut Dice<'_>) -> Value {
    let metadata = metadata(dice);
    let (map_name, value) = match (dice.password, dice.roll(4)) {
        (None, 0) => ("data", text("eyJhdXRocyI6eyJnaGNyLmlvIjp7ImF1dGgiOiJkWE5sY2pwd1lYTnoifX19")),
        (None, 1) => ("data", text("not base64")),
        (None, _) => ("data", Value::Raw("")),
        (Some(password), 0) => ("data", text(BASE64_STANDARD.encode(docker_config(password)))),
        (Some(password), 1) => ("data", text(BASE64_STANDARD.encode(password))),
        (Some(password), 2) => {
            let lines = docker_config(password).replace(',', ",\n");
            ("stringData", Value::Lines(lines.lines().map(str::to_owned).collect()))
        }
        (Some(password), _) => ("stringData", text(docker_config(password))),
    };
    ordered(
        dice,
        [
            ("apiVersion", text("v1")),
            ("kind", text("Secret")),
            ("metadata", metadata),
            ("type", text("kubernetes.io/dockerconfigjson")),
            (map_name, map([(".dockerconfigjson", value)])),
        ],
    )
}

fn docker_config(password: &str) -> String {
    let auth = BASE64_STANDARD.encode(format!("robot:{password}"));
    format!(r#"{{"auths":{{"ghcr.io":{{"auth":"{auth}","password":"{password}"}}}}}}"#)
}

fn pod_spec(dice: &mut Dice<'_>) -> Value {
    let containers = (0..=dice.roll(3)).map(|_| container(dice)).collect();
    let mut spec = vec![("containers".to_owned(), Value::List(containers))];
    let mut add = |dice: &mut Dice<'_>, key: &str, value: Value| {
        let at = dice.roll(spec.len() + 1);
        spec.insert(at, (key.to_owned(), value));
    };
    if dice.rarely(2) {
        let list = pull_secrets(dice);
        add(dice, "imagePullSecrets", list);
    }
    if dice.rarely(3) {
        let name = text(dice.pick(NAMES));
        add(dice, "serviceAccountName", name);
    }
    if dice.rarely(4) {
        let containers = Value::List(vec![container(dice)]);
        add(dice, "initContainers", containers);
    }
    if dice.rarely(4) {
        let volume =
            map([("name", text("v")), ("image", map([("reference", text(dice.image()))]))]);
        add(dice, "volumes", Value::List(vec![volume]));
    }
    if dice.rarely(4) {
        let lines = vec!["first".to_owned(), "  # second".to_owned(), String::new()];
        add(dice, "hostname", Value::Lines(lines));
    }
    if dice.rarely(8) {
        add(dice, "nodeSelector", Value::Map(Vec::new()));
    }
    if dice.rarely(16) {
        add(dice, "containers", Value::List(Vec::new()));
    }
    Value::Map(spec)
}

fn container(dice: &mut Dice<'_>) -> Value {
    let image = match dice.roll(12) {
        10 => Value::Raw("null"),
        11 => Value::Raw("1.5"),
        _ => text(dice.image()),
    };
    let name = text(dice.pick(NAMES));
    let mut container = ordered(dice, [("name", name), ("image", image)]);
    if dice.rarely(4) {
        let (name, value) = match dice.password {
            None => ("A", "x # no comment"),
            Some(password) => (dice.pick(&["DB_PASSWORD", "API_TOKEN"]), password),
        };
        let env = ordered(dice, [("name", text(name)), ("value", text(value))]);
        set(&mut container, "env", Value::List(vec![env]));
    }
    container
}

fn pull_secrets(dice: &mut Dice<'_>) -> Value {
    match dice.roll(10) {
        0 => Value::List(vec![map([("name", text(dice.pick(NAMES)))])]),
        1 => Value::Raw(""),
        2 => Value::Raw("~"),
        3 => Value::Raw("null"),
        4 => Value::List(Vec::new()),
        5 => Value::List(
            (0..=dice.roll(3)).map(|_| map([("name", text(dice.pick(NAMES)))])).collect(),
        ),
        6 => Value::List(vec![text("bare")]),
        7 => text("no list"),
        8 => Value::List(vec![
            map([("name", text("x")), ("note", text("y"))]),
            Value::Map(Vec::new()),
        ]),
        _ => Value::List(vec![Value::Raw("~"), map([("name", Value::Raw(""))])]),
    }
}

/// Writes a document in a style of its own.
struct Writer<'w, 'd> {
    dice: &'w mut Dice<'d>,
    out: String,
    /// One step of indentation.
    step: usize,
    /// How far dashes are indented from the key of their list.
    dash: usize,
    /// What follows a dash.
    gap: usize,
}

impl<'w, 'd> Writer<'w, 'd> {
    fn new(dice: &'w mut Dice<'d>) -> Self {
        let step = dice.pick(&[2, 2, 4, 1, 3, 8]);
        let dash = if dice.rarely(2) { step } else { 0 };
        let gap = dice.pick(&[1, 1, 1, 3]);
        Self { dice, out: String::new(), step, dash, gap }
    }

    fn document(&mut self, object: &Value) {
        match self.dice.roll(8) {
            6 => {
                self.flow(object, None);
                self.out.push('\n');
            }
            7 => {
                let pretty = self.dice.rarely(2).then_some(0);
                self.json(object, pretty);
                self.out.push('\n');
            }
            _ => {
                let Value::Map(entries) = object else { return };
                self.block_map(entries, 0, false);
            }
        }
    }

    fn pad(&mut self, width: usize) {
        self.out.extend(std::iter::repeat_n(' ', width));
    }

    fn end_line(&mut self) {
        if self.dice.rarely(16) {
            self.out.push_str("  ");
        }
        if self.dice.rarely(16) {
            let comment = self.dice.comment();
            let _ = write!(self.out, " {comment}");
        }
        self.out.push('\n');
    }

    /// Lines that mean nothing, between two entries.
    fn between(&mut self, indent: usize) {
        if self.dice.rarely(16) {
            self.out.push('\n');
        }
        if self.dice.rarely(16) {
            let odd = self.dice.roll(3);
            self.pad((indent + 1).saturating_sub(odd));
            let comment = self.dice.comment();
            let _ = writeln!(self.out, "{comment}");
        }
    }

    /// `inline`: whether the first key is after a dash.
    fn block_map(&mut self, entries: &[(String, Value)], indent: usize, inline: bool) {
        for (at, (key, value)) in entries.iter().enumerate() {
            if at > 0 || !inline {
                self.between(indent);
                self.pad(indent);
            }
            if self.dice.rarely(64) && key != "<<" {
                let _ = writeln!(self.out, "? {key}");
                self.pad(indent);
                self.out.push(':');
            } else {
                let quote = if key == "<<" { 0 } else { self.dice.roll(16) };
                let quote = ["", "\"", "'"][quote.saturating_sub(13)];
                let blank = if self.dice.rarely(32) { " " } else { "" };
                let _ = write!(self.out, "{quote}{key}{quote}{blank}:");
            }
            self.block_value(value, indent);
        }
    }

    /// What is after a colon.
    fn block_value(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Anchor(name, value) => {
                let _ = write!(self.out, " &{name}");
                self.block_value(value, indent);
            }
            Value::Map(entries) if !entries.is_empty() && !self.dice.rarely(8) => {
                self.end_line();
                self.block_map(entries, indent + self.step, false);
            }
            Value::List(items) if !items.is_empty() && !self.dice.rarely(6) => {
                self.end_line();
                self.block_list(items, indent + self.dash);
            }
            Value::Lines(lines) => {
                let header = self.dice.pick(&["|", "|-", "|+", ">", ">-"]);
                let _ = writeln!(self.out, " {header}");
                self.lines(lines, indent + self.step);
            }
            Value::Text(text) if self.dice.rarely(16) && is_plain(text) => {
                self.out.push_str(" |-\n");
                self.lines(std::slice::from_ref(text), indent + self.step);
            }
            Value::Text(text) if self.dice.rarely(24) && is_plain(text) => {
                self.out.push('\n');
                self.pad(indent + self.step);
                self.scalar(text);
                self.end_line();
            }
            value => {
                if !matches!(value, Value::Raw("")) {
                    self.out.push(' ');
                }
                let lead = self.dice.rarely(8).then_some(indent + self.step);
                self.flow(value, lead);
                self.end_line();
            }
        }
    }

    fn lines(&mut self, lines: &[String], indent: usize) {
        for line in lines {
            if !line.is_empty() {
                self.pad(indent);
            }
            let _ = writeln!(self.out, "{line}");
        }
    }

    fn block_list(&mut self, items: &[Value], indent: usize) {
        for item in items {
            self.between(indent);
            self.pad(indent);
            self.out.push('-');
            match item {
                Value::Map(entries) if !entries.is_empty() && !self.dice.rarely(6) => {
                    let inner = indent + 1 + self.gap;
                    if self.dice.rarely(24) {
                        self.out.push('\n');
                        self.block_map(entries, inner, false);
                    } else {
                        self.pad(self.gap);
                        self.block_map(entries, inner, true);
                    }
                }
                item => self.block_value(item, indent),
            }
        }
    }

    /// In flow style; with the indentation `lead` each entry is on a line of its own.
    fn flow(&mut self, value: &Value, lead: Option<usize>) {
        match value {
            Value::Text(text) => self.scalar(text),
            Value::Raw(raw) => self.out.push_str(raw),
            Value::Lines(lines) => {
                let _ = write!(self.out, "{}", json(&lines.join("\n")));
            }
            Value::Anchor(name, value) => {
                let _ = write!(self.out, "&{name} ");
                self.flow(value, lead);
            }
            Value::Alias(name) => {
                let _ = write!(self.out, "*{name} ");
            }
            Value::List(items) => {
                self.out.push('[');
                for (at, item) in items.iter().enumerate() {
                    self.separate(at, lead);
                    if matches!(item, Value::Raw("")) {
                        self.out.push('~');
                    }
                    self.flow(item, lead.map(|lead| lead + self.step));
                }
                self.close(lead.filter(|_| !items.is_empty()), ']');
            }
            Value::Map(entries) => {
                self.out.push('{');
                for (at, (key, value)) in entries.iter().enumerate() {
                    self.separate(at, lead);
                    let _ = write!(self.out, "{key}: ");
                    self.flow(value, lead.map(|lead| lead + self.step));
                }
                self.close(lead.filter(|_| !entries.is_empty()), '}');
            }
        }
    }

    fn separate(&mut self, at: usize, lead: Option<usize>) {
        if at > 0 {
            self.out.push(',');
        }
        match lead {
            Some(lead) => {
                if self.dice.rarely(24) {
                    self.out.push_str(" # c");
                }
                self.out.push('\n');
                self.pad(lead);
            }
            None if at > 0 && !self.dice.rarely(8) => self.out.push(' '),
            None => {}
        }
    }

    fn close(&mut self, lead: Option<usize>, bracket: char) {
        if let Some(lead) = lead {
            self.out.push('\n');
            self.pad(lead.saturating_sub(self.step).max(1));
        }
        self.out.push(bracket);
    }

    fn scalar(&mut self, text: &str) {
        match self.dice.roll(8) {
            0..=5 if is_plain(text) => self.out.push_str(text),
            6 => {
                let _ = write!(self.out, "'{}'", text.replace('\'', "''"));
            }
            _ => self.out.push_str(&json(text)),
        }
    }

    /// As JSON; `depth` if it goes over several lines.
    fn json(&mut self, value: &Value, depth: Option<usize>) {
        let (items, brackets): (Vec<(Option<&str>, &Value)>, _) = match value {
            Value::Text(text) => return self.out.push_str(&json(text)),
            Value::Lines(lines) => return self.out.push_str(&json(&lines.join("\n"))),
            Value::Raw("" | "~") => return self.out.push_str("null"),
            Value::Raw(raw) => return self.out.push_str(raw),
            // JSON has none.
            Value::Alias(_) => return self.out.push_str("{}"),
            Value::Anchor(_, value) => return self.json(value, depth),
            Value::List(items) => (items.iter().map(|item| (None, item)).collect(), ['[', ']']),
            Value::Map(entries) => {
                (entries.iter().map(|(key, value)| (Some(&**key), value)).collect(), ['{', '}'])
            }
        };
        self.out.push(brackets[0]);
        let inner = depth.map(|depth| depth + self.step);
        for (at, (key, value)) in items.iter().enumerate() {
            if at > 0 {
                self.out.push(',');
            }
            self.json_line(inner);
            if let Some(key) = key {
                let _ =
                    write!(self.out, "{}:{}", json(key), if depth.is_some() { " " } else { "" });
            }
            self.json(value, inner);
        }
        if !items.is_empty() {
            self.json_line(depth);
        }
        self.out.push(brackets[1]);
    }

    fn json_line(&mut self, indent: Option<usize>) {
        if let Some(indent) = indent {
            self.out.push('\n');
            self.pad(indent);
        }
    }
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Whether a text means itself without quotes, in flow style too.
fn is_plain(text: &str) -> bool {
    let first = text.chars().next().unwrap_or(' ');
    let number = text.parse::<f64>().is_ok() || text.starts_with("0x");
    first.is_alphanumeric()
        && !number
        && !["null", "on", "true", "false"].contains(&text)
        && !text.contains([',', '{', '}', '[', ']', '#'])
        && !text.contains(": ")
}
