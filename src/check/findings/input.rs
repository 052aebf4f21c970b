//! What is worth saying about the input as a whole: nothing in it, or not all that there is.

use crate::finding::{self, Severity};
use crate::inventory::Inventory;
use crate::source::{self, Source};

use super::super::Input;
use super::super::world::World;
use super::{Draft, Findings};

impl World<'_> {
    pub(super) fn about_input(&self, out: &mut Findings<'_, '_>) {
        let empty = |source: &Source| source.text.lines().all(is_no_content);
        if self.sources.iter().all(empty) {
            let code = &finding::EMPTY_INPUT;
            let (severity, remedy) = match self.circumstances.input {
                _ if !self.circumstances.require_input => (code.severity, code.remedy),
                Input::Files => (Severity::Error, "Name a file or folder with manifests."),
                _ => (Severity::Error, "Look at the command that should have made manifests."),
            };
            let draft = Draft::new(code, "No YAML documents found in the input.");
            out.report(draft.severity(severity).remedy(remedy));
        } else if self.circumstances.input != Input::Stream && !self.holds_object() {
            let code = &finding::NO_KUBERNETES_OBJECT;
            // Files of other tools are no error: a run may name all files that have changed.
            let (severity, remedy) = match self.circumstances.input {
                Input::Files => (Severity::Warning, "Name a file or folder with manifests."),
                _ => (code.severity, code.remedy),
            };
            let draft = Draft::new(code, "The input contains text, but no Kubernetes object.");
            out.report(draft.severity(severity).remedy(remedy));
        }
        // Helm captures the standard error of its post-renderer.
        let in_between = self.circumstances.input == Input::Stream && !self.circumstances.watched;
        if in_between && self.sources.iter().any(may_be_from_helm3) {
            let message = "If Helm 3 runs this as its post-renderer, hooks and tests of the chart are not \
                           covered: it does not send them.";
            out.report(Draft::new(&finding::HOOKS_NOT_SENT, message));
        }
    }

    /// Whether some manifest says what it is. What cannot be read may.
    fn holds_object(&self) -> bool {
        self.unreadable
            || self.manifests().any(|(_, inventory)| inventory.has_typed || inventory.objects > 0)
            || self.sources.iter().any(|source| Inventory::is_typed(&source.text))
    }
}

/// Whether a stream may be what Helm 3 sends to its post-renderer: it begins with a marker and the name of a
/// template (`renderResources` of `pkg/action/action.go`), and there is no hook in it. Helm 4 sends neither.
/// `helm template` prints the same of a chart without hooks.
fn may_be_from_helm3(source: &Source) -> bool {
    source.text.starts_with("---\n# Source: ") && !source::holds(&source.text, "helm.sh/hook")
}

/// Whether a line holds nothing but a comment, a document marker or blanks.
fn is_no_content(line: &str) -> bool {
    let line = line.trim().trim_start_matches('\u{feff}');
    line.is_empty() || line == "---" || line == "..." || line.starts_with('#')
}
