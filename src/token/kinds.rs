//! The tables: which credentials there are, and by what each is recognised.

use crate::token::Recognition;
use crate::token::claims::Claims;

const HOUR: u32 = 60 * 60;

/// How long credentials of a kind live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// This many seconds, unless an administrator has changed it.
    Seconds(u32),
    /// As long as whoever made it chose.
    Chosen,
    /// Until it is revoked.
    Endless,
    /// Not known.
    Unknown,
}

impl Kind {
    /// Whether registries take such credentials, as far as the kind shows; for a general token it is unknown.
    pub fn is_for_registries(self) -> bool {
        !matches!(
            self,
            Self::GitLabOAuthSecret
                | Self::GitLabRunnerToken
                | Self::GitHubRefreshToken
                | Self::Jwt
                | Self::KubernetesServiceAccountToken
                | Self::NpmToken
        )
    }
}

impl Life {
    /// The seconds, where they are fixed.
    pub fn seconds(self) -> Option<i64> {
        match self {
            Self::Seconds(seconds) => Some(seconds.into()),
            Self::Chosen | Self::Endless | Self::Unknown => None,
        }
    }
}

/// Declares [`Kind`] with the name and life of each variant, so that none can be without.
macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident: $name:literal, $life:expr;)*) => {
        /// A kind of credential for a registry.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[$doc])* $variant,)* }

        impl Kind {
            /// All kinds, for tests over the tables.
            #[cfg(test)]
            pub(super) const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The kind's name for people, without an article.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How long such credentials live.
            pub fn life(self) -> Life {
                match self { $(Self::$variant => $life,)* }
            }
        }
    };
}

kinds! {
    /// What `aws ecr get-login-password` prints.
    EcrToken: "Amazon ECR authorization token", Life::Seconds(12 * HOUR);
    /// What `az acr login --expose-token` prints.
    AcrToken: "Azure Container Registry token", Life::Seconds(3 * HOUR);
    /// The password of a registry's admin user or of a repository-scoped token.
    AcrPassword: "Azure Container Registry password", Life::Chosen;
    /// The secret of a service principal.
    EntraSecret: "Microsoft Entra client secret", Life::Chosen;
    /// What `gcloud auth print-access-token` prints.
    GoogleAccessToken: "Google Cloud access token", Life::Seconds(HOUR);
    /// The JSON key file, plain or in base64.
    GoogleServiceAccountKey: "Google Cloud service account key", Life::Endless;
    /// `ghp_`.
    GitHubClassicToken: "GitHub personal access token (classic)", Life::Chosen;
    /// `github_pat_`.
    GitHubFineGrainedToken: "GitHub fine-grained personal access token", Life::Chosen;
    /// `gho_`.
    GitHubOAuthToken: "GitHub OAuth access token", Life::Unknown;
    /// `ghu_`.
    GitHubUserToken: "GitHub App user access token", Life::Seconds(8 * HOUR);
    /// `ghs_`: also the `GITHUB_TOKEN` of a workflow.
    GitHubInstallationToken: "GitHub App installation or workflow token", Life::Seconds(HOUR);
    /// `ghr_`.
    GitHubRefreshToken: "GitHub App refresh token", Life::Unknown;
    /// `glpat-`.
    GitLabPersonalToken: "GitLab personal, project or group access token", Life::Chosen;
    /// `gldt-`, or the user `gitlab+deploy-token-1`.
    GitLabDeployToken: "GitLab deploy token", Life::Chosen;
    /// `glcbt-`, or the user `gitlab-ci-token`. Lives as long as its job, an hour by default.
    GitLabJobToken: "GitLab CI job token", Life::Seconds(HOUR);
    /// `gloas-`.
    GitLabOAuthSecret: "GitLab OAuth application secret", Life::Unknown;
    /// `glrt-` or `GR1348941`.
    GitLabRunnerToken: "GitLab runner token", Life::Unknown;
    /// `dckr_pat_`.
    DockerPersonalToken: "Docker Hub personal access token", Life::Chosen;
    /// `dckr_oat_`.
    DockerOrganizationToken: "Docker Hub organization access token", Life::Chosen;
    /// The user `organisation+robot`.
    QuayRobotToken: "Quay robot account token", Life::Endless;
    /// The user `robot$name`.
    HarborRobotSecret: "Harbor robot account secret", Life::Chosen;
    /// `AKCp`.
    JFrogApiKey: "JFrog API key", Life::Endless;
    /// `cmVmdGtu`, which is base64 of `reftkn`.
    JFrogReferenceToken: "JFrog reference token", Life::Chosen;
    /// A JWT issued by Artifactory or its platform.
    JFrogAccessToken: "JFrog access token", Life::Chosen;
    /// `nvapi-`.
    NvidiaApiKey: "NVIDIA NGC API key", Life::Chosen;
    /// `sha256~`. Lives a day by default.
    OpenShiftToken: "OpenShift OAuth access token", Life::Seconds(24 * HOUR);
    /// A JWT whose subject is `system:serviceaccount:…`.
    KubernetesServiceAccountToken: "Kubernetes service account token", Life::Unknown;
    /// `dop_v1_`.
    DigitalOceanToken: "DigitalOcean personal access token", Life::Chosen;
    /// The user `iamapikey`.
    IbmApiKey: "IBM Cloud API key", Life::Endless;
    /// The user `iambearer`.
    IbmBearerToken: "IBM Cloud bearer token", Life::Seconds(HOUR);
    /// The user `cr_temp_user`.
    AlibabaTemporaryPassword: "Alibaba Cloud temporary registry password", Life::Seconds(HOUR);
    /// The user `1234567|name` with a JWT.
    RedHatServiceAccountToken: "Red Hat registry service account token", Life::Endless;
    /// `npm_`.
    NpmToken: "npm access token", Life::Chosen;
    /// Any other JWT.
    Jwt: "JSON Web Token", Life::Unknown;
}

