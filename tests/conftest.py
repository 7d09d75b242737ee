"""Settings of all tests."""

import os

from hypothesis import HealthCheck, settings

# A loaded machine is no defect: no deadline, no complaint about slow drawing. In CI the same draws each
# time, so that a red run can be repeated; elsewhere new ones.
settings.register_profile(
    "offhook",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
    print_blob=True,
)
settings.load_profile("offhook")
