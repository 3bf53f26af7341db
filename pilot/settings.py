"""Settings: every PILOT_* variable with its type and default; unknown ones are refused."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, ValidationInfo, field_validator

from pilot.composed import composed
from pilot.errors import InvalidSettings
from pilot.events import PROBER_REPLICAS

PREFIX = "PILOT_"
LAST_PORT = 65535
SERVICES = ("edge", "dashboards", "entrance", "webserver")  # Processes that others call by address.
SHORTEST_TOKEN = 20  # characters of a secret that nobody can guess
BOTH = "|"  # between a new token and the one that it replaces
MOST_VALID = 2
SECURE_OR_LOCAL = r"(https://|http://(?=([^@/\s]*@)?(127\.0\.0\.1|localhost)[:/]))"
ENGINE_FORM = re.compile(r"sc://[A-Za-z0-9._-]+:\d{1,5}/?(/;[A-Za-z0-9_]+=[^;\s]+(;[A-Za-z0-9_]+=[^;\s]+)*)?;?")
_SLACK = (
    r"[^\s@/?#]+/services/[A-Za-z0-9]+/[A-Za-z0-9]+/[A-Za-z0-9]+",
    ("https://hooks.slack.com/services/T.../B.../..., the webhook that Slack shows"),
)
CHANNEL_FORMS = {
    "alert_slack_url": _SLACK,
    "alert_slack_incidents_url": _SLACK,
    "alert_sms_url": (
        r"[A-Za-z0-9]+:[A-Za-z0-9]+@[^\s@/?#]+/a1/sms\?from=(\+[1-9][0-9]{5,14}|[A-Za-z][A-Za-z0-9]{2,10})",
        "https://USER:PASSWORD@api.46elks.com/a1/sms?from=NAME, with a name of 3 to 11 letters and digits",
    ),
    "alert_pagerduty_url": (
        r"[A-Za-z0-9]{20,64}@[^\s@/?#]+/v2/enqueue",
        "https://ROUTINGKEY@events.pagerduty.com/v2/enqueue, with the key of an Events API v2 integration",
    ),
}


class Settings(BaseModel):
    """The settings. Each field's description is its comment in `.env.example`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    home: Path = Field(
        default=Path("~/.local/share/pilot"), description="Folder of all state: landing, lake, store, logs, weights."
    )
    cafes_file: Path = Field(default=Path("cafes.toml"), description="The cafés' file.")
    contacts_file: Path = Field(default=Path("contacts.toml"), description="The file of people to call.")
    landing_url: str = Field(
        default="",
        description="Where segments are published: empty for a folder under the home, or s3://bucket/prefix.",
    )
    lake_url: str = Field(
        default="", description="Where Delta tables live: empty for a folder under the home, or s3://bucket/prefix."
    )
    engine: SecretStr = Field(
        default=SecretStr(""),
        description="Engine for the heavy tables of a day, as an address of Spark Connect: sc://host:15002, with "
        "/;use_ssl=true;token=... if needed; empty: the embedded engine (docs/engines.md).",
    )
    store_url: str = Field(
        default="",
        description="The store: empty for SQLite under the home, or postgresql+psycopg2://user:password@host/name.",
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        description="Signs session snapshots and salts device hashes, 20 characters or more; empty: created once under "
        "the home (0600). "
        "Replicas on several hosts must share one.",
    )
    public_url: str = Field(
        default="http://127.0.0.1:8000", description="The address that QR codes point to, without a final slash."
    )
    replica: str = Field(
        default="edge1", pattern=r"^[a-z0-9]+$", description="This edge replica's name; unique among the running ones."
    )
    edge_host: str = Field(default="127.0.0.1", description="Address the edge listens on.")
    edge_port: int = Field(default=8000, ge=1, le=65535, description="Port of the edge.")
    trusted_proxies: str = Field(
        default="127.0.0.0/8,::1",
        description="Proxies whose X-Forwarded-For and -Proto are trusted: addresses or networks, with commas.",
    )
    redis_url: SecretStr = Field(
        default=SecretStr(""),
        description="Redis for limits that replicas share, redis://host:6379/0; empty: each replica has its own.",
    )
    dagster_port: int = Field(default=3000, ge=1, le=65535, description="Port of Dagster's page, loopback only.")
    dashboards_port: int = Field(default=8501, ge=1, le=65535, description="Port of the dashboards, loopback only.")
    entrance_port: int = Field(default=8500, ge=1, le=65535, description="Port of the sign-in, loopback only.")
    entrance_url: str = Field(
        default="",
        description="Address of the sign-in for a person's browser, without a final slash; empty: its port on "
        "127.0.0.1. Behind a proxy, all pages must have one host name.",
    )
    pages_url: str = Field(
        default="", description="Address of the dashboards for a person's browser; empty: their port on 127.0.0.1."
    )
    dagster_url: str = Field(
        default="", description="Address of Dagster's page for a person's browser; empty: its port on 127.0.0.1."
    )
    pages_host: str = Field(
        default="127.0.0.1",
        description="Address on which sign-in, dashboards and Dagster's page listen. Another than loopback only inside "
        "a private network behind the proxy.",
    )
    services: str = Field(
        default="",
        description="Addresses of processes that run on hosts or in containers of their own, separated by commas: "
        "edge=http://api-gateway:8000,dashboards=http://business-dashboard:8501; empty: all are on this machine.",
    )
    server_address: str = Field(
        default="",
        description="The server's public addresses, separated by commas, to which the cafés' names must lead; empty: "
        "those of this host's interfaces.",
    )
    resolvers: str = Field(
        default="9.9.9.9,1.1.1.1",
        description="Two or more DNS resolvers at which `pilot doctor` compares the names, separated by commas.",
    )
    time_server: str = Field(
        default="ntp.se", description="Time server against which `pilot doctor` measures the clock."
    )
    status_folder: Path | None = Field(
        default=None,
        description="Folder of the customers' status page, which any web server serves; empty: a folder in the home.",
    )
    status_url: str = Field(
        default="", description="Public address of the status page, for texts to managers; empty: none is named."
    )
    cdn_url: str = Field(
        default="",
        pattern=r"^$|^https://[A-Za-z0-9.-]{1,190}(?::\d{1,5})?/?$",
        description="Host of a CDN for the guest's scripts, styles and pictures, fetched from the edge; empty: "
        "they come from the edge. Pages never come from a CDN.",
    )
    oidc_issuer: str = Field(
        default="",
        description="Address of an OpenID Connect provider for signing in; empty: passwords and links only. Only "
        "invited addresses are let in.",
    )
    oidc_client_id: str = Field(default="", description="The pilot's client id at the provider.")
    oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="The pilot's client secret there.")
    interviewer: Literal["auto", "ollama", "scripted"] = Field(
        default="auto", description="Author of the follow-up questions: auto, ollama or scripted."
    )
    ollama_url: str = Field(default="http://127.0.0.1:11434", description="Ollama's address.")
    ollama_model: str = Field(default="llama3.2:1b", description="Ollama's model.")
    model_speaks: str = Field(
        default="en", description="Languages in which auto may use the model, separated by commas."
    )
    judgements: bool = Field(
        default=False,
        description="Whether the language model rates sessions at night, beside their score; payments do not use it.",
    )
    recogniser_threads: int = Field(default=2, ge=1, le=64, description="Recognitions at once, each on one core.")
    recogniser_model_sv: Path | None = Field(
        default=None, description="Folder of CTranslate2 weights for Swedish, instead of those of `pilot models pull`."
    )
    words_days: int = Field(
        default=90,
        ge=15,
        le=3650,
        description="Days that guests' words are kept; figures are kept longer. At least 15: copies are compared over "
        "two weeks.",
    )
    devices_days: int = Field(
        default=30, ge=15, le=3650, description="Days that hashes of guests' devices are kept; at least 15."
    )
    audio_days: int = Field(
        default=7,
        ge=1,
        le=3650,
        description="Days after which a sound file under the home is deleted; the pilot itself stores none.",
    )
    backup_days: int = Field(
        default=30,
        ge=1,
        le=3650,
        description="Days that backups are kept, with data removed since; guests are promised no more.",
    )
    backup_folder: Path | None = Field(
        default=None,
        description="Folder of the backups, preferably on another host's disk; empty: a folder beside the home.",
    )
    backup_url: str = Field(
        default="",
        description="Object store to which sealed backups are carried too, s3://bucket/prefix, with credentials from "
        "AWS_* variables; empty: none.",
    )
    backup_remote: str = Field(
        default="",
        description="Another host to which rclone carries sealed backups too, as a remote of its configuration, "
        "host:folder; empty: none.",
    )
    backup_key: SecretStr = Field(
        default=SecretStr(""),
        description="Seals backups (20 characters or more); without it only `--plain` backups can be made. Keep a copy "
        "away from this machine: no key, no restore.",
    )
    stripe_key: SecretStr = Field(
        default=SecretStr(""),
        description="Stripe's secret key (sk_live_ or sk_test_, or a restricted one); empty: `pilot run` starts a fake "
        "Stripe that moves no money and is labelled as such.",
    )
    stripe_url: str = Field(
        default="", description="Address to use instead of Stripe's, for the fake; never with a live key."
    )
    stripe_webhook_secret: SecretStr = Field(
        default=SecretStr(""),
        description="Secrets of Stripe's webhook endpoints (whsec_...), separated by commas; empty: the edge accepts "
        "no webhooks, and events are fetched instead.",
    )
    payout_approval_kr: int = Field(
        default=500, ge=0, description="A day's batch of payouts above this sum, in kronor, waits for approval."
    )
    payout_at: str = Field(
        default="09:30",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="Time at which the day's batch of payouts is planned, in Stockholm.",
    )
    dip_percent: int = Field(
        default=50, ge=1, le=100, description="Share of negative answers, in percent, from which a café has a dip."
    )
    dip_answers: int = Field(default=4, ge=1, le=1000, description="Fewest answers within the time for a dip.")
    dip_minutes: int = Field(
        default=60, ge=5, le=720, description="Time whose answers are compared for a dip, in minutes."
    )
    probe_seconds: int = Field(
        default=30, ge=5, le=600, description="Interval of the probes of `pilot watch`, in seconds."
    )
    probe_token: SecretStr = Field(
        default=SecretStr(""),
        description="Token of a second host that runs `pilot probe`, 20 characters or more; empty: the edge accepts no "
        "such probes.",
    )
    counts_tokens: SecretStr = Field(
        default=SecretStr(""),
        description="Tokens of cafés' till systems for reporting customers: aurora=TOKEN,malmohuset=TOKEN, 20 "
        "characters or more each; empty: the edge accepts no counts.",
    )
    smtp_url: SecretStr = Field(
        default=SecretStr(""),
        description="Mail server for the Monday digest: smtp://user:password@host:587 (STARTTLS is required, except on "
        "this machine) or smtps://user:password@host:465; empty: no mail is sent.",
    )
    mail_from: str = Field(
        default="",
        pattern=r"^$|^[^\s@<>\"]{1,64}@[A-Za-z0-9.-]{1,190}$",
        description="Sender's address of the pilot's mail, which the mail server may send for; empty: no mail is sent.",
    )
    alert_slack_url: SecretStr = Field(
        default=SecretStr(""),
        description="Slack's incoming webhook of #pilot-program-alerts, https://hooks.slack.com/services/T/B/...; "
        "empty: no alerts to Slack.",
    )
    alert_slack_incidents_url: SecretStr = Field(
        default=SecretStr(""),
        description="Slack's incoming webhook of #incident-response, for incidents' timelines; empty: none.",
    )
    alert_mail_to: str = Field(
        default="",
        pattern=r"^$|^[^\s@<>\"]{1,64}@[A-Za-z0-9.-]{1,190}$",
        description="Address for alerts by e-mail, sent with PILOT_SMTP_URL and PILOT_MAIL_FROM; empty: none.",
    )
    alert_sms_url: SecretStr = Field(
        default=SecretStr(""),
        description="46elks for texts, critical alerts only: https://USER:PASSWORD@api.46elks.com/a1/sms?from=NAME; "
        "NAME has at most 11 letters and digits; empty: none.",
    )
    alert_pagerduty_url: SecretStr = Field(
        default=SecretStr(""),
        description="PagerDuty for high alerts after hours: https://ROUTINGKEY@events.pagerduty.com/v2/enqueue; empty: "
        "none.",
    )
    alert_heartbeat_url: SecretStr = Field(
        default=SecretStr(""),
        description="Address fetched each minute while alerts work, of a service outside that reports its absence, for "
        "example healthchecks.io; empty: none.",
    )
    alertmanager_token: SecretStr = Field(
        default=SecretStr(""),
        description="Bearer token with which Alertmanager delivers to the watch, 20 characters or more; empty: nothing "
        "is received.",
    )
    alertmanager_port: int = Field(
        default=8502, ge=1, le=65535, description="Port of the watch for Alertmanager, loopback only."
    )
    docs_url: str = Field(
        default="",
        description="Address under which the folder docs can be read, for links in alerts, without a final slash; "
        "empty: links are paths in the repository.",
    )
    metrics_host: str = Field(
        default="127.0.0.1",
        description="Address on which each process answers Prometheus, from inside the network only.",
    )
    metrics_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Port of a process's metrics, for a process in a container of its own; 0: `pilot run` chooses one "
        "for each process and lists them in .run/prometheus/targets.json.",
    )
    metrics_targets: Path | None = Field(
        default=None,
        description="File of the processes whose metrics the watch reads, in Prometheus' file_sd format; empty: the "
        "one that `pilot run` writes.",
    )
    prometheus_url: str = Field(
        default="",
        description="Address of a Prometheus that evaluates the technical alerts; empty: the watch evaluates them "
        "itself.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="Level of the logs.")

    @field_validator("engine")
    @classmethod
    def _is_spark_connect(cls, address: SecretStr) -> SecretStr:
        """Refuse another form without repeating it: it may hold a token."""
        if address.get_secret_value() and not ENGINE_FORM.fullmatch(address.get_secret_value()):
            raise ValueError("expected an address of Spark Connect: sc://host:port, for example sc://10.0.0.5:15002")
        return address

    @field_validator("services")
    @classmethod
    def _are_addresses(cls, text: str) -> str:
        for entry in filter(None, text.split(",")):
            if not re.fullmatch(rf"({'|'.join(SERVICES)})=https?://[A-Za-z0-9._-]+(:\d{{1,5}})?", entry.strip()):
                raise ValueError(
                    f"{entry.strip()!r}: expected NAME=http://host:port with a NAME of {', '.join(SERVICES)}"
                )
        return text

    @field_validator("probe_token")
    @classmethod
    def _are_one_or_two(cls, token: SecretStr) -> SecretStr:
        """Refuse a part that is easily guessed, an empty one most of all."""
        parts = token.get_secret_value().split(BOTH)
        if len(parts) > MOST_VALID or (len(parts) > 1 and min(map(len, parts)) < SHORTEST_TOKEN):
            raise ValueError(f"expected one token, or NEW{BOTH}OLD of {SHORTEST_TOKEN} characters or more each")
        return token

    @field_validator("probe_token", "secret_key", "backup_key", "alertmanager_token")
    @classmethod
    def _is_hard_to_guess(cls, token: SecretStr) -> SecretStr:
        length = len(token.get_secret_value())
        if 0 < length < SHORTEST_TOKEN:
            raise ValueError(
                f"has {length} characters, expected {SHORTEST_TOKEN} or more; `openssl rand -hex 32` makes one"
            )
        return token

    @field_validator("smtp_url")
    @classmethod
    def _is_mail_server(cls, url: SecretStr) -> SecretStr:
        """Refuse another form without repeating it: it holds a password."""
        text = url.get_secret_value()
        port = re.search(r":(\d+)/?$", text)
        is_port = port is None or int(port[1]) <= LAST_PORT
        if text and not (
            is_port and re.fullmatch(r"smtps?://([^\s@/]*@)?(\[[0-9A-Fa-f:.]+\]|[^\s:/@?#\[\]]+)(:\d{1,5})?/?", text)
        ):
            raise ValueError(
                "expected smtp://user:password@host:587 or smtps://user:password@host:465; write @, : and / in a "
                "password as %40, %3A and %2F"
            )
        return url

    @field_validator("alert_slack_url", "alert_slack_incidents_url", "alert_sms_url", "alert_pagerduty_url")
    @classmethod
    def _is_channel(cls, url: SecretStr, info: ValidationInfo) -> SecretStr:
        """Refuse another form without repeating it: it holds a key."""
        form, example = CHANNEL_FORMS[str(info.field_name)]
        if url.get_secret_value() and not re.fullmatch(SECURE_OR_LOCAL + form, url.get_secret_value()):
            raise ValueError(f"expected {example}")
        return url

    @field_validator("alert_heartbeat_url")
    @classmethod
    def _is_secure(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value() and not re.fullmatch(SECURE_OR_LOCAL + r"[^\s]+", url.get_secret_value()):
            raise ValueError("expected an address that begins with https://")
        return url

    @field_validator("replica")
    @classmethod
    def _is_not_reserved(cls, replica: str) -> str:
        if replica.startswith(PROBER_REPLICAS):
            raise ValueError(
                f"names that begin with {' or '.join(PROBER_REPLICAS)} are reserved for probers; choose another"
            )
        return replica


def service_urls(settings: Settings) -> dict[str, str]:
    """Return the addresses of the processes that are not on this machine, by process."""
    entries = (entry.strip().partition("=") for entry in settings.services.split(",") if entry.strip())
    return {name: url for name, _, url in entries}


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings of an environment.

    Args:
        environment: Variables by name, usually `os.environ`; names without the prefix are ignored; an empty
            value means the default.

    Raises:
        InvalidSettings: a PILOT_* name is unknown, or a value is of the wrong kind; the text names each.
    """
    known = {f"{PREFIX}{name}".upper(): name for name in Settings.model_fields}
    given = {name: value for name, value in environment.items() if name.upper().startswith(PREFIX)}
    unknown = [name for name in given if name.upper() not in known]
    if unknown:
        lines = []
        for name in sorted(unknown):
            near = difflib.get_close_matches(name.upper(), known, n=1)
            lines.append(f"{name} is not a known setting" + (f"; did you mean {near[0]}?" if near else "."))
        raise InvalidSettings("\n".join(lines), remedy="`.env.example` lists every setting.")
    try:
        settings = Settings.model_validate(
            {known[name.upper()]: _value(known[name.upper()], value) for name, value in given.items() if value != ""}
        )
    except ValidationError as error:
        faults = "\n".join(
            f"{PREFIX}{'_'.join(str(part) for part in item['loc']).upper()}: {item['msg']} (found {item['input']!r})"
            if not any(_is_secret(str(part)) for part in item["loc"])
            else f"{PREFIX}{'_'.join(str(part) for part in item['loc']).upper()}: {item['msg']}"
            for item in error.errors()
        )
        raise InvalidSettings(faults, remedy="Correct the variable; `.env.example` describes each one.") from None
    return settings.model_copy(
        update={
            "home": settings.home.expanduser(),
            "public_url": settings.public_url.rstrip("/"),
            "docs_url": settings.docs_url.rstrip("/"),
            "entrance_url": _own_url(settings.entrance_url, settings.entrance_port),
            "pages_url": _own_url(settings.pages_url, settings.dashboards_port),
            "dagster_url": _own_url(settings.dagster_url, settings.dagster_port),
        }
    )


def _is_secret(name: str) -> bool:
    return name in Settings.model_fields and Settings.model_fields[name].annotation is SecretStr


def _own_url(url: str, port: int) -> str:
    return url.rstrip("/") or f"http://127.0.0.1:{port}"


def _value(name: str, value: str) -> str:
    """Return a setting's value composed; paths and addresses are left as the file system spells them."""
    is_place = "Path" in str(Settings.model_fields[name].annotation) or name.endswith("_url")
    return value if is_place else composed(value)


def env_example() -> str:
    """Return the text of `.env.example`: every setting, its meaning and its default."""
    lines = ["# Settings of the pilot. Copy to .env and change as needed; an unknown PILOT_* name is refused.", ""]
    for name, field in Settings.model_fields.items():
        default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
        lines += [f"# {field.description}", f"#{PREFIX}{name.upper()}={'' if default is None else default}", ""]
    return "\n".join(lines)
