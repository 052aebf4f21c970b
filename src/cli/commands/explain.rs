//! `pullcreds explain`: what a finding means, and why an image has its verdict.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use pullcreds::check::{self as checks, Wanted};
use pullcreds::image::Reference;
use pullcreds::report::{self, Report};
use pullcreds::say;
use pullcreds::text::{Message, shown};

use super::problems;
use super::read::{input, read};
use crate::cli::args::{ExplainSubject, ListFormat};
use crate::cli::exit::{Exit, Stop};
use crate::cli::output::print;
use crate::cli::settings::layer::Layer;
use crate::cli::settings::{Mode, Settings, look_of};

/// What somebody asks.
pub(crate) struct Question {
    pub(crate) subject: Option<ExplainSubject>,
    /// Where the manifests are.
    pub(crate) paths: Vec<PathBuf>,
    /// Kind and name.
    pub(crate) object: Option<(String, String)>,
    pub(crate) format: Option<ListFormat>,
}

pub(crate) fn explain(question: Question, flags: &Layer) -> Result<Exit, Stop> {
    let Question { subject, paths, object, format } = question;
    let image = match subject {
        Some(ExplainSubject::Code(code)) => {
            return print(&report::explain(code, look_of(flags, Mode::Explain)?));
        }
        Some(ExplainSubject::Image(image) | ExplainSubject::Word(image)) => Some(image),
        None if object.is_some() => None,
        None if paths.is_empty() => return print(&report::codes(look_of(flags, Mode::Explain)?)),
        None => {
            let text = "error: name an image, or an object with --object KIND/NAME\n";
            return Err(Stop::new(Exit::Usage, text));
        }
    };
    let reference = image.as_deref().map(reference).transpose()?;
    insist_on_manifests(&paths, io::stdin().is_terminal())?;
    let settings = Settings::of(flags, Mode::Explain)?;
    let namespace = flags.names("namespace").then(|| settings.policy.namespace()).flatten();
    let wanted = Wanted { image: reference, object, namespace: namespace.map(str::to_owned) };
    of_images(&paths, &wanted, (image.as_deref(), format), &settings)
}

/// Refuses to wait for manifests that a person would have to type.
fn insist_on_manifests(paths: &[PathBuf], is_terminal: bool) -> Result<(), Stop> {
    if !paths.is_empty() || !is_terminal {
        return Ok(());
    }
    let text = "error: name the manifests with --in FILE, or pipe them to this command\n";
    Err(Stop::new(Exit::Usage, text))
}

pub(super) fn reference(image: &str) -> Result<Reference<'static>, Stop> {
    Reference::parse(image).map(Reference::into_owned).map_err(|invalid| {
        let (image, why) = (shown(image), invalid.to_string());
        let text = say!("error: {} is not a valid image reference: {}\n", image, shown(&why));
        Stop::new(Exit::Usage, text)
    })
}

/// Explains the images of what is at `paths` that somebody wants to know about.
fn of_images(
    paths: &[PathBuf],
    wanted: &Wanted,
    (image, format): (Option<&str>, Option<ListFormat>),
    settings: &Settings,
) -> Result<Exit, Stop> {
    let read = read(paths, settings)?;
    let circumstances = settings.circumstances(input(paths), paths);
    let (outcome, stories) =
        checks::explain(&read.sources, &settings.policy, circumstances, wanted);
    let texts = problems(&read.sources, &outcome, settings);
    if !texts.is_empty() || !read.unread.is_empty() {
        return Err(Stop::with_report(Exit::Unreadable, texts));
    }
    let report = settings.report(&read.sources, &outcome);
    if stories.is_empty() {
        return Err(Stop::new(Exit::Usage, none_found(&report, wanted, image)));
    }
    let policy = settings.policy_text.as_ref();
    print(&match format.unwrap_or(ListFormat::Human) {
        ListFormat::Human => report::stories(&report, &stories, policy, settings.look),
        ListFormat::Json => report::stories_json(&report, &stories, policy),
    })
}

/// What is said where nothing is what somebody asks about.
fn none_found(report: &Report<'_>, wanted: &Wanted, image: Option<&str>) -> Message {
    let object =
        wanted.object.as_ref().map(|(kind, name)| say!("{} '{}'", shown(kind), shown(name)));
    let namespace = wanted.namespace.as_deref();
    let namespace = namespace.map(|name| say!(" in namespace '{}'", shown(name)));
    let whose =
        say!("{}{}", object.clone().unwrap_or("the input".into()), namespace.unwrap_or_default());
    let Some(image) = image else {
        return say!("error: the input has no {} with images\n", whose);
    };
    let near = report::not_pulled(report, image);
    let near = near.map(|near| say!("similar images: {}\n", near));
    let text = say!("error: {} has no image {}\n", whose, shown(image));
    text.and(&near.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_types_manifests() {
        let refused = |paths: &[&str], is_terminal| {
            let paths: Vec<_> = paths.iter().map(PathBuf::from).collect();
            insist_on_manifests(&paths, is_terminal).is_err()
        };
        assert!(refused(&[], true));
        assert!(!refused(&[], false));
        assert!(!refused(&["-"], true));
    }
}
