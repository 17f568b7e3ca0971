"""The learner's report as one HTML page: inline SVG, nothing loaded, light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from string import Template

from firstline.domain.confidence_sequences import Interval, RewardSums, mean_interval
from firstline.domain.decisions import Group
from firstline.services.report_learning import ArmReport, CurvePoint, LearningReport

WIDTH, HEIGHT, LEFT, BOTTOM = 460, 240, 40, 26
COLOURS = {Group.LEARNED: "var(--learned)", Group.HOLDOUT: "var(--holdout)", Group.CAUTIOUS: "var(--muted)"}

PAGE = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark; --page: #fff; --text: #1c2430; --muted: #5d6878; --line: #d5dae1; --learned: #0b63c5;
  --holdout: #b4540a; --bar: #9cc3ee; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --page: #14181f; --text: #e6eaf0; --muted: #a3adbb; --line: #333c49;
  --learned: #6fb1ff; --holdout: #f0a860; --bar: #2f5f92; --bad: #ff9a90; } }
body { margin: 0 auto; padding: 1rem; max-width: 60rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.2; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; }
p, li { max-width: 44rem; } .muted { color: var(--muted); } .bad { color: var(--bad); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 1rem; margin: 1rem 0; }
dl div { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .8rem; }
dt { color: var(--muted); font-size: .875rem; } dd { margin: 0; font-size: 1.3rem; }
dd small { display: block; font-size: .8125rem; color: var(--muted); }
svg { display: block; width: 100%; height: auto; } svg.plot { max-width: 40rem; }
svg text { fill: var(--muted); font-size: 14px; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
th, td { padding: .3rem .6rem .3rem 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } th { font-weight: 600; color: var(--muted); }
td.bar { min-width: 9rem; width: 30%; padding-right: 0; } .key { display: inline-block; width: 1rem; height: .2rem;
  vertical-align: middle; margin: 0 .3rem 0 .8rem; }
</style>
<h1>$title</h1>
<p class="muted">$about</p>
$body
</html>
""")


def report_page(report: LearningReport, *, title: str = "What the learner has found") -> str:
    """Return the page."""
    about = f"Policy {report.policy}, the last {report.days} days, as of {report.as_of:%Y-%m-%d %H:%M} UTC."
    body = "\n".join((*_summary(report), *_curve(report), *_arms(report), *_controls(report), *_notes()))
    return PAGE.substitute(title=escape(title), about=escape(about), body=body)


def _summary(report: LearningReport) -> Iterator[str]:
    effect = report.effect
    yield "<h2>Does learning help?</h2>"
    yield f"<p>{escape(_verdict(report))}</p><dl>"
    bounds = f"{effect.low:+.3f} to {effect.high:+.3f}"
    yield _figure("Learned less holdout", _signed(effect.difference), f"with 95 %: {bounds}")
    for name, group in (("learned", effect.learned), ("holdout", effect.holdout)):
        silent = effect.assumed.get(name, 0)
        told = f"{group.n} conversations with a reward; {silent} answers without any signal, in no mean"
        yield _figure(f"Mean reward, {name}", _number(group.mean), told)
    regret = "not enough rewards yet" if report.regret is None else "by today's means; too high where those are luck"
    yield _figure("Rewards missed", "-" if report.regret is None else f"{report.regret:.1f}", regret)
    agreement = "-" if report.agreement is None else f"{report.agreement:.0%}"
    yield _figure("Inferred and stated satisfaction agree", agreement, f"of {report.compared} answers that have both")
    yield "</dl>"


def _verdict(report: LearningReport) -> str:
    effect = report.effect
    if effect.difference is None:
        return "Not known yet: one of the two groups has no reward whose window has ended."
    if effect.low > 0:
        return "Yes: answers chosen by the learner are rewarded more than the fixed default, surely."
    if effect.high < 0:
        return "No: answers chosen by the learner are rewarded less than the fixed default, surely."
    return "Not sure yet: the interval holds no effect as well. It may be looked at as often as you like."


def _curve(report: LearningReport) -> Iterator[str]:
    yield "<h2>Mean reward by day</h2>"
    points = [point for point in report.curve if point.mean is not None and point.group is not Group.CAUTIOUS]
    days = sorted({point.day for point in points})
    if not days:
        yield '<p class="muted">No rewards in these days.</p>'
        return
    yield '<p><span class="key" style="background: var(--learned); margin-left: 0"></span>learned'
    yield '<span class="key" style="background: var(--holdout)"></span>holdout (the fixed default); '
    yield "a line is the mean of seven days, its band the interval of that mean at its widest; a dot is one day</p>"
    yield f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Mean reward by day and group">'
    for tenth in (0, 25, 50, 75, 100):
        y = _y(tenth / 100)
        yield f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="var(--line)"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tenth / 100:.2f}</text>'
    span = max(1, (days[-1] - days[0]).days)
    left, right = LEFT + 10, WIDTH - 10
    for day, anchor, place in ((days[0], "start", left), (days[-1], "end", right))[: len(days)]:
        yield f'<text x="{place}" y="{HEIGHT - 6}" text-anchor="{anchor}">{day:%d %b}</text>'
    for group in (Group.HOLDOUT, Group.LEARNED):
        own = [point for point in points if point.group is group]
        placed = [(left + (right - left) * (point.day - days[0]).days / span, point) for point in own]
        for x, point in placed:
            told = f"{point.day:%d %b}, {group.value}: {point.mean:.2f} over {point.rewarded} rewards"
            radius = min(7.0, 1.5 + point.rewarded**0.5 / 2)
            yield f'<circle cx="{x:.1f}" cy="{_y(point.mean or 0):.1f}" r="{radius:.1f}" fill="{COLOURS[group]}" '
            yield f'fill-opacity=".35"><title>{escape(told)}</title></circle>'
        smooth = [(x, _smoothed(own, point)) for x, point in placed]
        band = [(x, week.high) for x, week in smooth] + [(x, week.low) for x, week in reversed(smooth)]
        corners = " ".join(f"{x:.1f},{_y(value):.1f}" for x, value in band)
        yield f'<polygon points="{corners}" fill="{COLOURS[group]}" fill-opacity=".12"/>'
        line = " ".join(f"{x:.1f},{_y(week.estimate or 0):.1f}" for x, week in smooth)
        yield f'<polyline points="{line}" fill="none" stroke="{COLOURS[group]}" stroke-width="2.5"/>'
    yield "</svg>"


