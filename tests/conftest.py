"""How properties are searched: never by the clock, and the same examples in every CI run."""

import os

from hypothesis import HealthCheck, settings

# Workers share two cores: threads of the linear algebra would only get in each other's way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

settings.register_profile(
    "cheget",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("cheget")
