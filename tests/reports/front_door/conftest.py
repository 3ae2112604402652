"""Plots without a screen, and the tiny plan that all questions are about."""

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt
from tiny import write_tiny_region

import spreidplan as sp


@pytest.fixture(autouse=True)
def _no_screen():
    """Draw without a screen."""
    before = mpl.get_backend()
    plt.switch_backend("agg")
    yield
    plt.close("all")
    plt.switch_backend(before)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """The best plan of the tiny region, whose folder stays."""
    return sp.solve(write_tiny_region(tmp_path_factory.mktemp("region") / "tiny"), gap=0.0)
