//! The session cookies: their names, how values are signed, what a browser is told to do with them.
//!
//! The format is Better Auth's, byte for byte: percent-encoded `value.signature`, the signature being
//! standard base64 of HMAC-SHA-256 under the instance's secret. Who may have which session is the
//! core's business; that a token was signed says only that we issued it.

use actix_web::http::header::{ACCESS_CONTROL_EXPOSE_HEADERS, COOKIE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE};
use auth_core::secret::InstanceSecret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::bearer::bearer;
use crate::percent;

/// Carries the signed token to callers that keep it themselves.
const SET_AUTH_TOKEN: HeaderName = HeaderName::from_static("set-auth-token");

/// The longest that a browser keeps a cookie: 400 days (RFC 6265bis, 5.5).
const LONGEST: i64 = 400 * 86_400;

/// How many sessions that a browser keeps are looked at.
const KEPT: usize = 20;

/// The names and attributes of the session cookies of an instance.
#[derive(Clone, Debug)]
pub struct Cookies {
    session_token: String,
    session_data: String,
    dont_remember: String,
    admin_session: String,
    last_method: String,
    state: String,
    two_factor: String,
    trust_device: String,
    passkey: String,
    domain: String,
    attributes: &'static str,
}

impl Cookies {
    /// The cookies of a prefix (`better-auth`); secure ones are marked in name and attributes; a
    /// domain shares them with its subdomains.
    #[must_use]
    pub fn new(prefix: &str, secure: bool, domain: Option<&str>) -> Self {
        let mark = if secure { "__Secure-" } else { "" };
        Self {
            session_token: format!("{mark}{prefix}.session_token"),
            session_data: format!("{mark}{prefix}.session_data"),
            dont_remember: format!("{mark}{prefix}.dont_remember"),
            admin_session: format!("{mark}{prefix}.admin_session"),
            // Scripts look for it under this name, whatever the scheme.
            last_method: format!("{prefix}.last_used_login_method"),
            state: format!("{mark}{prefix}.state"),
            two_factor: format!("{mark}{prefix}.two_factor"),
            trust_device: format!("{mark}{prefix}.trust_device"),
            passkey: format!("{mark}{prefix}.better-auth-passkey"),
            domain: domain.map(|domain| format!("; Domain={domain}")).unwrap_or_default(),
            attributes: if secure {
                "; Path=/; HttpOnly; Secure; SameSite=Lax"
            } else {
                "; Path=/; HttpOnly; SameSite=Lax"
            },
        }
    }

    /// The name of the cookie that holds the session, for the documents.
    #[must_use]
    pub fn session_token_name(&self) -> &str {
        &self.session_token
    }

    /// The session token that a request presents: that of `Authorization: Bearer` (bare, or signed),
    /// else the cookie's. Only what we signed counts, except for a bare bearer token.
    #[must_use]
    pub fn presented(&self, headers: &HeaderMap, secret: &InstanceSecret) -> Option<String> {
        match bearer(headers) {
            Some(text) if text.contains('.') => verified(text, secret),
            Some(text) => percent::decode(text).map(String::from),
            None => signed_value(headers, &self.session_token, secret),
        }
    }

    /// Whether the browser was asked to forget the session when it closes.
    #[must_use]
    pub fn is_forgetful(&self, headers: &HeaderMap, secret: &InstanceSecret) -> bool {
        signed_value(headers, &self.dont_remember, secret).is_some_and(|value| value == "true")
    }

