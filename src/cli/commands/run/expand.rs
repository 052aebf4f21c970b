//! Variables of Argo CD in the command that a plugin starts.

use std::ffi::{OsStr, OsString};

// The command that a plugin starts.
/// The name for a release of the Application, in an argument of the command.
const RELEASE_NAME: &str = "PULLCREDS_RELEASE_NAME";

/// An argument with the values of `$(ARGOCD_APP_NAME)` and the other variables that Argo CD gives to a plugin, and of
/// `$(PULLCREDS_RELEASE_NAME)`, where there is no shell to put them in. As in the command of a container, `$$(NAME)`
/// stands for `$(NAME)`, and what is in a value is not looked at again, nor does it become another argument. What Argo
/// CD does not say is empty.
pub(crate) fn expand(arg: &OsStr, variable: impl Fn(&str) -> Option<String>) -> OsString {
    let Some(arg) = arg.to_str() else { return arg.to_owned() };
    let mut parts = arg.split("$(");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(')').filter(|(name, _)| is_given(name)) {
            Some(_) if out.ends_with('$') => {
                out.push('(');
                out.push_str(part);
            }
            Some((name, rest)) => {
                out.push_str(&value(name, &variable).unwrap_or_default());
                out.push_str(rest);
            }
            None => {
                out.push_str("$(");
                out.push_str(part);
            }
        }
    }
    out.into()
}

/// The value of a variable. An Application outside of Argo CD's own namespace is called `NAMESPACE_NAME` there
/// (`util/argo/argo.go`, `AppInstanceName`), which no release can be called; like Argo CD's own rendering of charts we
/// take what follows the underscore (`reposerver/repository/repository.go`, `helmTemplate`).
fn value(name: &str, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    if name != RELEASE_NAME {
        return variable(name);
    }
    let instance = variable("ARGOCD_APP_NAME")?;
    Some(instance.rsplit_once('_').map_or(&*instance, |(_, name)| name).to_owned())
}

/// Whether there is a variable of this name: ours, or one that Argo CD gives to plugins
/// (reposerver/repository/repository.go).
fn is_given(name: &str) -> bool {
    if name == RELEASE_NAME {
        return true;
    }
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let given = ["ARGOCD_", "KUBE_", "PARAM_"].iter().any(|prefix| name.starts_with(prefix));
    given && name.chars().all(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_argo_cd_stand_in_arguments() {
        let variable = |name: &str| match name {
            "ARGOCD_APP_NAME" => Some("shop".to_owned()),
            "ARGOCD_ENV_VALUE" => Some("two words; $(ARGOCD_APP_NAME)".to_owned()),
            "HOME" => Some("/root".to_owned()),
            _ => None,
        };
        for (given, expected) in [
            ("$(ARGOCD_APP_NAME)", "shop"),
            ("--a=$(ARGOCD_APP_NAME)-$(ARGOCD_APP_NAME)$", "--a=shop-shop$"),
            ("--namespace=$(ARGOCD_APP_NAMESPACE)", "--namespace="),
            ("$(ARGOCD_ENV_VALUE)", "two words; $(ARGOCD_APP_NAME)"),
            ("$$(ARGOCD_APP_NAME)", "$(ARGOCD_APP_NAME)"),
            (
                "$(HOME) $HOME $(id) $(ARGOCD_APP_NAME $ARGOCD_APP_NAME $(",
                "$(HOME) $HOME $(id) $(ARGOCD_APP_NAME $ARGOCD_APP_NAME $(",
            ),
            ("", ""),
        ] {
            assert_eq!(expand(OsStr::new(given), variable), expected);
        }
    }

    #[test]
    fn a_release_has_the_name_of_the_application_without_its_namespace() {
        for (instance, release) in [
            (Some("shop"), "shop"),
            (Some("team-a_shop"), "shop"),
            (Some("team-a_shop.v1-2"), "shop.v1-2"),
            (None, ""),
        ] {
            let variable = |name: &str| match name {
                "ARGOCD_APP_NAME" => instance.map(str::to_owned),
                // Nobody's variable counts.
                _ => Some("other".to_owned()),
            };
            let expanded = |arg: &str| expand(OsStr::new(arg), variable);
            assert_eq!(expanded("$(PULLCREDS_RELEASE_NAME)"), release);
            assert_eq!(
                expanded("--name=$(PULLCREDS_RELEASE_NAME)"),
                format!("--name={release}").as_str()
            );
            assert_eq!(expanded("$$(PULLCREDS_RELEASE_NAME)"), "$(PULLCREDS_RELEASE_NAME)");
            assert_eq!(expanded("$(PULLCREDS_POLICY)"), "$(PULLCREDS_POLICY)");
        }
    }
}
