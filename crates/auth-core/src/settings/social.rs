//! The providers by which people sign in elsewhere and come in here: what the operator decided, and what is known of
//! each provider.

use crate::secret::Secret;

/// Sign-in by other services.
#[derive(Clone, Debug, Default)]
pub struct SocialSettings {
    /// The services, in the order in which they are shown.
    pub providers: Vec<SocialProvider>,
    /// Whether somebody who is signed in may add an account of another address than their own.
    pub link_different_emails: bool,
}

impl SocialSettings {
    /// The provider of that id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&SocialProvider> {
        self.providers.iter().find(|provider| provider.id == id)
    }
}

/// Whom a provider may make people of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SocialSignUp {
    /// Everybody who comes.
    #[default]
    Open,
    /// Who asks for it: the client says `requestSignUp`.
    Requested,
    /// Nobody: only those come in who are here already.
    Closed,
}

/// How we prove ourselves at a token endpoint (RFC 6749, 2.3; RFC 7591, 2).
#[derive(Clone, Debug)]
pub enum ClientProof {
    /// As the discovery document says; a secret in the header if it says nothing.
    Auto(Secret),
    /// A secret in the header: `client_secret_basic`.
    Basic(Secret),
    /// A secret in the form: `client_secret_post`.
    Post(Secret),
    /// A secret in the form that we sign ourselves, as Apple wants it.
    Signed {
        /// Who signs.
        team_id: String,
        /// The key's name.
        key_id: String,
        /// The private key of P-256, as PKCS 8 in DER.
        key: Secret,
    },
    /// None: a public client, which PKCE alone protects.
    Public,
}

/// Where what is known of a person is read, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileShape {
    /// The claims of OpenID Connect, from the ID token and, if it names no address, from the userinfo endpoint.
    OpenId,
    /// The same; an address counts as proven only if one of Microsoft's claims says so.
    Microsoft,
    /// The same; the subject is the claim that Slack names so.
    Slack,
    /// The same; the name comes beside the code, once.
    Apple,
    /// GitHub's users and their addresses.
    GitHub,
    /// GitLab's users.
    GitLab,
    /// Discord's users.
    Discord,
    /// Whatever a userinfo endpoint says in the words of OpenID Connect, without any ID token.
    UserInfo,
}

/// Who issues a provider's ID tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// Nobody: there are none.
    None,
    /// One of these, exactly.
    Exactly(Vec<String>),
    /// Whichever tenant of Microsoft's the token names as `tid`; `{tid}` stands for it.
    Tenants {
        /// The pattern.
        pattern: String,
        /// `common`, `organizations`, `consumers`: whose accounts may come in.
        class: String,
    },
}

/// A service by which people sign in.
#[derive(Clone, Debug)]
pub struct SocialProvider {
    /// Its id, in paths and in the `providerId` of accounts.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Our id there.
    pub client_id: String,
    /// How we prove to be that.
    pub proof: ClientProof,
    /// Who issues its ID tokens.
    pub issuer: Issuer,
    /// Where its metadata is (OpenID Connect Discovery 1.0), if it is read. What is set below comes before it.
    pub discovery_url: Option<String>,
    /// The authorization endpoint.
    pub authorization_url: Option<String>,
    /// The token endpoint.
    pub token_url: Option<String>,
    /// The userinfo endpoint.
    pub userinfo_url: Option<String>,
    /// Where its keys are.
    pub jwks_url: Option<String>,
    /// What is asked for, always.
    pub scopes: Vec<String>,
    /// More parameters of the authorization request.
    pub parameters: Vec<(String, String)>,
    /// Whether it takes PKCE (RFC 7636). Always S256.
    pub pkce: bool,
    /// How a person is read.
    pub shape: ProfileShape,
    /// Whether its word that an address is proven is believed: only then do people get an address that counts as proven,
    /// and accounts that exist are linked by it.
    pub trusted: bool,
    /// Whom it may make people of.
    pub sign_up: SocialSignUp,
    /// Other clients for whom an ID token may be meant that an app brings itself.
    pub audiences: Vec<String>,
    /// The hosted domain that an ID token must name as `hd` (Google); `*` for any.
    pub hosted_domain: Option<String>,
}

