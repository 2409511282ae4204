"""GET /metrics for Prometheus: the process, how much waits in each application, what ends, and background jobs and mails.

It takes a token as the API does (any role), unless PROVISOR_METRICS_PUBLIC=1.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily

from provisor import config
from provisor.api.answers import correlation_of, error_answer
from provisor.api.tokens import authenticate
from provisor.applications.queries.credentials import ENDS
from provisor.jobs import counts as jobs
from provisor.mail import queries as mails
from provisor.selection import rows_of

_WAITING = """
    SELECT a.id::text, a.name,
           (SELECT count(DISTINCT d.user_id) FROM applications_due d
             WHERE d.application_id = a.id AND d.not_before <= now()),
           (SELECT count(*) FROM applications_link l WHERE l.application_id = a.id AND l.status = 'held'),
           (SELECT count(*) FROM applications_link l WHERE l.application_id = a.id AND l.status = 'retrying')
    FROM applications_application a ORDER BY a.id
"""
_ENDING = f"""
    SELECT a.id::text, a.name, e.what, extract(epoch FROM e.at)::float AS at
    FROM ({ENDS}) e JOIN applications_application a ON a.id = e.application ORDER BY a.id, e.what
"""  # noqa: S608 - constants


class Waiting:
    """Accounts that wait, by application."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        labels = ["application", "name"]
        gauges = [
            GaugeMetricFamily("provisor_accounts_due", "Accounts to be looked at", labels=labels),
            GaugeMetricFamily("provisor_accounts_held", "Accounts that wait for a person", labels=labels),
            GaugeMetricFamily("provisor_accounts_retrying", "Accounts that failed and are tried again", labels=labels),
        ]
        with connection.cursor() as cursor:
            cursor.execute(_WAITING)
            for application, name, *counts in cursor.fetchall():
                for gauge, number in zip(gauges, counts, strict=True):
                    gauge.add_metric([application, name], number)
        yield from gauges


class Ending:
    """When credentials and certificates end, as far as it is known."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        labels = ["application", "name", "what"]
        about = "When what an application is signed in to with ends, in seconds since 1970"
        gauge = GaugeMetricFamily("provisor_credential_expires_timestamp_seconds", about, labels=labels)
        for row in rows_of(_ENDING, {}):
            gauge.add_metric([row["id"], row["name"], row["what"]], row["at"])
        yield gauge


class Background:
    """Jobs and mails, by what they are at."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, about, counts in (
            ("provisor_jobs", "Background jobs", jobs.counts()),
            ("provisor_mails", "Mails of the last 30 days", mails.counts()),
        ):
            gauge = GaugeMetricFamily(name, about, labels=["status"])
            for status, number in counts.items():
                gauge.add_metric([status], number)
            yield gauge


def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics as Prometheus reads them."""
    try:
        if not config.read().metrics_public:
            authenticate(request).require("metrics.read")
        return HttpResponse(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)
    except Exception as error:
        return error_answer(error, correlation_of(request))


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(Waiting())
    registry.register(Ending())
    registry.register(Background())
    return registry
