//! Which sources belong together: a name in one of them means objects of its context only.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use serde::Deserialize;

use crate::source::Source;
use crate::words::Words;

/// Whose ServiceAccounts, Secrets and other objects count for a workload of the manifests. What a dump of the cluster or
/// the policy tells counts for all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContextScope {
    /// Those of its file.
    File,
    /// Those of the files in its folder, and not of the folders above, below or beside it.
    Folder,
    /// Those of all files.
    #[default]
    All,
}

impl Words for ContextScope {}

impl ContextScope {
    /// Where an object has to be that a workload means, in words.
    pub(super) fn place(self) -> &'static str {
        match self {
            Self::File => "its file (--context file)",
            Self::Folder => "its folder (--context folder)",
            Self::All => "the input",
        }
    }
}

/// The context of each source: the number of the first source that belongs to it.
pub(super) fn of(sources: &[Source], scope: ContextScope) -> Vec<u32> {
    let mut first: BTreeMap<_, u32> = BTreeMap::new();
    let contexts = (0..).zip(sources).map(|(at, source)| match scope {
        ContextScope::All => 0,
        ContextScope::File => at,
        ContextScope::Folder => {
            folder(&source.name).map_or(at, |folder| *first.entry(folder).or_insert(at))
        }
    });
    contexts.collect()
}

/// The context of dumps of the cluster: names in them mean no object of the manifests, unless all is one context.
pub(super) fn of_dumps(scope: ContextScope) -> u32 {
    if scope == ContextScope::All { 0 } else { u32::MAX }
}

/// The folder of a file, without the `.` that does not change it; `None` if it is not a file: what a program renders
/// belongs together, and so does the standard input.
fn folder(name: &str) -> Option<Vec<Component<'_>>> {
    let is_stream = name.starts_with('<') && name.ends_with('>');
    let folder = Path::new(name).parent().filter(|_| !is_stream)?;
    Some(folder.components().filter(|part| *part != Component::CurDir).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contexts(names: &[&str], scope: ContextScope) -> Vec<u32> {
        let source = |name: &&str| Source::new(*name, &b""[..]).expect("it is text");
        of(&names.iter().map(source).collect::<Vec<_>>(), scope)
    }

    #[test]
    fn a_folder_is_a_context_however_it_is_written() {
        let names =
            ["dev/a.yaml", "prod/a.yaml", "./dev/b.yaml", "dev/sub/a.yaml", "a.yaml", "./b.yaml"];
        assert_eq!(contexts(&names, ContextScope::Folder), [0, 1, 0, 3, 4, 4]);
        assert_eq!(contexts(&names, ContextScope::File), [0, 1, 2, 3, 4, 5]);
        assert_eq!(contexts(&names, ContextScope::All), [0; 6]);
    }

    #[test]
    fn what_is_rendered_is_a_context_of_its_own() {
        let names = [
            "<kustomize build overlays/dev>",
            "<kustomize build overlays/prod>",
            "overlays/a.yaml",
        ];
        assert_eq!(contexts(&names, ContextScope::Folder), [0, 1, 2]);
    }
}
