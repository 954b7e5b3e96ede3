//! The pages that people see: plain HTML without scripts. Everything that came from elsewhere is escaped, and the
//! policy of each page names what it may do.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, PRAGMA};
use auth_core::clock::SystemChance;
use auth_core::features::directory::CredentialScope;
use auth_core::features::directory::oauth::Consent;
use auth_core::secret::random_text;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;background:#f4f5f7;color:#1c2330;margin:0}\
main{max-width:26rem;margin:8vh auto;padding:2rem;background:#fff;border:1px solid #dfe3e8;border-radius:8px}\
h1{font-size:1.25rem;margin-top:0}label{display:block;margin:1rem 0}\
input{display:block;width:100%;box-sizing:border-box;padding:.5rem;font:inherit;border:1px solid #8b95a5;border-radius:4px}\
button{font:inherit;padding:.5rem 1.25rem;margin-right:.5rem;border:1px solid #1f4fd8;border-radius:4px;background:#1f4fd8;color:#fff}\
button.quiet{background:#fff;color:#1c2330;border-color:#8b95a5}[role=alert]{color:#a61b1b}\
@media(prefers-color-scheme:dark){body{background:#12161d;color:#e6e9ee}main{background:#1b212b;border-color:#323b49}\
input{background:#12161d;color:inherit}button.quiet{background:#1b212b;color:inherit}[role=alert]{color:#ff9b9b}}";

/// A text as it stands in HTML, in an attribute too.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A page. Forms lead to ourselves, and from there to one more origin at most, which browsers ask for too.
fn page(status: StatusCode, title: &str, main: &str, leads_to: Option<&str>) -> HttpResponse {
    let nonce = random_text(&SystemChance, 24);
    let leads_to = leads_to.map(|origin| format!(" {origin}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'{leads_to}; frame-ancestors 'none'; base-uri 'none'"
    );
    let title = escape(title);
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((PRAGMA, "no-cache"))
        .body(format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
             <style nonce=\"{nonce}\">{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{main}</main>\n</body>\n</html>\n"
        ))
}

/// Something that cannot go on.
pub fn problem(status: StatusCode, message: &str) -> HttpResponse {
    page(status, "This cannot go on", &format!("<p role=\"alert\">{}</p>\n", escape(message)), None)
}

/// What a form carries along.
pub struct Carried<'a> {
    /// The request, as a query.
    pub request: &'a str,
    /// What shows that the form is ours.
    pub proof: &'a str,
}

impl Carried<'_> {
    fn fields(&self) -> String {
        format!(
            "<input type=\"hidden\" name=\"request\" value=\"{}\">\n<input type=\"hidden\" name=\"csrf\" value=\"{}\">\n",
            escape(self.request),
            escape(self.proof)
        )
    }
}

/// Where one signs in, with what is wrong, if something is.
pub fn sign_in(status: StatusCode, carried: &Carried<'_>, wrong: Option<&str>) -> HttpResponse {
    let wrong = wrong.map(|text| format!("<p role=\"alert\">{}</p>\n", escape(text))).unwrap_or_default();
    let main = format!(
        "<p>Sign in as somebody who manages the directories of your organization.</p>\n{wrong}\
         <form method=\"post\" action=\"sign-in\">\n{}\
         <label>Email <input type=\"email\" name=\"email\" autocomplete=\"username\" required maxlength=\"320\"></label>\n\
         <label>Password <input type=\"password\" name=\"password\" autocomplete=\"current-password\" required></label>\n\
         <button type=\"submit\">Sign in</button>\n</form>\n",
        carried.fields()
    );
    page(status, "Sign in", &main, None)
}

/// What an administrator is asked.
pub fn consent(consent: &Consent, email: &str, carried: &Carried<'_>) -> HttpResponse {
    let origin = origin_of(&consent.redirect_uri);
    let into = match &consent.organization_name {
        Some(name) => format!("the organization <strong>{}</strong>", escape(name)),
        None => "<strong>this whole instance</strong>".to_owned(),
    };
    let may: Vec<&str> = consent.scopes.iter().map(|scope| meaning(*scope)).collect();
    let may = may.join("</li>\n<li>");
    let main = format!(
        "<p><strong>{client}</strong> asks to push people and groups into {into}, as its directory <strong>{directory}</strong>.</p>\n\
         <p>It may then:</p>\n<ul>\n<li>{may}</li>\n</ul>\n\
         <p>You are signed in as {email}. Your answer is sent to {to}.</p>\n\
         <form method=\"post\" action=\"authorize\">\n{fields}\
         <button type=\"submit\" name=\"decision\" value=\"allow\">Allow</button>\n\
         <button type=\"submit\" name=\"decision\" value=\"deny\" class=\"quiet\">Deny</button>\n</form>\n",
        client = escape(&consent.client_name),
        directory = escape(&consent.directory.name),
        email = escape(email),
        to = escape(origin),
        fields = carried.fields(),
    );
    page(StatusCode::OK, "Connect a directory", &main, Some(origin).filter(|origin| is_plain(origin)))
}

fn meaning(scope: CredentialScope) -> &'static str {
    match scope {
        CredentialScope::UsersRead => "read the people that it has pushed",
        CredentialScope::UsersWrite => "add, change, deactivate and delete people",
        CredentialScope::GroupsRead => "read the groups that it has pushed",
        CredentialScope::GroupsWrite => "add, change and delete groups and their members",
    }
}

/// Scheme, host and port of an address.
fn origin_of(address: &str) -> &str {
    let host = address.find("://").map_or(0, |at| at + 3);
    let end = address[host..].find(['/', '?', '#']).map_or(address.len(), |at| host + at);
    &address[..end]
}

/// Whether an origin can stand in a policy: a host may hold what would end a directive there.
fn is_plain(origin: &str) -> bool {
    origin.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:/[]".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(answer: &HttpResponse) -> &str {
        answer.headers().get(CONTENT_SECURITY_POLICY).unwrap().to_str().unwrap()
    }

    #[test]
    fn nothing_that_came_from_elsewhere_is_markup() {
        assert_eq!(escape(r#"<a href="x" b='y'>&"#), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;");
    }

    #[test]
    fn pages_run_nothing_and_lead_where_they_say() {
        let answer = problem(StatusCode::FORBIDDEN, "x");
        assert!(policy(&answer).starts_with("default-src 'none'; style-src 'nonce-"));
        assert!(policy(&answer).contains("form-action 'self'; frame-ancestors 'none'; base-uri 'none'"));
        let answer = page(StatusCode::OK, "x", "", Some("https://a.example"));
        assert!(policy(&answer).contains("form-action 'self' https://a.example;"));
        assert_eq!(origin_of("https://a.example:8/cb?x=1"), "https://a.example:8");
        assert_eq!(origin_of("http://[::1]"), "http://[::1]");
        assert!(is_plain("http://[::1]:8080") && !is_plain("https://a;sandbox") && !is_plain("https://a'b"));
    }
}
