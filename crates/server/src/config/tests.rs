//! What the configuration accepts, and how it refuses.

use std::io::Write as _;

use super::*;

fn load(file: &str, env: &[(&str, &str)]) -> Result<Config, Vec<Fault>> {
    let mut path = tempfile::NamedTempFile::new().unwrap();
    path.write_all(file.as_bytes()).unwrap();
    let env = env.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Config::from_layers(Some(path.path()), env).map_err(|faults| faults.0)
}

#[test]
fn the_defaults_are_sound_and_those_of_the_crates() {
    let config = load("", &[]).unwrap();
    let secret = InstanceSecret::new("x");
    let (ours, theirs) = (config.settings(secret.clone()), auth_core::Settings::new("http://localhost:3000", secret));
    assert_eq!(format!("{ours:#?}"), format!("{theirs:#?}"), "config.default.toml says other defaults than the core");
    let (ours, theirs) = (config.kit(), api_kit::Settings::new("http://localhost:3000"));
    assert_eq!(
        (ours.body_limit, ours.rate_limit_enabled, ours.rate_limit_window, ours.rate_limit_max),
        (theirs.body_limit, theirs.rate_limit_enabled, theirs.rate_limit_window, theirs.rate_limit_max),
    );
    assert_eq!(ours.directory_flow, theirs.directory_flow);
    assert_eq!(config.database.url, "sqlite://data/portico.db?mode=rwc");
    assert_eq!(config.server.listen, "127.0.0.1:3000");
    assert!(config.secret.is_none());
}

#[test]
fn the_environment_wins_over_the_file_and_lists_are_comma_separated() {
    let file = "[server]\nlisten = \"0.0.0.0:1\"\npublic_url = \"https://id.example/\"\n[rate_limit]\nmax = 7\n";
    let env = [
        ("PORTICO__SERVER__LISTEN", "[::1]:2"),
        ("PORTICO__AUTH__TRUSTED_ORIGINS", "https://app.example, https://*.example"),
        ("PORTICO__RATE_LIMIT__ENABLED", "false"),
        ("PORTICO_BIN", "not one of ours"),
        ("PATH", "/bin"),
    ];
    let config = load(file, &env).unwrap();
    assert_eq!(config.server.listen, "[::1]:2");
    let kit = config.kit();
    assert_eq!(kit.trusted_origins, ["https://app.example", "https://*.example"]);
    assert_eq!((kit.rate_limit_enabled, kit.rate_limit_max, kit.https), (false, 7, true));
    assert_eq!(kit.public_url, "https://id.example");
}

#[test]
fn all_faults_are_told_at_once_each_with_its_key_and_remedy() {
    let file = "[server]\nlisten = 3000\nlissten = \"x\"\n[session]\nexpires_in = \"long\"\n[sesion]\nexpires_in = 1\n";
    let env = [
        ("PORTICO__AUTH__SECRET", "short"),
        ("PORTICO__DATABSE__URL", "sqlite://x"),
        ("PORTICO__DATABASE__URL", "mysql://root:hunter2@x"),
        ("PORTICO__MAIL__TRANSPORT", "smtp"),
        ("PORTICO__MAIL__SMTP_URL", "http://user:hunter2@x"),
        ("PORTICO__MAIL__FROM", "nobody"),
        ("PORTICO__SERVER__TRUSTED_PROXIES", "10.0.0.0/99"),
        ("PORTICO__RATE_LIMIT__ENABLED", "perhaps"),
        ("PORTICO__LOG__FORMAT", "xml"),
        ("PORTICO__PASSWORD__MIN_LENGTH", "200"),
        ("PORTICO__AUTH__TRUSTED_ORIGINS", "*"),
    ];
    let faults = load(file, &env).unwrap_err();
    let told = Faults(faults.clone()).to_string();
    for (key, remedy) in [
        ("server.listen", "text in quotation marks"),
        ("server.lissten", "did you mean server.listen?"),
        ("session.expires_in", "whole number"),
        ("sesion.expires_in", "did you mean session.expires_in?"),
        ("auth.secret", "longer"),
        ("PORTICO__DATABSE__URL", "did you mean PORTICO__DATABASE__URL?"),
        ("database.url (PORTICO__DATABASE__URL)", "postgres://"),
        ("mail.smtp_url", "smtp://"),
        ("mail.from", "Name <address@host>"),
        ("server.trusted_proxies", "10.0.0.0/8"),
        ("PORTICO__RATE_LIMIT__ENABLED", "true or false"),
        ("log.format", "auto, json, pretty"),
        ("password.min_length", "lower it"),
        ("auth.trusted_origins", "https://app.example"),
    ] {
        let fault = faults.iter().find(|fault| fault.key.starts_with(key));
        assert!(fault.is_some_and(|fault| fault.remedy.contains(remedy)), "{key}: {told}");
    }
    assert!(!told.contains("hunter2") && !told.contains("\"short\""), "a secret is repeated: {told}");
}