/// A condition on a text.
pub(super) enum TextCondition {
    Any,
    Is(&'static str),
    /// The prefix, and then at least so many characters of [`is_token_byte`] and no other.
    Prefix(&'static str, usize),
    /// The beginning alone.
    StartsWith(&'static str),
    Like(fn(&[u8]) -> bool),
}

impl TextCondition {
    fn is(&self, text: &[u8]) -> bool {
        match self {
            Self::Any => !text.is_empty(),
            Self::Is(word) => text == word.as_bytes(),
            Self::Prefix(prefix, least) => {
                text.strip_prefix(prefix.as_bytes()).is_some_and(|rest| {
                    rest.len() >= *least && rest.iter().all(|&byte| is_token_byte(byte))
                })
            }
            Self::StartsWith(prefix) => text.starts_with(prefix.as_bytes()),
            Self::Like(holds) => holds(text),
        }
    }
}

/// Whether tokens with a prefix are made of such bytes.
pub(super) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'=' | b'~')
}

/// One way to recognise a kind: both conditions must hold.
pub(super) struct RecognitionRule {
    pub(super) kind: Kind,
    pub(super) username: TextCondition,
    pub(super) password: TextCondition,
}

impl RecognitionRule {
    const fn prefix(kind: Kind, prefix: &'static str, least: usize) -> Self {
        Self { kind, username: TextCondition::Any, password: TextCondition::Prefix(prefix, least) }
    }

    const fn form(kind: Kind, form: fn(&[u8]) -> bool) -> Self {
        Self { kind, username: TextCondition::Any, password: TextCondition::Like(form) }
    }

    const fn user(kind: Kind, username: TextCondition) -> Self {
        Self { kind, username, password: TextCondition::Any }
    }

    pub(super) fn is(&self, username: &[u8], password: &[u8]) -> bool {
        // A token is one whatever the user name, even with none at all.
        (matches!(self.username, TextCondition::Any) || self.username.is(username))
            && self.password.is(password)
    }

