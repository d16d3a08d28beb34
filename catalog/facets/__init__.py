"""Narrowing the catalogue down.

declarations  every facet and range, one line each (kinds.py says what they are, units.py how amounts are written)
address       the query string <-> Filters; typed.py reads the search box
filters       Filters: the conditions as Q objects
counting      how many rows each value has: the part that an index can take the place of
panels        facets, chips and advice as the templates need them
columns       what a result table shows and how it is sorted
results       one page of rows with all that stands around it
"""

from catalog.facets.address import read, write
from catalog.facets.counting import count
from catalog.facets.filters import Filters

__all__ = ["Filters", "count", "read", "write"]
