#!/usr/bin/env python3
"""The algorithms on small graphs, serially: the values giga's results are held against.

It shares no code and no idea of data layout with giga: dictionaries and lists, one
process, exact sums (math.fsum), the definition rather than the fast way. The six of LDBC
Graphalytics were themselves checked against its published outputs for p2p-31; the others
against networkx (betweenness, triangles, core numbers, PageRank, also personalised).

    oracle.py ALGORITHM [OPTION ...] (--directed|--undirected) GRAPH
    oracle.py compare (--exact | --epsilon E | --same-classes) A B

ALGORITHM is one of

    bfs --source ID         levels
    pagerank [--iterations N] [--damping D] [--semantics ldbc|gap|networkx]
             [--personal ID,ID,...]
    wcc                     the smallest id of the component
    sssp --source ID        distances, by the third column, or 1 for each edge
    cdlp [--iterations N]   labels
    lcc                     local clustering coefficients
    triangles               triangles that the vertex is part of
    kcore                   core numbers
    betweenness             exact, of unweighted paths, as networkx has it, not normalised

GRAPH is a text edge list (`u v [weight]` per line, # and % start comment lines), or an
LDBC pair given as NAME.e, NAME.v or NAME. Results go to standard output, `id value` per
line, ascending by id as a number. An empty graph prints nothing.

Rules: a vertex exists if the .v file lists it or any edge names it, even an edge that is
then dropped. Self-loops are dropped and duplicate edges count once, unless kept by option;
of duplicates with different weights the smallest weight stays.

Comparing: --same-classes asks only that A and B put the same vertices together, whatever
they call the class (LDBC's rule for components).

Deliberately not here: compressed files, and speed.

Exit status: 0 done or equal; 1 the compared files differ; 2 bad arguments or input.
"""

import argparse
import collections
import heapq
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


def parse_weight(text, where):
    """A weight: a finite decimal number that is not negative."""
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not (math.isfinite(weight) and weight >= 0):
        raise InputError(f"{where}: expected a weight of 0 or more, found '{text}'")
    return weight


def read_rows(path, columns, comments):
    """Yield (where, fields) per line; the first `columns` fields are ids, the rest text."""
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
            ids = [parse_id(field, where) for field in fields[:columns]]
            yield where, ids + fields[columns:]


def ldbc_prefix(path):
    """NAME when `path` means the pair NAME.v and NAME.e, else None."""
    prefix, extension = os.path.splitext(path)
    if extension in (".e", ".v"):
        return prefix
    if not os.path.exists(path) and os.path.exists(path + ".e"):
        return path
    return None


def read_weighted(path):
    """(vertices as a set, edges as a list of (u, v, weight) in file order, nothing dropped)."""
    prefix = ldbc_prefix(path)
    vertices = set()
    if prefix is not None:
        vertices.update(row[0] for _, row in read_rows(prefix + ".v", 1, comments=False))
        rows = read_rows(prefix + ".e", 2, comments=False)
    else:
        rows = read_rows(path, 2, comments=True)
    edges = [(row[0], row[1], parse_weight(row[2], where) if len(row) > 2 else 1.0)
             for where, row in rows]
    for u, v, _ in edges:
        vertices.update((u, v))
    return vertices, edges


def read_graph(path):
    """(vertices as a set, edges as a list of (u, v) in file order, nothing dropped)."""
    vertices, edges = read_weighted(path)
    return vertices, [(u, v) for u, v, _ in edges]


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


def lightest(vertices, edges, directed):
    """For each vertex {neighbour: weight} of the edges out of it: no loops, and of
    duplicates the lightest. Undirected, both ends have the edge."""
    out = {v: {} for v in vertices}
    for u, v, weight in edges:
        if u != v:
            for tail, head in [(u, v)] if directed else [(u, v), (v, u)]:
                out[tail][head] = min(weight, out[tail].get(head, math.inf))
    return out


def joined(vertices, edges):
    """For each vertex the set of the others that an edge in either direction joins it to."""
    near = {v: set() for v in vertices}
    for u, v in edges:
        if u != v:
            near[u].add(v)
            near[v].add(u)
    return near


# --- Searches and distances ----------------------------------------------------------


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


