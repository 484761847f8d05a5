"""The demo week's demand: which posts need whom, and how much each place matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.demo.shifts import NUM_SHIFTS, TEMPLATES, hours_covered, is_weekend

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from data.demo.ground import Ground
    from data.demo.programme import Programme

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

POSTS_PER_BEAT = 20_500 / 1_444
_NOISE = 0.35
_LEAST_POSTS = 3
_FALL = 0.8
_NEXT_ROLE = 0.85
_MAX_WEIGHT = 10
# By template: how much likelier a third, fourth and fifth person is at the hottest posts.
_MORE = np.array([0.4, 0.4, 0.4, 0.4, 0.1])
_LINES = (0.45, 0.38, 0.17)
_AUXILIARY_LEADS, _PAIR, _SECOND = 0.76, 0.12, 0.06
"""Posts led by an auxiliary, the others by an officer; at the hottest, a pair of auxiliaries, and
an officer besides."""
# Relative chance of each duty role by template; rows as TEMPLATES.
_ROLES = (
    *("community_reporter", "mediator", "patrol_guard", "relief_worker", "order_steward"),
    *("law_educator", "civility_inspector", "service_helper", "incident_responder"),
)
_ROLE_CHANCE = np.array(
    [
        [2, 0, 2, 0, 6, 0, 5, 4, 0],
        [6, 2, 1, 1, 3, 1, 5, 6, 0],
        [5, 1, 2, 1, 5, 1, 5, 5, 0],
        [4, 1, 8, 1, 5, 1, 2, 2, 2],
        [3, 0, 8, 1, 2, 0, 0, 0, 2],
    ],
    np.float64,
)


def build_demand(
    ground: Ground, programme: Programme, shifts: pd.DataFrame, seed: int
) -> pd.DataFrame:
    """Make demand lines from the risk surface.

    A post has demand where its risk, times a draw, is among the highest of the city or the three
    highest of its beat, or where a school's gate opens. It asks for one to three duty roles that
    fit the time of day, for an auxiliary or else an officer to lead them, and at the riskiest
    nights for one trained for hazards. Weights are 1–10 by the post's rank and fall by a fifth a
    place. What model stations ask for is cut afterwards (`data.demo.signups`).

    Returns
    -------
    DataFrame
        As `dispatch.scenario.Scenario.demand`, ordered by beat, shift and role.
    """
    rng = np.random.default_rng([seed, 5])
    num_beats = len(ground.beats)
    risk = ground.risk.by_area(ground.beat, num_beats, hours_covered(shifts))
    school = _school_posts(ground, num_beats)
    # Half of a shift's own level is taken out: by day there is less danger, but advice to give.
    level = np.log(risk + risk.mean() * 1e-3)
    level += np.log(programme.campaign)[ground.beat_station(), None]
    score = level - level.mean(axis=0) / 2 + _NOISE * rng.standard_normal(risk.shape)
    rank = _ranks(score)
    wanted = round(POSTS_PER_BEAT * num_beats) / rank.size
    own = np.argsort(-score, axis=1, kind="stable")[:, :_LEAST_POSTS]
    quiet = np.zeros(score.shape, np.bool_)
    np.put_along_axis(quiet, own, values=True, axis=1)
    beat, shift = np.nonzero((rank >= 1 - wanted) | quiet | school)
    heat = np.clip((rank[beat, shift] - 1 + wanted) / wanted, 0, 1)
    lines = [
        _duty_lines(shift, heat, rng),
        _school_lines(school[beat, shift], rng),
        *_staff_lines(shift, heat, rng),
    ]
    post, role, required, weight = (np.concatenate(parts) for parts in zip(*lines, strict=True))
    table = pd.DataFrame(
        {
            "beat_id": ground.beats["beat_id"].take(beat[post]).array,
            "shift_id": shifts["shift_id"].take(shift[post]).array,
            "role": pd.Series(role, dtype="str"),
            "required": required,
            "weight": _falling(weight, required),
        }
    )
    order = np.lexsort((role, post))
    return table.iloc[order].reset_index(drop=True)


def _ranks(score: Floats) -> Floats:
    """Give each entry's place in the order of all, from 0 to below 1."""
    rank = np.empty(score.size)
    rank[np.argsort(score, axis=None, kind="stable")] = np.arange(score.size) / score.size
    return rank.reshape(score.shape)


