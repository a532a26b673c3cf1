"""What every pytest run here shares."""

import hypothesis

pytest_plugins = ["tools.nbval_tolerance"]

# Time is measured in benchmarks/; a busy machine must not fail a test.
hypothesis.settings.register_profile("course", deadline=None)
hypothesis.settings.load_profile("course")
