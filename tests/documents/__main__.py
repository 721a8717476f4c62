"""Write all documents; with `--check`, only compare them."""

from __future__ import annotations

import sys

from tests.documents import documents, parser, run

if __name__ == "__main__":
    sys.exit(run(documents(), check=parser().parse_args().check))
