"""Issue bodies, kept in `tests/bodies/`, and what the board of the tests knows."""

from pathlib import Path

from apcore.model_key import Structure
from bot.rules.facts import Cell, KnownMethod

FOLDER = Path(__file__).parent.parent / "bodies"

HARP = KnownMethod(
    ap_key="HARP_Zhao2023Holistic",
    aliases=(),
    name="HARP",
    paper_url="https://openreview.net/pdf?id=sAJDi9lD06L",
    taxonomy={
        "pipeline": "after_training",
        "pretraining": ["AT"],
        "finetuning": ["AT"],
        "schedule": ["1S"],
        "structure": ["US", "S"],
        "locality": ["G"],
        "criterion": "LIS",
    },
    cells={
        Cell(
            architecture="resnet18", dataset="CIFAR10", structure=Structure.UNSTRUCTURED, sparsity=sparsity
        ): accuracies
        for sparsity, accuracies in ((90, (83.38, 45.4)), (95, (83.38, 45.69)), (99, (83.11, 45.5)))
    },
)
RFP = KnownMethod(
    ap_key="RFP_Lim2021Robustness",
    aliases=("RSR_Lim2021Robustness",),
    name="RFP",
    paper_url="http://esoc.hanyang.ac.kr/publications/2021/Robustness_aware_Filter_Pruning.pdf",
)
BCSP = KnownMethod(
    ap_key="BCSP_Ozdenizci2021Training",
    aliases=("BCSP_\N{LATIN CAPITAL LETTER O WITH DIAERESIS}zdenizc2021Training",),
    name="BCS-P",
    paper_url="https://proceedings.mlr.press/v139/ozdenizci21a/ozdenizci21a.pdf",
)
METHODS = (HARP, RFP, BCSP)


# One body for each situation; its answer is kept in tests/golden/check, as a comment and as JSON.
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.md")))


def protocol_of(name: str) -> str:
    """The protocol by which a body is checked."""
    return "demo" if name == "demo" else "apb-2024"


def body(name: str) -> str:
    """The body `tests/bodies/<name>.md`."""
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")
