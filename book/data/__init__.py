"""Data files of the course, installed as `scratchlm.shipped`.

What each file is and where it comes from: README.md in this folder.
"""
