"""What every result of the front door promises."""

from matplotlib import pyplot as plt

from models.result import LINES, WIDTH


def shown(result):
    """Check text, repr, HTML, plots and map of a result, and return its tables by name."""
    text = repr(result)
    assert len(text.splitlines()) <= LINES
    assert all(len(line) <= WIDTH for line in text.splitlines())
    assert result.summary()
    assert result._repr_html_().startswith("<")
    for kind in result.plot_kinds:
        assert result.plot(kind).get_title()
    assert result.map().get_title()
    plt.close("all")
    return {name: result.table(name) for name in result.table_names}