def _smoothed(own: Sequence[CurvePoint], at: CurvePoint) -> Interval:
    near = [point for point in own if 0 <= (at.day - point.day).days < 7]
    n, total = sum(point.rewarded for point in near), sum((point.mean or 0) * point.rewarded for point in near)
    # Of all rewards with that mean, those that are 0 or 1 vary most.
    return mean_interval(RewardSums().plus(n, total, total))


def _y(value: float) -> float:
    top = 10
    return HEIGHT - BOTTOM - value * (HEIGHT - BOTTOM - top)


def _arms(report: LearningReport) -> Iterator[str]:
    yield "<h2>Strategies by segment</h2>"
    yield '<p class="muted">The bar is the interval of the mean reward, which holds whenever one looks; the mark is '
    yield "the mean. Posterior: the rewards that the learner holds, and their mean.</p>"
    if not report.arms:
        yield '<p class="muted">The learner has chosen nothing in these days.</p>'
    for segment, arms in groupby(report.arms, key=lambda arm: arm.segment):
        own = list(arms)
        yield f'<h3>{escape(segment)}</h3><div class="scroll"><table><tr><th>Strategy<th>Chosen<th>Rewarded<th>Mean'
        yield "<th>0 to 1<th>Posterior<th>No signal</tr>"
        for arm in own:
            yield f"<tr><td>{escape(arm.arm.value.replace('_', ' '))}<td>{arm.pulls}<td>{arm.rewarded}"
            yield f'<td>{_number(arm.reward.mean)}<td class="bar">{_bar(arm)}'
            yield f"<td>{_number(arm.posterior_mean)} of {arm.posterior_n:.0f}<td>{arm.assumed}</tr>"
        yield "</table></div>"
        yield from _parts(own)


def _bar(arm: ArmReport) -> str:
    if not arm.rewarded or arm.reward.mean is None:
        return ""
    low, high, mean = (100 * value for value in (arm.reward.low, arm.reward.high, arm.reward.mean))
    return (
        f'<svg viewBox="0 0 100 10" preserveAspectRatio="none" style="height: .8rem" role="img" '
        f'aria-label="{arm.reward.low:.2f} to {arm.reward.high:.2f}">'
        '<rect x="0" y="4.5" width="100" height="1" fill="var(--line)"/>'
        f'<rect x="{low:.1f}" y="2" width="{max(0.5, high - low):.1f}" height="6" fill="var(--bar)"/>'
        f'<rect x="{mean - 0.5:.1f}" y="0" width="1" height="10" fill="var(--learned)"/></svg>'
    )


def _parts(arms: Sequence[ArmReport]) -> Iterator[str]:
    names = sorted({name for arm in arms for name in arm.parts})
    if not names:
        return
    yield '<details><summary>What the rewards are made of</summary><div class="scroll"><table><tr><th>Strategy'
    yield "".join(f"<th>{escape(name.replace('_', ' '))}" for name in names) + "</tr>"
    for arm in arms:
        yield f"<tr><td>{escape(arm.arm.value.replace('_', ' '))}"
        for name in names:
            n, mean = arm.parts.get(name, (0, 0.0))
            yield f"<td>{f'{mean:.2f} ({n})' if n else '-'}"
        yield "</tr>"
    yield "</table></div></details>"


def _controls(report: LearningReport) -> Iterator[str]:
    yield "<h2>Freezes, pauses and caps</h2>"
    held = [control for control in report.controls if control.frozen or control.paused or control.cap < 1]
    if not held:
        yield '<p class="muted">None.</p>'
        return
    yield "<ul>"
    for control in held:
        states = ["frozen"] * control.frozen + ["paused"] * control.paused
        states += [f"capped at {control.cap:.0%}"] if control.cap < 1 else []
        told = f"{control.arm.value.replace('_', ' ')} in {control.segment}: {', '.join(states)}"
        reason = f" ({control.reason})" if control.reason else ""
        who = f", by {control.by}" if control.by else ""
        yield f'<li><span class="bad">{escape(told)}</span>{escape(reason)}{escape(who)}, {control.at:%Y-%m-%d %H:%M}'
    yield "</ul>"


def _notes() -> Iterator[str]:
    yield "<h2>How to read this</h2><ul>"
    yield "<li>Rewards are observed, between 0 and 1. An answer of which nothing was observed is in no mean."
    yield "<li>The effect is over answers whose window of 72 hours has ended; a small share of conversations always "
    yield "gets the fixed default, to compare with."
    yield "<li>All intervals are confidence sequences: with 95 % they hold, however often one looks."
    yield "</ul>"


def _figure(name: str, value: str, told: str) -> str:
    return f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(told)}</small></dd></div>"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"