    /// Hands out a session: the cookie, and the same for callers without cookies. With `max_age`
    /// `None` the browser forgets it when it closes.
    pub fn set_session(&self, headers: &mut HeaderMap, secret: &InstanceSecret, token: &str, max_age: Option<i64>) {
        let signed = signed(token, secret);
        let age = max_age.map(|seconds| format!("; Max-Age={}", seconds.clamp(0, LONGEST))).unwrap_or_default();
        self.append(headers, &self.session_token, &percent::encode(&signed), &age);
        if let Ok(value) = HeaderValue::from_str(&signed) {
            headers.insert(SET_AUTH_TOKEN, value);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("set-auth-token"));
        }
        if max_age.is_none() {
            self.append(headers, &self.dont_remember, &percent::encode(&self::signed("true", secret)), "");
        }
    }

    /// Takes back the mark of a session that was not to be remembered.
    pub fn expire_forgetful(&self, headers: &mut HeaderMap) {
        self.append(headers, &self.dont_remember, "", "; Max-Age=0");
    }

    /// Keeps the session of an administrator who acts as somebody else: its token, a colon, and whether the browser was asked
    /// to forget it.
    pub fn set_admin_session(
        &self,
        headers: &mut HeaderMap,
        secret: &InstanceSecret,
        token: &str,
        remember: bool,
        max_age: i64,
    ) {
        let value = format!("{token}:{}", if remember { "" } else { "true" });
        let age = format!("; Max-Age={}", max_age.clamp(0, LONGEST));
        self.append(headers, &self.admin_session, &percent::encode(&signed(&value, secret)), &age);
    }

    /// The token of the session that an administrator comes back to.
    #[must_use]
    pub fn admin_session(&self, headers: &HeaderMap, secret: &InstanceSecret) -> Option<String> {
        let value = signed_value(headers, &self.admin_session, secret)?;
        value.rsplit_once(':').map(|(token, _)| token.to_owned())
    }

    /// Takes that back.
    pub fn expire_admin_session(&self, headers: &mut HeaderMap) {
        self.append(headers, &self.admin_session, "", "; Max-Age=0");
    }

    /// The token of the session that an answer hands out.
    #[must_use]
    pub fn handed_out(&self, headers: &HeaderMap, secret: &InstanceSecret) -> Option<String> {
        verified(headers.get(SET_AUTH_TOKEN)?.to_str().ok()?, secret)
    }

    /// The tokens of all sessions that a browser keeps, each in a cookie of its own. A name is the caller's: only what
    /// we signed counts, and only under the name that we gave it.
    #[must_use]
    pub fn kept(&self, headers: &HeaderMap, secret: &InstanceSecret) -> Vec<String> {
        let prefix = format!("{}_multi-", self.session_token);
        let mut tokens = Vec::new();
        for part in cookie_parts(headers) {
            let Some((name, value)) = part.strip_prefix(&prefix).and_then(|rest| rest.split_once('=')) else {
                continue;
            };
            let token = verified(value.trim_matches('"'), secret).filter(|token| token.to_ascii_lowercase() == name);
            if let Some(token) = token.filter(|token| !tokens.contains(token)) {
                tokens.push(token);
            }
            if tokens.len() == KEPT {
                break;
            }
        }
        tokens
    }

    /// Lets a browser keep a session beside others.
    pub fn keep(&self, headers: &mut HeaderMap, secret: &InstanceSecret, token: &str, max_age: i64) {
        let name = format!("{}_multi-{}", self.session_token, token.to_ascii_lowercase());
        let age = format!("; Max-Age={}", max_age.clamp(0, LONGEST));
        self.append(headers, &name, &percent::encode(&signed(token, secret)), &age);
    }

    /// Takes that back.
    pub fn forget(&self, headers: &mut HeaderMap, token: &str) {
        let name = format!("{}_multi-{}", self.session_token, token.to_ascii_lowercase());
        self.append(headers, &name, "", "; Max-Age=0");
    }

    /// Tells the scripts of pages how somebody signed in last, for thirty days.
    pub fn set_last_method(&self, headers: &mut HeaderMap, method: &str) {
        let attributes = self.attributes.replace("; HttpOnly", "");
        let method = percent::encode(method);
        let text = format!("{}={method}; Max-Age=2592000{}{attributes}", self.last_method, self.domain);
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.append(SET_COOKIE, value);
        }
    }

    /// Binds the browser to a flow through another service, for so many seconds.
    pub fn set_state(&self, headers: &mut HeaderMap, secret: &InstanceSecret, state: &str, max_age: i64) {
        let age = format!("; Max-Age={}", max_age.clamp(0, LONGEST));
        self.append(headers, &self.state, &percent::encode(&signed(state, secret)), &age);
    }

    /// The flow that the browser is bound to.
    #[must_use]
    pub fn state(&self, headers: &HeaderMap, secret: &InstanceSecret) -> Option<String> {
        signed_value(headers, &self.state, secret)
    }

    /// Takes that back.
    pub fn expire_state(&self, headers: &mut HeaderMap) {
        self.append(headers, &self.state, "", "; Max-Age=0");
    }

    /// Keeps what stands for the first proof of a sign-in until a second factor is shown.
    pub fn set_two_factor(&self, headers: &mut HeaderMap, secret: &InstanceSecret, token: &str, max_age: i64) {
        let age = format!("; Max-Age={}", max_age.clamp(0, LONGEST));
        self.append(headers, &self.two_factor, &percent::encode(&signed(token, secret)), &age);
    }

    /// Takes back the session in whose place somebody signs in. Whether the next one is remembered stays as it is.
    pub fn suspend_session(&self, headers: &mut HeaderMap) {
        for name in [&self.session_token, &self.session_data] {
            self.append(headers, name, "", "; Max-Age=0");
        }
    }

    /// What stands for the first proof.
    #[must_use]
    pub fn two_factor(&self, headers: &HeaderMap, secret: &InstanceSecret) -> Option<String> {
        signed_value(headers, &self.two_factor, secret)
    }

    /// Takes that back.
    pub fn expire_two_factor(&self, headers: &mut HeaderMap) {
        self.append(headers, &self.two_factor, "", "; Max-Age=0");
    }

    /// Marks the device as one that its owner trusts.
    pub fn set_trust_device(&self, headers: &mut HeaderMap, secret: &InstanceSecret, token: &str, max_age: i64) {
        let age = format!("; Max-Age={}", max_age.clamp(0, LONGEST));
        self.append(headers, &self.trust_device, &percent::encode(&signed(token, secret)), &age);
    }

    /// What a device presents to be trusted. Better Auth wrote it behind a proof of its own and a `!`.
    #[must_use]
    pub fn trust_device(&self, headers: &HeaderMap, secret: &InstanceSecret) -> Option<String> {
        let value = signed_value(headers, &self.trust_device, secret)?;
        Some(value.rsplit_once('!').map_or(value.clone(), |(_, token)| token.to_owned()))
    }

    /// Takes the mark back.
    pub fn expire_trust_device(&self, headers: &mut HeaderMap) {
        self.append(headers, &self.trust_device, "", "; Max-Age=0");
    }

    /// Binds the browser to a challenge that a passkey is to answer, for so many seconds.
    pub fn set_passkey(&self, headers: &mut HeaderMap, secret: &InstanceSecret, reference: &str, max_age: i64) {
        let age = format!("; Max-Age={}", max_age.clamp(0, LONGEST));
        self.append(headers, &self.passkey, &percent::encode(&signed(reference, secret)), &age);
    }

    /// The challenge that the browser is bound to.
    #[must_use]
    pub fn passkey(&self, headers: &HeaderMap, secret: &InstanceSecret) -> Option<String> {
        signed_value(headers, &self.passkey, secret)
    }

    /// Takes that back.
    pub fn expire_passkey(&self, headers: &mut HeaderMap) {
        self.append(headers, &self.passkey, "", "; Max-Age=0");
    }

    /// Takes back everything that belongs to a session.
    pub fn expire_session(&self, headers: &mut HeaderMap) {
        for name in [&self.session_token, &self.session_data, &self.dont_remember] {
            self.append(headers, name, "", "; Max-Age=0");
        }
    }

    fn append(&self, headers: &mut HeaderMap, name: &str, value: &str, age: &str) {
        let text = format!("{name}={value}{age}{}{}", self.domain, self.attributes);
        // A name or domain that no header can hold is refused where the configuration is read.
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.append(SET_COOKIE, value);
        }
    }
}

