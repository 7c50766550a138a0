"""Three verifiers of DKIM signatures that other people wrote. Each is given the public keys, none asks a network.

Every one answers, for each message, with the selectors whose signature it accepts.
"""

import base64
import ctypes
import ctypes.util
import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import dkim

HERE = Path(__file__).resolve().parent
JUDGES = HERE.parent.parent / ".judges"

Records = Mapping[str, str]
"""TXT records by their names, without a last dot."""
Accepted = list[set[str]]


class Missing(RuntimeError):
    """A verifier is not installed on this machine."""


def dkimpy(messages: Sequence[bytes], records: Records) -> Accepted:
    """By dkimpy (Python)."""

    def lookup(name: bytes, timeout: int = 5) -> bytes | None:
        found = records.get(name.decode().rstrip("."))
        return found.encode() if found is not None else None

    answers: Accepted = []
    for message in messages:
        accepted = set()
        count = sum(
            line.lower().startswith(b"dkim-signature:") for line in message.partition(b"\r\n\r\n")[0].split(b"\n")
        )
        for at in range(count):
            one = dkim.DKIM(message)
            try:
                if one.verify(idx=at, dnsfunc=lookup):
                    accepted.add(one.selector.decode())
            except dkim.DKIMException:
                pass
        answers.append(accepted)
    return answers


def mailauth(messages: Sequence[bytes], records: Records) -> Accepted:
    """By mailauth (Node.js). Raises Missing."""
    if not (JUDGES / "node_modules" / "mailauth").is_dir():
        raise Missing("mailauth is not here: run .ci/judges")
    asked = {"records": dict(records), "messages": [base64.b64encode(message).decode() for message in messages]}
    done = subprocess.run(
        ["node", HERE / "verify.js"],
        input=json.dumps(asked).encode(),
        stdout=subprocess.PIPE,
        env={**os.environ, "NODE_PATH": str(JUDGES / "node_modules")},
        check=True,
    )
    return [set(one) for one in json.loads(done.stdout)]


OK, CONTINUE, NOT_FOUND = 0, 0, 3
PASSED, MATCH = 0x04, 0
_LOOKUP = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)


def opendkim(messages: Sequence[bytes], records: Records) -> Accepted:
    """By libopendkim (C), the library of OpenDKIM. Raises Missing."""
    name = ctypes.util.find_library("opendkim")
    if name is None:
        raise Missing("libopendkim is not installed: run .ci/system-packages tests")
    library = _typed(ctypes.CDLL(name))

    @_LOOKUP
    def lookup(_handle: int, signature: int, buffer: int, size: int) -> int:
        selector, domain = library.dkim_sig_getselector(signature), library.dkim_sig_getdomain(signature)
        found = records.get(f"{selector.decode()}._domainkey.{domain.decode()}")
        if found is None or len(found) >= size:
            return NOT_FOUND
        ctypes.memmove(buffer, found.encode() + b"\0", len(found) + 1)
        return CONTINUE

    handle = library.dkim_init(None, None)
    library.dkim_set_key_lookup(handle, lookup)
    try:
        return [_opened(library, handle, message) for message in messages]
    finally:
        library.dkim_close(handle)


def _opened(library: ctypes.CDLL, handle: int, message: bytes) -> set[str]:
    status = ctypes.c_int()
    one = library.dkim_verify(handle, b"test", None, ctypes.byref(status))
    try:
        head, _, body = message.partition(b"\r\n\r\n")
        for field in head.replace(b"\r\n ", b"\0 ").replace(b"\r\n\t", b"\0\t").split(b"\r\n"):
            field = field.replace(b"\0", b"\r\n")
            if library.dkim_header(one, field, len(field)) != OK:
                return set()
        if library.dkim_eoh(one) != OK:
            return set()
        library.dkim_body(one, body, len(body))
        library.dkim_eom(one, None)
        signatures, count = ctypes.POINTER(ctypes.c_void_p)(), ctypes.c_int()
        library.dkim_getsiglist(one, ctypes.byref(signatures), ctypes.byref(count))
        accepted = set()
        for at in range(count.value):
            library.dkim_sig_process(one, signatures[at])
            if library.dkim_sig_getflags(signatures[at]) & PASSED and library.dkim_sig_getbh(signatures[at]) == MATCH:
                accepted.add(library.dkim_sig_getselector(signatures[at]).decode())
        return accepted
    finally:
        library.dkim_free(one)


def _typed(library: ctypes.CDLL) -> ctypes.CDLL:
    pointer, text, size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
    for name, result, arguments in (
        ("dkim_init", pointer, [pointer, pointer]),
        ("dkim_set_key_lookup", ctypes.c_int, [pointer, _LOOKUP]),
        ("dkim_close", None, [pointer]),
        ("dkim_verify", pointer, [pointer, text, pointer, pointer]),
        ("dkim_header", ctypes.c_int, [pointer, text, size]),
        ("dkim_eoh", ctypes.c_int, [pointer]),
        ("dkim_body", ctypes.c_int, [pointer, text, size]),
        ("dkim_eom", ctypes.c_int, [pointer, pointer]),
        ("dkim_getsiglist", ctypes.c_int, [pointer, pointer, pointer]),
        ("dkim_sig_process", ctypes.c_int, [pointer, pointer]),
        ("dkim_sig_getflags", ctypes.c_uint, [pointer]),
        ("dkim_sig_getbh", ctypes.c_int, [pointer]),
        ("dkim_sig_getselector", text, [pointer]),
        ("dkim_sig_getdomain", text, [pointer]),
        ("dkim_free", ctypes.c_int, [pointer]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


ALL: tuple[Callable[[Sequence[bytes], Records], Accepted], ...] = (dkimpy, opendkim, mailauth)
