//! The commands by which directories, domains and endpoints are made, changed and given up.

use super::{
    CREDENTIAL, DIRECTORY, Form, ORDER, Param, SINCE, UNTIL, Verb, WHOSE, call, field, list, needed, path, query,
};

const NAME: Param = field("name", "name", Form::Text, "What people call it");
const PROVIDER: Param = field("provider", "provider", Form::Text, "okta, entra, onelogin, …, generic");
const SETTINGS: Param =
    field("settings", "settings", Form::Json, "Settings: an object, as JSON, @FILE or - for the input");
const ORGANIZATION: Param = path("organization", "The organization's id");
const DOMAIN: Param = path("domain", "The domain's id");
const ENDPOINT: Param = path("endpoint", "The endpoint's id");
const JOB: Param = path("job", "The job's id");
const URL: Param = field("endpoint-url", "url", Form::Text, "Where the events are posted");
const KINDS: Param =
    field("event", "enabled_event_types", Form::List, "A type of event; all of them without this. Can be repeated");

/// `portico audit list`.
pub(in super::super) const AUDIT_LIST: Verb = Verb {
    name: "list",
    params: &[
        WHOSE,
        query("actor", "actor", "What this actor did"),
        query("type", "type", "Events of this type"),
        query("target", "target", "What was done to this"),
        SINCE,
        UNTIL,
    ],
    ..list(
        "audit",
        "Lists the entries of the audit of a running instance, newest first",
        "/v1/audit",
        &["timestamp", "type", "actor", "target", "organization_id", "ip", "position"],
    )
};

/// Those that take no directory, or more than one.
pub(super) const VERBS: &[Verb] = &[
    Verb {
        params: &[ORGANIZATION, needed(NAME), PROVIDER, SETTINGS],
        ..call(
            "directories",
            "create",
            "Makes a directory in an organization",
            "POST",
            "/v1/organizations/{organization}/directories",
        )
    },
    Verb {
        params: &[DIRECTORY, NAME, PROVIDER, SETTINGS],
        ..call("directories", "update", "Changes a directory; what is left out stays", "PATCH", "{directory}")
    },
    Verb {
        params: &[DIRECTORY, needed(SETTINGS)],
        ..call("directories", "settings", "Changes settings; what is left out stays", "PATCH", "{directory}")
    },
    call(
        "directories",
        "delete",
        "Disconnects a directory: its credentials end at once, its people are suspended by a job",
        "DELETE",
        "{directory}",
    ),
    call(
        "directories",
        "self-test",
        "Checks SCIM against a throwaway directory beside this one, and leaves nothing behind",
        "POST",
        "{directory}/self-test",
    ),
    Verb {
        params: &[DIRECTORY, CREDENTIAL],
        ..call(
            "credentials",
            "cancel-rotation",
            "Refuses the new secret; the old one stays",
            "POST",
            "{directory}/credentials/{credential}/rotate/cancel",
        )
    },
    Verb {
        params: &[DIRECTORY],
        ..list(
            "jobs",
            "Lists the work on many people of a directory",
            "{directory}/jobs",
            &["id", "kind", "state", "done", "total", "failed", "created_by", "created_at", "ended_at"],
        )
    },
    Verb { params: &[DIRECTORY, JOB], ..call("jobs", "show", "Shows a job", "GET", "{directory}/jobs/{job}") },
    Verb {
        params: &[DIRECTORY, JOB],
        ..call("jobs", "cancel", "Stops a job behind whom it is at", "POST", "{directory}/jobs/{job}/cancel")
    },
    Verb {
        params: &[ORGANIZATION, ORDER],
        ..list(
            "domains",
            "Lists the email domains of an organization",
            "/v1/organizations/{organization}/domains",
            &["id", "name", "verified", "verified_at", "enrollment_mode", "total_pending_invitations"],
        )
    },
    Verb {
        params: &[
            ORGANIZATION,
            needed(field("name", "name", Form::Text, "The domain")),
            field("verified", "verified", Form::Flag(true), "Holds it at once, by the word of the platform"),
        ],
        ..call(
            "domains",
            "create",
            "Claims a domain, and shows the record that proves it",
            "POST",
            "/v1/organizations/{organization}/domains",
        )
    },
    Verb {
        params: &[ORGANIZATION, DOMAIN],
        ..call("domains", "show", "Shows a domain", "GET", "/v1/organizations/{organization}/domains/{domain}")
    },
    Verb {
        params: &[ORGANIZATION, DOMAIN],
        ..call(
            "domains",
            "verify",
            "Looks for the record that proves it",
            "POST",
            "/v1/organizations/{organization}/domains/{domain}/verify",
        )
    },
    Verb {
        params: &[ORGANIZATION, DOMAIN],
        ..call("domains", "delete", "Gives a domain up", "DELETE", "/v1/organizations/{organization}/domains/{domain}")
    },
    Verb {
        params: &[needed(URL), KINDS, field("organization", "organization_id", Form::Text, "Events of this one only")],
        ..call(
            "webhooks",
            "create",
            "Makes an endpoint. Its signing secret is printed once",
            "POST",
            "/v1/webhooks/endpoints",
        )
    },
    Verb {
        params: &[ENDPOINT],
        ..call("webhooks", "test", "Sends it a test event", "POST", "/v1/webhooks/endpoints/{endpoint}/test")
    },
    Verb {
        params: &[
            ENDPOINT,
            field("overlap", "overlap_seconds", Form::Number, "For how many seconds the old secret signs too"),
        ],
        ..call(
            "webhooks",
            "rotate",
            "Gives it another signing secret, which is printed once",
            "POST",
            "/v1/webhooks/endpoints/{endpoint}/rotate-secret",
        )
    },
    Verb {
        params: &[ENDPOINT],
        ..call("webhooks", "delete", "Gives an endpoint up", "DELETE", "/v1/webhooks/endpoints/{endpoint}")
    },
];
