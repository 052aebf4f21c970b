//! The kinds of a table, for those who look something up in it: an entry for each kind of each group.

use super::{Row, Table, builtin};

/// How many kinds are proposed for a name that no kind has.
const PROPOSED: usize = 3;

/// A kind of one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed<'t> {
    /// The API group; the core group is `""`.
    pub group: &'t str,
    /// Its row.
    pub row: &'t Row,
}

impl Listed<'_> {
    /// `GROUP/KIND`, or `KIND` of the core group.
    pub fn name(&self) -> String {
        match self.group {
            "" => self.row.kind.to_string(),
            group => format!("{group}/{}", self.row.kind),
        }
    }

    /// Whether it is a row of a policy.
    pub fn is_own(&self) -> bool {
        self.row.own.is_some()
    }

    /// Whether a text names it, in whatever capital letters: `GROUP/KIND`, `KIND.GROUP` as kubectl has it, or `KIND`.
    fn answers_to(&self, text: &str) -> bool {
        let by_kubectl = format!("{}.{}", self.row.kind, self.group);
        [&*self.name(), &by_kubectl, &self.row.kind]
            .iter()
            .any(|name| name.eq_ignore_ascii_case(text))
    }
}

impl Table {
    /// Every kind, sorted by group and kind. A row before the built-in ones takes the place of that of its kind, unless it
    /// is for some versions only: then both are listed.
    pub fn listed(&self) -> Vec<Listed<'_>> {
        let replaced = |group: &str, row: &Row| {
            let of_kind = |own: &&Row| own.kind == row.kind && own.has_group(group);
            self.rows.iter().filter(of_kind).any(|own| own.versions.is_empty())
        };
        let mut all: Vec<Listed<'_>> = self.rows.iter().flat_map(of_groups).collect();
        for row in builtin::all() {
            all.extend(of_groups(row));
        }
        all.retain(|listed| listed.is_own() || !replaced(listed.group, listed.row));
        all.sort_by_key(|listed| (listed.group, &*listed.row.kind));
        all
    }

    /// The kinds that a text names: several if kinds of several groups have the name.
    pub fn named(&self, text: &str) -> Vec<Listed<'_>> {
        let mut all = self.listed();
        all.retain(|listed| listed.answers_to(text));
        all
    }

    /// The names of the kinds that a text may have meant, the most similar first.
    pub fn near(&self, text: &str) -> Vec<String> {
        let text = text.to_lowercase();
        let is_whole = text.contains('/');
        let mut all: Vec<_> = self
            .listed()
            .into_iter()
            .map(|listed| {
                let name = if is_whole { listed.name() } else { listed.row.kind.to_string() };
                let distance = strsim::osa_distance(&name.to_lowercase(), &text);
                (distance, listed.name(), listed.row.kind.len())
            })
            .collect();
        let is_near = |(distance, name, length): &(usize, String, usize)| {
            *distance <= (*length / 4).max(1)
                || text.len() > 3 && name.to_lowercase().contains(&text)
        };
        all.retain(is_near);
        all.sort();
        all.into_iter().map(|(_, name, _)| name).take(PROPOSED).collect()
    }
}

/// A row for each of its groups.
fn of_groups(row: &Row) -> Vec<Listed<'_>> {
    row.groups.iter().map(|group| Listed { group, row }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(listed: &[Listed<'_>]) -> Vec<String> {
        listed.iter().map(Listed::name).collect()
    }

    #[test]
    fn every_kind_of_every_group_is_listed_once() {
        let all = names(&Table::builtin().listed());
        assert!(all.len() > 300, "{}", all.len());
        let mut once = all.clone();
        once.dedup();
        assert_eq!(all, once);
        assert!(all.contains(&"Pod".to_owned()) && all.contains(&"batch/CronJob".to_owned()));
    }

    #[test]
    fn a_row_of_a_policy_takes_the_place_of_the_built_in_one() {
        let count = |versions: &[&str]| {
            let versions = versions.iter().map(|version| (*version).into()).collect();
            let row = Row::new("argoproj.io", "Rollout", versions, Box::default());
            let table = Table::with(vec![row]);
            let found = table.named("Rollout.argoproj.io");
            assert!(found[0].is_own());
            found.len()
        };
        assert_eq!((count(&[]), count(&["v1beta7"])), (1, 2));
    }

    #[test]
    fn a_kind_is_found_by_each_of_its_names() {
        let table = Table::builtin();
        for text in ["postgresql.cnpg.io/Cluster", "cluster.postgresql.cnpg.io"] {
            assert_eq!(names(&table.named(text)), ["postgresql.cnpg.io/Cluster"], "{text}");
        }
        assert!(table.named("kafka").len() > 1);
        assert!(table.named("Nonesuch").is_empty());
        assert_eq!(table.near("Promethues"), ["monitoring.coreos.com/Prometheus"]);
        assert_eq!(table.near("argoproj.io/Rolout"), ["argoproj.io/Rollout"]);
        assert!(table.near("Xyzzyxyzzy").is_empty());
    }
}
