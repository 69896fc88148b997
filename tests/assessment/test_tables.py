"""Published tables: five who must all concur, and what bodies, crews and dismissals change."""

from collections.abc import Mapping
from typing import Any

import pytest

from assessment.golden import cases
from cheget.assessment.change import break_even, passages
from cheget.assessment.importance import blames
from cheget.assessment.model import model_of
from cheget.assessment.parse import parse_beliefs
from cheget.assessment.uncertainty import Study
from cheget.chain.chain import Chain
from cheget.chain.parse import parse_chain
from cheget.proof.account import accounts

NEAR = 6e-5  # the tables have four digits


def chain_of(levels: Mapping[str, tuple[int, str]], executors: str = "") -> Chain:
    """A head of one, then levels of so many people under a rule."""
    names = {
        level: [f"{level}-{n + 1}" for n in range(size)] for level, (size, _) in levels.items()
    }
    people = ", ".join(f"{name}: {name}" for one in names.values() for name in one)
    rows = [
        f"  - {{level: {level}, members: [{', '.join(names[level])}]"
        + (f", rule: {rule}" if size > 1 else "") + "}"
        for level, (size, rule) in levels.items()
    ]  # fmt: skip
    head = "  - {level: order, members: [head]}"
    text = [
        f"chain: tabled\nmembers: {{head: Head{', ' if people else ''}{people}}}\nlevels:",
        head,
    ]
    return parse_chain("\n".join([*text, *rows, executors]).encode())


def singles(count: int, second: tuple[int, str] = (1, "all")) -> Chain:
    levels = {f"l{n}": (1, "all") for n in range(1, count + 1)}
    return chain_of({**levels, "l2": second} if count > 1 else levels)


def study(chain: Chain, q: float = 0.2, rho: float = 0.4, more: str = "") -> Study:
    said = f"beliefs: table\nchain: {chain.id}\nmembers: {{everyone: {{refuses: {q:f}}}}}\n"
    said += f"shared: {{everyone: {rho:f}}}\n{more}\n"
    return Study(model_of(chain, parse_beliefs(said.encode(), chain)))


def carried_out(*args: Any, **more: Any) -> float:
    return study(*args, **more).quick_mean()


ALL_FIVE = {
    0.05: (0.7738, 0.7947, 0.8197, 0.8487, 0.8834),
    0.10: (0.5905, 0.6362, 0.6833, 0.7333, 0.7905),
    0.20: (0.3277, 0.4038, 0.4761, 0.5500, 0.6340),
    0.30: (0.1681, 0.2479, 0.3257, 0.4074, 0.5025),
    0.50: (0.0313, 0.0774, 0.1342, 0.2026, 0.2910),
}


@pytest.mark.parametrize("q", ALL_FIVE)
def test_five_who_must_all_concur_by_refusal_and_by_how_alike_they_think(q: float) -> None:
    for rho, expected in zip((0, 0.2, 0.4, 0.6, 0.8), ALL_FIVE[q], strict=True):
        assert carried_out(singles(5), q, rho) == pytest.approx(expected, abs=NEAR)


@pytest.mark.parametrize(
    ("people", "at"),
    [(5, (0.1294, 0.1866, 0.3020)), (9, (0.0741, 0.1272, 0.2538)), (20, (0.0341, 0.0754, 0.2022))],
)
def test_the_refusal_at_which_it_is_as_likely_as_not(people: int, at: tuple[float, ...]) -> None:
    chain = singles(people)
    for rho, expected in zip((0, 0.4, 0.8), at, strict=True):
        said = f"beliefs: even\nchain: {chain.id}\nmembers: {{everyone: {{refuses: 0.5}}}}\n"
        said += f"shared: {{everyone: {rho}}}\n"
        found = break_even(chain, parse_beliefs(said.encode(), chain))
        assert found == pytest.approx(expected, abs=NEAR)


def test_a_body_of_five_in_place_of_the_second() -> None:
    for rule, expected in (("all", 0.3506), ("4 of members", 0.4705), ("3 of members", 0.5109)):
        assert carried_out(singles(5, (5, rule))) == pytest.approx(expected, abs=NEAR)
    for size, expected in ((1, 0.4761), (3, 0.4026), (5, 0.3506), (7, 0.3115), (10, 0.2680)):
        assert carried_out(singles(5, (size, "all"))) == pytest.approx(expected, abs=NEAR)


def test_where_it_stops_and_who_of_the_body_is_among_those_who_refuse() -> None:
    found = study(singles(5, (5, "all")))
    stops = found.at_medians().stopped[0][1:]
    assert stops == pytest.approx([0.2000, 0.3642, 0.0333, 0.0280, 0.0240], abs=NEAR)
    (member,) = blames(found, ["l2-3"])
    assert (member.refused, member.alone) == pytest.approx((0.1238, 0.0403), abs=NEAR)


