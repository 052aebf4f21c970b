//! Each `testdata/policy/NAME.yaml` with what is wrong with it in `NAME.txt`.

use std::fmt::Write as _;

use super::*;
use crate::source::LineIndex;

const CODES: &[&str] = &["hardcoded-credentials", "missing-pull-secret", "rotation-overdue"];

fn render(text: &str) -> String {
    let lines = LineIndex::new(text);
    let position = |span: Span| lines.position(text, span.range().start);
    let mut out = String::new();
    for mistake in Policy::parse(text, CODES).err().unwrap_or_default() {
        let mut line =
            |text: std::fmt::Arguments<'_>| writeln!(out, "{text}").expect("a string grows");
        line(format_args!("{} {}", position(mistake.span), mistake.message));
        if let Some((span, what)) = &mistake.related {
            line(format_args!("    {} {what}", position(*span)));
        }
        line(format_args!("    help: {}", mistake.help));
    }
    out
}

fn whole(text: &str) -> Span {
    Span::new(0, text.len())
}

macro_rules! cases {
    ($($test:ident: $name:literal,)+) => {$(
        #[test]
        fn $test() {
            let text = include_str!(concat!("../../testdata/policy/", $name, ".yaml"));
            let expected = include_str!(concat!("../../testdata/policy/", $name, ".txt"));
            let found = render(text);
            assert!(!found.contains("hunter2"), "a message repeats a password:\n{found}");
            assert_eq!(found, expected, "{found}");
        }
    )+};
}

cases! {
    every_key_of_the_documentation_is_read: "full",
    an_unknown_key_or_word_is_named_with_what_was_meant: "unknown-keys",
    a_value_of_the_wrong_type_says_which_type_it_must_have: "wrong-types",
    a_key_stands_once: "duplicate-keys",
    entries_that_match_the_same_images_are_refused: "registries",
    names_dates_and_durations_must_be_such: "names-dates-durations",
    a_credential_is_refused_and_not_repeated: "credentials",
    rows_of_custom_resources_are_checked: "custom-resources",
    bad_indentation_is_one_mistake: "bad-indentation",
    an_unclosed_quote_is_one_mistake: "unclosed-quote",
    a_second_document_is_refused: "two-documents",
    an_empty_file_is_no_policy: "empty",
    a_text_is_no_policy: "text",
    tags_and_unknown_anchors_are_not_repeated: "tag-and-alias",
    columns_count_characters_in_files_with_crlf: "crlf",
}

#[test]
fn the_schema_that_is_checked_in_is_that_of_the_types() {
    let found = schema();
    let stale = found != include_str!("../../pullcreds.schema.json");
    assert!(!stale, "write this to pullcreds.schema.json:\n{found}");
}

fn spec(text: &str) -> Policy {
    let head = "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nspec:\n";
    let text = format!("{head}{text}");
    Policy::parse(&text, CODES).unwrap_or_else(|_| panic!("{}", render(&text)))
}

fn full() -> Policy {
    Policy::parse(include_str!("../../testdata/policy/full.yaml"), CODES).expect("no mistake")
}

fn names(secrets: &[Spanned<String>]) -> Vec<&str> {
    secrets.iter().map(|secret| &*secret.value).collect()
}

#[test]
fn the_most_specific_entry_with_an_opinion_decides() {
    let policy = spec(
        "  registries:
  - {match: '*.example.com', access: public, pullSecrets: [wide]}
  - {match: a.example.com, access: private}
  - {match: a.example.com/team, pullSecrets: [team]}
  - {match: a.example.com/team/open, access: public, pullSecrets: []}
",
    );
    for (path, class, rule, secrets) in [
        ("app", Class::Private, 1, &["wide"][..]),
        ("team/app", Class::Private, 1, &["team"]),
        ("team/open/app", Class::Public, 3, &[]),
        ("team/opening", Class::Private, 1, &["team"]),
    ] {
        let access = policy.access("a.example.com", path);
        assert_eq!((access.class, access.from), (class, AccessFrom::Policy), "{path}");
        assert_eq!(access.rule, Some(RuleId::Registry(rule)), "{path}");
        let (_, found) = policy.pull_secrets("a.example.com", path).expect("an entry");
        assert_eq!(names(found), secrets, "{path}");
    }
    assert_eq!(policy.pull_secrets("example.com", "app"), None);
}

#[test]
fn the_built_in_table_decides_where_the_policy_is_silent() {
    let policy = Policy::default();
    for (domain, path, class, from) in [
        ("registry.k8s.io", "pause", Class::Public, AccessFrom::Builtin),
        ("acme.azurecr.io", "api", Class::Private, AccessFrom::Builtin),
        ("ghcr.io", "acme/api", Class::Public, AccessFrom::Assumed),
        ("registry.gitlab.com", "acme/api", Class::Private, AccessFrom::Assumed),
        ("registry.example.com", "api", Class::Private, AccessFrom::Assumed),
    ] {
        let access = policy.access(domain, path);
        assert_eq!((access.class, access.from, access.rule), (class, from, None), "{domain}");
    }
}

