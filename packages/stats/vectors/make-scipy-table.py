#!/usr/bin/env python3
"""Writes scipy-table.json: what SciPy says, for the conformance tests of this room.

Debian's python3-scipy made the table (SciPy 1.10.1):
    apt-get install --no-install-recommends python3-scipy
    /usr/bin/python3 make-scipy-table.py > scipy-table.json
Each entry is [function, arguments, expected]. Infinities and NaN are written as strings.
"""
import json
import math
import sys
import warnings

import numpy as np
import scipy
from scipy import special, stats
from scipy.spatial import distance

warnings.simplefilter("ignore")
cases = []


def plain(value):
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def add(name, args, expected):
    expected = [plain(v) for v in expected] if isinstance(expected, (list, tuple)) else plain(expected)
    cases.append([name, args, expected])


for x in [1e-300, 1e-8, 0.001, 0.1, 0.5, 0.9, 1.5, 2.5, 3, 7.9, 8, 10.1, 33, 171, 1e3, 1e6, 1e12]:
    add("logGamma", [x], special.gammaln(x))
for a in [0.01, 0.5, 1, 1.5, 4.5, 7.9, 8.1, 15.5, 50, 300, 5000, 1e5]:
    for r in [1e-6, 0.01, 0.2, 0.7, 0.95, 1, 1.05, 1.3, 2, 4, 10]:
        x = a * r
        add("gammaP", [a, x], special.gammainc(a, x))
        add("gammaQ", [a, x], special.gammaincc(a, x))
for df in [1, 2, 3, 9, 15, 31, 99, 999]:
    for x in [0.001, 0.5, 1, 5, 9.9, 20, 31, 60, 200, 900, 1400]:
        add("chiSquareSf", [x, df], stats.chi2.sf(x, df))
for a in [0.1, 0.5, 1, 2, 7, 30, 500, 1e5]:
    for b in [0.3, 1, 3, 12, 800, 2e4]:
        mean = a / (a + b)
        sd = math.sqrt(mean * (1 - mean) / (a + b + 1))
        for x in sorted({mean * 0.01, mean * 0.5, mean, max(mean - 6 * sd, mean / 9), min(mean + 3 * sd, 1 - (1 - mean) / 3), mean + (1 - mean) * 0.9}):
            add("betaI", [a, b, x], special.betainc(a, b, x))
for a, b in [(0.5, 0.5), (1, 10), (8, 3), (40, 961), (3, 20000)]:
    for p in [1e-6, 0.025, 0.3, 0.5, 0.975, 0.999999]:
        add("betaQuantile", [a, b, p], special.betaincinv(a, b, p))
for z in [-37, -20, -8, -5, -3, -1.96, -1, -0.3, -1e-9, 0, 1e-5, 0.5, 1, 1.5, 1.7, 1.8, 2.5, 4, 6, 9, 15, 30]:
    add("normalCdf", [z], stats.norm.cdf(z))
    add("normalSf", [z], stats.norm.sf(z))
for p in [1e-300, 1e-100, 1e-20, 1e-10, 1e-5, 0.001, 0.02, 0.0749, 0.0751, 0.3, 0.5, 0.7, 0.95, 0.999, 1 - 1e-9]:
    add("normalQuantile", [p], special.ndtri(p))
for df in [1, 3, 10, 100, 1e5]:
    for t in [-5, -1, 0, 0.1, 1, 2.5, 6, 30]:
        add("studentSf", [t, df], stats.t.sf(t, df))
for x in [0.05, 0.2, 0.3, 0.5, 0.8, 0.99, 1, 1.01, 1.36, 1.63, 2, 3, 5, 8]:
    add("kolmogorovSf", [x], special.kolmogorov(x))
for n, p in [(1, 0.5), (10, 0.2), (100, 0.01), (1000, 0.5), (1000000, 0.3), (50000, 0.9999)]:
    for k in sorted({0, 1, int(n * p), n - 1, n, min(n, int(n * p + 5 * math.sqrt(n * p * (1 - p))) + 1)}):
        expected = stats.binom.pmf(k, n, p)
        if expected > 1e-290:
            add("binomialPmf", [k, n, p], expected)

