"""Charts are well-formed drawings whose words are escaped, whose marks are links and whose colours are the tokens'."""

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

import pytest

from kernel import charts
from kernel.charts import drawing

SVG = "{http://www.w3.org/2000/svg}"
CSS = Path(__file__).resolve().parents[2] / "static" / "css"

TREND = charts.Trend(
    question="Is it <closer>?",
    finding="From 47.6 to 43.2 & falling.",
    labels=["Sep", "Oct", "Nov"],
    actual=charts.Series("DSO", [Decimal("44.6"), 43.8, 43.2], ["44.6", "43.8", "43.2"], "43.2 d"),
    target=charts.Series("Target", [43.0, 42.5, 42.0], ["43.0", "42.5", "42.0"], "Target 42.0"),
    urls=["/kpi/dso?month=2026-09", "/kpi/dso?month=2026-10&vs=target", "/kpi/dso?month=2026-11"],
    heading="Month",
)
WATERFALL = charts.Waterfall(
    question="What explains the gap?",
    finding="Building adds 1.0.",
    start=charts.Mark("Target", Decimal("42.0"), "42.0"),
    steps=[
        charts.Mark("Building", Decimal("1.0"), "+1.0", "/a"),
        charts.Mark("Key accounts", Decimal("-0.3"), "−0.3", "/b"),
        charts.Mark("Export", Decimal(0), "0.0", "/c"),
    ],
    end=charts.Mark("Actual", Decimal("42.7"), "42.7"),
)
STACKED = charts.Stacked(
    question="Is debt ageing?",
    finding="No.",
    stacks=[
        charts.Stack("Nov", [13, 2, 1, 0.5, 0.7], ["13", "2", "1", "0.5", "0.7"], "17.2", "/n")
    ],
    part_names=["a", "b", "c", "d", "e"],
)
BARS = charts.Bars(
    question="Why?",
    finding="Unknown.",
    bars=[charts.Mark("No reason", 10, "€10", "/x")],
    shares=["100%"],
)
COLUMNS = charts.Columns(
    question="Cash?",
    finding="Some.",
    columns=[
        charts.PlannedColumn("W1", "3.4", actual=3.4, plan=3.2, url="/w1"),
        charts.PlannedColumn("W2", "2.1", forecast=2.1),
    ],
)
GAUGE = charts.Gauge(
    question="Room?",
    finding="None.",
    limit=400_000,
    insured=300_000,
    invoiced=412_861,
    delivered=38_400,
    limit_label="Limit €400k",
    insured_label="Insured €300k",
)
ALL = [TREND, WATERFALL, STACKED, BARS, COLUMNS, GAUGE]


def parsed(text: str) -> Element:
    return ET.fromstring(text)  # noqa: S314  our own drawing


def drawn(chart: charts.Chart) -> Element:
    return parsed(charts.draw(chart, ident="c1", language="en"))


def links(svg: Element) -> list[str]:
    return [link.get("href", "") for link in svg.iter(f"{SVG}a")]


@pytest.mark.parametrize("chart", ALL, ids=lambda chart: type(chart).__name__)
def test_a_chart_is_named_by_its_question_and_told_by_its_finding(chart: charts.Chart) -> None:
    svg = drawn(chart)
    assert svg.findtext(f"{SVG}title") == chart.question
    assert svg.findtext(f"{SVG}desc") == chart.finding
    assert svg.get("aria-labelledby") == "c1-t c1-d"


@pytest.mark.parametrize("chart", ALL, ids=lambda chart: type(chart).__name__)
def test_every_mark_carries_its_paint_for_paper(chart: charts.Chart) -> None:
    for node in drawn(chart).iter():
        if node.tag.removeprefix(SVG) in {"rect", "circle", "polyline", "polygon", "text"}:
            assert node.get("fill"), node.attrib
        if node.tag == f"{SVG}line":
            assert node.get("stroke"), node.attrib
        assert "style" not in node.attrib


@pytest.mark.parametrize("chart", ALL, ids=lambda chart: type(chart).__name__)
def test_a_drawing_with_links_is_no_image_so_that_they_are_reached(chart: charts.Chart) -> None:
    svg = drawn(chart)
    assert svg.get("role") == ("group" if links(svg) else "img")


@pytest.mark.parametrize("chart", ALL, ids=lambda chart: type(chart).__name__)
def test_the_table_leads_where_the_marks_lead(chart: charts.Chart) -> None:
    assert links(drawn(chart)) == [url for _label, url, _cells in chart.table().rows if url]


def test_each_point_of_a_trend_is_a_named_link() -> None:
    names = [link.get("aria-label") for link in drawn(TREND).iter(f"{SVG}a")]
    assert names == ["Sep : 44.6", "Oct : 43.8", "Nov : 43.2"]


def test_words_and_addresses_cannot_leave_their_place() -> None:
    chart = replace(
        BARS, bars=[charts.Mark('"><script>alert(1)</script>', 1, "<b>", 'javascript:"<x>')]
    )
    for one in (chart, COLUMNS):
        text = charts.draw(one, ident='"><script>', language="en")
        assert "<script" not in text
        assert "<b>" not in text
        parsed(text)


