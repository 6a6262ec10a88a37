#!/usr/bin/env python3
"""Writes river-streams-more.json: the other streams that River's tests and doc strings name, from Python's and NumPy's seeded generators.

    /usr/bin/python3 make-river-streams.py > river-streams-more.json
Sources: online-ml/river, river/drift/test_drift_detectors.py (s3) and the doc strings of river/drift/adwin.py and page_hinkley.py.
"""
import json
import random

import numpy as np

np.random.seed(12345)
s3 = np.concatenate([np.random.normal(mean, 0.1, 500) > 0 for mean in (0.0, 0.25, 0.0, 0.25)]).astype(int).tolist()
rng = random.Random(42)
steps42 = sum((rng.choices([0, 1], k=1000) + rng.choices(range(4, 8), k=1000) for _ in range(2)), [])
rng = random.Random(12345)
steps12345 = rng.choices([0, 1], k=1000) + rng.choices(range(4, 8), k=1000)
print(json.dumps({"s3": s3, "steps42": steps42, "steps12345": steps12345}, separators=(",", ":")))
