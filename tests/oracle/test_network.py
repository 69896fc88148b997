"""pyAgrum's inference in Bayesian networks says what the assessment says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from assessment.worlds import World, parsed, worlds
from cheget.assessment.model import model_of
from cheget.assessment.outcome import Assessor, Outcomes, medians
from cheget.assessment.states import Points
from cheget.chain.chain import Chain

pytest.importorskip("pyagrum", reason="pyagrum isn't installed: make test-oracle installs it")

from oracle.network import Bins, ends, equal_bins

ARTICLE = World(
    {
        "chain": "article",
        "members": {"p": "P", "m": "M", "c": {"title": "C", "deputy": "f after 10m"}, "f": "F",
                    "o": "O", "i": "I", "s": "S", "t": "T", "r": "R", "k": "K"},
        "levels": [
            {"level": "presidency", "members": ["p"]},
            {"level": "ministry", "members": ["m"]},
            {"level": "staff", "members": ["c", "o", "i", "s"], "rule": "3 of members"},
            {"level": "command", "members": ["t", "r"], "rule": "any", "veto": "all"},
            {"level": "custody", "members": ["k"]},
        ],
    },
    {
        "members": {"everyone": {"refuses": 0.2, "unreachable": 0.05},
                    "staff": {"refuses": 0.3}, "k": {"compromised": 0.02}},
        "shared": {"everyone": 0.4},
        "events": {"screen": {"probability": 0.02, "members": ["t", "r"], "makes": "compromised"},
                   "blackout": {"probability": 0.1, "members": ["c", "k"],
                                "makes": "unreachable"}},
    },
)  # fmt: skip


def named(chain: Chain, carried_out: float, stopped: list[float], expired: list[float]) -> dict[str, float]:  # fmt: skip  # noqa: E501
    found = {"carried out": carried_out}
    for level, stops, expires in zip(chain.levels, stopped, expired, strict=True):
        found |= {f"stopped at {level.id}": stops, f"expired at {level.id}": expires}
    return found


def exact(chain: Chain, found: Outcomes) -> dict[str, float]:
    return named(chain, float(found.carried_out[0]), list(found.stopped[0]),
                 list(found.expired[0]))  # fmt: skip


def in_bins(world: World, bins: Bins) -> dict[str, float]:
    """Our own value where the shock takes only the values of the bins (rule 17)."""
    chain, beliefs = world.parsed()
    model = model_of(chain, beliefs)
    assessor = Assessor(model)
    assessor.gather()  # every shock and event is summed over here
    points = Points(model, medians(model))
    shocks = np.tile(bins.values, (len(model.groups), 1))
    if not len(shocks):
        bins = Bins(np.zeros(1), np.ones(1))
        shocks = np.zeros((0, 1))
    passed, pending = assessor.given(points, shocks, 1)[:, 0] @ bins.chances
    before = np.concatenate([[1.0], passed[:-1]])
    return named(chain, float(passed[-1]), list(before - pending), list(pending - passed))


def test_on_the_same_bins_both_say_the_same_of_a_chain_like_the_articles() -> None:
    bins = equal_bins(40)
    assert ends(*ARTICLE.parsed(), bins) == pytest.approx(in_bins(ARTICLE, bins), abs=1e-12)


def test_the_finer_the_bins_the_nearer_to_the_integral() -> None:
    chain, beliefs = ARTICLE.parsed()
    model = model_of(chain, beliefs)
    integral = exact(chain, Assessor(model).at(medians(model)))
    gaps = []
    for count in (20, 80, 320):
        found = ends(chain, beliefs, equal_bins(count))
        gaps.append(max(abs(found[name] - p) for name, p in integral.items()))
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 5e-5


@settings(max_examples=60)
@given(worlds(twice=False, replace=False, crews=False))
def test_on_the_same_bins_both_say_the_same_of_small_chains(world: World) -> None:
    kept = {key: said for key, said in world.beliefs.items() if key in {"members", "events"}}
    world = World(world.chain, {**kept, "shared": {"everyone": 0.4}})
    chain, beliefs = parsed(world)
    bins = equal_bins(15)
    assert ends(chain, beliefs, bins) == pytest.approx(in_bins(world, bins), abs=1e-12)