/// Providers that need nothing but a client, by id, with what they are called.
pub const KNOWN: [(&str, &str); 8] = [
    ("google", "Google"),
    ("github", "GitHub"),
    ("microsoft", "Microsoft"),
    ("apple", "Apple"),
    ("gitlab", "GitLab"),
    ("discord", "Discord"),
    ("slack", "Slack"),
    ("linkedin", "LinkedIn"),
];

/// What is known of a provider: where it is, and what is asked of it.
struct Known {
    shape: ProfileShape,
    pkce: bool,
    issuers: &'static [&'static str],
    /// The endpoints: authorization, token, userinfo, keys. `{at}` stands for the place of `gitlab` and `microsoft`.
    endpoints: [&'static str; 4],
    scopes: &'static [&'static str],
    parameters: &'static [(&'static str, &'static str)],
}

#[expect(clippy::too_many_lines, reason = "a table, a provider after the other")]
fn known(id: &str) -> Option<Known> {
    Some(match id {
        "google" => Known {
            shape: ProfileShape::OpenId,
            pkce: true,
            issuers: &["https://accounts.google.com", "accounts.google.com"],
            endpoints: [
                "https://accounts.google.com/o/oauth2/v2/auth",
                "https://oauth2.googleapis.com/token",
                "https://openidconnect.googleapis.com/v1/userinfo",
                "https://www.googleapis.com/oauth2/v3/certs",
            ],
            scopes: &["email", "profile", "openid"],
            parameters: &[("include_granted_scopes", "true")],
        },
        "github" => Known {
            shape: ProfileShape::GitHub,
            pkce: true,
            issuers: &[],
            endpoints: [
                "https://github.com/login/oauth/authorize",
                "https://github.com/login/oauth/access_token",
                "https://api.github.com/user",
                "",
            ],
            scopes: &["read:user", "user:email"],
            parameters: &[],
        },
        "microsoft" => Known {
            shape: ProfileShape::Microsoft,
            pkce: true,
            issuers: &[],
            endpoints: [
                "https://login.microsoftonline.com/{at}/oauth2/v2.0/authorize",
                "https://login.microsoftonline.com/{at}/oauth2/v2.0/token",
                "",
                "https://login.microsoftonline.com/{at}/discovery/v2.0/keys",
            ],
            scopes: &["openid", "profile", "email", "User.Read", "offline_access"],
            parameters: &[],
        },
        "apple" => Known {
            shape: ProfileShape::Apple,
            pkce: true,
            issuers: &["https://appleid.apple.com"],
            endpoints: [
                "https://appleid.apple.com/auth/authorize",
                "https://appleid.apple.com/auth/token",
                "",
                "https://appleid.apple.com/auth/keys",
            ],
            scopes: &["email", "name"],
            // Apple gives name and address by a form only.
            parameters: &[("response_mode", "form_post")],
        },
        "gitlab" => Known {
            shape: ProfileShape::GitLab,
            pkce: true,
            issuers: &[],
            endpoints: ["{at}/oauth/authorize", "{at}/oauth/token", "{at}/api/v4/user", ""],
            scopes: &["read_user"],
            parameters: &[],
        },
        "discord" => Known {
            shape: ProfileShape::Discord,
            pkce: true,
            issuers: &[],
            endpoints: [
                "https://discord.com/api/oauth2/authorize",
                "https://discord.com/api/oauth2/token",
                "https://discord.com/api/users/@me",
                "",
            ],
            scopes: &["identify", "email"],
            parameters: &[("prompt", "none")],
        },
        "slack" => Known {
            shape: ProfileShape::Slack,
            // Slack takes PKCE from public clients only.
            pkce: false,
            issuers: &["https://slack.com"],
            endpoints: [
                "https://slack.com/openid/connect/authorize",
                "https://slack.com/api/openid.connect.token",
                "https://slack.com/api/openid.connect.userInfo",
                "https://slack.com/openid/connect/keys",
            ],
            scopes: &["openid", "profile", "email"],
            parameters: &[],
        },
        "linkedin" => Known {
            shape: ProfileShape::UserInfo,
            // LinkedIn takes PKCE from native clients only, and no nonce: its userinfo endpoint is asked instead.
            pkce: false,
            issuers: &[],
            endpoints: [
                "https://www.linkedin.com/oauth/v2/authorization",
                "https://www.linkedin.com/oauth/v2/accessToken",
                "https://api.linkedin.com/v2/userinfo",
                "",
            ],
            scopes: &["profile", "email", "openid"],
            parameters: &[],
        },
        _ => return None,
    })
}

