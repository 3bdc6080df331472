"""The OpenAPI document is valid, and a contract tester finds the service as it describes itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from unittest import SkipTest

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from openapi_spec_validator import validate
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings


@pytest.fixture(scope="module")
def api_schema() -> Iterator[schemathesis.schemas.BaseSchema]:
    app = create_app(Settings())
    with TestClient(app):
        yield schemathesis.openapi.from_asgi("/openapi.json", app)


def test_document_is_valid_openapi_3_1(api_schema: schemathesis.schemas.BaseSchema) -> None:
    document = api_schema.raw_schema
    assert document["openapi"].startswith("3.1")
    validate(document)


NOT_SAID_BY_A_SCHEMA = (
    "/tiles/",
    "/ogc",
    "/v1/batch",
    "/v1/geocode/",
    "/v1/aids/evaluate",
    "/v1/score",
    "/v1/assess",
    "/v1/compare",
)
"""Routes whose well-formed input JSON Schema cannot fully state (x below 2^z, a bbox in order, a readable table, codes that
depend on their zoning, facts that contradict each other): there a 4xx to a schema-valid request is right."""


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_answers_conform_to_the_document(api_schema: schemathesis.schemas.BaseSchema, mode: GenerationMode) -> None:
    """A short run: every operation, well-formed and malformed questions; `make fuzz` runs it longer."""
    failures = []
    for result in api_schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=int(os.environ.get("ZONAGE_FUZZ_EXAMPLES", "8")),
            deadline=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def conforms(case: schemathesis.Case) -> None:
            loose = [positive_data_acceptance] if case.path.startswith(NOT_SAID_BY_A_SCHEMA) else []
            case.call_and_validate(excluded_checks=[unsupported_method, *loose])

        try:
            conforms()
        except (Unsatisfiable, SkipTest):
            continue
        except BaseExceptionGroup as group:
            failures.append(f"{operation.label}: {group.exceptions}")
        except Exception as error:
            failures.append(f"{operation.label}: {error}")
    assert not failures, "\n\n".join(failures)