    pub(super) fn basis(&self) -> Recognition {
        if matches!(self.password, TextCondition::Any) {
            Recognition::Username
        } else {
            Recognition::Form
        }
    }
}

/// By the form of the password, then by the user name; the first row that holds. The prefixes are
/// those that the services document for secret scanning; `least` is below what they issue today, since
/// lengths have changed before.
pub(super) const ROWS: &[RecognitionRule] = &[
    // https://github.blog/engineering/behind-githubs-new-authentication-token-formats/
    RecognitionRule::prefix(Kind::GitHubClassicToken, "ghp_", 16),
    RecognitionRule::prefix(Kind::GitHubFineGrainedToken, "github_pat_", 16),
    RecognitionRule::prefix(Kind::GitHubOAuthToken, "gho_", 16),
    RecognitionRule::prefix(Kind::GitHubUserToken, "ghu_", 16),
    RecognitionRule::prefix(Kind::GitHubInstallationToken, "ghs_", 16),
    RecognitionRule::prefix(Kind::GitHubRefreshToken, "ghr_", 16),
    // https://docs.gitlab.com/security/tokens/#token-prefixes
    RecognitionRule::prefix(Kind::GitLabPersonalToken, "glpat-", 16),
    RecognitionRule::prefix(Kind::GitLabDeployToken, "gldt-", 16),
    RecognitionRule::prefix(Kind::GitLabJobToken, "glcbt-", 16),
    RecognitionRule::prefix(Kind::GitLabOAuthSecret, "gloas-", 16),
    RecognitionRule::prefix(Kind::GitLabRunnerToken, "glrt-", 16),
    RecognitionRule::prefix(Kind::GitLabRunnerToken, "GR1348941", 16),
    // https://docs.docker.com/security/access-tokens/
    RecognitionRule::prefix(Kind::DockerPersonalToken, "dckr_pat_", 16),
    RecognitionRule::prefix(Kind::DockerOrganizationToken, "dckr_oat_", 16),
    RecognitionRule::prefix(Kind::GoogleAccessToken, "ya29.", 16),
    RecognitionRule::prefix(Kind::JFrogApiKey, "AKCp", 60),
    RecognitionRule::prefix(Kind::JFrogReferenceToken, "cmVmdGtu", 40),
    RecognitionRule::prefix(Kind::NvidiaApiKey, "nvapi-", 16),
    RecognitionRule::prefix(Kind::OpenShiftToken, "sha256~", 32),
    RecognitionRule::prefix(Kind::DigitalOceanToken, "dop_v1_", 32),
    // https://docs.npmjs.com/about-access-tokens
    RecognitionRule::prefix(Kind::NpmToken, "npm_", 16),
    RecognitionRule::form(Kind::AcrPassword, is_acr_password),
    RecognitionRule::form(Kind::EntraSecret, is_entra_secret),
    RecognitionRule {
        kind: Kind::QuayRobotToken,
        username: TextCondition::Like(is_quay_robot),
        password: TextCondition::Like(is_quay_secret),
    },
    RecognitionRule::user(Kind::EcrToken, TextCondition::Is("AWS")),
    RecognitionRule::user(Kind::AcrToken, TextCondition::Is(ACR_TOKEN_USER)),
    RecognitionRule::user(Kind::GoogleAccessToken, TextCondition::Is("oauth2accesstoken")),
    RecognitionRule::user(Kind::GoogleAccessToken, TextCondition::Is("_dcgcloud_token")),
    RecognitionRule::user(Kind::GoogleAccessToken, TextCondition::Is("_token")),
    RecognitionRule::user(Kind::GoogleServiceAccountKey, TextCondition::Is("_json_key")),
    RecognitionRule::user(Kind::GoogleServiceAccountKey, TextCondition::Is("_json_key_base64")),
    RecognitionRule::user(Kind::GitLabJobToken, TextCondition::Is("gitlab-ci-token")),
    RecognitionRule::user(
        Kind::GitLabDeployToken,
        TextCondition::StartsWith("gitlab+deploy-token-"),
    ),
    RecognitionRule::user(Kind::HarborRobotSecret, TextCondition::StartsWith("robot$")),
    RecognitionRule::user(Kind::IbmApiKey, TextCondition::Is("iamapikey")),
    RecognitionRule::user(Kind::IbmBearerToken, TextCondition::Is("iambearer")),
    RecognitionRule::user(Kind::AlibabaTemporaryPassword, TextCondition::Is("cr_temp_user")),
];

/// How credentials begin that no registry takes. They are of no [`Kind`], but no report shows them, and no policy
/// holds them.
const OTHERS: &[Shape] = &[
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    Shape::unbroken("AKIA"),
    Shape::unbroken("ASIA"),
    // https://cloud.google.com/docs/authentication/api-keys
    Shape::unbroken("AIza"),
    // https://developer.hashicorp.com/vault/docs/concepts/tokens#token-prefixes
    Shape::unbroken("hvb."),
    Shape::unbroken("hvr."),
    Shape::unbroken("hvs."),
    // https://docs.pypi.org/project-management/token-authentication (a macaroon in base64)
    Shape::unbroken("pypi-"),
    // OpenAI, Anthropic, DeepSeek and others.
    Shape::unbroken("sk-"),
    // https://docs.slack.dev/authentication/tokens
    Shape::unbroken("xoxb-"),
    Shape::unbroken("xoxp-"),
];

/// By what a token is found in the middle of a text.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) prefix: &'static str,
    /// How many characters of [`is_token_byte`] follow at least.
    pub(super) least: usize,
    /// How many letters and digits in a row there are at least among them. `sk-registry.example.com` is a host.
    pub(super) in_a_row: usize,
}

impl Shape {
    const LEAST: usize = 12;

    const fn unbroken(prefix: &'static str) -> Self {
        Self { prefix, least: Self::LEAST, in_a_row: Self::LEAST }
    }
}

