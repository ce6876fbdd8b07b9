"""The folded part of a result comment: all that is needed to repeat the measurement."""

from collections.abc import Sequence

from apcore.accuracy import AUTOATTACK_ORDER, Measure
from apcore.early_refutation import refutes
from apcore.protocol import Protocol
from apcore.result import HoFmnTuned, Result
from apcore.verdict import Metric, Verdict
from bot.reply.markdown import code, code_block, sentence, table
from bot.reply.result_rows import MARKS, METRICS, Row, short_name
from bot.submission.model import Submission


def details(submission: Submission, rows: Sequence[Row], protocol: Protocol) -> list[str]:
    """Parts in reading order; the ones at the end may be left out where there is no room."""
    results = [row.result for row in rows if row.result is not None]
    if not results:
        return [_protocol(submission, protocol)]
    return [
        _protocol(submission, protocol),
        _command(results, protocol),
        _after_each_attack(results),
        _prefixes(results),
        _bounds(results),
        _reasons(rows),
        _environments(results),
        _checkpoints(results),
        _ho_fmn(results),
    ]


def _protocol(submission: Submission, protocol: Protocol) -> str:
    return (
        f"- Protocol {code(protocol.name)}: {protocol.description} SHA-256 {code(protocol.sha256)}\n"
        f"- Submission: SHA-256 {code(submission.sha256)}"
    )


def _command(results: Sequence[Result], protocol: Protocol) -> str:
    options, result = [f"--protocol {protocol.name}"], results[0]
    if any(_in_full(found, protocol) for found in results):
        options.append("--in-full")
    if result.limit is not None:
        options.append(f"--limit {result.limit}")
    if result.protocol.seed != protocol.autoattack.seed:
        options.append(f"--seed {result.protocol.seed}")
    return "Repeat it, with this issue's text in `issue.md`:\n\n" + code_block(
        f"apbot verify issue.md --out out --data DATA {' '.join(options)}", "sh"
    )


def _in_full(result: Result, protocol: Protocol) -> bool:
    """Whether the whole run took place although a claim was refuted before its end, because that was asked for."""
    claim = result.claim(Metric.AUTOATTACK)
    if claim is None or claim.measured is None:
        return False
    at_first = result.prefix is not None and refutes(result.prefix, claim.claimed, protocol)
    return at_first or claim.verdict is Verdict.REFUTED


def _after_each_attack(results: Sequence[Result]) -> str:
    header = ("Accuracy (%) after", "samples", "clean", "APGD-CE", "APGD-T", "FAB-T", "Square", "HO-FMN")
    rows = [
        [
            short_name(result.model_key),
            f"{result.accuracies[Measure.CLEAN].samples:,}",
            *(_accuracy(result, measure) for measure in (Measure.CLEAN, *AUTOATTACK_ORDER, Measure.AA_ROBUST)),
        ]
        for result in results
    ]
    words = (
        "AutoAttack's attacks in their order, each on the samples that the ones before it left, and in the end what HO-FMN "
        "broke besides, on its own samples and within AutoAttack's radius:"
    )
    return f"{words}\n\n" + table(header, rows, numeric=range(1, len(header)))


def _accuracy(result: Result, measure: Measure) -> str:
    found = result.accuracies.get(measure)
    return "-" if found is None else f"{100 * found.value:.2f}"


def _prefixes(results: Sequence[Result]) -> str:
    lines = [
        f"- {short_name(result.model_key)}: {tried.survived:,} of the first {tried.attacked:,} of {tried.population:,} samples "
        f"survived APGD-CE and APGD-T at eps {tried.eps}; order {code(tried.order_sha256)}"
        + (f"; broken: {tried.broken}" if result.stopped_early and result.bound is None else "")
        for result in results
        if (tried := result.prefix) is not None
    ]
    return (
        "Tried first, in a random order that follows from the protocol's seed and the checkpoint's hash; it can refute and "
        "never confirms:\n\n" + "\n".join(lines)
        if lines
        else ""
    )


