"""The grader: checks that students and instructors run alike.

A submission goes through ``intake`` (bytes to plain text), ``sandbox`` (a
separate process that runs the student's cells) and ``grade`` (the trusted
side, which compares). ``store`` keeps what came in and what came out;
``gradebook``, ``feedback`` and ``export`` are projections of it.
"""
