"""Each wall holds, and each wall's probe would notice if it did not."""

import json
import sys
from dataclasses import fields, replace

import pytest
from fixtures.plain_user import run_as_plain_user
from typer.testing import CliRunner

from scratchgrade import cli, doctor, launch, probes
from scratchgrade.bubblewrap import Ran
from scratchgrade.limits import Limits, NoBox
from scratchgrade.probes import PROBES, Result
from scratchgrade.walls import Walls

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the box needs Linux"
)
WALLS = [field.name for field in fields(Walls)]


def without(wall: str) -> Walls:
    return replace(Walls(), **{wall: False})


def broken(results: list[Result]) -> dict[str, str]:
    return {r.wall: r.could for r in results if not r.holds}


# --- as the tests' own user, root in CI -------------------------------------


def test_all_walls_stand():
    assert broken(probes.run()) == {}


@pytest.mark.parametrize("wall", WALLS)
def test_a_wall_that_is_taken_down_is_noticed(wall):
    its = tuple(p for p in PROBES if p.wall == wall)
    found = probes.run(without(wall), Limits(), its)
    assert broken(found), f"no probe of {wall} noticed"


def test_every_probe_belongs_to_a_wall_and_every_wall_has_one():
    assert {probe.wall for probe in PROBES} == set(WALLS)


# --- as a plain user --------------------------------------------------------

PLAIN = """
import json, os
from dataclasses import replace
from scratchgrade import probes
from scratchgrade.limits import Limits
from scratchgrade.walls import Walls
assert os.getuid()
found = {"": [r.wall for r in probes.run() if not r.holds]}
for wall in sorted({p.wall for p in probes.PROBES}):
    its = tuple(p for p in probes.PROBES if p.wall == wall)
    walls = replace(Walls(), **{wall: False})
    results = probes.run(walls, Limits(), its)
    found[wall] = [r.wall for r in results if not r.holds]
print(json.dumps(found))
"""


def test_a_plain_user_has_the_same_walls_and_the_same_probes():
    found = json.loads(run_as_plain_user(PLAIN))
    assert found.pop("") == []
    assert found.keys() == set(WALLS)
    assert [wall for wall, noticed in found.items() if not noticed] == []


# --- the judge --------------------------------------------------------------


@pytest.mark.parametrize(
    "ran",
    [
        Ran("", 0, ""),
        Ran("SyntaxError: invalid syntax", 1, ""),
        Ran("", None, "did not end within 5 seconds"),
    ],
)
def test_a_probe_that_did_not_run_proves_nothing(ran):
    assert "did not run" in probes._judge(PROBES[0], ran)


def test_a_flood_that_only_the_clock_ended_got_through():
    flood = next(p for p in PROBES if p.flood)
    late = Ran("ran\n", None, "did not end within 5 seconds")
    assert "not stopped" in probes._judge(flood, late)
    assert probes._judge(flood, Ran("ran\n", None, "more memory")) == ""


def test_nobody_is_graded_without_a_wall():
    probes.require([Result("files", "reading", "")])
    with pytest.raises(NoBox, match=r"'files'.*could read /etc") as caught:
        probes.require([Result("files", "reading", "read /etc")])
    assert "scratchgrade doctor" in caught.value.mend


# --- doctor -----------------------------------------------------------------


def run_doctor(*arguments):
    return CliRunner().invoke(cli.app, ["doctor", *arguments])


def test_the_doctor_of_a_healthy_machine():
    told = run_doctor()
    assert told.exit_code == 0, told.output
    assert f"All {len(PROBES)} probes were stopped" in told.output
    assert "bubblewrap" in told.output


def test_the_doctor_names_the_wall_what_got_through_and_the_mend(monkeypatch):
    results = [Result("sockets", "sockets", "make a socket of AF_INET")]
    monkeypatch.setattr(probes, "run", lambda told, box: results)
    told = run_doctor("--json")
    assert told.exit_code == 3
    found = json.loads(told.output)
    assert found["healthy"] is False
    assert found["results"][0]["could"] == "make a socket of AF_INET"
    monkeypatch.setenv("COLUMNS", "200")
    text = run_doctor().output
    assert "AF_INET" in text
    assert "libseccomp" in text


def test_the_doctor_names_ubuntus_apparmor(monkeypatch):
    def refused(told, box):
        raise launch.explain("setting up uid map: Permission denied")

    apparmor = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
    monkeypatch.setattr(
        launch, "_read", lambda name: "1" if name == apparmor else ""
    )
    monkeypatch.setattr(probes, "run", refused)
    told = run_doctor()
    assert told.exit_code == 3
    assert "AppArmor, as Ubuntu 24.04 sets it" in told.output
    assert "apparmor-profiles" in told.output
    assert "Permission denied" in told.output


def test_every_wall_has_a_mend():
    for wall in WALLS:
        assert doctor.mend_of(Result(wall, "", "do harm"))
        assert doctor.mend_of(Result(wall, "", "")) == ""