#[test]
fn branding_is_an_https_logo_and_a_color_or_nothing() {
    assert_eq!(load("", &[]).unwrap().kit().branding, api_kit::branding::Branding::default());
    let file = "[branding]\nlogo_url = \"https://cdn.example/logo.svg\"\naccent_color = \"#AA22F0\"\n";
    let branding = load(file, &[]).unwrap().kit().branding;
    assert_eq!(branding.logo_url.as_deref(), Some("https://cdn.example/logo.svg"));
    assert_eq!(branding.accent_color.as_deref(), Some("#aa22f0"));
    let env = [
        ("PORTICO__BRANDING__LOGO_URL", "http://cdn.example/logo.svg"),
        ("PORTICO__BRANDING__ACCENT_COLOR", "red; background: url(x)"),
    ];
    let faults = load("", &env).unwrap_err();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].remedy.contains("https://") && faults[1].remedy.contains("#rrggbb"), "{faults:?}");
}

#[test]
fn the_audit_is_kept_for_ever_or_as_long_as_events_are() {
    for (days, good) in [(0, true), (1, false), (89, false), (90, true), (3650, true)] {
        let told = load(&format!("[audit]\nretention_days = {days}\n"), &[]);
        assert_eq!(told.is_ok(), good, "{days}");
        if let Err(faults) = told {
            assert_eq!(faults.len(), 1, "{faults:?}");
            assert_eq!(faults[0].key, "audit.retention_days (PORTICO__AUDIT__RETENTION_DAYS)");
            assert!(faults[0].remedy.contains("from 90"), "{faults:?}");
        }
    }
}

#[test]
fn a_file_that_is_not_there_or_not_toml_is_a_fault() {
    let missing = Config::from_layers(Some(Path::new("/nowhere/portico.toml")), std::iter::empty()).unwrap_err();
    assert!(missing.0[0].key.contains("/nowhere/portico.toml"));
    assert_eq!(load("[server\n", &[]).unwrap_err().len(), 1);
}

#[test]
fn every_setting_of_the_default_file_is_explained() {
    let mut explained = false;
    for line in DEFAULT.lines() {
        explained |= line.starts_with('#');
        if line.contains(" = ") && !line.starts_with('#') {
            assert!(explained, "{line} has no comment");
        } else if line.is_empty() || line.starts_with('[') {
            explained = false;
        }
    }
}

