"""From Python: what the verbs say, and that importing the package costs nothing."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import cheget
import notebook


def test_importing_the_package_loads_neither_numpy_nor_scipy_nor_a_verb() -> None:
    code = "import sys, cheget; print(sorted(m for m in sys.modules if m.split('.')[0] in "
    code += "('numpy', 'scipy', 'click', 'rich', 'yaml')))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_the_notebook_prints_what_it_shows() -> None:
    cells = json.loads(notebook.NOTEBOOK.read_text())["cells"]
    assert notebook.run(cells) == notebook.outputs(cells)


def test_a_proof_and_an_assessment_can_be_shown_and_written() -> None:
    chain = cheget.load("cheget")
    proof, answer = cheget.prove(chain, action="demonstration"), cheget.assess(chain)
    assert proof.holds
    assert "<svg" in proof._repr_html_()
    assert "unlikely" in answer._repr_html_()
    written = json.loads(json.dumps(answer.to_dict()))
    assert written["carried_out"]["mean"] == pytest.approx(answer.mean)
    ends = sum(answer.stopped.values()) + sum(answer.expired.values())
    assert answer.mean + ends == pytest.approx(1, abs=1e-6)


def test_a_file_that_is_missing_or_at_fault_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(cheget.ChegetError, match="no scenario nowhere"):
        cheget.load("nowhere")
    bad = tmp_path / "bad.yaml"
    bad.write_text("chain: Bad\n")
    with pytest.raises(cheget.ChegetError, match=r"bad\.yaml"):
        cheget.load(bad)
    with pytest.raises(cheget.ChegetError, match=r"missing\.yaml"):
        cheget.load_beliefs(tmp_path / "missing.yaml", cheget.load("cheget"))


GRID = {"everyone.refuses": [0.05, 0.1, 0.2, 0.3], "shared.everyone": [0.0, 0.5]}


def test_a_sweep_is_the_same_on_any_executor() -> None:
    alone = cheget.sweep("cheget", vary=GRID)
    with ThreadPoolExecutor(2) as pool:
        assert cheget.sweep("cheget", vary=GRID, executor=pool) == alone
    assert alone.cells[0] == (0.05, 0.0)
    assert alone.means[0] > alone.means[2] > alone.means[4] > alone.means[6]


@pytest.mark.slow
def test_a_sweep_on_processes_and_on_a_cluster_is_the_same() -> None:
    alone = cheget.sweep("cheget", vary=GRID)
    code = (
        "import cheget\nfrom concurrent.futures import ProcessPoolExecutor\n"
        "if __name__ == '__main__':\n"
        f"    with ProcessPoolExecutor(2) as pool: print(cheget.sweep('cheget', vary={GRID}, executor=pool).means)\n"  # noqa: E501
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == str(alone.means)
    distributed = pytest.importorskip("distributed", reason="no Dask here")
    with (
        distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert cheget.sweep("cheget", vary=GRID, executor=client.get_executor()) == alone


@pytest.mark.parametrize(
    ("vary", "said"),
    [
        ({"nobody.refuses": [0.1]}, "nothing to vary is called `nobody.refuses`"),
        ({"everyone.refuses": [1.5]}, "can't be 1.5"),
        ({"shared.everyone": []}, "0 cells"),
        ({"within": [0.0]}, "can't be 0"),
        ({"replace": [0.5]}, "nothing to vary is called `replace`"),
    ],
)
def test_what_cannot_be_varied_is_refused_before_any_work(
    vary: dict[str, list[float]], said: str
) -> None:
    with pytest.raises(cheget.ChegetError, match=said):
        cheget.sweep("cheget", vary=vary)
