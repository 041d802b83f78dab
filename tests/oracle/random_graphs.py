#!/usr/bin/env python3
"""Random small graphs that hold every shape giga has to get right.

    random_graphs.py --count N --seed S --dir DIR

Weights are of several sorts, 0 and such with all 17 digits among them; a line that repeats
an edge has a weight of its own.

Each graph is written as an LDBC pair, NAME.v and NAME.e, and also as a text edge list
NAME.el when every vertex is an end of some edge (an edge list cannot say more).
DIR/manifest.json lists them: name, kind, directed, source (an existing vertex, null in the
empty graph), seed, vertices, edges (lines), edge_list (whether NAME.el exists), weights
(which: see WEIGHTS), delta (a width of buckets to try, 0 for the program's own choice).

The kinds take turns, so a run of len(KINDS) graphs has each once. Graph i of seed S is the
same whatever N is, on every machine and Python since 3.9.
"""

import argparse
import json
import os
import random

ID_MAX = 2**63 - 1  # the largest id a file may hold; equal to the "unreachable" level
MOST = 300          # vertices in the largest graph


# --- Shapes: each returns (number of vertices, edges between 0 .. n-1) ---------------


def size(rng, least, most=MOST):
    """Small sizes are as likely as large ones: fewer vertices than ranks must occur."""
    return rng.randint(least, rng.choice([min(least + 5, most), min(60, most), most]))


def some_edges(rng, n, count):
    """`count` edges between different vertices, uniformly, perhaps with repetitions."""
    return [tuple(rng.sample(range(n), 2)) for _ in range(count)] if n > 1 else []


def empty(rng):
    return 0, []


def single(rng):
    return 1, []


def single_loop(rng):
    return 1, [(0, 0)] * rng.randint(1, 3)


def isolated_only(rng):
    return size(rng, 2), []


