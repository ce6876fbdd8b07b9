"""What authors fill into the submission wizard: whole and right, or with one thing or many gone wrong. Seeded, from the schema."""

import string
from collections.abc import Callable
from random import Random
from typing import Any

from apcore.protocol import Protocol
from apcore.taxonomy_questions import Question, questions
from bot.submission.labels import Label

State = dict[str, Any]
LINES = tuple(map(str, list(Label)[:9]))
_KEYS = ("ThinNet_Doe2026Thin", "A-1_Li2020B", "Wide-ResNet_Mueller-Smith2024An0ther")
_ADDRESSES = ("https://arxiv.org/abs/2409.01249", "arXiv:2409.01249", "example.org/paper", "<https://x.org>")
_TEXTS: dict[str, tuple[Any, ...]] = {
    "ap_key": _KEYS,
    "name": ("", "ThinNet", "Thin Net+ 2.0"),
    "paper_url": _ADDRESSES,
    "code_url": _ADDRESSES,
    "structure": (["US"], ["S"], ["US", "S"]),
}
_DETAILS = ("PGD with 10 steps", "TRADES, beta 6 \N{EN DASH} see \N{LEFT DOUBLE QUOTATION MARK}ours", "ein Wort")
_NULLABLE = ("pretraining", "finetuning", "pruning_step", "training_step", "schedule", "locality")
_BAD_TEXTS = (
    "",
    " ",
    "x" * 41,
    "x" * 501,
    "a|b `c`",
    "\N{RIGHT-TO-LEFT OVERRIDE}evil",
    "<!-- no -->",
    "\N{LATIN SMALL LETTER E WITH ACUTE}",
    "\N{LATIN SMALL LETTER E WITH ACUTE}_Doe2026Thin",
    "two  words",
    "http://x y",
    "zero\N{ZERO WIDTH SPACE}width",
)
_LINKS: tuple[Callable[[str], str], ...] = (
    lambda id_: id_,
    lambda id_: f"https://drive.google.com/file/d/{id_}/view?usp=sharing",
    lambda id_: f"https://drive.google.com/open?id={id_}&resourcekey=0-abc",
    lambda id_: f"[net.pt](https://drive.google.com/uc?export=download&id={id_})",
    lambda id_: f"see https://drive.google.com/file/d/{id_}/view, (mirror)",
    lambda id_: f"gdown --id {id_}",
    lambda id_: f'<a href="https://drive.google.com/file/d/{id_}">here</a>',
    lambda id_: f"`{id_}`",
    lambda id_: f"https://www.google.com/url?q=https%3A%2F%2Fdrive.google.com%2Fopen%3Fid%3D{id_}",
    lambda id_: f"{id_} .pth.tar",
)
_BAD_LINKS = (
    "checkpoint",
    "https://drive.google.com/drive/folders/1abcdefghijklmnopqrstuvwxyz",
    "https://docs.google.com/document/d/1abcdefghijklmnopqrstuvwxyz",
    "https://zenodo.org/records/1",
    "https://example.org/net.pt",
    "https://drive.google.com/drive/my-drive",
    f"[{'1' * 30}](https://drive.google.com/open?id={'2' * 30})",
    f"https://drive.google.com/open?id={'1' * 30}&id={'2' * 30}",
    "https://[",
    "x" * 1001,
    "",
)
_NUMBERS: tuple[Callable[[float], str], ...] = (
    lambda value: f"{value:.2f}",
    lambda value: f"{value:.2f} %",
    lambda value: f"{value:.2f}".replace(".", ","),
    lambda value: f"{value / 100:.4f}",
    lambda value: f"**{value:.1f}**",
    lambda value: f"${value:.1f}\\%$",
    lambda value: f"tensor({value:.4f})",
    lambda value: f"({value / 100:.4f}, tensor([0.1, 0.2]))",
    lambda value: f"{round(value * 1.28)}/128",
    lambda value: f"{value:.7f}",
    lambda value: str(round(value)),
)
_BAD_NUMBERS = ("", "many", "~80", "80 +- 1", "180", "-1", "9/8", "1e3", "\N{FULLWIDTH DIGIT ONE}01", "80.5.1")
_NORMALIZATIONS = (
    "",
    "none",
    "mean=0.4914,0.4822,0.4465; std=0.2471,0.2435,0.2616",
    "Mean: (0.5, 0.5, 0.5), std: [0.25, 0.25, 0.25]",
)
_BAD_NORMALIZATIONS = ("half", "mean=11,0,0; std=1,1,1", "mean=0,0,0; std=0,1,1", "mean=1; std=1")
_NOTES = ("", "One line.", "Two\n\n# lines", "```\ncode", "> quoted\n<!-- hidden")


