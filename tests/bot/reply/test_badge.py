"""Badges: what they say, and that nothing in them can act."""

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from doubles.lifecycle import PROTOCOL, submission
from doubles.results import result_of, results_of

from bot.reply.badge import Badge, badge_svg, checkpoint_badge, entry_badge
from bot.reply.last_words import LastWords, last_words

GoldenCheck = Callable[[str, str], None]


def test_a_method_shows_how_many_of_its_checkpoints_are_confirmed(golden: GoldenCheck) -> None:
    badge = entry_badge("ThinNet_Doe2026Thin", results_of(submission(), PROTOCOL))
    assert badge.message == "3 of 3 confirmed"
    golden("badge/entry.svg", badge_svg(badge))


def test_a_refuted_claim_decides_the_badge() -> None:
    badge = entry_badge("ThinNet_Doe2026Thin", results_of(submission(), PROTOCOL, lower=300))
    assert badge.message == "1 of 3 refuted"


def test_a_checkpoint_shows_what_was_measured() -> None:
    badge = checkpoint_badge(result_of(submission(), 0, PROTOCOL))
    assert (badge.label, badge.message) == ("R18 CIFAR10 US 90", "AutoAttack 48.10 %, confirmed")


@pytest.mark.parametrize("text", ['<script>alert("x")</script>', "&amp;]]>", "x" * 500, '" onload="x'])
def test_whatever_it_says_is_text(text: str) -> None:
    svg = badge_svg(Badge(label=text, message=text, colour="#000000"))
    root = ET.fromstring(svg)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} == {
        "svg",
        "title",
        "clipPath",
        "rect",
        "g",
        "text",
    }
    assert not any(name.startswith("on") for element in root.iter() for name in element.attrib)
    assert [element.text for element in root.iter() if element.tag.endswith("text")] == [text[:60]] * 2


def test_the_last_words_show_where_it_is_and_the_badge(golden: GoldenCheck) -> None:
    text = last_words(
        "doe",
        LastWords(
            ap_key="ThinNet_Doe2026Thin",
            verdicts="3 confirmed",
            pull_request=17,
            page_url="https://example.github.io/board/ThinNet_Doe2026Thin",
            badge_url="https://example.github.io/board/badges/ThinNet_Doe2026Thin.svg",
        ),
    )
    golden("notices/last_words.md", text + "\n")
