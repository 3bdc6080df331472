"""What the caching headers of a request ask for (RFC 9110 §§ 12.5.3, 13.1.2)."""

from __future__ import annotations


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether the client already holds the representation that `etag` names."""
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    return any(candidate.strip().removeprefix("W/") == etag for candidate in if_none_match.split(","))


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether gzip may be sent: named, or covered by `*`, with a weight above zero."""
    if accept_encoding in ("gzip", "gzip, deflate", "gzip, deflate, br", "gzip, deflate, br, zstd"):
        return True
    weights: dict[str, bool] = {}
    for item in accept_encoding.lower().split(","):
        coding, _, parameters = item.partition(";")
        weight = parameters.replace(" ", "").removeprefix("q=")
        weights[coding.strip()] = not (weight and weight.strip("0.") == "")
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", False)))
