"""Licences: what a distribution says it is licensed under, as an SPDX expression where that is certain."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

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


def metadata(document: bytes) -> Message:
    """Return the METADATA of a distribution."""
    return BytesParser().parsebytes(document, headersonly=True)


@dataclass(frozen=True)
class Licence:
    """What a distribution is licensed under."""

    text: str
    spdx: bool
    """Whether `text` is an expression of SPDX, and not the author's words."""


def licence(of: Message) -> Licence:
    """Return what the distribution says of itself; an empty text if nothing."""
    expression, said = str(of.get("License-Expression") or ""), str(of.get("License") or "")
    first = said.strip().split("\n")[0]
    classifiers = [str(classifier) for classifier in of.get_all("Classifier", [])]
    classified = [
        classifier.rpartition(" :: ")[2] for classifier in classifiers if classifier.startswith("License ::")
    ]
    # Several classifiers may be a choice or a sum, which they do not tell.
    for text in (expression, first, *(classified if len(classified) == 1 else ())):
        known = spdx(text)
        if known:
            return Licence(known, spdx=True)
    return Licence(expression or "; ".join(classified) or first, spdx=False)


def spdx(text: str) -> str:
    """Return `text` as an SPDX expression; an empty string where it is none."""
    try:
        return str(canonicalize_license_expression(SPDX.get(text, text)))
    except InvalidLicenseExpression:
        return ""
