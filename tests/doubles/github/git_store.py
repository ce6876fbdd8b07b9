"""git's objects in memory: real hashes, trees, ancestry and merges, as far as GitHub's API shows them."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha1

Flat = dict[str, tuple[str, str]]
"""A tree laid flat: mode and blob by path."""


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    date: datetime

    @property
    def line(self) -> str:
        return f"{self.name} <{self.email}> {int(self.date.timestamp())} +0000"


@dataclass(frozen=True)
class GitCommit:
    tree: str
    parents: tuple[str, ...]
    message: str
    author: Person
    committer: Person


@dataclass
class GitStore:
    blobs: dict[str, bytes] = field(default_factory=dict)
    trees: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    commits: dict[str, GitCommit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)

    def write_blob(self, content: bytes) -> str:
        return self._keep(self.blobs, "blob", content, content)

    def write_tree(self, files: Flat) -> str:
        """The hash of the tree that holds just `files`."""
        entries: dict[str, tuple[str, str]] = {}
        folders: dict[str, Flat] = {}
        for path, entry in files.items():
            top, slash, rest = path.partition("/")
            if slash:
                folders.setdefault(top, {})[rest] = entry
            else:
                entries[top] = entry
        entries |= {name: ("40000", self.write_tree(inner)) for name, inner in folders.items()}
        # git sorts a folder as if a slash stood behind its name.
        ordered = sorted(entries.items(), key=lambda item: item[0] + "/" * (item[1][0] == "40000"))
        raw = b"".join(f"{mode} {name}\0".encode() + bytes.fromhex(sha) for name, (mode, sha) in ordered)
        return self._keep(self.trees, "tree", raw, [(mode, name, sha) for name, (mode, sha) in ordered])

    def write_commit(self, commit: GitCommit) -> str:
        lines = [f"tree {commit.tree}", *(f"parent {parent}" for parent in commit.parents)]
        lines += [f"author {commit.author.line}", f"committer {commit.committer.line}", "", commit.message]
        return self._keep(self.commits, "commit", "\n".join(lines).encode(), commit)

    def flat(self, tree: str, prefix: str = "") -> Flat:
        found: Flat = {}
        for mode, name, sha in self.trees[tree]:
            found |= (
                self.flat(sha, f"{prefix}{name}/") if mode == "40000" else {f"{prefix}{name}": (mode.zfill(6), sha)}
            )
        return found

    def files(self, commit: str) -> dict[str, bytes]:
        """What stands in the files of a commit."""
        return {path: self.blobs[sha] for path, (_, sha) in self.flat(self.commits[commit].tree).items()}

    def ancestors(self, commit: str) -> list[str]:
        """The commit and all before it, nearest first."""
        found, waiting = [], [commit]
        while waiting:
            one = waiting.pop(0)
            if one not in found:
                found.append(one)
                waiting += self.commits[one].parents
        return found

    def merge(self, ours: str, theirs: str) -> str | None:
        """The tree of both changes; None where they change one file differently."""
        behind = set(self.ancestors(ours))
        base = next((commit for commit in self.ancestors(theirs) if commit in behind), None)
        before, one, other = (self.flat(self.commits[sha].tree) if sha else {} for sha in (base, ours, theirs))
        merged: Flat = {}
        for path in before | one | other:
            old, here, there = before.get(path), one.get(path), other.get(path)
            if here != there and old not in (here, there):
                return None
            kept = there if here == old else here
            if kept:
                merged[path] = kept
        return self.write_tree(merged)

    def _keep(self, where: dict, kind: str, raw: bytes, value) -> str:
        sha = sha1(f"{kind} {len(raw)}\0".encode() + raw).hexdigest()
        where[sha] = value
        return sha