/// The values of a cookie. Some callers send back the whole `set-cookie` text, attributes and all,
/// several of them joined by commas: our values hold neither `;` nor `,`, so that this is read too.
pub(crate) fn values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    cookie_parts(headers)
        .filter_map(move |part| part.strip_prefix(name)?.strip_prefix('='))
        .map(|value| value.trim_matches('"'))
}

/// The cookies of a request, as `name=value`.
fn cookie_parts(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(COOKIE)
        .filter_map(|line| std::str::from_utf8(line.as_bytes()).ok())
        .flat_map(|line| line.split([';', ',']))
        .map(str::trim)
}

/// The value of a cookie that we signed.
fn signed_value(headers: &HeaderMap, name: &str, secret: &InstanceSecret) -> Option<String> {
    values(headers, name).find_map(|value| verified(value, secret))
}

/// `value.signature`.
fn signed(value: &str, secret: &InstanceSecret) -> String {
    format!("{value}.{}", STANDARD.encode(secret.sign(value)))
}

/// The value, if the signature after the last dot is ours.
fn verified(text: &str, secret: &InstanceSecret) -> Option<String> {
    let text = percent::decode(text)?;
    let (value, signature) = text.rsplit_once('.')?;
    let signature = STANDARD.decode(signature).ok()?;
    secret.verify(value, &signature).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::AUTHORIZATION;

    use super::*;

    fn with(name: HeaderName, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        headers
    }

    fn lines(headers: &HeaderMap) -> Vec<&str> {
        headers.get_all(SET_COOKIE).map(|v| v.to_str().unwrap()).collect()
    }

    #[test]
    fn the_format_is_that_of_better_auth() {
        // Computed by another implementation of HMAC-SHA-256 and base64.
        let secret = InstanceSecret::new("better-auth-secret-123456789");
        let mut headers = HeaderMap::new();
        Cookies::new("better-auth", false, None).set_session(&mut headers, &secret, "abc", Some(604_800));
        let line = lines(&headers)[0];
        assert_eq!(
            line,
            "better-auth.session_token=abc.rvZct5zurZl%2BS6UYJEHhc84gKSAlucp93UIrd9f4bRc%3D; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"
        );
        assert_eq!(headers.get(SET_AUTH_TOKEN).unwrap(), "abc.rvZct5zurZl+S6UYJEHhc84gKSAlucp93UIrd9f4bRc=");
        assert_eq!(headers.get(ACCESS_CONTROL_EXPOSE_HEADERS).unwrap(), "set-auth-token");
    }

    #[test]
    fn attributes_stand_in_order_and_secure_cookies_are_named_so() {
        let secret = InstanceSecret::new("s");
        let cookies = Cookies::new("better-auth", true, Some("example.com"));
        let mut headers = HeaderMap::new();
        cookies.set_session(&mut headers, &secret, "t", None);
        cookies.expire_session(&mut headers);
        let lines = lines(&headers);
        assert!(lines[0].starts_with("__Secure-better-auth.session_token=t."));
        assert!(lines[0].ends_with("%3D; Domain=example.com; Path=/; HttpOnly; Secure; SameSite=Lax"), "{}", lines[0]);
        assert!(lines[1].starts_with("__Secure-better-auth.dont_remember=true."));
        assert_eq!(
            lines[2],
            "__Secure-better-auth.session_token=; Max-Age=0; Domain=example.com; Path=/; HttpOnly; Secure; SameSite=Lax"
        );
        assert_eq!(lines.len(), 5);
    }

    #[test]
    fn a_token_is_read_from_the_cookie_however_it_is_sent_back() {
        let secret = InstanceSecret::new("s");
        let cookies = Cookies::new("better-auth", false, None);
        let mut headers = HeaderMap::new();
        cookies.set_session(&mut headers, &secret, "to.ken", None);
        let line = lines(&headers)[0].to_owned();
        let pair = line.split(';').next().unwrap();
        let all = lines(&headers).join(", ");
        for sent in [pair, &line, &all, &format!("a=1; better-auth.session_token=x.y; {pair}; b=2")] {
            let presented = cookies.presented(&with(COOKIE, sent), &secret);
            assert_eq!(presented.as_deref(), Some("to.ken"), "{sent}");
        }
        assert!(cookies.is_forgetful(&with(COOKIE, &all), &secret));
        for bad in
            ["better-auth.session_token=to.ken", "better-auth.session_token=", "x-better-auth.session_token=a", "="]
        {
            assert_eq!(cookies.presented(&with(COOKIE, bad), &secret), None, "{bad}");
        }
        assert_eq!(cookies.presented(&with(COOKIE, pair), &InstanceSecret::new("other")), None);
    }

    #[test]
    fn a_bearer_token_may_be_bare_or_signed_but_not_wrongly_signed() {
        let secret = InstanceSecret::new("s");
        let cookies = Cookies::new("better-auth", false, None);
        let good = signed("token", &secret);
        for sent in [good.clone(), percent::encode(&good), "token".to_owned()] {
            let presented = cookies.presented(&with(AUTHORIZATION, &format!("bearer {sent}")), &secret);
            assert_eq!(presented.as_deref(), Some("token"), "{sent}");
        }
        assert_eq!(cookies.presented(&with(AUTHORIZATION, "Bearer token.c2ln"), &secret), None);
    }
}
