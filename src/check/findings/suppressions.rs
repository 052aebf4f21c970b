//! What is worth saying about annotations and comments that name findings to ignore, and about the baseline.

use crate::finding::{self, SuppressedBy};
use crate::inventory::IGNORE;
use crate::say;
use crate::text::Message;

use super::super::Input;
use super::super::ignores::{IgnoreRule, WrongIgnore};
use super::{At, Draft, Findings, describe};

impl<'c> Findings<'_, 'c> {
    pub(super) fn about_suppressions(&mut self) {
        let input = self.world.circumstances.input;
        let mut drafts = Vec::new();
        for (rule, wrong) in self.ignores.wrong() {
            let why = match wrong {
                WrongIgnore::Code => "names no finding that pullcreds knows",
                WrongIgnore::Reason => "gives no reason",
            };
            let message = say!("{} {}.", subject(rule), why);
            drafts.push(self.draft(&finding::INVALID_SUPPRESSION, message, rule, ""));
        }
        // On its way to a cluster, a stream is one part of what the suppressions are for.
        if input != Input::Stream {
            for (rule, code) in self.ignores.unused() {
                let message =
                    say!("{} ignores {}, which is not found there.", subject(rule), code.name);
                drafts.push(self.draft(&finding::UNUSED_SUPPRESSION, message, rule, code.name));
            }
        }
        for draft in drafts {
            self.report(draft);
        }
        let left = self.ignores.unknown();
        if left > 0 && input != Input::Stream {
            let message = match left {
                1 => Message::of("1 finding of the baseline is not found any more."),
                _ => say!("{} findings of the baseline are not found any more.", left),
            };
            self.report(Draft::new(&finding::UNUSED_SUPPRESSION, message).once_for(["baseline"]));
        }
    }

    /// A finding about a rule of the manifests; `detail` tells it apart from others about that rule.
    fn draft(
        &self,
        code: &'static finding::Code,
        message: Message,
        rule: &IgnoreRule<'c>,
        detail: &str,
    ) -> Draft<'c> {
        let draft = Draft::new(code, message).about(detail);
        let object = rule.on.map(|(object, _)| object);
        match object.or_else(|| self.ignores.object_at(rule.source, rule.span.start)) {
            Some(object) => {
                let at = At::new(object, rule.span, code.title);
                let path = rule.on.map(|(_, path)| path.to_owned());
                draft.at(match path {
                    Some(path) => at.path(path),
                    None => at,
                })
            }
            None => draft,
        }
    }
}

/// What a sentence about a rule begins with.
fn subject(rule: &IgnoreRule<'_>) -> Message {
    match (rule.by, rule.on) {
        (SuppressedBy::Annotation, Some((object, _))) => {
            say!("The annotation {} of {}", IGNORE, describe(object))
        }
        _ => Message::of("A comment `pullcreds: ignore`"),
    }
}
