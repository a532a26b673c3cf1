"""Bind the built site into one file.

python tools/bind epub _build/html _build/scratchlm.epub
python tools/bind pdf _build/html _build/scratchlm.pdf
"""

import argparse
from pathlib import Path

import epub
import pages
import pdf

BINDERS = {"epub": epub.bind, "pdf": pdf.bind}


def main():
    parser = argparse.ArgumentParser(prog="bind", description=__doc__)
    parser.add_argument("kind", choices=BINDERS)
    parser.add_argument("site", type=Path, help="folder of the built site")
    parser.add_argument("output", type=Path, help="file to write")
    arguments = parser.parse_args()
    book = pages.read_book(arguments.site)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    BINDERS[arguments.kind](book, arguments.output)


if __name__ == "__main__":
    main()
