# Every target forwards to course.py, which needs only Python's standard
# library, so `python course.py demo` works where there is no make.
PYTHON ?= $(shell command -v python3 || command -v python)

TARGETS = demo test setup serve book epub pdf notebooks release bench lint clean

.PHONY: help $(TARGETS)

help:
	@"$(PYTHON)" course.py --help

$(TARGETS):
	@"$(PYTHON)" course.py $@
