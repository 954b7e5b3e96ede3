//! The services through which people sign in.

use auth_core::secret::Secret;
use auth_core::settings::{ClientProof, Issuer, KNOWN, ProfileShape, SocialProvider, SocialSettings, SocialSignUp};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use url::Url;

use super::load::many;
use super::read::Reader;

/// Reads them all: those that are known by name, and those that the operator named.
pub(super) fn settings(r: &mut Reader<'_>) -> SocialSettings {
    let mut providers: Vec<SocialProvider> = KNOWN.iter().filter_map(|(id, _)| known(r, id)).collect();
    for id in many(r.values, "oidc.*.") {
        providers.extend(named(r, &id));
    }
    SocialSettings { providers, link_different_emails: r.flag("social.link_different_emails") }
}

fn sign_up(r: &mut Reader<'_>, key: &str) -> SocialSignUp {
    r.choice(
        key,
        &[("open", SocialSignUp::Open), ("requested", SocialSignUp::Requested), ("closed", SocialSignUp::Closed)],
    )
}

/// One of those that are known by name, if it has a client.
fn known(r: &mut Reader<'_>, id: &str) -> Option<SocialProvider> {
    let key = |setting: &str| format!("social.{id}.{setting}");
    let client_id = r.optional(&key("client_id"))?;
    let at = match id {
        "microsoft" => {
            let tenant = r.text(&key("tenant"));
            if tenant.is_empty() || !tenant.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b)) {
                let problem = format!("{tenant:?} is not a tenant");
                r.fault(&key("tenant"), problem, "write common, organizations, consumers or a tenant's id");
            }
            tenant
        }
        "gitlab" => address(r, &key("url")).unwrap_or_default(),
        _ => String::new(),
    };
    let proof = proof_of_known(r, id)?;
    let mut provider = SocialProvider::known(id, &at, &client_id, proof)?;
    provider.trusted = r.flag(&key("trusted"));
    provider.sign_up = sign_up(r, &key("sign_up"));
    provider.scopes.extend(r.list(&key("scopes")));
    provider.hosted_domain = r.optional(&key("hosted_domain"));
    provider.audiences = r.list(&key("id_token_audiences"));
    Some(provider)
}

fn proof_of_known(r: &mut Reader<'_>, id: &str) -> Option<ClientProof> {
    let key = |setting: &str| format!("social.{id}.{setting}");
    if let Some(secret) = r.optional(&key("client_secret")) {
        return Some(ClientProof::Post(Secret::new(secret)));
    }
    if id != "apple" {
        r.fault(
            &key("client_secret"),
            "it is empty".to_owned(),
            "write the secret of the client, or empty its client_id",
        );
        return None;
    }
    let (team_id, key_id) = (r.optional(&key("team_id")), r.optional(&key("key_id")));
    let private_key = der(&r.text(&key("private_key")));
    let (Some(team_id), Some(key_id), Some(private_key)) = (team_id, key_id, private_key) else {
        r.fault(
            &key("private_key"),
            "there is neither a client_secret nor a team_id, a key_id and a key in PEM".to_owned(),
            "write the three of them, the key as in the .p8 file",
        );
        return None;
    };
    Some(ClientProof::Signed { team_id, key_id, key: Secret::new(private_key) })
}

/// The DER inside a key in PEM (RFC 7468), in base 64. In the environment its lines may be divided by `\n`.
fn der(pem: &str) -> Option<String> {
    let pem = pem.replace("\\n", "\n");
    let inside = pem.split_once("-----BEGIN PRIVATE KEY-----")?.1.split_once("-----END PRIVATE KEY-----")?.0;
    let text: String = inside.chars().filter(|c| !c.is_whitespace()).collect();
    Some(URL_SAFE_NO_PAD.encode(STANDARD.decode(text).ok()?))
}

/// An address of the web, if one is written there.
fn address(r: &mut Reader<'_>, key: &str) -> Option<String> {
    let text = r.optional(key)?;
    let sound = Url::parse(&text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.fragment().is_none()
            && url.username().is_empty()
    });
    if !sound {
        r.fault(key, format!("{text:?} is not a web address"), "write https://host/path");
    }
    Some(text)
}

/// One that the operator named.
fn named(r: &mut Reader<'_>, id: &str) -> Option<SocialProvider> {
    let key = |setting: &str| format!("oidc.{id}.{setting}");
    let plain = id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b));
    let known = id == "credential" || KNOWN.iter().any(|(name, _)| *name == id);
    if !plain || known || id.len() > 32 {
        r.fault(
            &format!("oidc.{id}"),
            format!("{id:?} cannot be an id"),
            "use small letters, digits, _ and -; not a known name",
        );
        return None;
    }
    let Some(client_id) = r.optional(&key("client_id")) else {
        r.fault(&key("client_id"), "it is empty".to_owned(), "write our id at this service");
        return None;
    };
    let issuer = address(r, &key("issuer"));
    let (authorization, token) = (address(r, &key("authorization_url")), address(r, &key("token_url")));
    let (userinfo, jwks) = (address(r, &key("userinfo_url")), address(r, &key("jwks_url")));
    if issuer.is_none() && (authorization.is_none() || token.is_none() || userinfo.is_none()) {
        r.fault(
            &key("issuer"),
            "it is empty, and one of authorization_url, token_url and userinfo_url is too".to_owned(),
            "write the issuer, or all three of the others",
        );
        return None;
    }
    let secret = r.optional(&key("client_secret")).map(Secret::new);
    let how = r.choice(
        &key("client_auth"),
        &[
            ("auto", ClientProof::Auto as fn(Secret) -> ClientProof),
            ("basic", ClientProof::Basic),
            ("post", ClientProof::Post),
        ],
    );
    let name = r.optional(&key("name")).unwrap_or_else(|| id.to_owned());
    let proof = secret.map_or(ClientProof::Public, how);
    let mut provider = SocialProvider::openid(id, &name, issuer.as_deref().unwrap_or_default(), &client_id, proof);
    if issuer.is_none() {
        provider.issuer = Issuer::None;
        provider.discovery_url = None;
        provider.shape = ProfileShape::UserInfo;
    }
    provider.authorization_url = authorization;
    provider.token_url = token;
    provider.userinfo_url = userinfo;
    provider.jwks_url = jwks;
    provider.pkce = r.flag(&key("pkce"));
    if !provider.pkce && provider.issuer == Issuer::None {
        r.fault(
            &key("pkce"),
            "without PKCE and without ID tokens nothing binds a code to its flow".to_owned(),
            "switch it on",
        );
    }
    if !provider.pkce && matches!(provider.proof, ClientProof::Public) {
        r.fault(
            &key("pkce"),
            "a public client has nothing but PKCE".to_owned(),
            "switch it on, or write a client_secret",
        );
    }
    provider.scopes = r.list(&key("scopes"));
    if provider.has_id_tokens() && !provider.scopes.iter().any(|scope| scope == "openid") {
        provider.scopes.insert(0, "openid".to_owned());
    }
    provider.trusted = r.flag(&key("trusted"));
    provider.sign_up = sign_up(r, &key("sign_up"));
    provider.audiences = r.list(&key("id_token_audiences"));
    Some(provider)
}