def test_a_gap_in_a_trend_draws_no_point() -> None:
    chart = replace(TREND, actual=replace(TREND.actual, values=[44.6, None, 43.2]))
    assert len(list(drawn(chart).iter(f"{SVG}circle"))) == 2


@pytest.mark.parametrize("values", [[], [5.0], [5.0, 5.0], [0.0, 0.0]])
def test_a_trend_of_little_or_nothing_is_still_drawn(values: list[float]) -> None:
    chart = charts.Trend(
        "Q", "F", ["a"] * len(values), charts.Series("s", values, ["x"] * len(values), "end")
    )
    assert len(list(drawn(chart).iter(f"{SVG}circle"))) == len(values)


def test_end_labels_never_lie_on_each_other() -> None:
    close = charts.Series("Target", [43.0, 42.5, 43.15], ["43.0", "42.5", "43.2"], "Target 43.2")
    chart = replace(TREND, target=close)
    texts = [node for node in drawn(chart).iter(f"{SVG}text") if node.get("x") == "412"]
    places = sorted(float(node.get("y", "0")) for node in texts)
    assert places[1] - places[0] >= 15


def test_a_waterfall_cuts_its_axis_only_when_the_steps_would_not_show() -> None:
    assert WATERFALL.is_cut
    steep = replace(WATERFALL, steps=[charts.Mark("x", 30, "+30")], end=charts.Mark("e", 72, "72"))
    assert not steep.is_cut


def test_a_rise_is_bad_or_good_as_the_caller_says() -> None:
    tones = [node.get("class") for node in drawn(WATERFALL).iter(f"{SVG}rect")]
    assert tones == ["bar-ink", "bar-up", "bar-down", "bar-ink", "bar"]
    good = replace(WATERFALL, is_rise_bad=False)
    tones = [node.get("class") for node in drawn(good).iter(f"{SVG}rect")]
    assert tones == ["bar-ink", "bar-down", "bar-up", "bar-ink", "bar"]


def test_stacks_stand_on_each_other_and_reach_their_total() -> None:
    parts = [node for node in drawn(STACKED).iter(f"{SVG}rect") if node.get("class") != "hit"]
    tops = [float(node.get("y", "0")) for node in parts]
    assert tops == sorted(tops, reverse=True)
    assert [node.get("class") for node in parts] == ["b0", "b1", "b2", "b3", "b4"]


def test_the_gauge_shows_what_lies_beyond_the_limit() -> None:
    zones = {node.get("class"): node for node in drawn(GAUGE).iter(f"{SVG}rect")}
    assert zones["v-over"].get("x") == "80.00%"
    assert zones["v-over"].get("width") == "10.25%"
    calm = replace(GAUGE, invoiced=100_000, delivered=0)
    assert "v-over" not in {node.get("class") for node in drawn(calm).iter(f"{SVG}rect")}


def test_the_ageing_bar_fills_its_width_with_positive_parts() -> None:
    svg = parsed(charts.ageing_bar([50, 25, 25, 0, -10], "Aged balance"))
    widths = [float(node.get("width", "0").rstrip("%")) for node in svg]
    assert widths == [49.55, 24.55, 24.55]
    assert svg.get("aria-label") == "Aged balance"


def test_an_empty_ageing_bar_draws_nothing_in_it() -> None:
    assert list(parsed(charts.ageing_bar([0, 0, 0, 0, 0], "x"))) == []


def test_a_sparkline_ends_in_a_point_of_its_status() -> None:
    svg = parsed(charts.sparkline([3, 2, 1], target=1, status="bad"))
    assert svg.get("aria-hidden") == "true"
    assert [node.get("fill") for node in svg if node.tag.endswith("circle")] == [drawing.LATE]
    assert charts.sparkline([1]) == ""


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (32.3, 48.1, [30, 35, 40, 45, 50]),
        (0, 18.8, [0, 5, 10, 15, 20]),
        (0, 1, [0, 0.5, 1.0]),
        (5, 5, [4, 6, 8, 10]),
    ],
)
def test_an_axis_has_round_values_around_the_data(
    low: float, high: float, expected: list[float]
) -> None:
    found = drawing.ticks(low, high)
    assert found[0] <= low
    assert found[-1] >= high
    assert found == expected


def test_the_colours_on_paper_are_the_light_tokens() -> None:
    tokens = dict(
        re.findall(r"--([\w-]+):\s*light-dark\((#\w{6}),", (CSS / "tokens.css").read_text())
    )
    assert tuple(tokens[f"b{place}"] for place in range(5)) == drawing.BUCKETS
    for name in ("ink", "ink-2", "ink-3", "line", "line-2", "surface", "surface-2", "surface-3"):
        assert getattr(drawing, name.upper().replace("-", "_")) == tokens[name], name
    assert (tokens["brand"], tokens["late"], tokens["late-soft"], tokens["b0-line"]) == (
        drawing.BRAND,
        drawing.LATE,
        drawing.LATE_SOFT,
        drawing.BUCKET_EDGE,
    )
