"""Licences: what a distribution says it is licensed under, as SPDX names it where it can be told."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser

# What authors write instead of an SPDX identifier: as a licence, or as the last part of a classifier.
SPDX = {
    "3-Clause BSD License": "BSD-3-Clause",
    "ASL 2": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Apache2": "Apache-2.0",
    "BSD 3-Clause License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT license": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "New BSD license": "BSD-3-Clause",
    "PSFL": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The MIT License (MIT)": "MIT",
}
# Identifiers, where a single word may be one or a mere word.
IDENTIFIERS = {*SPDX.values(), "0BSD", "BSD-2-Clause", "MIT-0", "MPL-2.0", "Unlicense", "ZPL-2.1"}


def metadata(document: bytes) -> Message:
    """The METADATA of a distribution."""
    return BytesParser().parsebytes(document, headersonly=True)


@dataclass(frozen=True)
class Licence:
    """What a distribution is licensed under."""

    text: str
    spdx: bool
    """Whether `text` is an expression of SPDX, and not the author's words."""


def licence(of: Message) -> Licence:
    """What the distribution says of itself; an empty text if nothing."""
    expression = of.get("License-Expression")
    if expression:
        return Licence(str(expression), spdx=True)
    said = str(of.get("License") or "").strip().split("\n")[0]
    every = [str(each) for each in of.get_all("Classifier", [])]
    classified = [each.rpartition(" :: ")[2] for each in every if each.startswith("License ::")]
    # Several classifiers may be a choice or a sum, which they do not tell.
    candidates = [said, *classified] if len(classified) == 1 else [said]
    for each in candidates:
        known = SPDX.get(each, each)
        if known in IDENTIFIERS:
            return Licence(known, spdx=True)
    return Licence("; ".join(classified) or said, spdx=False)
