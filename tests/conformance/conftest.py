"""The service under test, speaking one version of the standard."""

import pytest

from tests.conformance.service import Service
from tests.conftest import Client


@pytest.fixture
def v1(client: Client) -> Service:
    """xAPI 1.0.3."""
    return Service(client, "1.0.3")


@pytest.fixture
def v2(client: Client) -> Service:
    """xAPI 2.0.0 (IEEE 9274.1.1)."""
    return Service(client, "2.0.0")


@pytest.fixture(params=["1.0.3", "2.0.0"])
def both(client: Client, request: pytest.FixtureRequest) -> Service:
    """Each version in turn, for what holds in both."""
    return Service(client, request.param)
