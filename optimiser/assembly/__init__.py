"""Parts of a problem, assembled from a region: space, capacity and money."""
