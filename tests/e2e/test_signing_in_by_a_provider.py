"""Somebody signs in through the agency's identity provider: a real one, run here."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Agency, Hands
from tests.serving import free_port

HERE = Path(__file__).parent


@pytest.fixture
def served_with() -> Iterator[Mapping[str, str]]:
    """Settings that name a provider, which runs until the end of the journey."""
    port, client, secret = free_port(), "jejak-pages", "rahasia: 100% & aman"
    command = ["node", HERE / "provider.mjs", str(port), client, secret]
    with subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, text=True) as provider:
        assert provider.stdout is not None
        assert provider.stdout.readline() == "ready\n"
        yield {
            "JEJAK_SIGN_IN_ISSUER": f"http://127.0.0.1:{port}",
            "JEJAK_SIGN_IN_CLIENT": client,
            "JEJAK_SIGN_IN_SECRET": secret,
            "JEJAK_SIGN_IN_NAME": "SSO Pemda",
        }
        provider.terminate()


def test_whom_the_provider_lets_in_is_signed_in_here_and_nobody_else(
    agency: Agency, hands: Callable[..., Hands]
) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "lrs.cli", "users", "create", "siti@example.go.id"),
            *("--role", "reviewer", "--generate"),
        ],
        env=agency.served.environ,
        check=True,
        capture_output=True,
    )
    siti = hands()
    go_through(siti, agency, "siti@example.go.id")
    expect(siti.page).to_have_url(re.compile(rf"{agency.url}/(?!sign-in)"))
    siti.page.goto(f"{agency.url}/account")
    expect(siti.page.locator("main")).to_contain_text("siti@example.go.id")

    stranger = hands()
    go_through(stranger, agency, "orang.lain@example.go.id")
    expect(stranger.page.locator("main")).to_contain_text("belum ada akun")


def go_through(somebody: Hands, agency: Agency, name: str) -> None:
    """There, as who has that name at the provider, and back."""
    page = somebody.page
    page.goto(f"{agency.url}/sign-in")
    somebody.press("Masuk dengan SSO Pemda")
    page.locator("input[name=login]").fill(name)
    page.locator("input[name=password]").fill("kata sandi di sana")
    page.locator("button[type=submit]").click()
    page.locator("button[type=submit]").click()  # what is told of them, they allow
    page.wait_for_url(f"{agency.url}/**")
