"""Which issues are submissions. All others are left alone: nobody who reports a bug wants an answer about a missing taxonomy.

Any one of four signs is enough: the label that the issue form puts on, a label of the bot's own, the title that the form begins
with, or the headings of a form. Labels and titles can be changed by people, so none of them is needed once the bot has answered.
"""

from collections.abc import Iterable
from typing import Final

from bot.lifecycle.state import LABELS
from bot.submission.sections import Kind, split_body

FORM_LABEL: Final = "new-ap-method"
"""What `.github/ISSUE_TEMPLATE/new-ap-method.yml` puts on."""

_TITLE: Final = "[new ap method]"
_OURS: Final = frozenset({FORM_LABEL, *(label.name.casefold() for label in LABELS)})
_HEADINGS: Final = frozenset({Kind.TAXONOMY, Kind.MODELS})


def is_submission(title: str, body: str, labels: Iterable[str]) -> bool:
    """Whether an issue that the bot has not answered yet hands in a method.

    Of the form's headings taxonomy and a model must both be there, said by the author and not shown as code: alone, "Taxonomy" may
    head a question. `apbot: approve` counts as little as any label set by people does: it grants nothing.
    """
    if any(label.casefold() in _OURS for label in labels) or title.strip().casefold().startswith(_TITLE):
        return True
    return {section.kind for section in split_body(body).sections} >= _HEADINGS
