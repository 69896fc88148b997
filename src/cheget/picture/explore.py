"""Two sliders under a heat map: what it is between the cells. Without script there are none."""

from __future__ import annotations

from cheget.picture.heat import Grid
from cheget.picture.markup import tag

# No ampersand and no "less than": the page stays well-formed XML.
SCRIPT = """\
"use strict";
for (const box of document.querySelectorAll(".explore")) {
  const numbers = (text) => text.split(" ").map(Number);
  const columns = numbers(box.dataset.columns), rows = numbers(box.dataset.rows);
  const means = numbers(box.dataset.means);
  const words = box.dataset.words.split("|").map((one) => one.split("="));
  const [across, up] = box.querySelectorAll("input");
  const [told, saidAcross, saidUp] = box.querySelectorAll("output");
  const marks = box.parentNode.querySelectorAll(".here");
  const place = (values, input) => {
    const part = Number(input.value) / Number(input.max) * (values.length - 1);
    const at = Math.min(values.length - 2, Math.floor(part));
    return [at, part - at];
  };
  const percent = (p) => {
    if (0.01 > p) return "\\u003c 1 %";
    return p > 0.99 ? "> 99 %" : Math.round(100 * p) + " %";
  };
  const between = (a, b, part) => Number(a) + (b - a) * part;
  const show = () => {
    const [column, x] = place(columns, across), [row, y] = place(rows, up);
    const along = (r) => {
      const first = r * columns.length + column;
      return between(means[first], means[first + 1], x);
    };
    const p = between(along(row), along(row + 1), y);
    const word = words.find(([bound]) => Number(bound) > p)[1];
    told.textContent = word[0].toUpperCase() + word.slice(1) + ": " + percent(p);
    const asked = between(columns[column], columns[column + 1], x);
    saidAcross.textContent = (100 * asked).toFixed(1) + " %";
    saidUp.textContent = between(rows[row], rows[row + 1], y).toFixed(2);
    for (const mark of marks) {
      const [left, right, bottom, top] = numbers(mark.dataset.plot);
      mark.setAttribute("cx", between(left, right, across.value / across.max));
      mark.setAttribute("cy", between(bottom, top, up.value / up.max));
      mark.setAttribute("visibility", "visible");
    }
  };
  for (const input of [across, up]) input.addEventListener("input", show);
  box.hidden = false;
  show();
}
"""
STYLE = (
    ".explore{display:grid;grid-template-columns:minmax(0,auto) minmax(60px,1fr) 52px;"
    "gap:4px 12px;align-items:center;font-size:14px;margin:12px 0 4px;"
    "font-variant-numeric:tabular-nums}.explore[hidden]{display:none}"
    ".explore .told{grid-column:1/-1;font-size:17px;font-weight:600}"
    ".explore .note{grid-column:1/-1;margin:0}.explore output{text-align:right}"
    ".explore output.told{text-align:left}"
    ".explore input{width:100%;min-width:0;height:24px;margin:0;accent-color:var(--ink)}"
    "@media(max-width:780px){.explore{grid-template-columns:minmax(0,1fr) 52px}"
    ".explore span{grid-column:1/-1}}"
    "@media print{.explore{display:none}.chart .here{visibility:hidden}}"
)
STEPS = 200  # of a slider


def explore(grid: Grid, column: float, row: float) -> str:
    """The sliders, at these numbers first; hidden until the script shows them."""
    words = "|".join(f"{bound:g}={word}" for bound, word in grid.words)
    means = " ".join(f"{mean:.4f}".rstrip("0").rstrip(".") for line in grid.means for mean in line)
    return tag(
        "div",
        tag("output", class_="told"),
        *_slider(grid.across, column / grid.columns[-1]),
        *_slider(grid.up, row / grid.rows[-1]),
        tag("p", text="Between the cells it is interpolated.", class_="soft note"),
        class_="explore", hidden="hidden", data_columns=_listed(grid.columns),
        data_rows=_listed(grid.rows), data_means=means, data_words=words,
    )  # fmt: skip


def _slider(name: str, part: float) -> tuple[str, str, str]:
    at = round(STEPS * min(1.0, max(0.0, part)))
    control = tag("input", type="range", min="0", max=f"{STEPS}", value=f"{at}", aria_label=name)
    return tag("span", text=name, class_="soft"), control, tag("output")


def _listed(values: tuple[float, ...]) -> str:
    return " ".join(f"{one:.5g}" for one in values)
