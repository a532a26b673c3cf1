"""No attack gets more than the same answer is worth without the trick."""

import json
import os
import subprocess
import sys
from collections import Counter

import pytest
from fixtures import attacking
from fixtures.plain_user import run_as_plain_user

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the box needs Linux"
)
CLASSES = attacking.classes()
SCRIPT = """
import json, sys
sys.path.insert(0, "tests")
from fixtures import attacking
print(json.dumps(attacking.campaign({name!r})))
"""


def as_oneself(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=attacking.ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


USERS = {"a plain user": run_as_plain_user}
if os.name == "posix" and os.geteuid() == 0:
    USERS["root"] = as_oneself


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("name", CLASSES)
def test_no_attack_wins_and_none_harms_another(name, user):
    found = json.loads(USERS[user](SCRIPT.format(name=name)))
    assert found["problems"] == []
    assert found["peak_mib"] < 512


def test_every_attack_says_what_it_is():
    found = [a for name in CLASSES for a in attacking.attacks(name)]
    assert len(found) >= 150
    twice = Counter(a.source for a in found).most_common(1)[0]
    assert twice[1] == 1, f"the same attack is there twice: {twice[0]}"
    assert len(CLASSES) >= 9


def test_an_attack_that_wins_is_noticed(tmp_path, monkeypatch):
    """The guard's own test: labelled as worthless, it earns full points."""
    folder = tmp_path / "forgery"
    folder.mkdir()
    (folder / "wins.py").write_text(
        "# tries: to be right\n# verdict: failed\n# points: 0\n"
        "def double(x):\n"
        "    return [2 * n for n in x] if isinstance(x, list) else 2 * x\n"
        "print(open('/proc/self/cmdline').read()[:0], '<script>')\n"
    )
    monkeypatch.setattr(attacking, "CORPUS", tmp_path)
    found = attacking.campaign("forgery")["problems"]
    assert "forgery/wins: passed" in found
    assert "forgery/wins: 3 points" in found


def test_the_readme_counts_the_corpus():
    text = (attacking.CORPUS / "README.md").read_text("utf-8")
    for name in CLASSES:
        assert f"| {name} | {len(attacking.attacks(name))} |" in text