impl SocialProvider {
    /// One of [`KNOWN`]. `at` is the tenant for `microsoft` and the address for `gitlab`; the others are where they are.
    #[must_use]
    pub fn known(id: &str, at: &str, client_id: &str, proof: ClientProof) -> Option<Self> {
        let name = KNOWN.iter().find(|(known, _)| *known == id)?.1;
        let facts = known(id)?;
        let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let endpoint = |place: usize| {
            Some(facts.endpoints[place].replace("{at}", at.trim_end_matches('/'))).filter(|url| !url.is_empty())
        };
        let issuer = match id {
            "microsoft" if ["common", "organizations", "consumers"].contains(&at) => Issuer::Tenants {
                pattern: "https://login.microsoftonline.com/{tid}/v2.0".to_owned(),
                class: at.to_owned(),
            },
            "microsoft" => Issuer::Exactly(vec![format!("https://login.microsoftonline.com/{at}/v2.0")]),
            _ if facts.issuers.is_empty() => Issuer::None,
            _ => Issuer::Exactly(owned(facts.issuers)),
        };
        Some(Self {
            id: id.to_owned(),
            name: name.to_owned(),
            client_id: client_id.to_owned(),
            proof,
            issuer,
            discovery_url: None,
            authorization_url: endpoint(0),
            token_url: endpoint(1),
            userinfo_url: endpoint(2),
            jwks_url: endpoint(3),
            scopes: owned(facts.scopes),
            parameters: facts.parameters.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            pkce: facts.pkce,
            shape: facts.shape,
            trusted: false,
            sign_up: SocialSignUp::Open,
            audiences: Vec::new(),
            hosted_domain: None,
        })
    }

    /// Any issuer of OpenID Connect, by its discovery document.
    #[must_use]
    pub fn openid(id: &str, name: &str, issuer: &str, client_id: &str, proof: ClientProof) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            client_id: client_id.to_owned(),
            proof,
            issuer: Issuer::Exactly(vec![issuer.to_owned()]),
            discovery_url: Some(format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))),
            authorization_url: None,
            token_url: None,
            userinfo_url: None,
            jwks_url: None,
            scopes: ["openid", "profile", "email"].map(str::to_owned).to_vec(),
            parameters: Vec::new(),
            pkce: true,
            shape: ProfileShape::OpenId,
            trusted: false,
            sign_up: SocialSignUp::Open,
            audiences: Vec::new(),
            hosted_domain: None,
        }
    }

    /// Whether it issues ID tokens, which are then always asked for and looked at.
    #[must_use]
    pub fn has_id_tokens(&self) -> bool {
        self.issuer != Issuer::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_provider_is_told_where_it_is() {
        for (id, name) in KNOWN {
            let at = if id == "gitlab" { "https://git.example/" } else { "common" };
            let provider = SocialProvider::known(id, at, "client", ClientProof::Public).unwrap();
            assert_eq!((provider.id.as_str(), provider.name.as_str()), (id, name));
            let urls = [&provider.authorization_url, &provider.token_url, &provider.userinfo_url, &provider.jwks_url];
            for url in urls.into_iter().flatten() {
                assert!(url.starts_with("https://") && !url.contains("{at}") && url::Url::parse(url).is_ok(), "{url}");
            }
            assert!(provider.authorization_url.is_some() && provider.token_url.is_some(), "{id}");
            assert_eq!(provider.has_id_tokens(), provider.jwks_url.is_some(), "{id}");
            assert!(provider.has_id_tokens() || provider.userinfo_url.is_some(), "{id}");
            assert!(!provider.trusted, "{id}: who is believed is decided by the operator");
        }
        let own = SocialProvider::known("gitlab", "https://git.example/", "c", ClientProof::Public).unwrap();
        assert_eq!(own.token_url.as_deref(), Some("https://git.example/oauth/token"));
        assert!(SocialProvider::known("myspace", "", "c", ClientProof::Public).is_none());
    }

    #[test]
    fn secrets_are_not_shown() {
        let provider =
            SocialProvider::openid("a", "A", "https://a.example", "c", ClientProof::Auto(Secret::new("hush")));
        assert!(!format!("{provider:?}").contains("hush"));
    }
}
