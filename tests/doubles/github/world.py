"""What stands in one repository on GitHub, and what happens to it."""

import io
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from doubles.github.git_store import GitCommit, GitStore, Person


@dataclass
class Account:
    login: str
    id: int
    type: str = "User"


@dataclass
class LabelRow:
    id: int
    name: str
    color: str = "ededed"
    description: str | None = None


@dataclass
class IssueRow:
    number: int
    id: int
    title: str
    body: str | None
    author: str
    at: datetime
    updated: datetime
    labels: list[str] = field(default_factory=list)
    state: str = "open"
    reason: str | None = None
    closed: datetime | None = None
    pull: "PullRow | None" = None


@dataclass
class PullRow:
    branch: str
    base: str
    head: str
    merged: datetime | None = None
    merged_by: str | None = None
    merge_commit: str | None = None


@dataclass
class CommentRow:
    id: int
    issue: int
    author: str
    body: str
    at: datetime
    updated: datetime


@dataclass
class HistoryRow:
    id: int
    issue: int
    event: str
    actor: str
    at: datetime
    label: str | None = None


@dataclass
class StatusRow:
    id: int
    commit: str
    state: str
    context: str
    description: str | None
    url: str | None
    creator: str
    at: datetime


@dataclass
class JobRow:
    id: int
    name: str
    at: datetime
    attempt: int = 1
    status: str = "queued"
    conclusion: str | None = None
    done: datetime | None = None
    runner: str | None = None


@dataclass
class ArtifactRow:
    id: int
    name: str
    run: int
    content: bytes
    at: datetime
    expired: bool = False


@dataclass
class RunRow:
    id: int
    workflow: str
    title: str
    event: str
    head: str
    branch: str
    at: datetime
    actor: str
    inputs: dict[str, str] = field(default_factory=dict)
    status: str = "queued"
    conclusion: str | None = None
    attempt: int = 1
    jobs: list[JobRow] = field(default_factory=list)


@dataclass
class SettingsRow:
    """How the repository is set up; at first as docs/operators.md says."""

    environments: dict[str, dict] = field(
        default_factory=lambda: {"bot": {"limited": True, "reviewers": 0}, "gpu": {"limited": True, "reviewers": 2}}
    )
    pages: str | None = "workflow"
    rulesets: list[dict] = field(
        default_factory=lambda: [{"name": "main", "target": "branch", "enforcement": "active"}]
    )
    actions_may_propose: bool = True
    runners: list[dict] = field(
        default_factory=lambda: [{"name": "lab-1", "status": "online", "ephemeral": True, "version": "2.337.1"}]
    )
    owners_errors: list[str] = field(default_factory=list)


