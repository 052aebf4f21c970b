//! Credential provider plugins: which images a node can pull with an identity of its own.
//!
//! The kubelet asks a plugin for credentials if one of its `matchImages` matches the image
//! (`isImageAllowed` in `pkg/credentialprovider/plugin/plugin.go`). Whether the plugin then has any
//! to give depends on roles in the cloud, of which nothing here knows.

mod config;
mod official;

pub use config::ConfigMistake;
pub use official::{IDENTITIES, Identity, MissingAnnotation, Official};

use crate::credentials::keyring::first_match;

/// A kubelet's `CredentialProviderConfig`, valid as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The plugins in the order of the file.
    pub providers: Vec<Provider>,
}

/// One plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// The name of its executable.
    pub name: String,
    /// The patterns of the images it is asked for.
    pub match_images: Vec<String>,
    /// How it is given a token of the pod's ServiceAccount; `None` if it pulls as the node.
    pub token: Option<TokenAttributes>,
}

/// `tokenAttributes`: the plugin exchanges a token of the pod's ServiceAccount for credentials
/// (KEP-4412).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenAttributes {
    /// Whether the plugin is asked only for pods with a ServiceAccount, which is all but static ones.
    pub requires_service_account: bool,
    /// Annotations without which the plugin is not asked, and nothing says so but a debug message.
    pub required_annotations: Vec<String>,
    /// Annotations that are handed to the plugin if they are there.
    pub optional_annotations: Vec<String>,
}

impl Config {
    /// Reads the text of a file as the kubelet does: YAML or JSON, unknown fields are mistakes
    /// (`decode` and `validateCredentialProviderConfig` in `pkg/credentialprovider/plugin/config.go`).
    ///
    /// # Errors
    ///
    /// Everything for which the kubelet would refuse to start. No mistake repeats a value of the file
    /// other than a name or pattern.
    pub fn parse(text: &str) -> Result<Self, Vec<ConfigMistake>> {
        config::parse(text)
    }

    /// Adds the plugins of another file of the same directory, which the kubelet reads in lexical
    /// order.
    ///
    /// # Errors
    ///
    /// A mistake for each name that is there already.
    pub fn merge(&mut self, other: Self) -> Result<(), Vec<ConfigMistake>> {
        let known = |name: &str| self.providers.iter().any(|provider| provider.name == name);
        let twice: Vec<_> = other
            .providers
            .iter()
            .filter(|provider| known(&provider.name))
            .map(|provider| ConfigMistake::duplicate_provider(&provider.name))
            .collect();
        if !twice.is_empty() {
            return Err(twice);
        }
        self.providers.extend(other.providers);
        Ok(())
    }
}

impl Provider {
    /// The first pattern that matches the image `name`. Unlike the keys of a pull secret, a pattern
    /// is not normalised, and none is used for Docker Hub.
    pub fn matching(&self, name: &str) -> Option<&str> {
        first_match(self.match_images.iter().map(String::as_str), name)
    }
}

impl TokenAttributes {
    /// The first annotation that the pod's ServiceAccount lacks, so that the plugin is not asked.
    pub fn missing_annotation(&self, has: impl Fn(&str) -> bool) -> Option<&str> {
        self.required_annotations.iter().map(String::as_str).find(|key| !has(key))
    }
}

#[cfg(test)]
mod tests;
