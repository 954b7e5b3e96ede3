//! The commands, each in a few lines: what it is called, which operation of `/v1` it is, what it takes, and which columns
//! its table has. To add one is to add an entry here.

mod keeping;

pub(super) use keeping::AUDIT_LIST;

/// What a command does with its operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Does {
    /// Asks once and shows the answer.
    Call,
    /// Shows a list, a page or all of it.
    List,
    /// Follows the stream of events.
    Tail,
    /// Passes the answer through as it comes.
    Download,
    /// Any operation: method and path are given.
    Any,
}

/// Where what is given goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goes {
    /// Into the path, in place of its name.
    Path,
    /// Into the query, under this name.
    Query(&'static str),
    /// Into the body, under this name.
    Field(&'static str),
    /// It steers the command itself.
    Nowhere,
}

/// What form it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Number,
    /// A number, or a text that is none.
    Place,
    /// Can be repeated.
    List,
    /// JSON, `@FILE` or `-`.
    Json,
    /// Given or not; this is what it says if it is given.
    Flag(bool),
}

/// Something that a command takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Param {
    pub name: &'static str,
    pub help: &'static str,
    pub goes: Goes,
    pub form: Form,
    pub needed: bool,
}

/// A command.
#[derive(Debug)]
pub(super) struct Verb {
    pub noun: &'static str,
    pub name: &'static str,
    pub about: &'static str,
    pub does: Does,
    pub method: &'static str,
    /// `{directory}` at the beginning is the path of the directory, below its organization or the instance.
    pub path: &'static str,
    pub params: &'static [Param],
    /// Of the table of a list.
    pub columns: &'static [&'static str],
}

const fn path(name: &'static str, help: &'static str) -> Param {
    Param { name, help, goes: Goes::Path, form: Form::Text, needed: true }
}

const fn query(name: &'static str, wire: &'static str, help: &'static str) -> Param {
    Param { name, help, goes: Goes::Query(wire), form: Form::Text, needed: false }
}

const fn field(name: &'static str, wire: &'static str, form: Form, help: &'static str) -> Param {
    Param { name, help, goes: Goes::Field(wire), form, needed: false }
}

const fn needed(param: Param) -> Param {
    Param { needed: true, ..param }
}

const fn own(name: &'static str, form: Form, help: &'static str) -> Param {
    Param { name, help, goes: Goes::Nowhere, form, needed: false }
}

const DIRECTORY: Param = path("directory", "The directory's id");
const CREDENTIAL: Param = path("credential", "The credential's id");
const REQUEST: Param = path("request", "The request's id");
const SINCE: Param = query("since", "since", "From this instant on, in Unix milliseconds");
const UNTIL: Param = query("until", "until", "Before this instant, in Unix milliseconds");
const ORDER: Param = query("order-by", "order_by", "A column, with - in front for descending");
const WHOSE: Param = query("organization", "organization_id", "Those of this organization only");
const RULES: Param =
    needed(field("rules", "rules", Form::Json, "The rules in their order: a list, as JSON, @FILE or - for the input"));
const MAPPING: Param =
    needed(field("mapping", "mapping", Form::Json, "Paths and targets: an object, as JSON, @FILE or - for the input"));

const fn call(
    noun: &'static str,
    name: &'static str,
    about: &'static str,
    method: &'static str,
    path: &'static str,
) -> Verb {
    Verb { noun, name, about, does: Does::Call, method, path, params: &[DIRECTORY], columns: &[] }
}

const fn list(noun: &'static str, about: &'static str, path: &'static str, columns: &'static [&'static str]) -> Verb {
    Verb { noun, name: "list", about, does: Does::List, method: "GET", path, params: &[], columns }
}

/// The nouns and what they are.
pub(super) const NOUNS: &[(&str, &str)] = &[
    ("directories", "Directories of a running instance: what they are, how they are, and their states"),
    ("credentials", "What identity providers authenticate with"),
    ("jobs", "Work on many people of a directory"),
    ("domains", "Email domains of an organization"),
    ("role-rules", "Which roles the groups of a directory give"),
    ("mappings", "What people become by their attributes"),
    ("requests", "The log of SCIM requests"),
    ("receipts", "What proves that access ended"),
    ("events", "The ordered stream of events"),
    ("webhooks", "Endpoints, deliveries and replays"),
];

/// `portico api`.
pub(super) const API: Verb = Verb {
    noun: "api",
    name: "api",
    about: "Asks any operation of /v1 and prints its answer. The exit status is 0 for 2xx, 4 for 4xx, 5 for 5xx",
    does: Does::Any,
    method: "",
    path: "",
    params: &[
        needed(own("method", Form::Text, "GET, POST, PUT, PATCH or DELETE")),
        needed(own("path", Form::Text, "A path below the instance's address, such as /v1/users")),
        own("data", Form::Json, "The body, as JSON, @FILE or - for the input"),
        own("query", Form::List, "A parameter of the query, as NAME=VALUE. Can be repeated"),
    ],
    columns: &[],
};

/// `portico audit export`.
pub(super) const AUDIT_EXPORT: Verb = Verb {
    noun: "audit",
    name: "export",
    about: "Writes the audit of a running instance to the output, for keeping and for `audit verify --file`",
    does: Does::Download,
    method: "GET",
    path: "/v1/audit/export",
    params: &[
        query("format", "format", "ndjson or csv"),
        WHOSE,
        query("actor", "actor", "What this actor did"),
        query("type", "type", "Events of this type"),
        query("target", "target", "What was done to this"),
        SINCE,
        UNTIL,
    ],
    columns: &[],
};

/// All the others.
pub(super) fn verbs() -> impl Iterator<Item = &'static Verb> {
    VERBS.iter().chain(keeping::VERBS)
}