class World:
    """The repository `ap-board/leaderboard`; `now` tells the time. What people and other machines do to it are its methods."""

    owner, name = "ap-board", "leaderboard"
    api = "https://api.github.com"

    def __init__(self, now) -> None:
        self._now = now
        self._ids = count(1000)
        self.accounts: dict[str, Account] = {}
        self.roles: dict[str, str] = {}
        self.labels: dict[str, LabelRow] = {}
        self.issues: dict[int, IssueRow] = {}
        self.comments: dict[int, CommentRow] = {}
        self.history: list[HistoryRow] = []
        self.statuses: list[StatusRow] = []
        self.workflows: dict[str, str] = {}
        self.runs: dict[int, RunRow] = {}
        self.artifacts: dict[int, ArtifactRow] = {}
        self.settings = SettingsRow()
        self.git = GitStore()
        for login, role in (("ap-board", "admin"), ("maintainer", "maintain"), ("author", "read")):
            self.join(login, role)
        self.join("github-actions[bot]", "write", id=41898282, type="Bot")
        self.commit("main", {"README.md": b"# Leaderboard\n"}, "Begin", by="maintainer")

    def __deepcopy__(self, memo):
        import copy

        twin = object.__new__(World)
        memo[id(self)] = twin
        for key, value in vars(self).items():
            setattr(twin, key, value if key in ("_now", "_ids") else copy.deepcopy(value, memo))
        return twin

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    def time(self) -> datetime:
        return datetime.fromtimestamp(int(self._now()), UTC)

    def new_id(self) -> int:
        return next(self._ids)

    def join(self, login: str, role: str = "read", **more) -> Account:
        """Someone comes, with a role in the repository."""
        self.accounts[login] = Account(login=login, **({"id": self.new_id()} | more))
        self.roles[login] = role
        return self.accounts[login]

    def add_label(self, name: str, color: str = "ededed", description: str | None = None) -> LabelRow:
        row = LabelRow(id=self.new_id(), name=name, color=color, description=description)
        self.labels[name.casefold()] = row
        return row

    def open_issue(
        self, title: str, body: str | None, by: str = "author", labels=(), pull: PullRow | None = None
    ) -> IssueRow:
        number = max(self.issues, default=0) + 1
        row = IssueRow(
            number=number,
            id=self.new_id(),
            title=title,
            body=body,
            author=by,
            at=self.time(),
            updated=self.time(),
            pull=pull,
        )
        self.issues[number] = row
        for label in labels:
            self.put_label(number, label, by)
        return row

    def propose(self, branch: str, title: str, body: str | None, by: str, base: str = "main") -> IssueRow:
        """A pull request is opened."""
        return self.open_issue(title, body, by, pull=PullRow(branch=branch, base=base, head=self.git.branches[branch]))

    def put_label(self, number: int, name: str, by: str) -> None:
        """On an issue; one that is unknown is made on the fly, grey and without description."""
        label = self.labels.get(name.casefold()) or self.add_label(name)
        row = self.issues[number]
        if label.name not in row.labels:
            row.labels.append(label.name)
            self.tell(number, "labeled", by, label.name)

    def take_label(self, number: int, name: str, by: str) -> None:
        self.issues[number].labels.remove(name)
        self.tell(number, "unlabeled", by, name)

    def tell(self, number: int, event: str, by: str, label: str | None = None) -> None:
        row = HistoryRow(id=self.new_id(), issue=number, event=event, actor=by, at=self.time(), label=label)
        self.history.append(row)
        self.issues[number].updated = self.time()

    def comment(self, number: int, body: str, by: str) -> CommentRow:
        row = CommentRow(id=self.new_id(), issue=number, author=by, body=body, at=self.time(), updated=self.time())
        self.comments[row.id] = row
        return row

    def set_state(self, number: int, state: str, reason: str | None, by: str) -> None:
        row = self.issues[number]
        if row.state != state:
            self.tell(number, "closed" if state == "closed" else "reopened", by)
        row.state, row.reason = state, reason if state == "closed" else None
        row.closed = self.time() if state == "closed" else None

    def person(self, login: str) -> Person:
        account = self.accounts[login]
        return Person(login, f"{account.id}+{login}@users.noreply.github.com", self.time())

    def commit(self, branch: str, files: dict[str, bytes | None], message: str, by: str) -> str:
        """Someone pushes one commit to `branch`, which is created at main if need be."""
        head = self.git.branches.get(branch) or self.git.branches.get("main")
        flat = self.git.flat(self.git.commits[head].tree) if head else {}
        for path, content in files.items():
            flat.pop(path, None)
            if content is not None:
                flat[path] = ("100644", self.git.write_blob(content))
        sha = self.git.write_commit(
            GitCommit(self.git.write_tree(flat), (head,) if head else (), message, self.person(by), self.person(by))
        )
        self.move(branch, sha)
        return sha

    def move(self, branch: str, sha: str) -> None:
        """A branch stands elsewhere, and with it its open pull requests."""
        self.git.branches[branch] = sha
        for row in self.issues.values():
            if row.pull and row.state == "open" and row.pull.branch == branch:
                row.pull.head = sha
                row.updated = self.time()

    def mergeable(self, row: IssueRow) -> bool:
        return self.git.merge(self.git.branches[row.pull.base], row.pull.head) is not None

    def merge(self, number: int, by: str = "maintainer") -> str:
        """Someone presses the button of a pull request; what its body says it closes is closed."""
        row = self.issues[number]
        tree = self.git.merge(self.git.branches[row.pull.base], row.pull.head)
        assert tree is not None, "the two changes contradict each other"
        assert row.state == "open", "it is closed"
        parents = (self.git.branches[row.pull.base], row.pull.head)
        message = f"Merge pull request #{number} from {self.owner}/{row.pull.branch}"
        sha = self.git.write_commit(GitCommit(tree, parents, message, self.person(by), self.person(by)))
        self.move(row.pull.base, sha)
        row.pull.merged, row.pull.merged_by, row.pull.merge_commit = self.time(), by, sha
        self.set_state(number, "closed", None, by)
        for word in (row.body or "").replace("\n", " ").split("Closes #")[1:]:
            closed = int(word.split()[0].rstrip("."))
            self.set_state(closed, "closed", "completed", by)
        return sha

    def start_run(self, workflow: str, *, event: str, by: str, branch: str = "main", inputs=None) -> RunRow:
        """A workflow starts; its title is its `run-name` with the inputs filled in."""
        title = self.workflows[workflow]
        for key, value in (inputs or {}).items():
            title = title.replace(f"${{{{ inputs.{key} }}}}", value)
        row = RunRow(
            id=self.new_id(),
            workflow=workflow,
            title=title,
            event=event,
            head=self.git.branches[branch],
            branch=branch,
            at=self.time(),
            actor=by,
            inputs=dict(inputs or {}),
        )
        self.runs[row.id] = row
        return row

    def add_job(self, run: int, name: str, runner: str | None = None) -> JobRow:
        """A job of a run is queued, or taken by a runner."""
        row = JobRow(id=self.new_id(), name=name, at=self.time(), attempt=self.runs[run].attempt, runner=runner)
        row.status = "in_progress" if runner else "queued"
        self.runs[run].jobs.append(row)
        return row

    def end_job(self, row: JobRow, conclusion: str) -> None:
        """A job is over."""
        row.status, row.conclusion, row.done = "completed", conclusion, self.time()

    def upload(self, run: int, name: str, content: dict[str, bytes] | bytes) -> ArtifactRow:
        """A job of a run uploads an artifact: files, or the bytes of whatever it calls a zip."""
        if isinstance(content, dict):
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                for path, inner in content.items():
                    archive.writestr(path, inner)
            content = packed.getvalue()
        row = ArtifactRow(id=self.new_id(), name=name, run=run, content=content, at=self.time())
        self.artifacts[row.id] = row
        return row
