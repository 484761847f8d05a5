"""Compiled loops of siting: the ascent of prices and the annealing of open sites."""

from __future__ import annotations

import numpy as np
from numba import njit

_MOMENTUM, _MEMORY, _HALF_LIFE, _LAST_STEP = 0.95, 0.999, 12.0, 1e-3
_LOOK_EVERY = 10
_COOL_EVERY = 1_000


@njit(cache=True, nogil=True)
def descend(  # type: ignore[no-untyped-def]
    ptr, idx, demand, posts, steps, first_step, price
):
    """Lower the Lagrangian bound by prices on the rows; return the best prices seen.

    Steps are scaled row by row (Adam) and fall geometrically; besides the prices their running
    average is evaluated, which lies on the ridge that they jump about.
    """
    num, rows = ptr.size - 1, demand.size
    price = price.copy()
    average, best_price = price.copy(), price.copy()
    first, second = np.zeros(rows), np.zeros(rows)
    worth, covered = np.zeros(num), np.zeros(rows)
    best = np.inf
    blend = 1.0 - 0.5 ** (1.0 / _HALF_LIFE)
    for step in range(steps):
        for use_average in (False, True):
            if use_average and step % _LOOK_EVERY != _LOOK_EVERY - 1:
                continue
            looked = average if use_average else price
            bound = 0.0
            for row in range(rows):
                bound += demand[row] - looked[row]
            for j in range(num):
                total = 0.0
                for k in range(ptr[j], ptr[j + 1]):
                    total += looked[idx[k]]
                worth[j] = total
            taken = np.argsort(-worth)[:posts]
            for j in taken:
                bound += worth[j]
            if bound < best:
                best = bound
                best_price[:] = looked
            if use_average:
                continue
            covered[:] = -1.0
            for j in taken:
                for k in range(ptr[j], ptr[j + 1]):
                    covered[idx[k]] += 1.0
            width = first_step * _LAST_STEP ** (step / steps)
            fix1, fix2 = 1.0 - _MOMENTUM ** (step + 1), 1.0 - _MEMORY ** (step + 1)
            for row in range(rows):
                first[row] += (1.0 - _MOMENTUM) * (covered[row] - first[row])
                second[row] += (1.0 - _MEMORY) * (covered[row] ** 2 - second[row])
                scale = np.sqrt(second[row] / fix2) + 1e-9
                moved = price[row] - width * demand[row] * (first[row] / fix1) / scale
                price[row] = min(max(moved, 0.0), demand[row])
                average[row] += blend * (price[row] - average[row])
    return best_price


@njit(cache=True, nogil=True)
def anneal(  # type: ignore[no-untyped-def]
    ptr, idx, cptr, cidx, demand, start, proposals, hot, cold, far, seed
):
    """Swap one open site for another again and again, by simulated annealing.

    A proposal closes an open site and opens one that overlaps it, or with chance `far` any; it
    costs two scans of cover lists. Returns the best open sites of the cooler half: what it started
    from is known already, and another choice nearly as good is worth more to whoever merges.
    """
    np.random.seed(seed)
    num, rows, posts = ptr.size - 1, demand.size, start.size
    count = np.zeros(rows, np.int32)
    by = np.zeros(rows, np.int64)  # sum of the open sites that cover a row: the one, if one does
    is_open = np.zeros(num, np.bool_)
    sites = start.copy()
    value = 0
    for p in range(posts):
        j = sites[p]
        is_open[j] = True
        for k in range(ptr[j], ptr[j + 1]):
            row = idx[k]
            if count[row] == 0:
                value += demand[row]
            count[row] += 1
            by[row] += j
    best, best_sites = -1, sites.copy()
    heat = hot
    cool = (cold / hot) ** (_COOL_EVERY / proposals)
    for turn in range(proposals):
        if turn % _COOL_EVERY == 0:
            heat *= cool
        p = np.random.randint(posts)
        old = sites[p]
        if np.random.random() < far or ptr[old] == ptr[old + 1]:
            new = np.random.randint(num)
        else:
            row = idx[ptr[old] + np.random.randint(ptr[old + 1] - ptr[old])]
            new = cidx[cptr[row] + np.random.randint(cptr[row + 1] - cptr[row])]
        if is_open[new]:
            continue
        change = 0
        for k in range(ptr[old], ptr[old + 1]):
            if count[idx[k]] == 1:
                change -= demand[idx[k]]
        for k in range(ptr[new], ptr[new + 1]):
            row = idx[k]
            if count[row] == 0 or (count[row] == 1 and by[row] == old):
                change += demand[row]
        if change < 0 and change < heat * np.log(np.random.random()):
            continue
        is_open[old] = False
        is_open[new] = True
        sites[p] = new
        value += change
        for k in range(ptr[old], ptr[old + 1]):
            count[idx[k]] -= 1
            by[idx[k]] -= old
        for k in range(ptr[new], ptr[new + 1]):
            count[idx[k]] += 1
            by[idx[k]] += new
        if value > best and 2 * turn >= proposals:
            best = value
            best_sites[:] = sites
    return best_sites if best >= 0 else sites
