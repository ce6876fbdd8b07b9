"""What there is to say once a pull request is merged: from the record, and where the built site puts page and badge."""

from collections import Counter
from typing import Final

from apcore.verdict import Verdict
from bot.lifecycle.plan import results_that_hold
from bot.lifecycle.runs import Situation
from bot.reply.last_words import LastWords
from bot.reply.result_rows import WORDS

_PAGES: Final = "https://{owner}.github.io/{name}"


def last_words_of(repository: str, situation: Situation, pull_request: int) -> LastWords | None:
    """The last words on a submission; None where nothing of it was measured, so that there is nothing to point to.

    Args:
        repository: `owner/name`, which decides where GitHub Pages shows the site.
        situation: of the issue; its text may have been edited since.
        pull_request: number of the merged one.
    """
    record, submission = situation.record, situation.submission
    results = {tried.key: tried.result for tried in record.checkpoints if tried.result}
    if submission is not None and submission.sha256 == record.submission:
        results = dict(results_that_hold(submission, situation.protocol, record)) or results
    if not results:
        return None
    ap_key = next(iter(results)).ap_key
    owner, _, name = repository.partition("/")
    site = _PAGES.format(owner=owner.lower(), name=name)
    counts = Counter(ref.verdict for ref in results.values())
    return LastWords(
        ap_key=ap_key,
        verdicts=", ".join(f"{counts[verdict]} {WORDS[verdict]}" for verdict in Verdict if counts[verdict]),
        pull_request=pull_request,
        page_url=f"{site}/methods/{ap_key}.html",
        badge_url=f"{site}/badges/{ap_key}.svg",
    )
