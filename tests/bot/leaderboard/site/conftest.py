"""One browser for all tests of the site."""

from collections.abc import Iterator

import pytest
from doubles.browser import chromium, find_chromium
from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium; without one the test is skipped aloud."""
    found = find_chromium()
    if found is None:
        pytest.skip("no Chromium is installed (or named by APBOT_CHROMIUM): the site is not tried in a browser")
    with chromium(found) as browser:
        yield browser
