"""Travel minutes where no table gives them: straight line × detour ÷ speed."""

import geopandas as gpd
import numpy as np
import pandas as pd

METRES_PER_KM = 1000
MINUTES_PER_HOUR = 60


def travel_minutes(
    origins: gpd.GeoDataFrame, destinations: pd.DataFrame, *, detour: float, speed_kph: float, most: float
) -> pd.DataFrame:
    """Estimate the minutes from areas to places.

    Parameters
    ----------
    origins
        Areas indexed by code, with polygons and a point `x`, `y` in metres.
    destinations
        Places indexed by code, with `x`, `y` in metres and `neighbourhood`, the code of the
        area in which they lie.
    detour
        Length of the road ÷ straight line.
    speed_kph
        Speed over the road, in km/h.
    most
        Minutes beyond which a pair is left out.

    Returns
    -------
    pd.DataFrame
        `origin`, `destination`, `minutes`: one row per pair of at most `most` minutes,
        ordered as the inputs. Within one's own area, see `own_area_minutes`.
    """
    east = destinations["x"].to_numpy(float) - origins["x"].to_numpy(float)[:, None]
    north = destinations["y"].to_numpy(float) - origins["y"].to_numpy(float)[:, None]
    minutes = _over_the_road(np.hypot(east, north), detour, speed_kph)
    own = origins.index.to_numpy()[:, None] == destinations["neighbourhood"].to_numpy()
    inside = own_area_minutes(origins, detour=detour, speed_kph=speed_kph).to_numpy(float)
    minutes = np.where(own, inside[:, None], minutes)
    row, column = np.nonzero(minutes <= most)
    return pd.DataFrame(
        {
            "origin": origins.index.to_numpy()[row],
            "destination": destinations.index.to_numpy()[column],
            "minutes": minutes[row, column],
        }
    )


def own_area_minutes(areas: gpd.GeoDataFrame, *, detour: float, speed_kph: float) -> pd.Series:
    """Return the minutes (by area code) to a place in one's own area.

    Half the radius of a circle as large as the area, ½·√(area/π), over the road.
    """
    metres = 0.5 * np.sqrt(areas.geometry.area / np.pi)
    return pd.Series(
        _over_the_road(metres.to_numpy(float), detour, speed_kph), index=areas.index, name="minutes"
    )


def _over_the_road(metres: np.ndarray, detour: float, speed_kph: float) -> np.ndarray:
    kilometres = metres / METRES_PER_KM * detour
    return kilometres / speed_kph * MINUTES_PER_HOUR