def _bounds(results: Sequence[Result]) -> str:
    """What the first attacks left where the run ended with them; `_after_each_attack` has no number then."""
    lines = [
        f"- {short_name(result.model_key)}: {bound.robust.correct:,} of {bound.robust.samples:,} samples survived "
        f"{'APGD-CE' if bound.attacks == 1 else 'APGD-CE and APGD-T'} at eps {bound.eps}"
        for result in results
        if (bound := result.bound) is not None
    ]
    words = "Ended after the first attacks, which bound what AutoAttack would leave, and measure nothing:"
    return f"{words}\n\n" + "\n".join(lines) if lines else ""


def _reasons(rows: Sequence[Row]) -> str:
    lines = [
        f"- {MARKS[judgement.verdict]} {short_name(row.model.key)}, {METRICS[judgement.metric]}: {judgement.reason}."
        for row in rows
        for judgement in row.judgements
    ]
    return "Why each verdict:\n\n" + "\n".join(lines)


def _environments(results: Sequence[Result]) -> str:
    """Once for each distinct environment: as a rule, once."""
    names: dict[str, list[str]] = {}
    for result in results:
        settings = {"seed": result.protocol.seed, "randomness": result.protocol.randomness} | dict(
            sorted(result.environment.items())
        )
        line = ", ".join(f"{name} {code(str(value))}" for name, value in settings.items())
        names.setdefault(line, []).append(short_name(result.model_key))
    if len(names) == 1:
        return f"Measured with {next(iter(names))}."
    return "\n".join(f"- {'; '.join(which)}: {line}" for line, which in names.items())


def _checkpoints(results: Sequence[Result]) -> str:
    rows = [
        [
            short_name(result.model_key),
            code(result.checkpoint.sha256),
            f"{result.checkpoint.size_bytes / 1e6:,.2f}",
            code(f"{result.checkpoint.layout} in {result.checkpoint.container}", 60),
            f"{result.network.evaluated}, {_million(result.network.macs_evaluated)}",
            f"{sum(result.seconds.values()):,.0f}",
        ]
        for result in results
    ]
    header = ("Checkpoint", "SHA-256", "MB", "layout", "evaluated, MMAC", "seconds")
    return table(header, rows, numeric=(2, 5)) + "\n\n" + "\n".join(_network_line(result) for result in results)


def _network_line(result: Result) -> str:
    stages = ", ".join(f"{stage.replace('_', ' ')} {seconds:,.0f} s" for stage, seconds in result.seconds.items())
    return f"- {short_name(result.model_key)}: {sentence(result.network.reason, 200)}; {stages}"


def _ho_fmn(results: Sequence[Result]) -> str:
    lines = [
        f"- {short_name(result.model_key)}: {_tuned_words(tuned)}"
        for result in results
        if (tuned := result.ho_fmn) is not None
    ]
    return "HO-FMN chose, and left robust:\n\n" + "\n".join(lines) if lines else ""


def _tuned_words(tuned: HoFmnTuned) -> str:
    chosen = ", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in tuned.hyperparameters.items())
    nearer = f"{tuned.untuned_nearer:,} sample{'' if tuned.untuned_nearer == 1 else 's'}"
    return (
        f"{tuned.loss}, {tuned.optimizer}, {tuned.schedule} schedule; {chosen}, after {tuned.trials} trials; "
        f"tuned {100 * tuned.tuned_robust.value:.2f} %, untuned {100 * tuned.untuned_robust.value:.2f} % and nearer on {nearer}; "
        + ("the nearest of both counts" if tuned.counted == "nearest" else "the tuned attack counts")
    )


def _million(count: int) -> str:
    """In millions: one decimal, or two figures where that would be next to nothing."""
    return f"{count / 1e6:,.1f}" if count >= 1_000_000 else f"{count / 1e6:.2g}"