#[test]
fn services_are_on_once_they_have_a_client_and_others_may_be_named() {
    assert!(load("", &[]).unwrap().settings(InstanceSecret::new("x")).social.providers.is_empty());
    let file = "[social.google]\nclient_id = \"g\"\nclient_secret = \"hush\"\n[oidc.acme]\nname = \"Acme\"\n\
        issuer = \"https://login.acme.example\"\nclient_id = \"a\"\ntrusted = true\n";
    let env = [
        ("PORTICO__OIDC__ACME__CLIENT_SECRET", "hush"),
        ("PORTICO__OIDC__PLAIN__CLIENT_ID", "p"),
        ("PORTICO__OIDC__PLAIN__AUTHORIZATION_URL", "https://p.example/a"),
        ("PORTICO__OIDC__PLAIN__TOKEN_URL", "https://p.example/t"),
        ("PORTICO__OIDC__PLAIN__USERINFO_URL", "https://p.example/u"),
    ];
    let social = load(file, &env).unwrap().settings(InstanceSecret::new("x")).social;
    let shown: Vec<_> = social.providers.iter().map(|one| (one.id.as_str(), one.name.as_str(), one.trusted)).collect();
    assert_eq!(shown, [("google", "Google", true), ("acme", "Acme", true), ("plain", "plain", false)]);
    let acme = &social.providers[1];
    assert_eq!(acme.discovery_url.as_deref(), Some("https://login.acme.example/.well-known/openid-configuration"));
    assert!(acme.pkce && acme.has_id_tokens() && !social.providers[2].has_id_tokens());
    assert!(!format!("{social:?}").contains("hush"));

    let file = "[social.github]\nclient_id = \"g\"\n[social.apple]\nclient_id = \"a\"\n[social.gitlab]\nclient_id = \"l\"\n\
        client_secret = \"s\"\nurl = \"gitlab\"\n[oidc.google]\nclient_id = \"x\"\n[oidc.none]\nclient_id = \"x\"\n\
        [oidc.empty]\nissuer = \"https://x.example\"\n[oidc.odd]\nisuer = \"https://x.example\"\n[oidc.bare]\n\
        issuer = \"https://x.example\"\nclient_id = \"x\"\npkce = false\n";
    let faults = load(file, &[]).unwrap_err();
    for key in [
        "social.github.client_secret",
        "social.apple.private_key",
        "social.gitlab.url",
        "oidc.google",
        "oidc.none.issuer",
        "oidc.empty.client_id",
        "oidc.odd.isuer",
        "oidc.bare.pkce",
    ] {
        assert!(faults.iter().any(|fault| fault.key.starts_with(key)), "{key}: {faults:?}");
    }
}

#[test]
fn a_gateway_of_short_messages_is_read_and_shows_no_secret() {
    assert!(matches!(load("", &[]).unwrap().sms, Sms::Log));
    let file = "[sms]\ntransport = \"http\"\nurl = \"https://sms.example/send\"\nheaders = [\"X-Tenant: hunter2\"]\n";
    let config = load(file, &[("PORTICO__SMS__AUTHORIZATION", "Bearer hunter2, and more")]).unwrap();
    let Sms::Gateway(gateway) = &config.sms else { panic!("no gateway: {:?}", config.sms) };
    assert_eq!((gateway.form, gateway.timeout), (BodyForm::Json, 10));
    let headers: Vec<_> = gateway.headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
    assert_eq!(headers, [("x-tenant", "hunter2"), ("authorization", "Bearer hunter2, and more")]);
    assert!(!format!("{config:?}").contains("hunter2"));

    let file = "[sms]\ntransport = \"http\"\nheaders = [\"hunter2\"]\nbody = \"{phone_number} {text}\"\n\
        [methods.phone_number]\nprefixes = [\"49\"]\n[throttle]\nguesses = 0\n";
    let faults = load(file, &[]).unwrap_err();
    for key in ["sms.url", "sms.headers", "sms.body", "methods.phone_number.prefixes", "throttle.guesses"] {
        assert!(faults.iter().any(|fault| fault.key.starts_with(key)), "{key}: {faults:?}");
    }
    assert!(!Faults(faults).to_string().contains("hunter2"));
    let file = "[sms]\ntransport = \"http\"\nurl = \"https://sms.example\"\nbody = \"{}\"\n";
    assert!(load(file, &[]).unwrap_err()[0].remedy.contains("{phone_number}"));
}