def sssp(out, source):
    """Distance of every vertex from `source`: Dijkstra's algorithm on doubles.

    A distance is the least, over paths, of the weights added up from the source on. Rounded
    addition keeps order, so that least value is one double and not a matter of tolerance.
    """
    if not out:
        return {}
    if source not in out:
        raise InputError(f"source vertex {source} does not exist")
    distance = {v: math.inf for v in out}
    distance[source] = 0.0
    settled = set()
    heap = [(0.0, source)]
    while heap:
        _, u = heapq.heappop(heap)
        if u in settled:
            continue
        settled.add(u)
        for v, weight in out[u].items():
            if distance[u] + weight < distance[v]:
                distance[v] = distance[u] + weight
                heapq.heappush(heap, (distance[v], v))
    return distance


def betweenness(out, sources=None):
    """For each vertex v the sum, over ordered pairs (s, t) of others, of the share of the
    shortest paths from s to t that v is on (Brandes: backwards over each source's levels).

    `sources` limits s. No halving and no normalisation here.
    """
    total = {v: 0.0 for v in out}
    for s in out if sources is None else sources:
        level, paths, order, above = {s: 0}, collections.Counter({s: 1}), [s], {s: []}
        for u in order:
            for v in out[u]:
                if v not in level:
                    level[v] = level[u] + 1
                    above[v] = []
                    order.append(v)
                if level[v] == level[u] + 1:
                    paths[v] += paths[u]   # whole numbers of any size
                    above[v].append(u)
        depends = dict.fromkeys(order, 0.0)
        for v in reversed(order):
            for u in above[v]:
                depends[u] += paths[u] / paths[v] * (1.0 + depends[v])
            if v != s:
                total[v] += depends[v]
    return total


# --- Ranks ---------------------------------------------------------------------------


def pagerank(out, into, iterations, damping, semantics="ldbc", personal=None):
    """PageRank after exactly `iterations` rounds that each use the ranks of the one before.

        PR_0(v)   = 1/n
        PR_i+1(v) = (1 - d)/n + d * sum over edges (u, v) of PR_i(u) / outdegree(u)
                              + d/n * sum over dangling u of PR_i(u)

    where a vertex is dangling when its outdegree is 0. In a multigraph a duplicate edge
    counts twice in the outdegree and twice in the sum. That is LDBC Graphalytics' and
    networkx's; gap has no third term. With `personal`, a set of vertices, these share all
    that the first and the third term give out, and start with everything.
    """
    n = len(out)
    if n == 0:
        return {}
    homes = set(out if personal is None else personal)
    if not homes <= set(out):
        raise InputError("a personal vertex does not exist")
    given = {v: 1.0 / len(homes) if v in homes else 0.0 for v in out}
    dangling = [] if semantics == "gap" else [v for v in out if not out[v]]
    rank = given
    for _ in range(iterations):
        again = 1.0 - damping + damping * math.fsum(rank[v] for v in dangling)
        share = {u: rank[u] / len(out[u]) for u in out if out[u]}
        rank = {v: again * given[v] + damping * math.fsum(share[u] for u in into[v])
                for v in out}
    return rank


# --- Communities ---------------------------------------------------------------------


def wcc(near):
    """The smallest id of each vertex' component, by a search from the smallest left."""
    label = {}
    for root in sorted(near):
        if root in label:
            continue
        label[root] = root
        stack = [root]
        while stack:
            for v in near[stack.pop()]:
                if v not in label:
                    label[v] = root
                    stack.append(v)
    return label


def cdlp(out, into, directed, iterations):
    """Label propagation as LDBC Graphalytics defines it: all at once, the most frequent label
    among the neighbours, the smallest of equals. Directed, a neighbour in both directions
    counts twice. A vertex without neighbours keeps its own."""
    label = {v: v for v in out}
    for _ in range(iterations):
        after = {}
        for v in out:
            votes = collections.Counter(label[u] for u in out[v])
            if directed:
                votes.update(label[u] for u in into[v])
            after[v] = min(votes, key=lambda one: (-votes[one], one)) if votes else label[v]
        label = after
    return label