def _school_posts(ground: Ground, num_beats: int) -> NDArray[np.bool_]:
    gate = np.zeros(num_beats, np.bool_)
    gate[ground.beat[ground.risk.spots["schools"]]] = True
    template = np.arange(NUM_SHIFTS) % len(TEMPLATES)
    opens = ~is_weekend() & np.isin(template, [0, 2])
    return gate[:, None] & opens


Lines = tuple["Integers", "NDArray[np.str_]", "Integers", "Integers"]


def _duty_lines(shift: Integers, heat: Floats, rng: np.random.Generator) -> Lines:
    """Draw one to three duty roles a post without repetition (Gumbel's trick)."""
    with np.errstate(divide="ignore"):
        chance = np.log(_ROLE_CHANCE)[shift % len(TEMPLATES)]
    order = np.argsort(-(chance + rng.gumbel(size=chance.shape)), axis=1, kind="stable")
    count = 1 + np.searchsorted(np.cumsum(_LINES), rng.random(len(shift)), side="right")
    count = np.minimum(count, len(_LINES))
    nth = np.arange(len(_LINES))
    post, place = np.nonzero(nth < count[:, None])
    role = np.array(_ROLES)[order[post, place]]
    more = _MORE[shift[post] % len(TEMPLATES)] * heat[post]
    required = 2 + rng.binomial(3, 0.13 + more)
    return post, role, required, _weights(heat[post] * _NEXT_ROLE**place, rng)


def _school_lines(gate: NDArray[np.bool_], rng: np.random.Generator) -> Lines:
    post = np.flatnonzero(gate)
    required = rng.integers(2, 5, len(post))
    return post, np.full(len(post), "school_guard"), required, rng.integers(7, 11, len(post))


def _staff_lines(shift: Integers, heat: Floats, rng: np.random.Generator) -> list[Lines]:
    every = np.arange(len(shift))
    led = rng.random(len(every)) < _AUXILIARY_LEADS
    auxiliary, officer = every[led], every[~led | (rng.random(len(every)) < _SECOND * heat)]
    late = shift % len(TEMPLATES) >= 3
    hazard = every[late & (heat > 0.9)]
    pairs = 1 + (rng.random(len(auxiliary)) < _PAIR * heat[auxiliary])
    return [
        (auxiliary, np.full(len(auxiliary), "auxiliary"), pairs, _weights(heat[auxiliary], rng)),
        (officer, np.full(len(officer), "officer"), _ones(officer), _weights(heat[officer], rng)),
        (hazard, np.full(len(hazard), "hazard_response"), _ones(hazard), 9 + _ones(hazard) * 0),
    ]


def _ones(like: Integers) -> Integers:
    return np.ones(len(like), np.int64)


def _weights(heat: Floats, rng: np.random.Generator) -> Integers:
    """Give the first place's weight: 1 at the coolest post, mostly 9 or 10 at the hottest."""
    return np.clip(np.rint(1 + 8 * heat**2 + rng.normal(0, 1, len(heat))), 1, _MAX_WEIGHT).astype(
        np.int64
    )


def _falling(first: Integers, required: Integers) -> pd.Series:
    """Give a weight for each place, the same tuple for lines that are alike."""
    kinds, code = np.unique(np.stack([first, required], axis=1), axis=0, return_inverse=True)
    pool = np.empty(len(kinds), object)
    for i, (weight, places) in enumerate(kinds.tolist()):
        pool[i] = tuple(max(1, round(weight * _FALL**n)) for n in range(places))
    return pd.Series(pool[code.ravel()], dtype=object)
