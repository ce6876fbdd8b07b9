"""The corrected submission: the whole issue as its author most likely meant it, to be read and pasted back."""

from functools import reduce

from bot.reply.markdown import visible
from bot.rules.facts import Facts
from bot.rules.form import the_confirmation_is_ticked
from bot.rules.requirements import Ruled, check, rule_name
from bot.submission.form import form_body
from bot.submission.mends import left_to_the_author
from bot.submission.model import Finding, Severity
from bot.submission.reading import Reading, read_submission, submission_of


def corrected_body(reading: Reading, ruled: Ruled, facts: Facts) -> str | None:
    """The body of the form with every error mended, or None where one cannot be mended with reason, or none has to be.

    What is returned was read again and held against all rules: pasted back, nothing is left but to tick the confirmation,
    if the author has not done that.
    """
    draft = reading.draft
    if draft is None or ruled.failures or ruled.mends is None or not all(map(_is_mended, reading.findings)):
        return None
    mendable = any(finding.severity is Severity.ERROR for finding in reading.findings)
    if not mendable and all(mend is left_to_the_author for mend in ruled.mends):
        return None
    mended = reduce(lambda draft, mend: mend(draft), ruled.mends, draft)
    submission = submission_of(mended, facts.protocol)
    if submission is None:
        return None
    body = visible(form_body(submission, confirmed=draft.confirmed))
    return body if _is_accepted(body, facts) else None


def _is_mended(finding: Finding) -> bool:
    """Whether what the reader told of is read as it was meant."""
    return finding.severity is not Severity.ERROR or finding.mended is not None


def _is_accepted(body: str, facts: Facts) -> bool:
    again = read_submission(body, facts.protocol)
    if again.draft is None:
        return False
    findings = (*again.findings, *check(again.draft, facts, again.positions).findings)
    errors = {finding.rule for finding in findings if finding.severity is Severity.ERROR}
    return errors <= {rule_name(the_confirmation_is_ticked)}
