"""Score of `make mutation`: mutants killed, module by module; fails under the share that the project promises."""

from __future__ import annotations

import json
import sys
from pathlib import Path

KILLED_MINIMUM = 0.90
"""Share of the mutants of app/aids that its tests must kill."""
KILLED, TIMED_OUT = {1, 3}, {-24, 24, 36, 152, 255}
"""Exit codes of mutmut: a test failed; a mutant that never ends is noticed too."""


def main(directory: Path) -> int:
    survived: list[str] = []
    total = endless = 0
    for path in sorted(directory.glob("**/*.meta")):
        codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        if not codes:
            continue
        if None in codes.values():
            sys.exit(f"{path}: not every mutant was run; run `make mutation` to its end")
        left = [name for name, code in codes.items() if code not in KILLED | TIMED_OUT]
        print(
            f"{path.name.removesuffix('.py.meta'):<18} {len(codes):>5} mutants {1 - len(left) / len(codes):>7.1%} killed"
        )
        survived += left
        total += len(codes)
        endless += sum(code in TIMED_OUT for code in codes.values())
    if not total:
        sys.exit(f"{directory}: no mutant; run `make mutation`")
    killed = total - len(survived)
    print(f"{'app/aids':<18} {total:>5} mutants {killed / total:>7.1%} killed ({killed}, {endless} of them endless)")
    if "--survivors" in sys.argv:
        print(*survived, sep="\n")
    return 0 if killed / total >= KILLED_MINIMUM else 1


if __name__ == "__main__":
    sys.exit(main(Path("mutants/app/aids")))
