//! Fenced blocks of Markdown.

use std::ops::Range;

/// A block between fences.
pub(crate) struct Fence {
    /// What is behind the backticks that open it: its language, and for a command the exit code, as in `sh exit=1`.
    pub(crate) info: String,
    /// Its lines, without the indentation of the fence.
    pub(crate) text: String,
    /// Where its lines are in the document.
    pub(crate) place: Range<usize>,
}

impl Fence {
    /// The first word of its info.
    pub(crate) fn language(&self) -> &str {
        self.info.split(' ').next().expect("there is a first part")
    }

    /// The exit code that its commands have.
    pub(crate) fn exit(&self) -> i32 {
        let code = self.info.split(' ').find_map(|word| word.strip_prefix("exit="));
        code.map_or(0, |code| code.parse().expect("an exit code is a number"))
    }
}

/// The blocks of a document, in their order. More than three backticks hold those with three.
pub(crate) fn fences(markdown: &str) -> Vec<Fence> {
    let mut found: Vec<Fence> = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    let mut at = 0;
    for line in markdown.split_inclusive('\n') {
        let from = at;
        at += line.len();
        let text = line.trim_start_matches(' ');
        let ticks = text.len() - text.trim_start_matches('`').len();
        match (open, found.last_mut()) {
            (Some((indent, ticks_open)), Some(last)) => {
                if ticks >= ticks_open && text[ticks..].trim().is_empty() {
                    open = None;
                } else {
                    last.text.push_str(line.get(indent..).unwrap_or("\n"));
                    last.place.end = at;
                }
            }
            _ if ticks >= 3 => {
                open = Some((line.len() - text.len(), ticks));
                let info = text[ticks..].trim().to_owned();
                found.push(Fence { info, text: String::new(), place: at..at });
            }
            _ => debug_assert!(from < at),
        }
    }
    assert!(open.is_none(), "a block is not closed");
    found
}

#[test]
fn blocks_are_found_in_lists_and_around_other_blocks() {
    let text = "a\n```sh exit=3\nb\n```\n- c\n  ```yaml\n  d:\n    e\n\n  ```\n````markdown\n```text\nf\n```\n````\n";
    let found = fences(text);
    let shown: Vec<_> =
        found.iter().map(|fence| (fence.language(), fence.exit(), &*fence.text)).collect();
    assert_eq!(
        shown,
        [("sh", 3, "b\n"), ("yaml", 0, "d:\n  e\n\n"), ("markdown", 0, "```text\nf\n```\n")]
    );
    assert_eq!(&text[found[0].place.clone()], "b\n");
}