def lcc(near, out):
    """LDBC Graphalytics: of the ordered pairs of different neighbours (in any direction) the
    share that an edge leads across."""
    value = {}
    for v, around in near.items():
        found = sum(1 for u in around for w in out[u] if w in around)
        pairs = len(around) * (len(around) - 1)
        value[v] = found / pairs if pairs else 0.0
    return value


def triangles(near):
    """Triangles that each vertex is part of, directions aside."""
    twice = {v: sum(len(near[u] & near[v]) for u in near[v]) for v in near}
    return {v: count // 2 for v, count in twice.items()}


def kcore(near):
    """Core numbers, by the definition: for k = 1, 2, ... drop whoever has fewer than k
    neighbours left until nobody does; who is dropped has core number k - 1."""
    left = {v: set(others) for v, others in near.items()}
    core, k = {}, 0
    while left:
        k += 1
        going = [v for v in left if len(left[v]) < k]
        while going:
            v = going.pop()
            if v not in left:
                continue
            core[v] = k - 1
            for u in left.pop(v):
                left[u].discard(v)
                if len(left[u]) < k:
                    going.append(u)
    return core


# --- Lines of results ----------------------------------------------------------------


def real(value):
    """17 significant digits give back the double; no path is what LDBC calls it."""
    return "Infinity" if value == math.inf else f"{value:.16e}"


class Graph:
    """A graph's file, and the forms of it that the algorithms take, made once each."""

    def __init__(self, path, directed, keep_loops=False, keep_duplicates=False):
        self.directed = directed
        self.vertices, self.weighted_edges = read_weighted(path)
        self.edges = [(u, v) for u, v, _ in self.weighted_edges]
        self.out, self.into = neighbours(self.vertices, self.edges, directed, keep_loops,
                                         keep_duplicates)
        self._near = self._lightest = None

    @property
    def near(self):
        if self._near is None:
            self._near = joined(self.vertices, self.edges)
        return self._near

    @property
    def lightest(self):
        if self._lightest is None:
            self._lightest = lightest(self.vertices, self.weighted_edges, self.directed)
        return self._lightest

    def betweenness(self, sources=None):
        """As networkx: each unordered pair of an undirected graph counts once."""
        total = betweenness(self.out, sources)
        return total if self.directed else {v: value / 2 for v, value in total.items()}


def lines_of(values, shown=str):
    """The lines that --output should hold for {vertex: value}."""
    return [f"{v} {shown(values[v])}" for v in sorted(values)]


# Each takes a Graph and its options, and gives the lines that the program should write.
ALGORITHMS = {
    "bfs": lambda g, source: lines_of(bfs(g.out, source)),
    "sssp": lambda g, source: lines_of(sssp(g.lightest, source), real),
    "pagerank": lambda g, iterations=10, damping=0.85, semantics="ldbc", personal=None:
        lines_of(pagerank(g.out, g.into, iterations, damping, semantics, personal), real),
    "wcc": lambda g: lines_of(wcc(g.near)),
    "cdlp": lambda g, iterations=10: lines_of(cdlp(g.out, g.into, g.directed, iterations)),
    "lcc": lambda g: lines_of(lcc(g.near, g.out), real),
    "triangles": lambda g: lines_of(triangles(g.near)),
    "kcore": lambda g: lines_of(kcore(g.near)),
    "betweenness": lambda g: lines_of(g.betweenness(), real),
}


# --- Comparing -----------------------------------------------------------------------

# One result line. NaN does not match on purpose: it is never a result. Infinity is one for a
# distance, where it has to stand in both.
RESULT_LINE = re.compile(r"([0-9]+) ([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)")


def result_lines(path):
    """The lines of a result file without their newlines; carriage returns are not hidden."""
    with open(path, encoding="ascii", errors="replace", newline="") as file:
        text = file.read()
    lines = text.split("\n")
    if lines.pop() != "":
        raise InputError(f"{path}: the last line has no newline, the file is cut short")
    return lines


def lines_agree(a, b, epsilon, floor=0.0):
    """Whether two lines say the same: to the character, or the value to |a-b| <= eps*|b|,
    or to less than `floor`, for values of which nothing but their fading is promised."""
    if epsilon is None:
        return a == b
    if b.lower().endswith(" infinity"):
        return a.lower() == b.lower()
    left, right = RESULT_LINE.fullmatch(a), RESULT_LINE.fullmatch(b)
    if not left or not right or int(left[1]) != int(right[1]):
        return False
    x, y = float(left[2]), float(right[2])
    return math.isfinite(y) and abs(x - y) <= max(epsilon * abs(y), floor)


def first_difference(a_lines, b_lines, epsilon=None, floor=0.0):
    """None, or a sentence about the first line where A is not what B says it should be.

    Lines are compared in order, so A must be sorted like B and as long.
    """
    for number, (a, b) in enumerate(zip_longest(a_lines, b_lines), 1):
        if a is None or b is None:
            return (f"line {number}: found {'nothing' if a is None else repr(a)}, "
                    f"expected {'nothing' if b is None else repr(b)} "
                    f"({len(a_lines)} lines, expected {len(b_lines)})")
        if not lines_agree(a, b, epsilon, floor):
            how = "" if epsilon is None else f" to {epsilon:g} relative"
            return f"line {number}: found {a!r}, expected {b!r}{how}"
    return None


def class_difference(a_lines, b_lines):
    """None, or a sentence about the first vertex that A does not class as B does: labels
    correspond one to one."""
    forth, back = {}, {}
    if len(a_lines) != len(b_lines):
        return f"{len(a_lines)} lines, expected {len(b_lines)}"
    for number, (a, b) in enumerate(zip(a_lines, b_lines), 1):
        left, right = RESULT_LINE.fullmatch(a), RESULT_LINE.fullmatch(b)
        if not left or not right or left[1] != right[1]:
            return f"line {number}: found {a!r}, expected a class for vertex {b.split()[:1]}"
        if forth.setdefault(left[2], right[2]) != right[2]:
            return f"line {number}: class {left[2]} holds vertices of two classes, {a!r}"
        if back.setdefault(right[2], left[2]) != left[2]:
            return f"line {number}: one class is split in two, {a!r}"
    return None


# --- Command line --------------------------------------------------------------------


def positive(text):
    """An --epsilon: a finite number that is not negative."""
    value = float(text)
    if not (math.isfinite(value) and value >= 0):
        raise ValueError
    return value


def id_set(text):
    """IDs with commas between."""
    return {parse_id(word, "--personal") for word in text.split(",")}


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

    for name in ALGORITHMS:
        command = commands.add_parser(name, parents=[graph])
        if name in ("bfs", "sssp"):
            command.add_argument("--source", type=int, required=True, metavar="ID")
        if name in ("pagerank", "cdlp"):
            command.add_argument("--iterations", type=int, default=10, metavar="N")
        if name == "pagerank":
            command.add_argument("--damping", type=float, default=0.85, metavar="D")
            command.add_argument("--semantics", choices=("ldbc", "gap", "networkx"),
                                 default="ldbc")
            command.add_argument("--personal", type=id_set, metavar="ID,...")

    compare = commands.add_parser("compare", help="two result files, B being the reference")
    how = compare.add_mutually_exclusive_group(required=True)
    how.add_argument("--exact", action="store_true")
    how.add_argument("--epsilon", type=positive, metavar="E")
    how.add_argument("--same-classes", action="store_true")
    compare.add_argument("a", metavar="A")
    compare.add_argument("b", metavar="B")
    return parser.parse_args()


def compare(args):
    a, b = result_lines(args.a), result_lines(args.b)
    if args.same_classes:
        difference = class_difference(a, b)
    else:
        difference = first_difference(a, b, args.epsilon)
    if difference:
        print(f"{args.a} differs from {args.b}: {difference}")
    return 1 if difference else 0


def main():
    args = vars(parse_arguments())
    command = args.pop("command")
    if command == "compare":
        return compare(argparse.Namespace(**args))
    graph = Graph(args.pop("graph"), args.pop("directed"), args.pop("keep_loops"),
                  args.pop("keep_duplicates"))
    sys.stdout.writelines(line + "\n" for line in ALGORITHMS[command](graph, **args))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (InputError, OSError, UnicodeDecodeError) as error:
        print(f"oracle.py: {error}", file=sys.stderr)
        sys.exit(2)
