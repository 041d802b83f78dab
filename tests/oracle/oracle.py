#!/usr/bin/env python3
"""Serial BFS and PageRank on small graphs: the values giga's results are held against.

It shares no code and no idea of data layout with giga: dictionaries and lists, one
process, exact sums (math.fsum). It was itself checked against the published LDBC
Graphalytics outputs for p2p-31.

    oracle.py bfs --source ID (--directed|--undirected) GRAPH
    oracle.py pagerank [--iterations N] [--damping D] (--directed|--undirected) GRAPH
    oracle.py compare (--exact | --epsilon E) A B

GRAPH is a text edge list (`u v` per line, # and % start comment lines), or an LDBC pair
given as NAME.e, NAME.v or NAME. Results go to standard output, `id value` per line,
ascending by id as a number. An empty graph prints nothing.

Rule: a vertex exists if the .v file lists it or any edge names it, even an edge that is
then dropped. Self-loops are dropped and duplicate edges count once, unless kept by option.

Deliberately not here: weights (neither algorithm reads them), compressed files, and speed.

Exit status: 0 done or equal; 1 the compared files differ; 2 bad arguments or input.
"""

import argparse
import math
import os
import re
import sys
from itertools import zip_longest

UNREACHABLE = 2**63 - 1  # LDBC Graphalytics: the level of a vertex that is not reached
ID_LIMIT = 2**64         # ids are 64-bit


class InputError(Exception):
    """A file or argument the oracle cannot take; the text is the sentence to print."""


# --- Reading -------------------------------------------------------------------------


def parse_id(text, where):
    """A vertex id: decimal digits only. int() alone would take +5, 1_000 and -1."""
    if not (text.isascii() and text.isdigit()) or int(text) >= ID_LIMIT:
        raise InputError(f"{where}: expected a 64-bit vertex id, found '{text}'")
    return int(text)


def read_rows(path, columns, comments):
    """Yield, per line, the first `columns` fields as ids; any further fields are ignored."""
    with open(path, encoding="ascii") as lines:
        for number, line in enumerate(lines, 1):
            if comments and line.startswith(("#", "%")):
                continue
            fields = line.split()
            if not fields:
                continue
            where = f"{path}:{number}"
            if len(fields) < columns:
                raise InputError(f"{where}: expected {columns} fields, found {len(fields)}")
            yield [parse_id(field, where) for field in fields[:columns]]


def ldbc_prefix(path):
    """NAME when `path` means the pair NAME.v and NAME.e, else None."""
    prefix, extension = os.path.splitext(path)
    if extension in (".e", ".v"):
        return prefix
    if not os.path.exists(path) and os.path.exists(path + ".e"):
        return path
    return None


def read_graph(path):
    """(vertices as a set, edges as a list of (u, v) in file order, nothing dropped)."""
    prefix = ldbc_prefix(path)
    vertices = set()
    if prefix is not None:
        vertices.update(row[0] for row in read_rows(prefix + ".v", 1, comments=False))
        rows = read_rows(prefix + ".e", 2, comments=False)
    else:
        rows = read_rows(path, 2, comments=True)
    edges = [(u, v) for u, v in rows]
    for edge in edges:
        vertices.update(edge)
    return vertices, edges


# --- The graph -----------------------------------------------------------------------


def neighbours(vertices, edges, directed, keep_loops=False, keep_duplicates=False):
    """(out, into): for each vertex the list of vertices its edges lead to and come from.

    Undirected, an edge in either direction joins both ends, so u-v and v-u are
    duplicates of each other and both lists are the same. What is kept keeps its
    multiplicity: a kept duplicate is one more entry, and a kept self-loop on an
    undirected graph is one entry, not two.
    """
    out = {v: [] for v in vertices}
    into = {v: [] for v in vertices} if directed else out
    seen = set()
    for u, v in edges:
        if u == v and not keep_loops:
            continue
        if not keep_duplicates:
            same = (u, v) if directed else (min(u, v), max(u, v))
            if same in seen:
                continue
            seen.add(same)
        out[u].append(v)
        if directed:
            into[v].append(u)
        elif u != v:
            out[v].append(u)
    return out, into


# --- The two algorithms --------------------------------------------------------------


def bfs(out, source):
    """Level of every vertex: the fewest edges on a path from `source`."""
    if not out:
        return {}
    if source not in out:
        raise InputError(f"source vertex {source} does not exist")
    level = {source: 0}
    frontier = [source]
    while frontier:
        following = []
        for u in frontier:
            for v in out[u]:
                if v not in level:
                    level[v] = level[u] + 1
                    following.append(v)
        frontier = following
    return {v: level.get(v, UNREACHABLE) for v in out}


