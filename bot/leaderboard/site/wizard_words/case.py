"""One case in which the bot speaks, and the template that its words become."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from apcore.protocol import Protocol
from bot.leaderboard.site.wizard_words.holes import with_holes
from bot.leaderboard.site.wizard_words.made_up_issue import MadeUpIssue


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One template: the rule that speaks, the issue it speaks about, and the values seen that become holes."""

    rule: str
    issue: MadeUpIssue
    holes: Mapping[str, str] = field(default_factory=dict)


def template(name: str, case: Case, protocol: Protocol) -> dict[str, str]:
    """Rule, severity, message and fix of a case, with holes such as `{seen}`; `name` is ours."""
    said = [finding for finding in case.issue.findings(protocol) if finding.rule == case.rule]
    assert said, f"no rule {case.rule} spoke for {name}"  # noqa: S101 - our own invariant
    finding = said[0]
    whole = f"{finding.message}\n{finding.fix}"
    unsaid = [hole for hole, value in case.holes.items() if value not in whole]
    assert not unsaid, f"{name} does not say {unsaid}: {whole}"  # noqa: S101 - our own invariant
    message, fix = (with_holes(text, case.holes) for text in (finding.message, finding.fix))
    return {"rule": finding.rule, "severity": str(finding.severity), "message": message, "fix": fix}