def test_whoever_is_asked_deep_in_the_chain_refuses_less_than_they_state() -> None:
    refuses = [one.refuses.value for one in passages(study(singles(5)))][1:]
    assert refuses == pytest.approx([0.2000, 0.1547, 0.1273, 0.1086, 0.0950], abs=NEAR)


def test_once_a_level_has_concurred_the_rest_is_worth_more() -> None:
    found = [one.remaining.value for one in passages(study(singles(5), rho=0))]
    assert found == pytest.approx([0.8 ** (5 - left) for left in range(6)], abs=1e-9)


def test_dismissing_refusers_once_or_twice() -> None:
    for times, expected in ((0, 0.4761), (1, 0.7680), (2, 0.8766)):
        assert carried_out(singles(5), more=f"replace: {times}") == pytest.approx(
            expected, abs=NEAR
        )


def crews(enough: int, named: int, levels: int = 0) -> float:
    chain = chain_of(
        {f"l{n}": (1, "all") for n in range(1, levels + 1)},
        "executors: {gun: {title: Gun, count: 2000, crew: gunner}}\n"
        f"actions: {{fire: {{executors: [gun], at-most: 2000, enough: {enough}}}}}",
    )
    return carried_out(chain, more=f"naming: {{gun: {named}}}")


def test_a_crew_of_one_beside_each_executor() -> None:
    for (enough, named), expected in {
        (1, 1): 0.8000, (1, 3): 0.9615, (1, 10): 0.9963, (10, 10): 0.3297, (2000, 2000): 0.0035,
    }.items():  # fmt: skip
        assert crews(enough, named) == pytest.approx(expected, abs=NEAR)
    assert crews(1, 3, levels=4) == pytest.approx(0.5234, abs=NEAR)


def test_concurrences_that_those_asked_later_see() -> None:
    for shift, expected in ((0, 0.3277), (0.25, 0.4762), (0.5, 0.5828), (1, 0.6967)):
        more = f"visible: {{concurrence: {shift}, refusal: 0}}"
        assert carried_out(singles(5), rho=0, more=more) == pytest.approx(expected, abs=NEAR)


def test_people_who_decide_rather_than_obey() -> None:
    for deciding, q, expected in (
        (0, 0.1171, 0.6426), (0.1, 0.1519, 0.5671), (0.25, 0.2193, 0.4434), (0.5, 0.3729, 0.2418),
        (1, 0.7271, 0.0306),
    ):  # fmt: skip
        chain = singles(5)
        said = f"beliefs: logit\nchain: {chain.id}\nshared: {{everyone: 0.4}}\n"
        said += "messages: {everyone: -0.5}\n"
        said += "decision: {obedience: 0.62, role: 0.5, punishment: 2, regime-falls: 0.3, "
        said += f"deciding: {deciding}, factors: {{benefit: -1.0, response: -2.0}}}}\n"
        found = Study(model_of(chain, parse_beliefs(said.encode(), chain)))
        assert found.quick_mean() == pytest.approx(expected, abs=NEAR)
        first = found.at_medians().stopped[0][1]
        assert first == pytest.approx(q, abs=NEAR)


def test_ten_in_five_pairs_of_whom_two_pairs_must_both_concur() -> None:
    pairs = [f"p{n}-{side}" for n in range(1, 6) for side in ("a", "b")]
    both = ", ".join(f"{a} and {b}" for a, b in zip(pairs[::2], pairs[1::2], strict=True))
    text = f"chain: pairs\nmembers: {{{', '.join(f'{one}: {one}' for one in pairs)}}}\nlevels:\n"
    text += f"  - level: squadron\n    members: [{', '.join(pairs)}]\n    rule: 2 of ({both})\n"
    found = accounts(parse_chain(text.encode()))[0]
    assert sum(found.blocking.winning()) in {376, 2**10 - 376}
    assert {power.swings for power in found.powers.values()} == {108}
    assert {power.shapley for power in found.powers.values()} == {
        next(iter(found.powers.values())).shapley
    }
    assert float(next(iter(found.powers.values())).shapley) == pytest.approx(0.1)


def test_every_published_case_is_asked_of_by_a_test() -> None:
    from pathlib import Path

    text = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    answers = {name: case.get("answers") for name, case in cases().items()}
    points = {one for one, said in answers.items()
              if isinstance(said, dict) and "carried_out" in said}  # fmt: skip
    assert {name for name in cases() if name not in points and f'"{name}"' not in text} == set()
    assert len(cases()) == 37