/// All shapes, those of the kinds and the others: the one table for whatever looks for tokens in a text.
pub(super) const SHAPES: &[Shape] = &{
    let mut shapes = [OTHERS[0]; shape_count()];
    let (mut at, mut row) = (OTHERS.len(), 0);
    shapes.split_at_mut(at).0.copy_from_slice(OTHERS);
    while row < ROWS.len() {
        if let TextCondition::Prefix(prefix, least) = ROWS[row].password {
            shapes[at] = Shape { prefix, least, in_a_row: 0 };
            at += 1;
        }
        row += 1;
    }
    shapes
};

const fn shape_count() -> usize {
    let (mut count, mut row) = (OTHERS.len(), 0);
    while row < ROWS.len() {
        if matches!(ROWS[row].password, TextCondition::Prefix(..)) {
            count += 1;
        }
        row += 1;
    }
    count
}

/// The user name for tokens of Azure Container Registry (`azure_acr_helper.go` of
/// cloud-provider-azure).
const ACR_TOKEN_USER: &str = "00000000-0000-0000-0000-000000000000";

/// What distinguishes one kind of JWT from another: all three conditions must be true.
pub(super) struct ClaimRow {
    pub(super) kind: Kind,
    username: TextCondition,
    issuer: TextCondition,
    subject: TextCondition,
}

impl ClaimRow {
    const fn new(kind: Kind) -> Self {
        Self {
            kind,
            username: TextCondition::Any,
            issuer: TextCondition::Any,
            subject: TextCondition::Any,
        }
    }

    pub(super) fn is(&self, username: &[u8], claims: &Claims) -> bool {
        let holds = |condition: &TextCondition, text| {
            matches!(condition, TextCondition::Any) || condition.is(text)
        };
        holds(&self.username, username)
            && holds(&self.issuer, &claims.issuer)
            && holds(&self.subject, &claims.subject)
    }
}

/// The kinds of JWT; the first row that holds.
pub(super) const CLAIM_ROWS: &[ClaimRow] = &[
    ClaimRow {
        issuer: TextCondition::Is("Azure Container Registry"),
        ..ClaimRow::new(Kind::AcrToken)
    },
    ClaimRow { username: TextCondition::Is(ACR_TOKEN_USER), ..ClaimRow::new(Kind::AcrToken) },
    ClaimRow {
        subject: TextCondition::StartsWith("system:serviceaccount:"),
        ..ClaimRow::new(Kind::KubernetesServiceAccountToken)
    },
    ClaimRow {
        username: TextCondition::Is("gitlab-ci-token"),
        ..ClaimRow::new(Kind::GitLabJobToken)
    },
    ClaimRow { username: TextCondition::Is("iambearer"), ..ClaimRow::new(Kind::IbmBearerToken) },
    ClaimRow {
        username: TextCondition::Like(is_red_hat_user),
        ..ClaimRow::new(Kind::RedHatServiceAccountToken)
    },
    ClaimRow {
        issuer: TextCondition::StartsWith("jfac@"),
        ..ClaimRow::new(Kind::JFrogAccessToken)
    },
    ClaimRow {
        issuer: TextCondition::StartsWith("jfrt@"),
        ..ClaimRow::new(Kind::JFrogAccessToken)
    },
];

/// 52 characters with `+ACR` before the last six (`SEC101/176` of Microsoft's security utilities).
fn is_acr_password(password: &[u8]) -> bool {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    password.len() == 52 && &password[42..46] == b"+ACR" && password.iter().all(is_base64)
}

/// The expression of gitleaks: `[a-zA-Z0-9_~.]{3}\dQ~[a-zA-Z0-9_~.-]{31,34}`.
fn is_entra_secret(password: &[u8]) -> bool {
    let is_first = |byte: &u8| byte.is_ascii_alphanumeric() || b"_~.".contains(byte);
    (37..=40).contains(&password.len())
        && password[..3].iter().all(is_first)
        && password[3].is_ascii_digit()
        && &password[4..6] == b"Q~"
        && password[6..].iter().all(|byte| is_first(byte) || *byte == b'-')
}

/// `organisation+robot`.
fn is_quay_robot(username: &[u8]) -> bool {
    let mut parts = username.split(|&byte| byte == b'+');
    parts.next().is_some_and(|organisation| !organisation.is_empty())
        && parts.next().is_some_and(|robot| !robot.is_empty())
        && parts.next().is_none()
}

/// 64 upper-case letters and digits.
fn is_quay_secret(password: &[u8]) -> bool {
    password.len() == 64
        && password.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// `1234567|name`.
fn is_red_hat_user(username: &[u8]) -> bool {
    let digits = username.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && username.get(digits) == Some(&b'|')
}
