"""Every endpoint with odd and broken input: an answer as the OpenAPI document says, never 500."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)
from tests.web.conftest import make_token

from provisor.api import v1

schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
schema.config.seed = 7
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


@pytest.fixture
def one_connection(db: None) -> Iterator[None]:
    """A request would close the connection that holds the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.parametrize()
@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_any_input_gets_an_answer_that_the_document_promises(case: Any, one_connection: None) -> None:
    headers = {"Authorization": f"Bearer {make_token('owner')}"}
    response = case.call(headers=headers)
    case.validate_response(response, checks=CHECKS)


def test_the_document_names_every_route_once() -> None:
    document = v1.openapi()
    names = [item[method]["operationId"] for item in document["paths"].values() for method in item]
    assert len(names) == len(set(names)) == len(schema)
    assert document["components"]["securitySchemes"]["Bearer"]["scheme"] == "bearer"


def test_every_route_lists_the_errors_it_can_answer() -> None:
    for path, item in v1.openapi()["paths"].items():
        for method, operation in item.items():
            assert {"400", "401", "403", "404", "409", "412", "422"} <= set(map(str, operation["responses"])), (
                method,
                path,
            )
