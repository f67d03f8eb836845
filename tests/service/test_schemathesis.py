"""What a machine sends that has read our OpenAPI document, well-formed and not."""

from __future__ import annotations

from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode

from indelible import Verifier
from indelible.service import Parts, create_app
from indelible.settings import ServiceSettings
from indelible.settings.values import HostNames
from tests.service.asking import STORES, Service, service_at

load_all_checks()
schemathesis.serializer.alias(["application/c2pa", "image/*"], "application/octet-stream")
# A body of any bytes is as good as another to the document: no picture, no manifest, no record.
EXCLUDED: Final = [CHECKS.get_one("positive_data_acceptance")]
# Nor is one worse than another, and what is not known in an address is left alone.
OF_ANY_BYTES: Final = [*EXCLUDED, CHECKS.get_one("negative_data_rejection")]
EVERYTHING: Final = ServiceSettings(reference_hosts=HostNames(("pictures.example",)))


def _labels() -> list[str]:
    verifier = Verifier(keys=(), registry=None, trust=None)
    paths = create_app(Parts(verifier, None, EVERYTHING)).openapi()["paths"]
    return [f"{method.upper()} {path}" for path, known in paths.items() for method in known]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("service")
    return service_at(folder, sandbox=True, reference_hosts=EVERYTHING.reference_hosts)


@pytest.fixture(scope="module")
def operations(service: Service) -> dict[str, Any]:
    schema = schemathesis.openapi.from_asgi("/openapi.json", service.app)
    found: list[Any] = [result.ok() for result in schema.get_all_operations()]  # type: ignore[union-attr]
    return {operation.label: operation for operation in found}


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", _labels())
def test_every_answer_is_one_that_the_document_names(
    service: Service, operations: dict[str, Any], label: str, mode: Any
) -> None:
    operation = operations[label]
    if mode is GenerationMode.NEGATIVE and not (operation.query or operation.body):
        pytest.skip("there is nothing to be wrong in it")
    takes_any_bytes = any(body.media_type != "application/json" for body in operation.body)
    headers = service.headers(*STORES, "fetch:records", "verify", "protect")

    @settings(
        max_examples=6,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.filter_too_much,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
        ],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        # Headers are given below, and what is not known in an address is left alone.
        body = case.meta.components.get(ParameterLocation.BODY)
        sound = body is not None and body.mode is GenerationMode.POSITIVE
        excluded = OF_ANY_BYTES if takes_any_bytes or sound else EXCLUDED
        case.call_and_validate(headers=headers, excluded_checks=excluded)

    ask()