#[test]
fn nodes_pull_where_the_policy_says_so_of_the_registry_or_the_service() {
    let policy = full();
    let eks = Some(Iam::Provider(Cloud::Eks));
    let account = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
    assert_eq!(policy.iam(account, "api"), Some(Iam::Registry(RuleId::Registry(3))));
    assert_eq!(policy.iam("210987654321.dkr.ecr.eu-west-1.amazonaws.com", "api"), eks);
    assert_eq!(policy.iam("myregistry.azurecr.io", "api"), None);
    let policy = spec(
        "  cluster: {credentialProviders: [aks]}
  registries: [{match: other.azurecr.io, iam: false}]
",
    );
    assert_eq!(policy.iam("acme.azurecr.io", "api"), Some(Iam::Provider(Cloud::Aks)));
    assert_eq!(policy.iam("other.azurecr.io", "api"), None);
}

#[test]
fn what_is_declared_is_found_by_namespace_and_name() {
    let policy = full();
    for namespace in [Some("shop"), None] {
        let (rule, account) = policy.service_account(namespace, "default").expect("declared");
        assert_eq!(rule, RuleId::ServiceAccount(0));
        assert_eq!(names(&account.image_pull_secrets), ["regcred"]);
        let (_, secret) = policy.secret(namespace, "regcred").expect("declared");
        let scope =
            policy.scope(secret.namespace.as_deref(), &secret.name).expect("it says what for");
        assert!(scope.covers("myregistry.azurecr.io", "api"));
        assert!(!scope.covers("ghcr.io", "api"));
    }
    assert_eq!(policy.service_account(Some("other"), "default"), None);
    assert_eq!(policy.secret(Some("shop"), "other"), None);

    let without_default = spec(
        "  cluster:
    serviceAccounts: [{name: a}, {name: b, namespace: x}, {name: a, namespace: x}, {name: c}]
",
    );
    let found =
        |namespace, name| without_default.service_account(namespace, name).map(|(at, _)| at);
    assert_eq!(found(None, "a"), Some(RuleId::ServiceAccount(0)));
    assert_eq!(found(Some("x"), "a"), Some(RuleId::ServiceAccount(2)));
    assert_eq!(found(Some("x"), "b"), Some(RuleId::ServiceAccount(1)));
    assert_eq!(found(None, "b"), None);
    assert_eq!(found(None, "c"), Some(RuleId::ServiceAccount(3)));
}

#[test]
fn an_exception_holds_through_its_last_day_and_only_for_what_it_names() {
    let policy = full();
    let subject = ExceptionSubject {
        code: "missing-pull-secret",
        kind: Some("Deployment"),
        namespace: Some("shop"),
        name: Some("legacy"),
        images: &[("old.example.com", "app")],
    };
    let day = |text: &str| text.parse::<Date>().expect("a date");
    let (rule, exception) = policy.exception(subject, day("2027-03-31")).expect("an exception");
    assert_eq!((rule, exception.is_expired(day("2027-03-31"))), (RuleId::Exception(0), false));
    assert!(exception.is_expired(day("2027-04-01")));
    for other in [
        ExceptionSubject { code: "hardcoded-credentials", ..subject },
        ExceptionSubject { kind: Some("Job"), ..subject },
        ExceptionSubject { namespace: None, ..subject },
        ExceptionSubject { name: Some("api"), ..subject },
        ExceptionSubject { images: &[], ..subject },
        ExceptionSubject { images: &[("new.example.com", "app")], ..subject },
    ] {
        assert_eq!(policy.exception(other, day("2027-01-01")), None, "{other:?}");
    }
}

#[test]
fn an_exception_that_holds_goes_before_one_that_has_expired() {
    let policy = spec(
        "  exceptions:
  - {code: missing-pull-secret, reason: old, expires: 2026-01-01}
  - {code: missing-pull-secret, reason: new, expires: 2027-01-01}
",
    );
    let subject = ExceptionSubject { code: "missing-pull-secret", ..ExceptionSubject::default() };
    let reason = |today: &str| {
        let found = policy.exception(subject, today.parse().expect("a date"));
        found.map(|(_, exception)| &*exception.reason)
    };
    assert_eq!(reason("2026-06-01"), Some("new"));
    assert_eq!(reason("2028-01-01"), Some("old"));
}

