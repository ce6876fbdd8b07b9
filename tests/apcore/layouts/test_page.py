from pathlib import Path

import pytest

from apcore.layouts.page import layouts_page
from apcore.layouts.registry import registry

PAGE = Path(__file__).parents[3] / "docs" / "layouts.md"


def test_the_page_is_in_step_with_the_declarations(request: pytest.FixtureRequest) -> None:
    page = layouts_page(registry())
    if request.config.getoption("--rewrite-golden"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page


def test_the_page_names_every_method_and_layout() -> None:
    page = layouts_page(registry())
    for name in (*registry().methods, *registry().layouts):
        assert f"`{name}`" in page
