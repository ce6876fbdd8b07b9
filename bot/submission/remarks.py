"""What the reader has to say while it reads, collected with its place in the body."""

from dataclasses import dataclass, field

from bot.submission.model import Finding, Severity

Place = tuple[int, int]


@dataclass(slots=True, kw_only=True)
class Remarks:
    """The findings so far, and where in the body each path of the submission stands: 1-based line and column."""

    findings: list[Finding] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Whether anything so far stops the submission."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    def error(
        self,
        rule: str,
        where: str,
        place: Place | None,
        message: str,
        fix: str,
        *,
        excerpt: str | None = None,
        mended: str | None = None,
    ) -> None:
        """Something that stops the submission; `excerpt` and `mended` as a `Finding` has them."""
        self._add(Severity.ERROR, rule, where, place, message, fix, excerpt, mended)

    def warning(self, rule: str, where: str, place: Place | None, message: str, fix: str) -> None:
        """Something that a maintainer should look at."""
        self._add(Severity.WARNING, rule, where, place, message, fix)

    def notice(self, rule: str, where: str, place: Place | None, message: str, fix: str) -> None:
        """How something was read."""
        self._add(Severity.NOTICE, rule, where, place, message, fix)

    def _add(
        self,
        severity: Severity,
        rule: str,
        where: str,
        place: Place | None,
        message: str,
        fix: str,
        excerpt: str | None = None,
        mended: str | None = None,
    ) -> None:
        self.findings.append(
            Finding(
                rule=rule,
                severity=severity,
                where=where,
                message=message,
                fix=fix,
                line=place[0] if place else None,
                column=place[1] if place else None,
                excerpt=excerpt,
                mended=mended,
            )
        )
