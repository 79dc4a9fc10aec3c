"""The same points through scikit-learn, for clustering.bench.mjs: one JSON object as the argument, one as the answer."""

import json
import resource
import sys
import time

import numpy
import sklearn
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans

task = json.loads(sys.argv[1])
points = numpy.fromfile(task["file"], dtype="float64").reshape(-1, task["columns"])
made = {
    # One start, which is what scikit-learn does by default since 1.4.
    "kmeans": lambda: KMeans(n_clusters=task["k"], n_init=1, random_state=1),
    "dbscan": lambda: DBSCAN(eps=task["eps"], min_samples=task["minSamples"]),
    "ward": lambda: AgglomerativeClustering(n_clusters=task["k"], linkage="ward"),
}[task["method"]]

least = float("inf")
for _ in range(task["rounds"]):
    model = made()
    start = time.perf_counter()
    model.fit(points)
    least = min(least, time.perf_counter() - start)

print(
    json.dumps(
        {
            "seconds": least,
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "version": sklearn.__version__,
        }
    )
)
