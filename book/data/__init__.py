"""Data files of the course, installed as `scratchlm.data`.

What each file is and where it comes from: README.md in this folder.
"""
