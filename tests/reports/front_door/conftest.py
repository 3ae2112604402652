"""Plots without a screen, and the tiny plan that all questions are about."""

import matplotlib as mpl
import pytest
from builders import tiny_problem
from matplotlib import pyplot as plt

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
def tiny():
    """The best plan of the tiny region."""
    return sp.solve(tiny_problem(), gap=0.0)
