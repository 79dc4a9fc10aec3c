"""
What is known of rates to 30 digits, as JSON: beta distribution functions, their quantiles, and P(best) and expected losses of several arms, with counts up to
1e9, each number taken as the double that it is read as. Independent of our own code: densities on the scale of the rate itself, panels of 40 Gauss-Legendre nodes one standard deviation wide, 50 digits throughout.

    python3 benchmarks/exact-rates.py          (needs mpmath: apt install python3-mpmath)

packages/core/src/stats/how-right.test.ts holds what it prints.
"""

import json

from mpmath import exp, findroot, legendre, log, loggamma, mp, mpf, polyroots, sqrt, taylor

mp.dps = 50
NODES = 40


def rule():
    """Nodes and weights on [-1, 1], and the weights of the integral from -1 to each node."""
    coefficients = taylor(lambda x: legendre(NODES, x), 0, NODES)[::-1]
    nodes = sorted(root.real for root in polyroots(coefficients, maxsteps=500, extraprec=400))
    at = [[legendre(n, x) for n in range(NODES + 2)] for x in nodes]
    weights = []
    for i, x in enumerate(nodes):
        slope = NODES * (at[i][NODES - 1] - x * at[i][NODES]) / (1 - x * x)
        weights.append(2 / ((1 - x * x) * slope**2))
    up_to = []
    for i, x in enumerate(nodes):
        ints = [x + 1] + [(at[i][n + 1] - at[i][n - 1]) / (2 * n + 1) for n in range(1, NODES)]
        up_to.append([weights[j] * sum((2 * n + 1) * at[j][n] * ints[n] for n in range(NODES)) / 2 for j in range(NODES)])
    return nodes, weights, up_to


X, W, UP = rule()


class Beta:
    def __init__(self, a, b):
        self.a, self.b = mpf(a), mpf(b)
        self.constant = loggamma(self.a + self.b) - loggamma(self.a) - loggamma(self.b)
        self.mean = self.a / (self.a + self.b)
        self.sd = sqrt(self.mean * (1 - self.mean) / (self.a + self.b + 1))

    def density(self, x):
        return exp(self.constant + (self.a - 1) * log(x) + (self.b - 1) * log(1 - x))


def panels(edges):
    for low, high in zip(edges, edges[1:]):
        half = (high - low) / 2
        yield half, [low + half * (1 + x) for x in X]


def area(beta, low, high):
    count = max(4, int((high - low) / beta.sd * 2) + 1)
    edges = [low + (high - low) * k / count for k in range(count + 1)]
    return sum(half * sum(w * beta.density(x) for w, x in zip(W, xs)) for half, xs in panels(edges))


def tails(beta, x):
    """P(X <= x) and P(X > x), each by itself."""
    low = max(mpf(0), beta.mean - 30 * beta.sd)
    high = min(mpf(1), beta.mean + 60 * beta.sd)
    return area(beta, low, x), area(beta, x, high)


def best(arms):
    betas = [Beta(1 + s, 1 + n - s) for s, n in arms]
    low = max(mpf(0), min(b.mean - 16 * b.sd for b in betas))
    high = min(mpf(1), max(b.mean + 16 * b.sd for b in betas))
    step = min(b.sd for b in betas)
    count = int((high - low) / step) + 1
    edges = [low + (high - low) * k / count for k in range(count + 1)]
    k = len(betas)
    left = [mpf(0)] * k
    shares, losses = [mpf(0)] * k, [mpf(0)] * k
    for half, xs in panels(edges):
        values = [[b.density(x) for x in xs] for b in betas]
        below = [[left[j] + half * sum(u * v for u, v in zip(UP[i], values[j])) for i in range(NODES)] for j in range(k)]
        for i in range(NODES):
            everything = mpf(1)
            for j in range(k):
                everything *= below[j][i]
            for j in range(k):
                others = mpf(1)
                for o in range(k):
                    if o != j:
                        others *= below[o][i]
                shares[j] += half * W[i] * values[j][i] * others
                losses[j] += half * W[i] * (below[j][i] - everything)
        for j in range(k):
            left[j] += half * sum(w * v for w, v in zip(W, values[j]))
    return shares, losses


def digits(value):
    return mp.nstr(value, 20)


CDFS = [
    (100, 900, "0.1"),
    (100, 900, "0.14"),
    (3, 40, "0.2"),
    (400_000_000, 600_000_000, "0.40001"),
    (400_000_000, 600_000_000, "0.3999"),
    (999_999_999, 1_000_000_001, "0.49998"),
    (1_000, 999_999_000, "0.0000011"),
]
QUANTILES = [
    (100, 900, "0.025"),
    (3, 40, "0.975"),
    (400_000_000, 600_000_000, "0.000001"),
    (1_000, 999_999_000, "0.5"),
]
ARMS = [
    [(3, 10), (4, 10), (2, 10)],
    [(500, 10_000), (520, 10_000), (540, 10_000), (505, 10_000), (531, 10_000)],
    [(400_000_000, 1_000_000_000), (400_010_000, 1_000_000_000), (400_020_000, 1_000_000_000)],
    [(40_000_000, 1_000_000_000), (40_005_000, 1_000_000_000), (40_004_000, 1_000_000_000), (39_990_000, 1_000_000_000), (40_002_000, 1_000_000_000)],
]


def quantile(a, b, p):
    beta = Beta(a, b)
    wanted = mpf(float(p))
    return findroot(lambda x: tails(beta, x)[0] - wanted, (beta.mean - beta.sd, beta.mean + beta.sd), tol=1e-45)


print(
    json.dumps(
        {
            "betaCdf": [[a, b, x, *map(digits, tails(Beta(a, b), mpf(float(x))))] for a, b, x in CDFS],
            "betaQuantile": [[a, b, p, digits(quantile(a, b, p))] for a, b, p in QUANTILES],
            "best": [[arms, *([digits(v) for v in values] for values in best(arms))] for arms in ARMS],
        }
    )
)
