//! The part of the configuration that says with which accounts elsewhere people may sign in.

use std::path::PathBuf;

use lares_hub::providers::ProviderSettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::ConfigError;

/// Signing in with accounts elsewhere.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SignInConfig {
    /// Issuers (OpenID Connect), each a `[[sign_in.providers]]` with `key` (in URLs), `name`, `issuer`, `client_id`,
    /// `client_secret_file`, `scopes` (`["openid", "email", "profile"]`) and `trust_email_verified` (`true`; set it to
    /// `false` for an issuer that lets people claim any address). The redirect URI to register with it is
    /// `<http.public_url>/api/auth/providers/<key>/callback`.
    pub providers: Vec<ProviderConfig>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    pub key: String,
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    /// Empty for a client without a secret.
    #[serde(default)]
    pub client_secret_file: PathBuf,
    #[serde(default = "default_scopes")]
    pub scopes: Vec<String>,
    #[serde(default = "trusted")]
    pub trust_email_verified: bool,
}

fn default_scopes() -> Vec<String> {
    ["openid", "email", "profile"].map(str::to_owned).to_vec()
}

fn trusted() -> bool {
    true
}

/// In the clear only where nobody is between.
fn is_safe(issuer: &str) -> bool {
    let local = |rest: &str| {
        let host = rest.split('/').next().unwrap_or_default();
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
        matches!(host, "localhost" | "127.0.0.1" | "[::1]")
    };
    issuer.starts_with("https://") || issuer.strip_prefix("http://").is_some_and(local)
}

impl SignInConfig {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        for (nth, provider) in self.providers.iter().enumerate() {
            let ProviderConfig { key, issuer, .. } = provider;
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            let wrong = if key.is_empty() || key.len() > 32 || !key.chars().all(fits) {
                Some("key: must have from 1 to 32 of the characters a-z, 0-9 and -")
            } else if self.providers[..nth].iter().any(|other| other.key == *key) {
                Some("key: is there twice")
            } else if self.providers[..nth].iter().any(|other| other.issuer == *issuer) {
                Some("issuer: is there twice")
            } else if !is_safe(issuer) {
                Some("issuer: must be an https:// URL")
            } else {
                (provider.name.is_empty() || provider.client_id.is_empty())
                    .then_some("name and client_id: give both")
            };
            if let Some(wrong) = wrong {
                return Err(ConfigError::Wrong(format!("sign_in.providers[{nth}].{wrong}")));
            }
        }
        Ok(())
    }

    /// With the secrets that their files hold.
    pub fn settings(&self) -> Result<Vec<ProviderSettings>, String> {
        let settings = |provider: &ProviderConfig| {
            let file = &provider.client_secret_file;
            let secret = if file.as_os_str().is_empty() {
                None
            } else {
                let text = std::fs::read_to_string(file)
                    .map_err(|error| format!("sign_in.providers: {}: {error}", file.display()))?;
                Some(text.trim().to_owned())
            };
            Ok(ProviderSettings {
                key: provider.key.clone(),
                name: provider.name.clone(),
                issuer: provider.issuer.clone(),
                client_id: provider.client_id.clone(),
                client_secret: secret,
                scopes: provider.scopes.clone(),
                trust_email_verified: provider.trust_email_verified,
            })
        };
        self.providers.iter().map(settings).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(key: &str, issuer: &str) -> ProviderConfig {
        ProviderConfig {
            key: key.to_owned(),
            name: "Somewhere".to_owned(),
            issuer: issuer.to_owned(),
            client_id: "lares".to_owned(),
            client_secret_file: PathBuf::new(),
            scopes: default_scopes(),
            trust_email_verified: true,
        }
    }

    #[test]
    fn what_could_be_mistaken_or_overheard_is_refused() {
        let check = |providers: Vec<ProviderConfig>| SignInConfig { providers }.check();
        let good = provider("example", "https://accounts.example.org");
        assert!(check(vec![good.clone(), provider("local", "http://localhost:3000/")]).is_ok());
        for issuer in
            ["http://accounts.example.org", "http://localhost.example.org", "ftp://x", "", "accounts"]
        {
            assert!(check(vec![provider("example", issuer)]).is_err(), "{issuer}");
        }
        for key in ["", "Two Words", "../x", &"x".repeat(33)] {
            assert!(check(vec![provider(key, "https://a.example")]).is_err(), "{key}");
        }
        assert!(check(vec![good.clone(), provider("example", "https://b.example")]).is_err());
        assert!(check(vec![good.clone(), provider("other", &good.issuer)]).is_err());
    }
}