#[test]
fn passwords_are_switched_off_only_where_there_is_another_way_in() {
    let off = ("PORTICO__PASSWORD__ENABLED", "false");
    let with = |more: &[(&str, &str)]| load("", &[&[off], more].concat());
    // None of these lets anybody in who is not in already.
    for useless in ["USERNAME", "PASSKEY", "ANONYMOUS", "ONE_TIME_TOKEN"] {
        let faults = with(&[(&format!("PORTICO__METHODS__{useless}__ENABLED"), "true")]).unwrap_err();
        let told = Faults(faults).to_string();
        assert!(told.contains("password.enabled (PORTICO__PASSWORD__ENABLED): nobody could sign in"), "{told}");
    }
    for way in ["MAGIC_LINK", "EMAIL_OTP", "PHONE_NUMBER"] {
        let config = with(&[(&format!("PORTICO__METHODS__{way}__ENABLED"), "true")]).unwrap();
        assert!(!config.settings(InstanceSecret::new("x")).password.enabled);
    }
    let google = [("PORTICO__SOCIAL__GOOGLE__CLIENT_ID", "g"), ("PORTICO__SOCIAL__GOOGLE__CLIENT_SECRET", "s")];
    assert!(with(&google).is_ok());
}

#[test]
fn the_role_of_who_is_given_none_is_a_role_and_not_owner() {
    let role = |text| {
        let config = load("", &[("PORTICO__ORGANIZATION__MEMBER_ROLE", text)])?;
        Ok::<_, Vec<Fault>>(config.settings(InstanceSecret::new("x")).organization.member_role)
    };
    assert_eq!(role("billing-team").unwrap(), "billing-team");
    for odd in ["owner", "", "Admin", "org:admin", "a b", "admin,owner"] {
        assert!(role(odd).unwrap_err()[0].key.starts_with("organization.member_role"), "{odd:?}");
    }
}

#[test]
fn switching_rate_limits_off_switches_throttles_off() {
    let throttle = |value| {
        load("", &[("PORTICO__RATE_LIMIT__ENABLED", value)]).unwrap().settings(InstanceSecret::new("x")).throttle
    };
    assert!(throttle("true").enabled && !throttle("false").enabled);
}