rng = np.random.RandomState(2024)
for size, na, nb in [(2, 50, 80), (5, 200, 200), (10, 1000, 1000), (16, 500, 10000), (32, 500, 10000), (32, 100000, 561000), (100, 30000, 20000)]:
    base = rng.dirichlet(np.full(size, 20.0))
    other = rng.dirichlet(np.full(size, 20.0))
    for p, q in [(base, base), (base, other)]:
        a = rng.multinomial(na, p)
        b = rng.multinomial(nb, q)
        keep = (a > 0) & (b > 0)
        a, b = a[keep], b[keep]
        A, B = a.tolist(), b.tolist()
        pa, pb = a / a.sum(), b / b.sum()
        m = len(A)
        chi = stats.chi2_contingency(np.array([a, b]), correction=False)
        add("chiSquareHomogeneity", [A, B], [chi[0], chi[2], chi[1]])
        fit = stats.chisquare(a, pb * a.sum())
        add("chiSquareFit", [A, B], [fit[0], m - 1, fit[1]])
        add("kullbackLeibler", [A, B], stats.entropy(pa, pb))
        add("jensenShannon", [A, B], distance.jensenshannon(pa, pb) ** 2)
        add("hellinger", [A, B], np.sqrt(((np.sqrt(pa) - np.sqrt(pb)) ** 2).sum() / 2))
        positions = np.sort(rng.normal(size=m))
        add("wasserstein", [A, B, positions.tolist()], stats.wasserstein_distance(positions, positions, a, b))
        sa, sb = (a + 0.5) / (a + 0.5).sum(), (b + 0.5) / (b + 0.5).sum()
        add("populationStability", [A, B], ((sa - sb) * np.log(sa / sb)).sum())
for table in [[8, 2, 1, 5], [0, 5, 5, 0], [3, 3, 3, 3], [10, 90, 25, 75], [1, 9999, 12, 9988], [500, 500, 430, 570], [0, 4, 2, 1], [12, 5, 29, 2], [20000, 30000, 20300, 29700], [7, 0, 3, 0]]:
    a, b, c, d = table
    two = [stats.fisher_exact([[a, b], [c, d]], alternative=alt)[1] for alt in ("two-sided", "less", "greater")]
    add("fisherExact", table, two)
# At (3, 100000) SciPy 1.10 is wrong from the eighth digit on (checked with mpmath at 40 digits), so the list stops at 1000.
for k, n in [(0, 10), (1, 10), (5, 10), (10, 10), (37, 500), (480, 500), (3, 1000)]:
    exact = stats.binomtest(k, n).proportion_ci(0.95, "exact")
    wilson = stats.binomtest(k, n).proportion_ci(0.95, "wilson")
    add("exactInterval", [k, n], list(exact))
    add("wilsonInterval", [k, n], list(wilson))
for m, n, shift in [(20, 30, 0), (200, 300, 0.2), (1000, 700, 0.1), (5000, 5000, 0.05)]:
    x = np.round(rng.normal(size=m), 3)
    y = np.round(rng.normal(shift, size=n), 3)
    d = stats.ks_2samp(x, y, method="asymp").statistic
    exact = stats.ks_2samp(x, y, method="exact").pvalue if m * n <= 1e6 else "NaN"
    if m <= 1000:
        add("kolmogorovSmirnov", [x.tolist(), y.tolist()], [d, special.kolmogorov(d * math.sqrt(m * n / (m + n)))])
    if m <= 200:
        add("kolmogorovSmirnovExact", [m, n, d], exact)
for n in [1, 5, 40]:
    y = np.round(rng.normal(size=n).cumsum(), 4)
    w = np.round(rng.uniform(0.1, 3, size=n), 3)
    # SciPy 1.10 has no isotonic regression: the max-min formula of Barlow et al. (1972) is its definition.
    fit = [max(min(np.dot(y[i : j + 1], w[i : j + 1]) / w[i : j + 1].sum() for j in range(k, n)) for i in range(k + 1)) for k in range(n)]
    add("isotonic", [y.tolist(), w.tolist()], fit)
for n in [1, 2, 10, 200]:
    p = np.round(rng.uniform(size=n) ** 3, 6)
    for name, penalty in [("benjaminiHochberg", 1.0), ("benjaminiYekutieli", sum(1 / i for i in range(1, n + 1)))]:
        order = np.argsort(p)
        scaled = p[order] * n * penalty / np.arange(1, n + 1)
        adjusted = np.empty(n)
        adjusted[order] = np.minimum(1, np.minimum.accumulate(scaled[::-1])[::-1])
        add(name, [p.tolist()], adjusted.tolist())
    if n <= 10:
        capped = np.minimum(p, 0.99)
        add("cauchyCombination", [p.tolist()], stats.cauchy.sf(np.mean(1 / np.tan(capped * np.pi))))

out = ",\n".join(json.dumps(c) for c in cases)
sys.stdout.write('{"source": "SciPy %s, NumPy %s",\n"cases": [\n%s\n]}\n' % (scipy.__version__, np.__version__, out))
