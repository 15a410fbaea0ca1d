#!/usr/bin/env python3
# Makes crates/hub/src/passwords/common.bin: the beginnings of SHA-256 of passwords known to be common or breached,
# sorted; what people chose is not fit for everybody's eyes. WHEEL-OF-DJANGO FREQUENCY_LISTS.RS-OF-ZXCVBN


# Sources: `common-passwords.txt.gz` of Django (BSD-3-Clause, breached passwords by Royce Williams) and the list of the
# crate zxcvbn (MIT). Entries shorter than eight characters are left out: they are refused by their length.
#   pip download --no-deps django; cargo fetch of a package that uses zxcvbn
#   scripts/common-passwords.py Django-*.whl ~/.cargo/registry/src/*/zxcvbn-*/src/frequency_lists.rs

import gzip
import hashlib
import pathlib
import re
import sys
import unicodedata
import zipfile

TARGET = pathlib.Path(__file__).parent.parent / "crates/hub/src/passwords/common.bin"
LENGTH_MIN_CHARS = 8
KEPT_BYTES = 6


def of_django(wheel: str) -> list[str]:
    packed = zipfile.ZipFile(wheel).read("django/contrib/auth/common-passwords.txt.gz")
    return gzip.decompress(packed).decode().split()


def of_zxcvbn(source: str) -> list[str]:
    listed = re.search(r'const PASSWORDS: &str = "([^"]*)"', pathlib.Path(source).read_text())
    assert listed, f"{source} has no PASSWORDS"
    return listed.group(1).split(",")


def main(wheel: str, source: str) -> None:
    words = {unicodedata.normalize("NFC", word).lower() for word in of_django(wheel) + of_zxcvbn(source)}
    words = {word for word in words if len(word) >= LENGTH_MIN_CHARS}
    hashes = sorted({hashlib.sha256(word.encode()).digest()[:KEPT_BYTES] for word in words})
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_bytes(b"".join(hashes))
    print(f"{len(hashes)} passwords, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