def mostly_isolated(rng):
    n = size(rng, 4)
    return n, some_edges(rng, n, max(1, n // 10))


def one_edge(rng):
    return 2, [(0, 1)]


def duplicates(rng):
    n = size(rng, 2, 80)
    return with_duplicates(rng, n, some_edges(rng, n, 2 * n))


def loops(rng):
    n = size(rng, 2, 80)
    return with_loops(rng, n, some_edges(rng, n, n))


def only_loops(rng):
    n = size(rng, 2, 40)
    return n, [(v, v) for v in range(n)]


def components(rng):
    """Several connected pieces of different sizes with nothing between them."""
    n, edges = 0, []
    for _ in range(rng.randint(2, 8)):
        piece = rng.randint(2, 35)
        edges += [(n + rng.randrange(v), n + v) for v in range(1, piece)]
        edges += [(n + u, n + v) for u, v in some_edges(rng, piece, piece // 2)]
        n += piece
    return n, edges


def star(rng):
    """Edges out of the centre, into it, or a mixture."""
    n, outward = size(rng, 3), rng.choice([0.0, 0.5, 1.0])
    return n, [(0, v) if rng.random() < outward else (v, 0) for v in range(1, n)]


def path(rng):
    """The deepest BFS there is: one vertex in each level."""
    n = size(rng, 2)
    return n, [(v, v + 1) for v in range(n - 1)]


def cycle(rng):
    n = size(rng, 3)
    return n, [(v, (v + 1) % n) for v in range(n)]


def clique(rng):
    n = size(rng, 3, 40)
    return n, [(u, v) for u in range(n) for v in range(n) if u < v]


def bipartite(rng):
    left, right = size(rng, 1, 100), size(rng, 1, 100)
    count = rng.randint(1, 3 * (left + right))
    edges = [(rng.randrange(left), left + rng.randrange(right)) for _ in range(count)]
    return left + right, edges


def grid(rng):
    """A mesh like a road map: long ways, no triangles, every edge from left or above."""
    wide, high = rng.randint(1, 17), rng.randint(2, 17)
    across = [(y * wide + x, y * wide + x + 1) for y in range(high) for x in range(wide - 1)]
    down = [(y * wide + x, (y + 1) * wide + x) for y in range(high - 1) for x in range(wide)]
    return wide * high, across + down


def cliques(rng):
    """Cliques that hang together by one edge each: triangles, cores and communities."""
    n, edges = 0, []
    for _ in range(rng.randint(2, 7)):
        piece = rng.randint(2, 9)
        edges += [(n + u, n + v) for u in range(piece) for v in range(u + 1, piece)]
        edges += [(rng.randrange(n), n)] if n else []
        n += piece
    return n, edges


def tree(rng):
    """Every vertex hangs on an earlier one; the edge may point either way."""
    n, downward = size(rng, 2), rng.choice([0.0, 0.5, 1.0])
    pairs = [(rng.randrange(v), v) for v in range(1, n)]
    return n, [(u, v) if rng.random() < downward else (v, u) for u, v in pairs]


def acyclic(rng):
    """Edges lead from lower to higher only: directed, there are many dangling vertices."""
    n = size(rng, 3, 150)
    return n, [(min(e), max(e)) for e in some_edges(rng, n, 2 * n)]


def sparse(rng):
    n = size(rng, 2)
    return n, some_edges(rng, n, n)


def dense(rng):
    n = size(rng, 3, 60)
    share = rng.uniform(0.3, 0.9)
    return n, [(u, v) for u in range(n) for v in range(n) if u != v and rng.random() < share]


def power_law(rng):
    """Both ends drawn with a heavy head: a few hubs, duplicates and loops among them."""
    n = size(rng, 10)
    weights = [1.0 / (v + 1) for v in range(n)]
    ends = rng.choices(range(n), weights, k=2 * rng.randint(n, 6 * n))
    return n, list(zip(ends[::2], ends[1::2]))


def everything(rng):
    """Components, isolated vertices, loops and duplicates in one graph."""
    n, edges = components(rng)
    n, edges = with_isolated(rng, n, edges)
    n, edges = with_loops(rng, n, edges)
    return with_duplicates(rng, n, edges)


KINDS = [empty, single, single_loop, isolated_only, mostly_isolated, one_edge, duplicates,
         loops, only_loops, components, star, path, cycle, clique, cliques, bipartite, grid,
         tree, acyclic, sparse, dense, power_law, everything]
TINY = (empty, single, single_loop, isolated_only, one_edge, only_loops)  # left as they are


# --- Extras laid over a shape --------------------------------------------------------


def with_duplicates(rng, n, edges):
    """Repeat some edges as they are and some reversed, the reversed only being a
    duplicate when the graph is undirected; at least one of each if there is an edge."""
    if not edges:
        return n, edges
    same = rng.choices(edges, k=1 + len(edges) // 3)
    back = [(v, u) for u, v in rng.choices(edges, k=1 + len(edges) // 3)]
    return n, edges + same + back


def with_loops(rng, n, edges):
    """Add self-loops, some of them twice."""
    return n, edges + [(v, v) for v in rng.choices(range(n), k=1 + n // 4)]


def with_isolated(rng, n, edges):
    """Add vertices that no edge names."""
    return n + rng.randint(1, 20), edges


# --- Ids -----------------------------------------------------------------------------


def contiguous_from(first):
    return lambda rng, n: list(range(first, first + n))


def scattered(rng, n):
    """Distinct ids over the whole range; half of the time with both ends of it."""
    ids = set()
    if rng.random() < 0.5:
        ids.update([ID_MAX, 0][:n])
    while len(ids) < n:
        # A random bit length makes short ids as likely as long ones.
        ids.add(rng.getrandbits(rng.randint(1, 63)))
    return sorted(ids)


def far_block(rng, n):
    """Contiguous, but starting far beyond 32 bits."""
    first = rng.randint(2**32 - n, ID_MAX - n)
    return list(range(first, first + n))


def last_block(rng, n):
    """The largest ids there are, up to 2^63 - 1."""
    return list(range(ID_MAX + 1 - n, ID_MAX + 1))


SCHEMES = [contiguous_from(0), contiguous_from(1), scattered, scattered, far_block, last_block]


# --- Weights: each gives the text of one -----------------------------------------------


def few_digits(rng):
    return f"{rng.uniform(0, 10):.6g}"


def all_digits(rng):
    """Sums of these round, differently along each path."""
    return repr(rng.random())


def far_apart(rng):
    """Over twelve orders of magnitude, some as 1e-06: buckets of any width are bad."""
    return f"{10 ** rng.uniform(-6, 6):.3g}"


def often_zero(rng):
    return str(rng.choice([0, 0, 1, 2, 5]))


WEIGHTS = {"none": None, "whole": lambda rng: str(rng.randint(1, 99)), "few digits": few_digits,
           "all digits": all_digits, "far apart": far_apart, "often zero": often_zero,
           "all zero": lambda rng: "0"}
WEIGHT_ODDS = [5, 3, 2, 4, 2, 3, 1]
DELTAS = [0, 0, 0, 0.25, 1, 7.5, 1e9]


# --- Making and writing one graph ----------------------------------------------------


def make(index, seed):
    """Graph `index`: (kind, directed, ids of the vertices, edges as id pairs, rng)."""
    rng = random.Random(seed)
    shape = KINDS[index % len(KINDS)]
    n, edges = shape(rng)
    if shape not in TINY:
        for extra in (with_duplicates, with_loops, with_isolated):
            if rng.random() < 0.2:
                n, edges = extra(rng, n, edges)
    assert n <= MOST + 30, (shape.__name__, n)

    # Which id a vertex of the shape gets is random, so that hubs and roots do not
    # always own the lowest id and always live on rank 0.
    ids = rng.choice(SCHEMES)(rng, n)
    rng.shuffle(ids)
    return shape.__name__, rng.random() < 0.5, ids, [(ids[u], ids[v]) for u, v in edges], rng


def write_lines(path, lines, last_newline=True):
    text = "".join(line + "\n" for line in lines)
    with open(path, "w", encoding="ascii", newline="") as file:
        file.write(text if last_newline else text.rstrip("\n"))


def weigh(edges, rng):
    """(sort of weights, the edges as (u, v, text of the weight or None))."""
    sort = rng.choices(list(WEIGHTS), WEIGHT_ODDS)[0]
    weight = WEIGHTS[sort]
    return sort, [(u, v, weight(rng) if weight else None) for u, v in edges]


def edge_line(edge, gap):
    return gap.join(str(part) for part in edge if part is not None)


def write_pair(prefix, ids, edges, rng):
    """NAME.v and NAME.e: in order, as LDBC's own are, or shuffled."""
    if rng.random() < 0.5:
        ids, edges = sorted(ids), sorted(edges, key=lambda edge: edge[:2])
    else:
        edges = rng.sample(edges, len(edges))
    write_lines(prefix + ".v", [f"{v}" for v in ids])
    write_lines(prefix + ".e", [edge_line(edge, " ") for edge in edges])


def write_edge_list(path, edges, rng):
    """NAME.el: comments at the top and among the edges, blanks or tabs, and now and then
    no newline at the very end."""
    gap = rng.choice([" ", "\t", "  "])
    lines = [edge_line(edge, gap) for edge in rng.sample(edges, len(edges))]
    if rng.random() < 0.7:
        lines.insert(0, "# Nodes and edges, as SNAP says it: 7 8")
    if rng.random() < 0.3:
        lines.insert(rng.randrange(len(lines)), "% 9 10 is a comment too")
    write_lines(path, lines, last_newline=rng.random() < 0.8)


def write_graph(index, run_seed, directory):
    """Write graph `index`; returns its entry in the manifest."""
    seed = run_seed * 1_000_003 + index
    kind, directed, ids, edges, rng = make(index, seed)
    name = f"g{index:04d}-{kind}"
    prefix = os.path.join(directory, name)
    weights, edges = weigh(edges, rng)
    write_pair(prefix, ids, edges, rng)

    named = {v for edge in edges for v in edge[:2]}
    has_edge_list = bool(ids) and len(named) == len(ids)
    if has_edge_list:
        write_edge_list(prefix + ".el", edges, rng)
    return {"name": name, "kind": kind, "directed": directed,
            "source": rng.choice(ids) if ids else None, "seed": seed,
            "vertices": len(ids), "edges": len(edges), "edge_list": has_edge_list,
            "weights": weights, "delta": rng.choice(DELTAS)}


def write_graphs(count, seed, directory):
    """Write `count` graphs and the manifest into `directory`; returns the entries."""
    os.makedirs(directory, exist_ok=True)
    entries = [write_graph(index, seed, directory) for index in range(count)]
    with open(os.path.join(directory, "manifest.json"), "w", encoding="ascii") as file:
        json.dump(entries, file, indent=1)
        file.write("\n")
    return entries


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, required=True, metavar="N")
    parser.add_argument("--seed", type=int, required=True, metavar="S")
    parser.add_argument("--dir", required=True)
    args = parser.parse_args()
    write_graphs(args.count, args.seed, args.dir)


if __name__ == "__main__":
    main()
