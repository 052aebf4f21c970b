//! Which files a policy may be in where Argo CD is the caller.

use std::path::{Path, PathBuf};

use pullcreds::say;
use pullcreds::text::shown_path;

use super::{FileRequest, is_caller};
use crate::cli::environment::variable;
use crate::cli::exit::{Exit, Stop};

/// The folders of the system: what they hold belongs to no operator.
const SYSTEM: &[&str] = &["/dev", "/proc", "/sys"];

// The files that policies may be in.
/// Where the run takes place.
struct Surroundings {
    /// The working directory, which is the folder of the application.
    folder: PathBuf,
    /// Its path in the repository.
    path: String,
    /// Where Argo CD unpacks repositories.
    workspace: PathBuf,
}

impl Surroundings {
    fn of_run() -> Self {
        // cmpserver/plugin/plugin.go and common/common.go
        let workspace =
            variable("ARGOCD_CMP_WORKDIR").map_or_else(std::env::temp_dir, PathBuf::from);
        Self {
            folder: std::env::current_dir().unwrap_or_default(),
            path: variable("ARGOCD_APP_SOURCE_PATH").unwrap_or_default(),
            workspace: workspace.join("_cmp_server"),
        }
    }

    /// The folders below which everything is the author's, or nobody's.
    fn foreign(&self) -> Vec<PathBuf> {
        let folder = self.folder.canonicalize().unwrap_or_else(|_| self.folder.clone());
        let path: PathBuf = Path::new(&self.path)
            .components()
            .filter(|part| matches!(part, std::path::Component::Normal(_)))
            .collect();
        let above = path.components().count();
        let root = if folder.ends_with(&path) {
            folder.ancestors().nth(above).map(Path::to_owned)
        } else {
            None
        };
        let workspace = self.workspace.canonicalize().unwrap_or_else(|_| self.workspace.clone());
        let system = SYSTEM.iter().map(PathBuf::from);
        root.into_iter().chain([folder, workspace]).chain(system).collect()
    }
}

/// A file that the operator names, which Argo CD must not look for in the folder of the application.
pub(crate) fn operators_file(path: &Path, what: &'static str) -> Result<(), Stop> {
    if path.is_absolute() || !is_caller() {
        return Ok(());
    }
    let text = say!(
        "error: the path of the {} {} is relative, and the working directory belongs to the application that is checked: write an absolute path\n",
        what,
        shown_path(path)
    );
    Err(Stop::new(Exit::Usage, text))
}

/// The policy file that an Application names, if it is one of the operator's.
pub(crate) fn applications_policy(asked: &FileRequest) -> Result<PathBuf, Stop> {
    allowed_file(asked, &Surroundings::of_run())
}

fn allowed_file(asked: &FileRequest, surroundings: &Surroundings) -> Result<PathBuf, Stop> {
    let refuse =
        |why: &'static str| Stop::new(Exit::Usage, say!("error: {}: {}\n", asked.origin, why));
    let path = &asked.value;
    if !path.is_absolute() {
        return Err(refuse(
            "a relative path names a file of the application, which must not choose the policy: write the absolute path of a file in the image of the plugin",
        ));
    }
    // No message repeats what is found there: the author may not be allowed to read it.
    let found =
        path.canonicalize().map_err(|_| refuse("no such file in the image of the plugin"))?;
    if surroundings.foreign().iter().any(|folder| found.starts_with(folder)) {
        return Err(refuse(
            "the file belongs to an application, which must not choose the policy: name a file in the image of the plugin",
        ));
    }
    if !found.is_file() {
        return Err(refuse("no such file in the image of the plugin"));
    }
    if is_anybodys(&found) {
        return Err(refuse(
            "the plugin can write the file, so any application might have written it: keep policies where the plugin has read-only access",
        ));
    }
    Ok(found)
}

/// Whether this user may write a file; root, who may write all of them, does not count.
#[cfg(unix)]
fn is_anybodys(file: &Path) -> bool {
    !rustix::process::geteuid().is_root()
        && rustix::fs::access(file, rustix::fs::Access::WRITE_OK).is_ok()
}

#[cfg(not(unix))]
fn is_anybodys(_: &Path) -> bool {
    false
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test writes into its own folder")]
mod tests {
    use std::fs;

    use super::*;

    #[track_caller]
    fn check_policy(surroundings: &Surroundings, path: &Path, expected: Result<(), &str>) {
        let asked =
            FileRequest { origin: "ARGOCD_ENV_PULLCREDS_POLICY".into(), value: path.to_owned() };
        let found = allowed_file(&asked, surroundings).map(drop).map_err(|stop| stop.text);
        match (found, expected) {
            (Ok(()), Ok(())) => {}
            (Err(text), Err(expected)) => assert!(text.contains(expected), "{text}"),
            (found, expected) => panic!("{found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn a_policy_of_an_application_is_no_policy() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        for file in [
            "operator/p.yaml",
            "work/_cmp_server/other/p.yaml",
            "repo/p.yaml",
            "repo/apps/shop/p.yaml",
        ] {
            let file = at(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, "").unwrap();
            let mut permissions = fs::metadata(&file).unwrap().permissions();
            permissions.set_readonly(true);
            fs::set_permissions(&file, permissions).unwrap();
        }
        let surroundings = Surroundings {
            folder: at("repo/apps/shop"),
            path: "./apps/shop".to_owned(),
            workspace: at("work/_cmp_server"),
        };
        check_policy(&surroundings, &at("operator/p.yaml"), Ok(()));
        check_policy(&surroundings, Path::new("p.yaml"), Err("a relative path"));
        check_policy(&surroundings, &at("operator/none.yaml"), Err("no such file"));
        check_policy(&surroundings, &at("operator"), Err("no such file"));
        let foreign = "belongs to an application";
        for path in [
            "repo/p.yaml",
            "repo/apps/shop/p.yaml",
            "operator/../repo/p.yaml",
            "work/_cmp_server/other/p.yaml",
        ] {
            check_policy(&surroundings, &at(path), Err(foreign));
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("repo/p.yaml"), at("operator/link.yaml")).unwrap();
            check_policy(&surroundings, &at("operator/link.yaml"), Err(foreign));
        }
        #[cfg(target_os = "linux")]
        check_policy(&surroundings, Path::new("/proc/self/status"), Err(foreign));
    }
}