def pagerank(out, into, iterations, damping):
    """PageRank as LDBC Graphalytics defines it, after exactly `iterations` rounds.

        PR_0(v)   = 1/n
        PR_i+1(v) = (1 - d)/n + d * sum over edges (u, v) of PR_i(u) / outdegree(u)
                              + d/n * sum over dangling u of PR_i(u)

    where a vertex is dangling when its outdegree is 0. In a multigraph a duplicate edge
    counts twice in the outdegree and twice in the sum.
    """
    n = len(out)
    if n == 0:
        return {}
    dangling = [v for v in out if not out[v]]
    rank = {v: 1.0 / n for v in out}
    for _ in range(iterations):
        lost = math.fsum(rank[v] for v in dangling)
        same_for_all = (1.0 - damping) / n + damping * lost / n
        share = {u: rank[u] / len(out[u]) for u in out if out[u]}
        rank = {v: same_for_all + damping * math.fsum(share[u] for u in into[v]) for v in out}
    return rank


def bfs_lines(path, directed, source, **keep):
    """The lines giga-bfs --output should write for the graph at `path`."""
    out, _ = neighbours(*read_graph(path), directed, **keep)
    level = bfs(out, source)
    return [f"{v} {level[v]}" for v in sorted(level)]


def pagerank_lines(path, directed, iterations=10, damping=0.85, **keep):
    """The lines giga-pagerank --output should write; 17 digits give back the double."""
    out, into = neighbours(*read_graph(path), directed, **keep)
    rank = pagerank(out, into, iterations, damping)
    return [f"{v} {rank[v]:.16e}" for v in sorted(rank)]


# --- Comparing -----------------------------------------------------------------------

# One result line. NaN and infinity do not match on purpose: neither is ever a result.
RESULT_LINE = re.compile(r"([0-9]+) ([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)")


def result_lines(path):
    """The lines of a result file without their newlines; carriage returns are not hidden."""
    with open(path, encoding="ascii", errors="replace", newline="") as file:
        text = file.read()
    lines = text.split("\n")
    if lines.pop() != "":
        raise InputError(f"{path}: the last line has no newline, the file is cut short")
    return lines


def lines_agree(a, b, epsilon):
    """Whether two lines say the same: to the character, or the value to |a-b| <= eps*|b|."""
    if epsilon is None:
        return a == b
    left, right = RESULT_LINE.fullmatch(a), RESULT_LINE.fullmatch(b)
    if not left or not right or int(left[1]) != int(right[1]):
        return False
    x, y = float(left[2]), float(right[2])
    return math.isfinite(y) and abs(x - y) <= epsilon * abs(y)


def first_difference(a_lines, b_lines, epsilon=None):
    """None, or a sentence about the first line where A is not what B says it should be.

    Lines are compared in order, so A must be sorted like B and as long.
    """
    for number, (a, b) in enumerate(zip_longest(a_lines, b_lines), 1):
        if a is None or b is None:
            return (f"line {number}: found {'nothing' if a is None else repr(a)}, "
                    f"expected {'nothing' if b is None else repr(b)} "
                    f"({len(a_lines)} lines, expected {len(b_lines)})")
        if not lines_agree(a, b, epsilon):
            how = "" if epsilon is None else f" to {epsilon:g} relative"
            return f"line {number}: found {a!r}, expected {b!r}{how}"
    return None


# --- Command line --------------------------------------------------------------------


def positive(text):
    """An --epsilon: a finite number that is not negative."""
    value = float(text)
    if not (math.isfinite(value) and value >= 0):
        raise ValueError
    return value


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)

    graph = argparse.ArgumentParser(add_help=False)
    kind = graph.add_mutually_exclusive_group(required=True)
    kind.add_argument("--directed", dest="directed", action="store_true")
    kind.add_argument("--undirected", dest="directed", action="store_false")
    graph.add_argument("--keep-loops", action="store_true")
    graph.add_argument("--keep-duplicates", action="store_true")
    graph.add_argument("graph", metavar="GRAPH")

    one = commands.add_parser("bfs", parents=[graph], help="levels from a source")
    one.add_argument("--source", type=int, required=True, metavar="ID")
    two = commands.add_parser("pagerank", parents=[graph], help="LDBC PageRank")
    two.add_argument("--iterations", type=int, default=10, metavar="N")
    two.add_argument("--damping", type=float, default=0.85, metavar="D")

    three = commands.add_parser("compare", help="two result files, B being the reference")
    how = three.add_mutually_exclusive_group(required=True)
    how.add_argument("--exact", action="store_true")
    how.add_argument("--epsilon", type=positive, metavar="E")
    three.add_argument("a", metavar="A")
    three.add_argument("b", metavar="B")
    return parser.parse_args()


def main():
    args = parse_arguments()
    if args.command == "compare":
        difference = first_difference(result_lines(args.a), result_lines(args.b), args.epsilon)
        if difference:
            print(f"{args.a} differs from {args.b}: {difference}")
        return 1 if difference else 0

    keep = {"keep_loops": args.keep_loops, "keep_duplicates": args.keep_duplicates}
    if args.command == "bfs":
        lines = bfs_lines(args.graph, args.directed, args.source, **keep)
    else:
        lines = pagerank_lines(args.graph, args.directed, args.iterations, args.damping, **keep)
    sys.stdout.writelines(line + "\n" for line in lines)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (InputError, OSError, UnicodeDecodeError) as error:
        print(f"oracle.py: {error}", file=sys.stderr)
        sys.exit(2)