#[test]
fn fields_of_an_operators_own_are_read_in_the_case_in_which_they_are_written() {
    let declared = |config: &Config| config.settings(InstanceSecret::new("x")).fields;
    let none = declared(&load("", &[]).unwrap());
    assert!(none.user.is_empty() && none.organization.is_empty() && none.session.is_empty());
    let file = "[additional_fields.user.shoeSize]\ntype = \"number\"\ndefault = \"42\"\ninput = false\n\
        [additional_fields.user.company]\nrequired = true\nmax_length = 100\n\
        [additional_fields.organization.tags]\ntype = \"string[]\"\nreturned = false\n\
        [additional_fields.session.theme]\nrequired = true\ndefault = \"light\"\n\
        [additional_fields.team.motto]\n[redis]\n";
    let env = [
        ("PORTICO__ADDITIONAL_FIELDS__USER__COMPANY__RETURNED", "false"),
        // Whose case the environment does not tell.
        ("PORTICO__ADDITIONAL_FIELDS__USER__SHOESIZE__RETURNED", "false"),
    ];
    let read = declared(&load(file, &env).unwrap());
    let [company, size] = &read.user[..] else { panic!("two fields: {read:?}") };
    assert_eq!(
        (size.name.as_str(), &size.default, size.input, size.returned),
        ("shoeSize", &Some(42.into()), false, false)
    );
    assert_eq!((company.required, company.returned, company.max_length), (true, false, 100));
    assert!(read.organization[0].name == "tags" && !read.organization[0].returned);
    // All of it is as it is by default.
    let [motto] = &read.team[..] else { panic!("one field: {read:?}") };
    assert_eq!((motto.name.as_str(), motto.kind, motto.input), ("motto", auth_core::settings::FieldKind::Text, true));
    let [theme] = &read.session[..] else { panic!("one field: {read:?}") };
    assert_eq!((theme.name.as_str(), theme.required, &theme.default), ("theme", true, &Some("light".into())));

    let file = "[additional_fields.user.email]\ntype = \"string\"\n[additional_fields.user.a-b]\ntype = \"string\"\n\
        [additional_fields.user.odd]\ntype = \"map\"\n[additional_fields.user.age]\ntype = \"number\"\ndefault = \"old\"\n\
        [additional_fields.user.never]\nrequired = true\ninput = false\n[additional_fields.user.unknown]\nsize = 1\n\
        [additional_fields.directory.x]\ntype = \"string\"\n[additional_fields.user.sub]\ntype = \"string\"\n\
        [additional_fields.user.Never]\ntype = \"string\"\n[additional_fields.member.role]\ntype = \"string\"\n\
        [additional_fields.member.never]\nrequired = true\n\
        [additional_fields.invitation.teamId]\ntype = \"string\"\n[additional_fields.session.never]\nrequired = true\n\
        [additional_fields.session.token]\ntype = \"string\"\n[additional_fields.session.activeTeamId]\n\
        type = \"string\"\n[additional_fields.session.__proto__]\ntype = \"string\"\n";
    let default = "x".repeat(1000);
    let large = |n| format!("[additional_fields.organization.f{n}]\ntype = \"string\"\ndefault = \"{default}\"\n");
    let many: String = (0..40).map(large).collect();
    let faults = load(&format!("{file}{many}"), &[]).unwrap_err();
    for key in [
        "additional_fields.user.email",
        "additional_fields.user.a-b",
        "additional_fields.user.odd.type",
        "additional_fields.user.age.default",
        "additional_fields.user.never.required",
        "additional_fields.user.unknown.size",
        "additional_fields.directory",
        "additional_fields.user.sub",
        "additional_fields.user.never",
        "additional_fields.organization",
        "additional_fields.member.role",
        "additional_fields.member.never.required",
        "additional_fields.invitation.teamId",
        "additional_fields.session.never.required",
        "additional_fields.session.token",
        "additional_fields.session.__proto__",
        "additional_fields.session.activeTeamId",
    ] {
        assert!(faults.iter().any(|fault| fault.key.starts_with(key)), "{key}: {faults:?}");
    }
}

#[test]
fn a_redis_is_read_and_shows_no_password() {
    assert!(load("", &[]).unwrap().redis.is_none());
    let file =
        "[redis]\nurl = \"rediss://portico:hunter2@redis.example:6380/1\"\nprefix = \"acme:\"\ntimeout_ms = 100\n";
    let config = load(file, &[]).unwrap();
    let redis = config.redis.as_ref().unwrap();
    assert_eq!((redis.prefix.as_str(), redis.timeout.as_millis()), ("acme:", 100));
    assert!(redis.url.expose().contains("hunter2") && !format!("{config:?}").contains("hunter2"));
    for odd in ["http://:hunter2@redis.example", "redis.example:6379", "redis://:hunter2@redis.example/one"] {
        let faults = load("", &[("PORTICO__REDIS__URL", odd)]).unwrap_err();
        assert!(faults[0].key.starts_with("redis.url") && faults[0].remedy.contains("rediss://"), "{faults:?}");
        assert!(!Faults(faults).to_string().contains("hunter2"));
    }
    let faults = load("[redis]\nprefix = \"a b\"\ntimeout_ms = 0\n", &[]).unwrap_err();
    for key in ["redis.prefix", "redis.timeout_ms"] {
        assert!(faults.iter().any(|fault| fault.key.starts_with(key)), "{key}: {faults:?}");
    }
}
