"""A pickle, read as data: an interpreter of its opcodes that builds values and calls nothing.

An allow-list in `pickle.Unpickler.find_class` is not enough, because BUILD can rewrite an allowed function
(`__defaults__` of `torch._utils._rebuild_tensor_v2`, for the whole process). Here a global is its name, a call is a record
of what would have been called, and state is dropped, so that there is nothing to misuse. What it means is for the caller.

Opcodes are decoded by `pickletools.genops` of the standard library, protocols 0 to 5; it checks lengths against the
data.
"""

import io
import pickletools
import warnings
from dataclasses import dataclass
from typing import Any


class DataPickleError(ValueError):
    """The bytes are not a pickle that can be read as data; the message is fit for its author."""


@dataclass(frozen=True, slots=True, eq=False)
class Global:
    """A Python object that the pickle names, e.g. `torch._utils._rebuild_tensor_v2`; never looked up."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A call that unpickling would have made; `arguments` is whatever the pickle put there."""

    function: object
    arguments: object


@dataclass(frozen=True, slots=True, eq=False)
class PersistentId:
    """A reference to something kept outside of the pickle, such as a tensor's storage."""

    key: object


@dataclass(frozen=True, slots=True, eq=False)
class Opaque:
    """A dict or a set; nobody here needs what is in it, and filling one hashes its keys."""


class Budget:
    """How many opcodes may still be executed, over several pickles.

    Args:
        opcodes: to begin with.
    """

    def __init__(self, opcodes: int) -> None:
        self._left = opcodes

    def spend(self) -> None:
        """Take one.

        Raises:
            DataPickleError: none is left.
        """
        self._left -= 1
        if self._left < 0:
            raise DataPickleError("it takes more steps to read than a list of distances does")


def load_data(stream: io.BytesIO, budget: Budget) -> object:
    """The value of the pickle at the position of `stream`, which is left after its STOP.

    Returns:
        None, bool, int, float, str, bytes, tuple, list, or one of the records above.

    Raises:
        DataPickleError: the bytes are no pickle, or use opcodes that plain data does not need.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes in protocol 0; they decode to themselves
            return _run(_Machine(), stream, budget)
    except DataPickleError:
        raise
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as exc:
        raise DataPickleError("it is a damaged pickle, or none") from exc


def _run(machine: "_Machine", stream: io.BytesIO, budget: Budget) -> object:
    for opcode, argument, _ in pickletools.genops(stream):
        budget.spend()
        if opcode.name == "STOP":
            break
        machine.step(opcode.name, argument)
    return machine.pop()


class _Machine:
    """The stack, the marks and the memo of one pickle."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._outer: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def step(self, opcode: str, argument: Any) -> None:  # noqa: PLR0912, PLR0915 - one case for each opcode reads best
        """Execute one opcode with its decoded argument."""
        push, pop = self._stack.append, self.pop
        match opcode:
            case "PROTO" | "FRAME":
                pass
            case "NONE" | "INT" | "BININT" | "BININT1" | "BININT2" | "LONG" | "LONG1" | "LONG4" | "FLOAT" | "BINFLOAT":
                push(argument)
            case "STRING" | "BINSTRING" | "SHORT_BINSTRING" | "BINBYTES" | "SHORT_BINBYTES" | "BINBYTES8":
                push(argument)
            case "UNICODE" | "SHORT_BINUNICODE" | "BINUNICODE" | "BINUNICODE8":
                push(argument)
            case "NEWTRUE" | "NEWFALSE":
                push(opcode == "NEWTRUE")
            case "MARK":
                self._outer.append(self._stack)
                self._stack = []
            case "MEMOIZE":
                self._memo[len(self._memo)] = self._stack[-1]
            case "PUT" | "BINPUT" | "LONG_BINPUT":
                self._memo[int(argument)] = self._stack[-1]
            case "GET" | "BINGET" | "LONG_BINGET":
                push(self._memo[int(argument)])
            case "EMPTY_TUPLE":
                push(())
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                push(tuple([pop() for _ in range(int(opcode[-1]))][::-1]))
            case "TUPLE":
                items = self._to_mark()
                self._stack.append(tuple(items))
            case "EMPTY_LIST":
                push([])
            case "LIST":
                items = self._to_mark()
                self._stack.append(items)
            case "APPEND":
                self._extend([pop()])
            case "APPENDS":
                items = self._to_mark()
                self._extend(items)
            case "EMPTY_DICT" | "EMPTY_SET":
                push(Opaque())
            case "DICT":
                self._to_mark()
                self._stack.append(Opaque())
            case "SETITEM":
                pop(), pop()
            case "SETITEMS" | "ADDITEMS":
                self._to_mark()
            case "GLOBAL":
                push(Global(argument.replace(" ", ".", 1)))
            case "STACK_GLOBAL":
                name, module = pop(), pop()
                push(Global(f"{_text(module)}.{_text(name)}"))
            case "REDUCE" | "NEWOBJ":
                arguments, function = pop(), pop()
                push(Call(function, arguments))
            case "BUILD":
                pop()
            case "BINPERSID":
                push(PersistentId(pop()))
            case _:
                raise DataPickleError(f"it uses the opcode {opcode}, which a list of numbers does not need")

    def pop(self) -> Any:
        """Take the top of the stack."""
        return self._stack.pop()

    def _to_mark(self) -> list[Any]:
        items, self._stack = self._stack, self._outer.pop()
        return items

    def _extend(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not list:
            raise DataPickleError("it appends to something that is no list")
        target.extend(items)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise DataPickleError("it names an object by something that is no text")
    return value
