//! TABLE: registries that accept user names of one form only. A form is a row.

use super::Username;

/// A form of user names.
struct Rule {
    /// Whether it is that of a registry, by its host.
    is_for: fn(&str) -> bool,
    /// Whether a user name breaks it.
    is_broken: fn(&[u8]) -> bool,
    /// What is wrong then.
    why: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        // https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
        is_for: |host| host.contains(".dkr.ecr") && host.contains(".amazonaws."),
        is_broken: |user| user != b"AWS",
        why: "the user name of Amazon ECR is always `AWS`",
    },
    Rule {
        // https://docs.nvidia.com/ngc/gpu-cloud/ngc-private-registry-user-guide/index.html
        is_for: |host| host == "nvcr.io",
        is_broken: |user| user != b"$oauthtoken",
        why: "the user name of nvcr.io is `$oauthtoken`, literally; in double quotes a shell reads it as a \
              variable, so write it in single quotes",
    },
    Rule {
        // https://docs.oracle.com/en-us/iaas/Content/Registry/Tasks/registrypushingimagesusingthedockercli.htm
        is_for: |host| {
            host == "ocir.io"
                || host.ends_with(".ocir.io")
                || host.starts_with("ocir.") && host.ends_with(".oraclecloud.com")
        },
        is_broken: |user| !user.contains(&b'/') || user.starts_with(b"oracleidentitycloudservice/"),
        why: "the user name of Oracle's registry begins with the namespace of the tenancy: `TENANCY_NAMESPACE/USER`, \
              or `TENANCY_NAMESPACE/oracleidentitycloudservice/USER` for a federated user",
    },
    Rule {
        // https://goharbor.io/docs/latest/working-with-projects/project-configuration/create-robot-accounts/
        is_for: may_be_harbor,
        is_broken: |user| user == b"robot" || user.starts_with(b"robot+"),
        why: "it looks like a robot of Harbor without its `$…`: these are named `robot$NAME` or \
              `robot$PROJECT+NAME`, and in double quotes a shell reads the text after `$` as a variable; write it in \
              single quotes",
    },
    Rule {
        is_for: may_be_harbor,
        is_broken: |user| user.starts_with(b"robot\\$") || user.starts_with(b"robot$$"),
        why: "it looks like a robot of Harbor with an escaped `$`, and nothing removes the escape: these are \
              named `robot$NAME`",
    },
];

/// Registries of which it is known that they are something else.
const NOT_HARBOR: &[&str] = &[
    "amazonaws.com",
    "azurecr.io",
    "docker.com",
    "docker.io",
    "gcr.io",
    "ghcr.io",
    "gitlab.com",
    "icr.io",
    "nvcr.io",
    "ocir.io",
    "oraclecloud.com",
    "pkg.dev",
    "quay.io",
];

/// Harbor has no host of its own.
fn may_be_harbor(host: &str) -> bool {
    !NOT_HARBOR.iter().any(|other| {
        host.strip_suffix(other).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}

/// What is wrong with the user name of an entry for this key; it is not repeated, since it is half of a credential.
pub(super) fn flaw(key: &str, user: &Username) -> Option<&'static str> {
    let host = key.split_once("://").map_or(key, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default();
    // What is filled in later may have any form.
    if super::exposure::has_placeholder(&user.0) {
        return None;
    }
    let broken = RULES.iter().filter(|rule| (rule.is_for)(host) && (rule.is_broken)(&user.0));
    broken.map(|rule| rule.why).next()
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    #[track_caller]
    fn check(key: &str, user: &str, expected: Option<&str>) {
        let user = Username::new(Zeroizing::new(user.as_bytes().to_vec()));
        let found = flaw(key, &user);
        match expected {
            Some(part) => assert!(found.is_some_and(|why| why.contains(part)), "{key}: {found:?}"),
            None => assert_eq!(found, None, "{key}"),
        }
    }

    #[test]
    fn user_names_have_the_form_that_their_registry_wants() {
        for host in
            ["iad.ocir.io", "https://ocir.eu-frankfurt-1.oci.oraclecloud.com", "fra.ocir.io/acme"]
        {
            check(host, "bob@example.com", Some("TENANCY_NAMESPACE"));
            check(host, "oracleidentitycloudservice/bob", Some("TENANCY_NAMESPACE"));
            check(host, "acme/bob", None);
            check(host, "acme/oracleidentitycloudservice/bob", None);
        }
        check("nvcr.io", "oauthtoken", Some("$oauthtoken"));
        check("https://nvcr.io/v2/", "", Some("$oauthtoken"));
        check("nvcr.io", "$oauthtoken", None);
        check("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "aws", Some("`AWS`"));
        check("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "AWS", None);
    }

    #[test]
    fn robots_of_harbor_have_a_dollar() {
        for host in
            ["harbor.example.com", "registry.example.com:8443", "https://harbor.example.com/v2/"]
        {
            check(host, "robot", Some("robot$NAME"));
            check(host, "robot+ci", Some("robot$NAME"));
            check(host, "robot\\$ci", Some("escaped"));
            check(host, "robot$$ci", Some("escaped"));
            check(host, "robot$ci", None);
            check(host, "robot$shop+ci", None);
            check(host, "robotnik", None);
        }
        // A robot of Quay is named after its organisation.
        check("quay.io", "robot+ci", None);
        check("ghcr.io", "robot", None);
        check("docker.io", "robot", None);
    }

    #[test]
    fn what_is_filled_in_later_may_have_any_form() {
        check("nvcr.io", "${NGC_USER}", None);
        check("iad.ocir.io", "{{ .user }}", None);
    }
}
