"""Narrowing the catalogue down.

sets          what differs between lists: a FacetSet names its rows, facets, ranges, columns, orders
models        the set of the models; declarations.py has its facets and ranges, one line each, columns.py its columns
papers, repositories, datasets    the other sets (kinds.py says what a facet is, units.py how amounts are written)
address       the query string <-> Filters; typed.py reads the search box, budget.py a need in words (phrases.toml)
on_machine    the same list on somebody's machine: computed.py has its ranges, machine_panel.py shows them
filters       Filters: the conditions as Q objects
front         the filter that keeps what nothing beats, front_counts its counts; axes.py has what decides,
              drawable the rows of a plot
counting      how many rows each value has: the part that an index can take the place of
panels        facets, chips and advice as the templates need them
results       one page of rows with all that stands around it
"""

from catalog.facets.address import read, write
from catalog.facets.counting import count
from catalog.facets.filters import Filters

__all__ = ["Filters", "count", "read", "write"]
