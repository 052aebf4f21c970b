//! What is worth saying about objects that make pull secrets: what they make of them, and how often.

use std::time::Duration;

use crate::credentials::payload::PayloadFormat;
use crate::finding::{self, Severity};
use crate::inventory::producers::{Generator, ProducerFault, Refresh};
use crate::inventory::{Produced, SourceKind};
use crate::say;
use crate::source::Span;
use crate::text::{Message, plain, shown};

use super::super::rotation::{RotationEvidence, hours, interval, is_never};
use super::super::world::World;
use super::draft::SecretSpot;

use super::Findings;

/// What keeps a Secret that pods have to mount from ever being there.
const NEVER_MOUNTED: &str = ". Every pod of the input that mounts it names the pull secret for its own images, so the \
                             Secret never appears";

impl World<'_> {
    /// A Secret that something makes, and what tells of its age.
    pub(super) fn about_produced(
        &self,
        out: &mut Findings<'_, '_>,
        produced: &Produced<'_>,
        in_time: bool,
        evidence: &RotationEvidence<'_>,
    ) {
        let maker = self.describe_in(&produced.object);
        let name = shown(&produced.name);
        let at = SecretSpot::new(&produced.object, produced.span);
        if let Some(fault) = &produced.fault {
            Self::about_fault(out, fault, &maker, produced, at);
        }
        if let Some(caveat) = produced.by.caveat {
            let code = &finding::SECRET_APPEARS_LATE;
            let severity = if in_time { code.severity } else { Severity::Error };
            let more = if in_time { "" } else { NEVER_MOUNTED };
            let message = say!("{} makes the pull secret '{}': {}{}.", maker, name, caveat, more);
            let draft = at.draft(code, message, "appears late");
            out.report(draft.severity(severity).about(&produced.name));
        }
        // What is never read has no age.
        if !produced.is_usable() || !in_time {
            return;
        }
        let at = SecretSpot::new(&produced.object, span(produced));
        if self.about_life(out, &maker, produced, at) {
            return;
        }
        self.about_rotation(out, &say!("in '{}' (made by {})", name, maker), evidence, at);
    }

    fn about_fault(
        out: &mut Findings<'_, '_>,
        fault: &ProducerFault,
        maker: &Message,
        produced: &Produced<'_>,
        at: SecretSpot<'_>,
    ) {
        let name = shown(&produced.name);
        let (code, message, label) = match fault {
            ProducerFault::Type => {
                let kind = produced.secret_type.as_deref().unwrap_or("Opaque");
                let message = say!(
                    "{} makes the pull secret '{}' with type {}, so the kubelet ignores it.",
                    maker,
                    name,
                    shown(kind)
                );
                (&finding::PRODUCER_WITHOUT_DOCKER_TYPE, message, "no docker type")
            }
            ProducerFault::Key(format) => {
                let message = say!(
                    "{} makes the pull secret '{}' without the key {}, so the API server rejects it.",
                    maker,
                    name,
                    format.data_key()
                );
                (&finding::PRODUCER_WITHOUT_DOCKER_KEY, message, "no docker key")
            }
            ProducerFault::NoSecret(kind) => {
                let message = say!(
                    "{} makes no Secret '{}', but an object of kind {}.",
                    maker,
                    name,
                    shown(kind)
                );
                (&finding::PRODUCER_WITHOUT_SECRET, message, "makes no Secret")
            }
            ProducerFault::Payload(flaw) => {
                let message =
                    say!("{} cannot fill the pull secret '{}': {}.", maker, name, plain(*flaw));
                (&finding::PRODUCER_WITHOUT_VALID_PAYLOAD, message, "never a docker configuration")
            }
        };
        let at = match (fault, produced.template) {
            (ProducerFault::Payload(_), Some(span)) => at.over(span),
            _ => at,
        };
        let remedy = match fault {
            ProducerFault::Type => remedy_for_type(produced, maker),
            _ => code.remedy.into(),
        };
        out.report(at.draft(code, message, label).remedy(remedy).about(&produced.name));
    }

    /// A token that has expired before it is replaced; gives whether it was reported.
    fn about_life(
        &self,
        out: &mut Findings<'_, '_>,
        maker: &Message,
        produced: &Produced<'_>,
        at: SecretSpot<'_>,
    ) -> bool {
        let context = produced.object.context;
        let known = || {
            let all = self.inventories.iter().filter(move |inventory| {
                inventory.source_kind == SourceKind::Cluster || inventory.context == context
            });
            all.flat_map(|inventory| &inventory.generators)
        };
        let rows = produced.generators.iter().filter_map(|reference| reference.row(known()));
        let Some(generator) = rows.min_by_key(|row| row.life) else { return false };
        let Some(refreshed) = too_seldom(&produced.refresh, generator) else { return false };
        let message = say!(
            "{} fills '{}' with a token of {} that lives {}, and refreshes it {}.",
            maker,
            shown(&produced.name),
            generator.kind,
            hours(generator.life),
            refreshed
        );
        let code = &finding::EXPIRES_BEFORE_REFRESH;
        let draft = at.draft(code, message, "the token has expired by then");
        out.report(draft.about(&produced.name));
        true
    }
}

/// Where to set the type.
fn remedy_for_type(produced: &Produced<'_>, maker: &Message) -> Message {
    match produced.by.type_path() {
        Some(path) => {
            let docker = PayloadFormat::DockerConfigJson.secret_type();
            say!("Set {} of {} to {}.", shown(&path), maker, docker)
        }
        None => say!(
            "{} makes Secrets of type Opaque only: make the pull secret by other means, such as an ExternalSecret.",
            produced.by.kind
        ),
    }
}

/// How often a Secret is refreshed, if the token in it does not live that long.
fn too_seldom(refresh: &Refresh<'_>, generator: &Generator) -> Option<Message> {
    if is_never(refresh) {
        return Some("never".into());
    }
    let interval = interval(refresh)?;
    let too_long = interval > Duration::from_secs(generator.life);
    too_long.then(|| say!("every {}", hours(interval.as_secs())))
}

/// Where an object says how often it refreshes a Secret, else where it names that.
fn span(produced: &Produced<'_>) -> Span {
    match produced.refresh {
        Refresh::Every(_, span) | Refresh::Never(span) => span,
        Refresh::ByDefault(_) | Refresh::Unknown => produced.span,
    }
}
