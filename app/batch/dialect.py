"""How a text table is written: encoding and separator, read from its first bytes."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from charset_normalizer import from_bytes

from app.errors import InvalidInput

SAMPLE_BYTES = 65_536
_SIGNATURES = (
    b"PK\x03\x04",
    b"PAR1",
    b"%PDF",
    b"\x1f\x8b",
    b"\x89PNG",
    b"\xd0\xcf\x11\xe0",
    b"SQLite format",
    b"\x7fELF",
    b"\xff\xd8\xff",
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Dialect:
    """Encoding (a codec name), bytes of byte order mark to skip, separator of fields."""

    encoding: str = "utf-8"
    bom_bytes: int = 0
    delimiter: str = ","


def sniff(sample: bytes) -> Dialect:
    """Read the dialect of a text table from its first SAMPLE_BYTES.

    UTF-8 and UTF-16 are recognised, with or without a mark; anything else is read as Windows-1252, the superset of
    latin-1 that French spreadsheets write. The separator is the one that splits the header most.

    Raises:
        InvalidInput: nothing there, or not text.
    """
    if not sample:
        raise InvalidInput("The file is empty: give a header and rows.", field="file")
    encoding, bom_bytes = _encoding(sample)
    text = sample[bom_bytes:].decode(encoding, "replace")
    if not text.strip():
        raise InvalidInput("The file is empty: give a header and rows.", field="file")
    header = _first_record(text)
    delimiter = max(DELIMITERS, key=lambda mark: (_outside_quotes(header, mark), -DELIMITERS.index(mark)))
    return Dialect(encoding, bom_bytes, delimiter)


def _encoding(sample: bytes) -> tuple[str, int]:
    for mark, name in _BOMS:
        if sample.startswith(mark):
            return name, len(mark)
    if sample.startswith(_SIGNATURES):
        raise InvalidInput("The file is not a text table: its content is of another format.", field="file")
    if b"\x00" in sample:
        even, odd = sample[::2].count(0), sample[1::2].count(0)
        half = len(sample) // 2
        if odd > 0.6 * half and even < 0.1 * half:
            return "utf-16-le", 0
        if even > 0.6 * half and odd < 0.1 * half:
            return "utf-16-be", 0
        raise InvalidInput("The file is not a text table: it holds binary data.", field="file")
    controls = sum(sample.count(byte) for byte in range(32) if byte not in (9, 10, 12, 13))
    if controls > len(sample) // 100:
        raise InvalidInput("The file is not a text table: it holds binary data.", field="file")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
        return "utf-8", 0
    except UnicodeDecodeError:
        if _is_mostly_utf8(sample):
            return "utf-8", 0
    return _eight_bits(sample), 0


def _is_mostly_utf8(sample: bytes) -> bool:
    """Files put together from two sources: sequences of UTF-8 hardly ever occur by chance in text of eight bits."""
    text = sample.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return sum(letter > "\x7f" for letter in text) - wrong >= wrong


def _eight_bits(sample: bytes) -> str:
    """Windows-1252, unless the bytes read far better as another encoding of western Europe."""
    best = from_bytes(sample[:16_384], cp_isolation=["cp1252", "latin_1", "iso8859_15", "mac_roman"]).best()
    return "mac_roman" if best is not None and best.encoding == "mac_roman" else "cp1252"


def replace_undefined(error: UnicodeError) -> tuple[str, int]:
    """Bytes that an encoding leaves undefined: read them as Windows-1252, then as latin-1; no row is lost for one byte."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    try:
        return wrong.decode("cp1252"), error.end
    except UnicodeDecodeError:
        return wrong.decode("latin-1"), error.end


codecs.register_error("zonage-mixed", replace_undefined)


def _first_record(text: str) -> str:
    quoted = False
    for position, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif letter in "\r\n" and not quoted and position:
            return text[:position]
    return text


def _outside_quotes(record: str, mark: str) -> int:
    return sum(part.count(mark) for part in record.split('"')[::2])
