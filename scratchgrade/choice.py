"""Which kind of box to grade in: the one asked for, or what there is."""

from scratchgrade import bubblewrap, containers
from scratchgrade.limits import Limits, NoBox
from scratchgrade.sandbox import BUBBLEWRAP, CONTAINER
from scratchgrade.walls import Walls

AUTO = "auto"
SECONDS = 10  # for a script that does nothing, in a box that stands


def choose(box: str = AUTO) -> tuple[str, str]:
    """The kind of box, and why it is not by bubblewrap where it is not.

    With "auto" it is bubblewrap where that starts, else a container where
    that does. Whether its walls stand is for the probes to say: a box with
    a wall that does not hold is mended, not exchanged for another.

    Raises:
        NoBox: with "auto", if neither starts; it names both.
    """
    if box != AUTO:
        return box, ""
    try:
        bubblewrap.run_script("pass", Walls(), Limits(), SECONDS)
        return BUBBLEWRAP, ""
    except NoBox as lacking:
        first = lacking
    try:
        containers.run_scripts(["pass"], Walls(), Limits(), SECONDS)
    except NoBox as second:
        raise NoBox(
            "neither bubblewrap nor a container starts",
            f"bubblewrap: {first.missing}: {first.why}; "
            f"container: {second.missing}: {second.why}",
            f"{first.mend}; or, for a container: {second.mend}",
        ) from None
    return CONTAINER, f"{first.missing}: {first.why}"