#[test]
fn entries_that_nothing_used_are_listed_with_their_place() {
    let text = include_str!("../../testdata/policy/full.yaml");
    let used = BTreeSet::from([
        RuleId::Registry(0),
        RuleId::Registry(2),
        RuleId::Registry(3),
        RuleId::ServiceAccount(0),
        RuleId::Secret(0),
    ]);
    let policy = full();
    let unmatched = policy.unmatched(&used);
    let rules: Vec<_> = unmatched.iter().map(|(rule, _)| *rule).collect();
    let expected = [RuleId::Registry(1), RuleId::Exception(0), RuleId::CustomResource(0)];
    assert_eq!(rules, expected);
    let place = unmatched[0].1.expect("from the file");
    assert_eq!(&text[place.range()], "ghcr.io/acme");
    assert_eq!(policy.span(RuleId::Registry(1)), Some(place));
}

#[test]
fn a_date_is_its_first_moment_in_utc_and_durations_add_up() {
    let policy = spec(
        "  cluster: {secrets: [{name: a, rotatedAt: 2026-10-01}, {name: b, rotatedAt: 2026-10-01T02:00:00+02:00}]}
  rotation: {maxAge: 1w1d12h}
",
    );
    let rotated = |name| policy.secret(None, name).and_then(|(_, secret)| secret.rotated_at);
    let instant = |name| rotated(name).map(|rotated| rotated.value.to_string());
    assert_eq!(instant("a").as_deref(), Some("2026-10-01T00:00:00Z"));
    assert_eq!(instant("b"), instant("a"));
    assert_eq!(policy.rotation().max_age, Duration::from_hours(8 * 24 + 12));
    assert_eq!(Policy::default().rotation().max_age, Duration::from_hours(90 * 24));
}

#[test]
fn anchors_are_followed_and_mistakes_point_at_the_alias() {
    let policy = spec(
        "  registries:
  - {match: a.io, pullSecrets: &names [one, two]}
  - {match: b.io, pullSecrets: *names}
",
    );
    let (_, secrets) = policy.pull_secrets("b.io", "app").expect("an entry");
    assert_eq!(names(secrets), ["one", "two"]);
}

#[test]
fn what_an_excerpt_may_not_show_is_named() {
    let text = include_str!("../../testdata/policy/credentials.yaml");
    let mut shown = text.to_owned();
    for span in Policy::masked(text, whole(text)) {
        shown.replace_range(span.range(), &"#".repeat(span.len()));
    }
    assert!(!shown.contains("hunter2"), "{shown}");
    let full = include_str!("../../testdata/policy/full.yaml");
    assert_eq!(Policy::masked(full, whole(full)), []);
    let broken = include_str!("../../testdata/policy/unclosed-quote.yaml");
    assert_eq!(Policy::masked(broken, whole(broken)), [whole(broken)]);
}

#[test]
fn a_function_config_is_read_where_it_stands_whatever_tools_keep_about_it() {
    let text = "\
a: 1
functionConfig:
    argsOneLiner: --quiet
    apiVersion: pullcreds.dev/v1alpha1
    kind: PullCredentialPolicy
    metadata: {name: p, uid: x, creationTimestamp: null}
    spec: {emit: none, failOn: eror, acess: private}
b: 1
";
    let place = |from: &str, to: &str| {
        Span::new(text.find(from).expect("a part"), text.find(to).expect("a part"))
    };
    let mistakes = Policy::parse_function_config(text, place("argsOneLiner", "\nb: 1"), CODES);
    let mistakes = mistakes.expect_err("two mistakes");
    let found: Vec<_> = mistakes.iter().map(|mistake| &text[mistake.span.range()]).collect();
    assert_eq!(found, ["eror", "acess"]);
    let flow =
        "{x: {apiVersion: pullcreds.dev/v1alpha1, kind: PullCredentialPolicy, spec: {emit: none}}}";
    let place = Span::new(4, flow.len() - 1);
    let policy = Policy::parse_function_config(flow, place, CODES).expect("no mistake");
    assert_eq!(policy.emit(), Emit::None);
    assert_eq!(Policy::default().emit(), Emit::All);
}

