"""What every pytest run here shares."""

pytest_plugins = ["tools.nbval_tolerance"]
