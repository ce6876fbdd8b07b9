"""Files of one repository at a commit, and the bot's own branches in it."""

import base64
import binascii
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

from apcore.errors import MachineError
from bot.github.change import Commit, Committed, is_commit_hash
from bot.github.connection import Connection
from bot.github.failures import MissingError, RefusedError
from bot.github.json_fields import Fields
from bot.github.reading import commit_hash

_PLAIN_FILE: Final = "100644"
_UNPROCESSABLE: Final = 422


class RepositoryContents:
    """The files and branches of `repository`, `owner/name`."""

    def __init__(self, connection: Connection, repository: str) -> None:
        self._connection = connection
        self._path = f"/repos/{repository}"

    def head(self, branch: str) -> str | None:
        """Hash of the commit at which `branch` stands; None if there is no such branch."""
        try:
            found = self._connection.get(f"{self._path}/git/ref/heads/{quote(branch)}")
        except MissingError:
            return None
        return commit_hash(Fields.of(found, "ref").part("object"))

    def parents(self, commit: str) -> tuple[str, ...]:
        """Hashes of the commits on which `commit` is made.

        Raises:
            MissingError: there is no such commit.
        """
        return tuple(commit_hash(parent) for parent in self._git_commit(commit).parts("parents"))

    def list_files(self, commit: str, folder: str = "") -> tuple[str, ...]:
        """Paths from the root of all files below `folder`, sorted.

        Raises:
            MachineError: there are more than GitHub lists at once (100,000).
        """
        return tuple(sorted(path for path, _ in self._blobs(commit) if path.startswith(f"{folder}/" if folder else "")))

    def read_files(self, commit: str, folder: str) -> dict[str, bytes]:
        """What stands in the files below `folder`, by path from the root; one request each."""
        return {path: self._blob(blob) for path, blob in sorted(self._blobs(commit)) if path.startswith(f"{folder}/")}

    def read_file(self, commit: str, path: str) -> bytes | None:
        """What stands in one file; None if there is none."""
        try:
            found = self._connection.get(f"{self._path}/contents/{quote(path)}", ref=commit)
        except MissingError:
            return None
        fields = Fields.of(found, "file")
        if fields.text_or_none("type") != "file":
            return None
        # From a megabyte on, GitHub leaves the content out.
        return _decoded(fields) if fields.text("encoding") == "base64" else self._blob(commit_hash(fields))

    def commit(self, commit: Commit) -> Committed:
        """Bring the bot's branch to this one commit on its base, with one write of the tree.

        Nothing is written if the branch holds just that already. The branch of another time is replaced; one that people have
        pushed to is left alone.

        Raises:
            MachineError: the branch's last commit is not the bot's own.
        """
        base_tree = self._git_commit(commit.base).part("tree").text("sha")
        tree = self._store_tree(commit, base_tree)
        head = self.head(commit.branch)
        if head is not None and self._holds(head, tree, commit):
            return Committed(hash=head, changed=False)
        stored = self._connection.store(
            f"{self._path}/git/commits", {"message": commit.message, "tree": tree, "parents": [commit.base]}
        )
        hashed = commit_hash(Fields.of(stored, "commit"))
        self._move(commit.branch, hashed, exists=head is not None)
        return Committed(hash=hashed, changed=True)

    def _store_tree(self, commit: Commit, base_tree: str) -> str:
        elements = [self._element(path, content) for path, content in sorted(commit.files.items())]
        stored = self._connection.store(f"{self._path}/git/trees", {"base_tree": base_tree, "tree": elements})
        return commit_hash(Fields.of(stored, "tree"))

    def _element(self, path: str, content: bytes | None) -> dict[str, Any]:
        element: dict[str, Any] = {"path": path, "mode": _PLAIN_FILE, "type": "blob"}
        if content is None:
            return element | {"sha": None}
        try:
            return element | {"content": content.decode()}
        except UnicodeDecodeError:  # JSON carries no bytes, so what is no text is stored before
            body = {"content": base64.b64encode(content).decode(), "encoding": "base64"}
            stored = self._connection.store(f"{self._path}/git/blobs", body)
            return element | {"sha": commit_hash(Fields.of(stored, "blob"))}

    def _holds(self, head: str, tree: str, commit: Commit) -> bool:
        """Whether the branch holds just this change.

        Raises:
            MachineError: its last commit is not the bot's.
        """
        found = self._git_commit(head)
        author = found.part("author").text("name")
        if author != self._connection.login:
            raise MachineError(
                where=commit.branch,
                message="someone else has pushed to the bot's branch, so it was left as it is",
                fix="merge or close its pull request, delete the branch, then run this again",
            )
        parents = [commit_hash(parent) for parent in found.parts("parents")]
        return found.part("tree").text("sha") == tree and parents == [commit.base]

    def _move(self, branch: str, commit: str, *, exists: bool) -> None:
        if not exists:
            try:
                self._connection.store(f"{self._path}/git/refs", {"ref": f"refs/heads/{branch}", "sha": commit})
            except RefusedError as exc:
                # Created by another run since, or by this one's own first attempt whose answer was lost.
                if exc.status != _UNPROCESSABLE or "already exists" not in exc.words:
                    raise
            else:
                return
        self._connection.change("PATCH", f"{self._path}/git/refs/heads/{quote(branch)}", {"sha": commit, "force": True})

    def _git_commit(self, commit: str) -> Fields:
        return Fields.of(self._connection.get(f"{self._path}/git/commits/{_checked(commit)}"), "commit")

    def _blobs(self, commit: str) -> Iterator[tuple[str, str]]:
        found = self._connection.get(f"{self._path}/git/trees/{_checked(commit)}", recursive=1)
        tree = Fields.of(found, "tree")
        if tree.flag("truncated"):
            raise MachineError(
                where=commit, message="GitHub does not list the whole tree at once", fix="read a checkout instead"
            )
        for item in tree.parts("tree"):
            if item.text("type") == "blob":
                yield item.text("path"), commit_hash(item)

    def _blob(self, blob: str) -> bytes:
        return _decoded(Fields.of(self._connection.get(f"{self._path}/git/blobs/{_checked(blob)}"), "blob"))


def _checked(text: str) -> str:
    if not is_commit_hash(text):
        raise ValueError(f"{text!r} is no hash")
    return text


def _decoded(fields: Fields) -> bytes:
    try:
        return base64.b64decode(fields.text("content"))
    except binascii.Error as exc:
        raise MachineError(
            where=fields.where, message="GitHub sent something else than base64", fix="run this again"
        ) from exc
