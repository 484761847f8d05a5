"""Compiled loops of `grid.districting`; plain arrays in, plain arrays out.

A *piece* is a connected part of one station's ground. The cells of a piece are numbered from 0 and
its neighbours are local numbers, -1 outside the piece, so that pieces are independent of each
other: the beats of one never depend on what was drawn elsewhere.

Quantities of a beat b: ``load`` (workload), ``size`` (cells), ``edge`` (sides of its cells that do
not face another cell of b, the outer border included).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HEXAGON = 48.0
"""edge² / size of a large hexagon of hexagons: (12 r + 6)² / (3 r² + 3 r + 1) -> 48."""
_PATIENCE, _FAR_OFF = 4, 2.0
"""Up to so many times the starts while a beat deviates by more than so many tolerances."""
_EVEN = 0.2
"""Part of the mass that the power diagram spreads over the cells alike."""


@njit(cache=True)
def _next(state: NDArray[np.uint64]) -> float:
    """Advance splitmix64 (Steele et al., 2014, 10.1145/2714064.2660195); a number in [0, 1)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return float(z >> np.uint64(11)) / 9007199254740992.0


@njit(cache=True)
def ring_links(neighbours: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Tell which of a cell's six neighbours touch each other.

    Returns
    -------
    (n, 6) uint8
        Bit j of entry (v, i) is set where neighbours i and j of v are neighbours.
    """
    n = neighbours.shape[0]
    links = np.zeros((n, 6), np.uint8)
    for v in range(n):
        for i in range(6):
            a = neighbours[v, i]
            if a < 0:
                continue
            for j in range(6):
                b = neighbours[v, j]
                if b < 0 or b == a:
                    continue
                for m in range(6):
                    if neighbours[a, m] == b:
                        links[v, i] |= np.uint8(1 << j)
                        break
    return links


@njit(cache=True)
def _seed_centres(
    xy: NDArray[np.float64], mass: NDArray[np.float64], k: int, state: NDArray[np.uint64]
) -> NDArray[np.float64]:
    """Choose k centres by k-means++ (Arthur & Vassilvitskii, 2007) on the given mass."""
    n = xy.shape[0]
    centres = np.zeros((k, 2))
    best = np.full(n, np.inf)
    score = mass.copy()
    for c in range(k):
        total = score.sum()
        aim = _next(state) * total
        pick = n - 1
        for i in range(n):
            aim -= score[i]
            if aim < 0.0:
                pick = i
                break
        centres[c] = xy[pick]
        for i in range(n):
            d = (xy[i, 0] - xy[pick, 0]) ** 2 + (xy[i, 1] - xy[pick, 1]) ** 2
            best[i] = min(best[i], d)
            score[i] = best[i] * mass[i]
        if score.sum() <= 0.0:
            score[:] = mass
    return centres


@njit(cache=True)
def power_diagram(
    xy: NDArray[np.float64],
    workload: NDArray[np.float64],
    k: int,
    rounds: int,
    state: NDArray[np.uint64],
) -> NDArray[np.int32]:
    """Cut a piece into k cells of a centroidal power diagram of about equal workload.

    Cell i goes to the centre c with the least |x_i - c|² - lambda_c. For given centres the lambdas
    that make the workloads equal are the dual prices of the transportation problem cells -> centres
    (Aurenhammer, Hoffmann & Aronov, 1998, 10.1007/PL00009187); they are raised and lowered here by
    a damped step, and the centres follow the centroids.
    """
    n = xy.shape[0]
    aim = _aim(workload, k)
    # A part of the mass is spread evenly: it draws centres out into empty ground.
    mass = (1.0 - _EVEN) * workload / (aim * k) + _EVEN / n
    centres = _seed_centres(xy, mass, k, state)
    lift = np.zeros(k)
    beat = np.zeros(n, np.int32)
    load = np.zeros(k)
    weight = np.zeros(k)
    size = np.zeros(k)
    moment = np.zeros((k, 2))
    # Mean square distance between neighbouring centres, the unit of the lambdas of an empty beat.
    spread = 0.0
    for i in range(n):
        spread += (xy[i, 0] - xy[0, 0]) ** 2 + (xy[i, 1] - xy[0, 1]) ** 2
    spread /= n * k
    cell_area = 1.0
    if n > 1:
        low_x, high_x = xy[:, 0].min(), xy[:, 0].max()
        low_y, high_y = xy[:, 1].min(), xy[:, 1].max()
        cell_area = max((high_x - low_x) * (high_y - low_y), 1.0) / n
    for turn in range(rounds):
        load[:] = 0.0
        weight[:] = 0.0
        size[:] = 0.0
        moment[:] = 0.0
        for i in range(n):
            x, y = xy[i, 0], xy[i, 1]
            least = np.inf
            owner = 0
            for c in range(k):
                d = (x - centres[c, 0]) ** 2 + (y - centres[c, 1]) ** 2 - lift[c]
                if d < least:
                    least = d
                    owner = c
            beat[i] = owner
            load[owner] += workload[i]
            weight[owner] += mass[i]
            size[owner] += 1.0
            moment[owner, 0] += mass[i] * x
            moment[owner, 1] += mass[i] * y
        if turn == rounds - 1:
            break
        damping = 0.5 if turn < rounds // 2 else 0.25
        for c in range(k):
            if size[c] == 0.0:
                lift[c] += 0.1 * spread
                continue
            area = size[c] * cell_area
            step = damping * area * (aim - load[c]) / max(load[c], 0.2 * aim)
            limit = 0.3 * area
            lift[c] += min(max(step, -limit), limit)
            if turn < (3 * rounds) // 4:
                centres[c, 0] = 0.5 * (centres[c, 0] + moment[c, 0] / weight[c])
                centres[c, 1] = 0.5 * (centres[c, 1] + moment[c, 1] / weight[c])
    return beat


@njit(cache=True)
def make_contiguous(
    neighbours: NDArray[np.int32],
    links: NDArray[np.uint8],
    workload: NDArray[np.float64],
    beat: NDArray[np.int32],
    k: int,
) -> None:
    """Keep each beat's heaviest connected part, grow the parts over the rest, fill empty beats.

    Afterwards all k beats of the piece are contiguous and own a cell; needs k <= n.
    """
    n = beat.size
    part = np.full(n, -1, np.int32)
    queue = np.zeros(n, np.int32)
    kept = np.full(k, -1, np.int32)
    kept_load = np.full(k, -1.0)
    num_parts = 0
    for start in range(n):
        if part[start] >= 0:
            continue
        head, tail = 0, 1
        queue[0] = start
        part[start] = num_parts
        # Cells count a little, so that a part with no workload can still be the heaviest.
        weight = 0.0
        while head < tail:
            v = queue[head]
            head += 1
            weight += workload[v] + 1e-12
            for j in range(6):
                u = neighbours[v, j]
                if u >= 0 and part[u] < 0 and beat[u] == beat[v]:
                    part[u] = num_parts
                    queue[tail] = u
                    tail += 1
        b = beat[start]
        if weight > kept_load[b]:
            kept_load[b] = weight
            kept[b] = num_parts
        num_parts += 1
    tail = 0
    for v in range(n):
        if kept[beat[v]] != part[v]:
            beat[v] = -1
        else:
            queue[tail] = v
            tail += 1
    head = 0
    while head < tail:
        v = queue[head]
        head += 1
        for j in range(6):
            u = neighbours[v, j]
            if u >= 0 and beat[u] < 0:
                beat[u] = beat[v]
                queue[tail] = u
                tail += 1
    load = np.zeros(k)
    size = np.zeros(k, np.int64)
    for v in range(n):
        load[beat[v]] += workload[v]
        size[beat[v]] += 1
    for b in range(k):
        if size[b] > 0:
            continue
        donor = -1
        for c in range(k):
            if size[c] > 1 and (donor < 0 or load[c] > load[donor]):
                donor = c
        # The heaviest cell that may leave: the new beat then starts near its share.
        pick = -1
        for v in range(n):
            if (
                beat[v] == donor
                and (pick < 0 or workload[v] > workload[pick])
                and _may_leave(neighbours, links, beat, v)
            ):
                pick = v
        load[donor] -= workload[pick]
        size[donor] -= 1
        beat[pick] = b
        load[b] = workload[pick]
        size[b] = 1


@njit(cache=True)
def _may_leave(
    neighbours: NDArray[np.int32], links: NDArray[np.uint8], beat: NDArray[np.int32], v: int
) -> bool:
    """Tell whether v's beat stays contiguous without v: its other cells around v form one run.

    Sufficient, and also necessary unless the beat encloses a hole (a local articulation test).
    """
    around = 0
    for j in range(6):
        u = neighbours[v, j]
        if u >= 0 and beat[u] == beat[v]:
            around |= 1 << j
    if around == 0:
        return False
    reached = around & -around
    grown = 0
    while grown != reached:
        grown = reached
        for j in range(6):
            if (reached >> j) & 1:
                reached |= links[v, j] & around
    return reached == around


@njit(cache=True)
def _cost(
    load: float, size: float, edge: float, aim: float, balance: float, tolerance: float, hard: float
) -> float:
    """Cost of one beat: squared deviation, its excess over the tolerance, and edge² / size."""
    deviation = load / aim - 1.0
    excess = max(abs(deviation) - tolerance, 0.0)
    return balance * deviation**2 + hard * excess**2 + edge * edge / (_HEXAGON * size)


@njit(cache=True)
def anneal(
    neighbours: NDArray[np.int32],
    links: NDArray[np.uint8],
    workload: NDArray[np.float64],
    beat: NDArray[np.int32],
    k: int,
    sweeps: int,
    weights: NDArray[np.float64],
    state: NDArray[np.uint64],
) -> None:
    """Exchange border cells between beats, in place, never breaking one.

    Simulated annealing over single cells: a border cell is offered to one of the beats around it;
    the beat that it leaves must stay contiguous. The last fifth takes improvements only.
    """
    n = beat.size
    aim = _aim(workload, k)
    balance, tolerance, hard, hot, cold = weights
    load = np.zeros(k)
    size = np.zeros(k)
    edge = np.zeros(k)
    border = np.zeros(n, np.int32)
    place = np.full(n, -1, np.int32)
    num_border = 0
    for v in range(n):
        b = beat[v]
        load[b] += workload[v]
        size[b] += 1.0
        foreign = 0
        for j in range(6):
            u = neighbours[v, j]
            if u < 0:
                edge[b] += 1.0
            elif beat[u] != b:
                edge[b] += 1.0
                foreign += 1
        if foreign > 0:
            place[v] = num_border
            border[num_border] = v
            num_border += 1
    if num_border == 0:
        return
    proposals = sweeps * (num_border + 4 * k)
    cooling = math.log(cold / hot)
    for turn in range(proposals):
        if num_border == 0:
            break
        v = border[int(_next(state) * num_border)]
        a = beat[v]
        if size[a] < 2.0:
            continue
        u = neighbours[v, int(_next(state) * 6.0)]
        if u < 0:
            continue
        b = beat[u]
        if b == a:
            continue
        with_a = 0
        with_b = 0
        for j in range(6):
            u = neighbours[v, j]
            if u >= 0:
                if beat[u] == a:
                    with_a += 1
                elif beat[u] == b:
                    with_b += 1
        w = workload[v]
        edge_a = edge[a] + 2.0 * with_a - 6.0
        edge_b = edge[b] + 6.0 - 2.0 * with_b
        before = _cost(load[a], size[a], edge[a], aim, balance, tolerance, hard)
        before += _cost(load[b], size[b], edge[b], aim, balance, tolerance, hard)
        after = _cost(load[a] - w, size[a] - 1.0, edge_a, aim, balance, tolerance, hard)
        after += _cost(load[b] + w, size[b] + 1.0, edge_b, aim, balance, tolerance, hard)
        change = after - before
        if change >= 0.0:
            done = turn / proposals
            if done > 0.8:
                continue
            temperature = hot * math.exp(cooling * done / 0.8)
            if _next(state) >= math.exp(-change / temperature):
                continue
        if not _may_leave(neighbours, links, beat, v):
            continue
        beat[v] = b
        load[a] -= w
        load[b] += w
        size[a] -= 1.0
        size[b] += 1.0
        edge[a] = edge_a
        edge[b] = edge_b
        for j in range(-1, 6):
            t = v if j < 0 else neighbours[v, j]
            if t < 0:
                continue
            foreign = 0
            for m in range(6):
                s = neighbours[t, m]
                if s >= 0 and beat[s] != beat[t]:
                    foreign += 1
            if foreign > 0 and place[t] < 0:
                place[t] = num_border
                border[num_border] = t
                num_border += 1
            elif foreign == 0 and place[t] >= 0:
                last = border[num_border - 1]
                border[place[t]] = last
                place[last] = place[t]
                place[t] = -1
                num_border -= 1


@njit(cache=True)
def _judge(
    neighbours: NDArray[np.int32],
    workload: NDArray[np.float64],
    beat: NDArray[np.int32],
    k: int,
    weights: NDArray[np.float64],
) -> tuple[float, float]:
    """Sum `_cost` over the beats of a piece, and tell the largest deviation from their mean."""
    load = np.zeros(k)
    size = np.zeros(k)
    edge = np.zeros(k)
    for v in range(beat.size):
        b = beat[v]
        load[b] += workload[v]
        size[b] += 1.0
        for j in range(6):
            u = neighbours[v, j]
            if u < 0 or beat[u] != b:
                edge[b] += 1.0
    aim = _aim(workload, k)
    total = 0.0
    worst = 0.0
    for b in range(k):
        total += _cost(load[b], size[b], edge[b], aim, weights[0], weights[1], weights[2])
        worst = max(worst, abs(load[b] / aim - 1.0))
    return total, worst


@njit(cache=True)
def _aim(workload: NDArray[np.float64], k: int) -> float:
    """Mean workload of a beat; 1 where there is none at all, so that it divides."""
    total = workload.sum()
    return total / k if total > 0.0 else 1.0


@njit(cache=True)
def draw_piece(
    neighbours: NDArray[np.int32],
    xy: NDArray[np.float64],
    workload: NDArray[np.float64],
    k: int,
    starts: int,
    rounds: int,
    sweeps: int,
    weights: NDArray[np.float64],
    seed: int,
) -> NDArray[np.int32]:
    """Cut one piece into k beats, the best of several starts; see `grid.districting.draw_beats`."""
    state = np.array([seed], np.uint64)
    best = np.zeros(workload.size, np.int32)
    if k == 1:
        return best
    links = ring_links(neighbours)
    best_cost = np.inf
    best_worst = np.inf
    for turn in range(_PATIENCE * starts):
        # More starts only where a beat is still far off, as in a start that walled one in.
        if turn >= starts and best_worst <= _FAR_OFF * weights[1]:
            break
        beat = power_diagram(xy, workload, k, rounds, state)
        make_contiguous(neighbours, links, workload, beat, k)
        anneal(neighbours, links, workload, beat, k, sweeps, weights, state)
        cost, worst = _judge(neighbours, workload, beat, k, weights)
        if cost < best_cost:
            best_cost = cost
            best_worst = worst
            best = beat
    return best