class Author:
    """Fills the form in; the same seed writes the same."""

    def __init__(
        self, seed: int, protocol: Protocol, published: tuple[str, ...] = (), known: tuple[str, ...] = ()
    ) -> None:
        self._random = Random(seed)
        self._protocol = protocol
        self._published = published
        self._known = known

    def state(self) -> State:
        """A state that is whole; in three of four, some things are then changed for the worse."""
        answers = self._answers()
        state = {
            "answers": answers,
            "models": self._models(answers),
            "notes": self._random.choice(_NOTES),
            "confirmed": True,
        }
        for _ in range(self._random.choice((0, 1, 1, 3))):
            self._spoil(state)
        return state

    def _answers(self) -> State:
        answers: State = {}
        while question := next(questions(answers), None):
            answers[question.field] = self._answer(question)
        return {name: "" if value is None and name not in _NULLABLE else value for name, value in answers.items()}

    def _answer(self, question: Question) -> Any:
        pick = self._random
        terms = [choice.term for choice in question.choices]
        if question.field in _TEXTS:
            return pick.choice(_TEXTS[question.field])
        if not terms:
            return pick.choice(_DETAILS)
        if not question.several:
            return pick.choice(terms)
        if question.field in _NULLABLE and pick.random() < 0.2:
            return None
        some = [term for term in terms if term != "none" and pick.random() < 0.5]
        return some or (["none"] if "none" in terms else terms[:1])

    def _models(self, answers: State) -> list[State]:
        models = []
        for structure in answers["structure"]:
            architecture = self._random.choice(self._protocol.architectures).short
            dataset = self._random.choice(self._protocol.datasets)
            for sparsity in dict(self._protocol.sparsities)[structure]:
                key = f"{answers['ap_key']}_{architecture}_{dataset}_{structure}_{sparsity}"
                models.append(self._model(key))
        if self._random.random() < 0.3:
            models.insert(self._random.randrange(len(models)), dict.fromkeys(LINES, ""))
        return models

    def _model(self, key: str) -> State:
        pick = self._random
        clean = pick.uniform(70, 95)
        robust = pick.uniform(30, 60)
        claims = (clean, robust, robust + pick.uniform(-6, 6))
        files = [pick.choice(_LINKS)(self._id()), "", ""]
        for place in (1, 2):
            files[place] = pick.choice(("", f"{pick.choice(_LINKS[:4])(self._id())} .npz"))
        values = (key, files[0], pick.choice(("", ".pt", "pth", "net.pth.tar", "a b")), *files[1:])
        numbers = tuple(pick.choice(_NUMBERS[:5] if pick.random() < 0.8 else _NUMBERS)(claim) for claim in claims)
        return dict(zip(LINES, (*values, *numbers, pick.choice(_NORMALIZATIONS)), strict=True))

    def _id(self) -> str:
        alphabet = string.ascii_letters + string.digits + "_-"
        return "1" + "".join(self._random.choices(alphabet, k=self._random.choice((24, 32, 43))))

    def _spoil(self, state: State) -> None:
        model = self._random.choice(state["models"]) if state["models"] else {}
        self._random.choice((self._spoil_answer, self._spoil_model, self._spoil_key, self._spoil_all))(state, model)

    def _spoil_answer(self, state: State, _model: State) -> None:
        answers = state["answers"]
        field = self._random.choice(list(answers))
        if not isinstance(answers[field], str):
            answers[field] = []
        elif field in ("pipeline", "criterion"):
            answers[field] = ""
        else:
            answers[field] = self._random.choice((*_BAD_TEXTS, *self._known))

    def _spoil_model(self, _state: State, model: State) -> None:
        line = self._random.choice(LINES[1:])
        bad: dict[str, tuple[str, ...]] = {
            **dict.fromkeys(LINES[5:8], _BAD_NUMBERS),
            LINES[8]: _BAD_NORMALIZATIONS,
        }
        if line == LINES[6] and self._random.random() < 0.5:
            # A little above the clean accuracy.
            model |= {LINES[5]: "70.5", line: "70.51"}
            return
        model[line] = self._random.choice(bad.get(line, (*_BAD_LINKS, *self._published)))

    def _spoil_key(self, _state: State, model: State) -> None:
        key = str(model.get("model_key", ""))
        others = ("", "R18 cifar", key.lower(), f"X{key}", f"`{key}`", f"e\N{COMBINING ACUTE ACCENT}{key}")
        pairs = (
            ("_90", "_91"),
            ("R18", "R50"),
            ("CIFAR10", "MNIST"),
            ("SVHN", "Svhn"),
            ("_US_", "_S_"),
            ("_S_", "_X_"),
        )
        model["model_key"] = self._random.choice((*others, *(key.replace(*pair) for pair in pairs)))

    def _spoil_all(self, state: State, model: State) -> None:
        models = state["models"]
        match self._random.randrange(6):
            case 0 if models:
                models.remove(model)
            case 1:
                models.append(dict(model))
            case 2:
                state["confirmed"] = False
            case 3:
                state["notes"] = "y" * 20_001
            case 4:
                del models[1:]
            case _:
                for other in models:
                    other["model_key"] = str(other["model_key"]).replace(
                        state["answers"]["ap_key"] or "-", "Other_Doe2026Thin"
                    )