#[test]
fn a_policy_in_json_or_behind_a_byte_order_mark_is_read() {
    let json = r#"{"apiVersion": "pullcreds.dev/v1alpha1", "kind": "PullCredentialPolicy",
        "spec": {"namespace": "shop", "registries": [{"match": "ghcr.io", "access": "private"}]}}"#;
    for text in [json.to_owned(), format!("\u{feff}{json}")] {
        assert_eq!(render(&text), "");
    }
    assert_eq!(
        render("\u{feff}apiVersion: pullcreds.dev/v1alpha1\nkind: X\n"),
        "2:7 `X` is not a value of `kind`\n    help: write `PullCredentialPolicy`\n"
    );
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    /// The full policy with some of its lines taken out, repeated, or cut short.
    fn mangled() -> impl Strategy<Value = String> {
        let lines: Vec<_> = include_str!("../../testdata/policy/full.yaml").lines().collect();
        let count = lines.len();
        let change = (0..count, 0..4_u8, 0..60_usize, r#"[a-z:,*&!'"{}\[\]#é -]{0,4}"#);
        proptest::collection::vec(change, 1..6).prop_map(move |changes| {
            let mut lines: Vec<_> = lines.iter().map(|line| (*line).to_owned()).collect();
            for (at, what, column, text) in changes {
                let line = &mut lines[at];
                let column = (0..=column.min(line.len()))
                    .rev()
                    .find(|&column| line.is_char_boundary(column))
                    .unwrap_or(0);
                match what {
                    0 => line.clear(),
                    1 => line.insert_str(column, &text),
                    2 => line.truncate(column),
                    _ => *line = format!("{line}\n{line}"),
                }
            }
            lines.join("\n")
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn every_mistake_lies_inside_the_text_and_they_come_in_order(text in mangled()) {
            let mistakes = Policy::parse(&text, CODES).err().unwrap_or_default();
            prop_assert!(mistakes.is_sorted_by_key(|mistake| mistake.span));
            for mistake in mistakes {
                prop_assert!(text.get(mistake.span.range()).is_some(), "{mistake:?}");
                if let Some((span, _)) = mistake.related {
                    prop_assert!(text.get(span.range()).is_some());
                }
                prop_assert!(!mistake.message.contains('\n') && !mistake.help.contains('\n'));
            }
            for span in Policy::masked(&text, whole(&text)) {
                prop_assert!(text.get(span.range()).is_some());
            }
        }
    }
}

/// `text` without what no excerpt may show.
fn without_masked(text: &str) -> String {
    let mut shown = text.as_bytes().to_vec();
    for span in Policy::masked(text, whole(text)) {
        shown[span.range()].fill(b'#');
    }
    String::from_utf8_lossy(&shown).into_owned()
}

#[test]
fn nothing_is_shown_of_an_object_that_is_no_policy_but_its_keys_and_its_kind() {
    for text in [
        "kind: Secret\nstringData:\n  foo: hunter2\n",
        "apiVersion: v1\nkind: Secret\ndata: {a: hunter2}\n",
        "kind: Secret\n# hunter2\nstringData:\n  foo: |\n    hunter2\n    hunter2\n",
        "kind: Secret\nstringData:\n  foo: >-\n    a\n    hunter2\n  bar: \"a\n    hunter2\"\n",
        "kind: Secret\nstringData:\n  foo: &a hunter2\n  bar: *a\n  hunter2: 5\n",
        "{\"kind\": \"Secret\", \"stringData\": {\"foo\": \"hunter2\"}}\n",
        "kind: SecretList\nitems:\n- stringData: {foo: hunter2}\n",
        "kind: List\nitems:\n- kind: Secret\n  stringData: {foo: hunter2}\n",
        "stringData:\n  foo: hunter2\n",
        "kind: [Secret, hunter2]\nfoo: hunter2\n",
        "kind: Deployment\nspec: {env: [{name: A, value: hunter2}]}\n",
        "- hunter2\n- kind: Secret\n  stringData: {foo: hunter2}\nkind: Secret\n",
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  policy: |\n    kind: Secret\n    foo: hunter2\n",
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  policy: |\n    a: 1\n    password: hunter2\n",
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  policy: \"a: 1\\npassword: hunter2\"\n",
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  policy: |\n    a: [\n    hunter2\n",
    ] {
        let shown = without_masked(text);
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    let text = "apiVersion: v1\nkind: Secret\nstringData:\n  a: b\n";
    assert!(without_masked(text).starts_with("apiVersion: v1\nkind: Secret\nstringData:#"));
}

#[test]
fn what_a_policy_in_a_config_map_says_is_shown() {
    let text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  into: auto\n  policy: |\n    kind: \
                PullCredentialPolicy\n    spec:\n      registries: [{match: a.io, pullSecrets: [b]}]\n";
    assert_eq!(without_masked(text), text);
}

#[test]
fn text_of_several_lines_instead_of_a_policy_is_not_shown() {
    for text in ["some text\n\nmore\n", "# why\nsome text\n\nmore", "- some text\n\n  more\n"] {
        let shown = without_masked(text);
        assert!(!shown.contains("more") && !shown.contains("text"), "{shown}");
    }
    let text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  inject: |\n    a.io=b\n    c.io=d\n";
    assert_eq!(without_masked(text), text);
}

#[test]
fn two_slips_of_one_key_are_two_mistakes() {
    let found = render("apiVersion: pullcreds.dev/v1alpha1\nk1nd: A\nkimd: B\nspec: {}\n");
    let slips = found.matches("did you mean `kind`?").count();
    assert_eq!(slips, 2, "{found}");
    assert!(!found.contains("is missing"), "{found}");
}