const VERBS: &[Verb] = &[
    Verb {
        params: &[WHOSE, query("owner", "owner", "instance: those of the instance itself only"), ORDER],
        ..list(
            "directories",
            "Lists directories",
            "/v1/directories",
            &["id", "name", "provider", "state", "organization_id", "counts.users", "counts.groups", "last_request_at"],
        )
    },
    call("directories", "show", "Shows a directory", "GET", "{directory}"),
    call("directories", "pause", "Answers the identity provider with 503 from now on", "POST", "{directory}/pause"),
    call("directories", "resume", "Takes requests again after a pause", "POST", "{directory}/resume"),
    call("directories", "release", "Lets go whom the circuit breaker holds", "POST", "{directory}/release"),
    call("directories", "reject", "Keeps whom the circuit breaker holds", "POST", "{directory}/reject"),
    call("directories", "health", "Shows how a directory is", "GET", "{directory}/health"),
    Verb {
        name: "drift",
        params: &[DIRECTORY, query("kind", "kind", "Differences of this kind only")],
        ..list(
            "directories",
            "Compares memberships with what the directory last said",
            "{directory}/drift",
            &["kind", "email_address", "user_id", "directory_user_id", "status", "grants"],
        )
    },
    call(
        "directories",
        "import-start",
        "Listens to the identity provider from now on: it is answered as ever, and nothing is done",
        "POST",
        "{directory}/import",
    ),
    Verb {
        name: "import",
        params: &[
            DIRECTORY,
            query("kind", "kind", "user or group: those only"),
            query("outcome", "outcome", "Those of this outcome only, for example deactivated"),
        ],
        ..list(
            "directories",
            "Lists what an import would come to; with --json also its revision and the counts",
            "{directory}/import",
            &["kind", "name", "outcome", "id", "user_id", "members.added", "members.removed", "seen_at"],
        )
    },
    Verb {
        params: &[
            DIRECTORY,
            needed(field(
                "revision",
                "revision",
                Form::Number,
                "The revision of the report that was read: refused if the identity provider has said more since",
            )),
        ],
        ..call("directories", "import-apply", "Does what an import says, as a job", "POST", "{directory}/import/apply")
    },
    call("directories", "import-discard", "Forgets what an import says", "POST", "{directory}/import/discard"),
    call("directories", "setup-guide", "Shows the steps for the identity provider", "GET", "{directory}/setup-guide"),
    Verb {
        params: &[DIRECTORY],
        ..list(
            "credentials",
            "Lists the credentials of a directory",
            "{directory}/credentials",
            &["id", "name", "type", "prefix", "scopes", "expires_at", "last_used_at", "revoked_at"],
        )
    },
    Verb {
        params: &[
            DIRECTORY,
            needed(field("name", "name", Form::Text, "What people call it")),
            field("type", "type", Form::Text, "bearer, basic or oauth2"),
            field("scope", "scopes", Form::List, "What it may be used for; everything without this. Can be repeated"),
            field("expires-at", "expires_at", Form::Number, "Until when, in Unix milliseconds"),
            field(
                "redirect-uri",
                "redirect_uris",
                Form::List,
                "Where consent may lead back to (oauth2). Can be repeated",
            ),
        ],
        ..call(
            "credentials",
            "create",
            "Makes a credential. Its secret is printed once",
            "POST",
            "{directory}/credentials",
        )
    },
    Verb {
        params: &[DIRECTORY, CREDENTIAL],
        ..call("credentials", "revoke", "Refuses it from now on", "POST", "{directory}/credentials/{credential}/revoke")
    },
    Verb {
        params: &[DIRECTORY, CREDENTIAL],
        ..call(
            "credentials",
            "rotate",
            "Gives it a second secret; both are good until the rotation is completed or canceled",
            "POST",
            "{directory}/credentials/{credential}/rotate",
        )
    },
    Verb {
        params: &[DIRECTORY, CREDENTIAL],
        ..call(
            "credentials",
            "complete-rotation",
            "Refuses the old secret",
            "POST",
            "{directory}/credentials/{credential}/rotate/complete",
        )
    },
    call("role-rules", "show", "Shows the rules", "GET", "{directory}/role-rules"),
    Verb {
        params: &[DIRECTORY, RULES],
        ..call("role-rules", "set", "Replaces the rules", "PUT", "{directory}/role-rules")
    },
    Verb {
        params: &[DIRECTORY, RULES],
        ..call(
            "role-rules",
            "simulate",
            "Shows who would gain and lose what; nothing is saved",
            "POST",
            "{directory}/role-rules/simulate",
        )
    },
    call("mappings", "show", "Shows the mapping in force", "GET", "{directory}/attribute-mappings"),
    Verb {
        params: &[DIRECTORY, MAPPING],
        ..call("mappings", "set", "Replaces the mapping", "PUT", "{directory}/attribute-mappings")
    },
    Verb {
        params: &[
            DIRECTORY,
            MAPPING,
            field("request", "request_ids", Form::List, "A recorded request to try it on. Can be repeated"),
            field("person", "directory_user_ids", Form::List, "A user resource to try it on. Can be repeated"),
            field(
                "sample",
                "sample",
                Form::Json,
                "A resource as the identity provider would send it, or a list of them",
            ),
        ],
        ..call(
            "mappings",
            "preview",
            "Shows what each person would become; nothing is saved",
            "POST",
            "{directory}/attribute-mappings/preview",
        )
    },
    Verb {
        name: "history",
        params: &[DIRECTORY],
        ..list(
            "mappings",
            "Lists the versions",
            "{directory}/attribute-mappings/versions",
            &["version", "created_by", "created_at", "mapping"],
        )
    },
    Verb {
        params: &[DIRECTORY, path("version", "The version's number")],
        ..call(
            "mappings",
            "restore",
            "Saves an earlier version again",
            "POST",
            "{directory}/attribute-mappings/versions/{version}/restore",
        )
    },
    Verb {
        params: &[
            DIRECTORY,
            query("person", "person", "Those about a person: an id or a userName"),
            query("status", "status", "Those with this status, or error"),
            query("operation", "operation", "Those that do this, for example user.create"),
            query("credential", "credential_id", "Those by this credential"),
            SINCE,
            UNTIL,
        ],
        ..list(
            "requests",
            "Lists what the identity provider asked for",
            "{directory}/requests",
            &["id", "created_at", "status", "operation", "person.user_name", "target.id", "duration_ms", "ip"],
        )
    },
    Verb {
        params: &[DIRECTORY, REQUEST],
        ..call("requests", "show", "Shows a request with its body and answer", "GET", "{directory}/requests/{request}")
    },
    Verb {
        params: &[
            DIRECTORY,
            REQUEST,
            field(
                "for-real",
                "dry_run",
                Form::Flag(false),
                "Does it; without this it is a dry run that changes nothing",
            ),
        ],
        ..call("requests", "replay", "Makes a request again", "POST", "{directory}/requests/{request}/replay")
    },
    Verb {
        params: &[
            WHOSE,
            query("user", "user_id", "Those of this person"),
            query("directory-user", "directory_user_id", "Those of this user resource"),
            SINCE,
        ],
        ..list(
            "receipts",
            "Lists receipts",
            "/v1/receipts",
            &["id", "created_at", "organization_id", "directory_id", "user_id", "cause", "scope"],
        )
    },
    Verb {
        params: &[path("receipt", "The receipt's id")],
        ..call("receipts", "show", "Shows a receipt with its signature", "GET", "/v1/receipts/{receipt}")
    },
    Verb {
        noun: "events",
        name: "tail",
        about: "Follows the events as they come, one a line, until it is ended",
        does: Does::Tail,
        method: "GET",
        path: "/v1/events",
        params: &[
            WHOSE,
            query("type", "type", "Events of this type"),
            query("after", "after", "Those after this sequence; without it those that come from now on"),
            own("count", Form::Number, "Ends after so many"),
        ],
        columns: &["sequence", "timestamp", "type", "organization_id", "id"],
    },
    Verb {
        params: &[WHOSE, ORDER],
        ..list(
            "webhooks",
            "Lists endpoints",
            "/v1/webhooks/endpoints",
            &["id", "url", "enabled", "organization_id", "disabled_at"],
        )
    },
    Verb {
        name: "deliveries",
        params: &[
            WHOSE,
            query("endpoint", "endpoint_id", "Those to this endpoint"),
            query("event", "event_id", "Those of this event"),
            query("state", "state", "Those in this state"),
            ORDER,
        ],
        ..list(
            "webhooks",
            "Lists deliveries",
            "/v1/webhooks/deliveries",
            &[
                "id",
                "created_at",
                "event_type",
                "endpoint_id",
                "attempt",
                "response_status",
                "succeeded",
                "next_retry_at",
            ],
        )
    },
    Verb {
        params: &[path("delivery", "The delivery's id")],
        ..call("webhooks", "replay", "Sends one delivery again", "POST", "/v1/webhooks/deliveries/{delivery}/replay")
    },
    Verb {
        params: &[
            path("endpoint", "The endpoint's id"),
            needed(field("since", "since", Form::Place, "From this sequence on, or from this instant (RFC 3339)")),
        ],
        ..call(
            "webhooks",
            "replay-all",
            "Sends an endpoint everything again since an instant",
            "POST",
            "/v1/webhooks/endpoints/{endpoint}/replay",
        )
    },
];
