//! Copies of a Secret in other namespaces: what its annotations tell kubernetes-replicator and reflector.

use super::Text;
use crate::names::matches_glob;

const REPLICATE_TO: &str = "replicator.v1.mittwald.de/replicate-to";
const REPLICATE_TO_MATCHING: &str = "replicator.v1.mittwald.de/replicate-to-matching";
const REFLECTED: &str = "reflector.v1.k8s.emberstack.com/reflection-auto-enabled";
const REFLECTED_TO: &str = "reflector.v1.k8s.emberstack.com/reflection-auto-namespaces";
const REFLECTED_TO_MATCHING: &str =
    "reflector.v1.k8s.emberstack.com/reflection-auto-namespaces-selector";
const ALLOWED: &str = "reflector.v1.k8s.emberstack.com/reflection-allowed";
const ALLOWED_IN: &str = "reflector.v1.k8s.emberstack.com/reflection-allowed-namespaces";
const ALLOWED_MATCHING: &str =
    "reflector.v1.k8s.emberstack.com/reflection-allowed-namespaces-selector";

/// Whether a namespace gets a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Replicated {
    /// It gets none.
    No,
    /// It depends on what the manifests do not tell: the labels of the namespace, say.
    Maybe,
    /// It gets one.
    Yes,
}

/// The namespaces that get a copy of a Secret.
#[derive(Debug)]
pub struct Reach<'a> {
    // Invariant: a namespace gets a copy if each list of one of these has it.
    ways: Vec<Vec<Namespaces<'a>>>,
}

/// A set of namespaces.
#[derive(Clone, Debug)]
enum Namespaces<'a> {
    All,
    /// Names and regular expressions, separated by commas.
    Listed(Text<'a>),
    /// By their labels.
    Labelled,
}

impl<'a> Reach<'a> {
    /// What the annotations say, which `get` finds by name; `None` if the Secret stays where it is.
    pub(super) fn of(get: impl Fn(&str) -> Option<Text<'a>>) -> Option<Self> {
        let mut ways = Vec::new();
        ways.extend(get(REPLICATE_TO).map(|names| vec![Namespaces::Listed(names)]));
        ways.extend(get(REPLICATE_TO_MATCHING).map(|_| vec![Namespaces::Labelled]));
        let on = |name| get(name).is_some_and(|value| value == "true");
        if on(ALLOWED) && on(REFLECTED) {
            let lists = [(ALLOWED_IN, ALLOWED_MATCHING), (REFLECTED_TO, REFLECTED_TO_MATCHING)];
            let sets = lists.map(|(listed, labelled)| match (get(listed), get(labelled)) {
                (_, Some(_)) => Namespaces::Labelled,
                (Some(names), None) if !names.trim().is_empty() => Namespaces::Listed(names),
                _ => Namespaces::All,
            });
            ways.push(sets.to_vec());
        }
        (!ways.is_empty()).then_some(Self { ways })
    }

    /// Whether `namespace` gets a copy; `None` is one that no one knows.
    pub fn copies_to(&self, namespace: Option<&str>) -> Replicated {
        let each = self.ways.iter().map(|sets| {
            sets.iter().map(|set| set.holds(namespace)).min().unwrap_or(Replicated::No)
        });
        each.max().unwrap_or(Replicated::No)
    }
}

impl Namespaces<'_> {
    fn holds(&self, namespace: Option<&str>) -> Replicated {
        match (self, namespace) {
            (Self::All, _) => Replicated::Yes,
            (Self::Labelled, _) | (Self::Listed(_), None) => Replicated::Maybe,
            (Self::Listed(names), Some(namespace)) => {
                let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
                names.map(|name| is(name, namespace)).max().unwrap_or(Replicated::No)
            }
        }
    }
}

/// Whether a name, or a regular expression of which only `.*` is read, is that of `namespace`.
fn is(name: &str, namespace: &str) -> Replicated {
    let literal = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if !name.split(".*").all(literal) {
        return Replicated::Maybe;
    }
    if matches_glob(&name.replace(".*", "*"), namespace) { Replicated::Yes } else { Replicated::No }
}

/// The value under `name` among annotations.
pub(super) fn among<'a, T>(
    annotations: &[(Text<'a>, Text<'a>, T)],
) -> impl Fn(&str) -> Option<Text<'a>> {
    move |name| {
        let found = annotations.iter().find(|(key, ..)| key == name);
        found.map(|(_, value, _)| value.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(annotations: &[(&'static str, &'static str)]) -> Option<Reach<'static>> {
        let annotations: Vec<_> = annotations
            .iter()
            .map(|(name, value)| (Text::from(*name), Text::from(*value), ()))
            .collect();
        Reach::of(among(&annotations))
    }

    #[track_caller]
    fn check(annotations: &[(&'static str, &'static str)], cases: &[(&str, Replicated)]) {
        let reach = reach(annotations).unwrap();
        for (namespace, copied) in cases {
            assert_eq!(reach.copies_to(Some(namespace)), *copied, "{namespace}");
        }
    }

    #[test]
    fn replicator_pushes_to_names_and_expressions() {
        check(
            &[(REPLICATE_TO, "shop, team-.*,ns-[0-9]*")],
            &[("shop", Replicated::Yes), ("team-a", Replicated::Yes), ("ns-1", Replicated::Maybe)],
        );
        check(
            &[(REPLICATE_TO, "shop,team-.*")],
            &[("shopping", Replicated::No), ("a-team-b", Replicated::No)],
        );
        check(&[(REPLICATE_TO, ".*")], &[("any", Replicated::Yes)]);
        check(&[(REPLICATE_TO_MATCHING, "pull=yes")], &[("shop", Replicated::Maybe)]);
    }

    #[test]
    fn reflector_needs_to_be_allowed_and_asked() {
        assert!(reach(&[(ALLOWED, "true"), (REFLECTED_TO, "shop")]).is_none());
        assert!(reach(&[(REFLECTED, "true")]).is_none());
        check(&[(ALLOWED, "true"), (REFLECTED, "true")], &[("any", Replicated::Yes)]);
        check(
            &[
                (ALLOWED, "true"),
                (REFLECTED, "true"),
                (ALLOWED_IN, "shop,a"),
                (REFLECTED_TO, "shop,b"),
            ],
            &[("shop", Replicated::Yes), ("a", Replicated::No), ("b", Replicated::No)],
        );
    }

    #[test]
    fn expressions_of_which_only_dot_star_is_read() {
        assert_eq!(is("a.*b.*c", "a-b-c"), Replicated::Yes);
        assert_eq!(is("a.*b.*c", "a-c"), Replicated::No);
        assert_eq!(is("team-.+", "team-a"), Replicated::Maybe);
        assert_eq!(is("team", "team"), Replicated::Yes);
    }

    #[test]
    fn nobody_knows_about_a_namespace_that_nobody_knows() {
        let reach = reach(&[(REPLICATE_TO, "shop")]).unwrap();
        assert_eq!(reach.copies_to(None), Replicated::Maybe);
    }
}
