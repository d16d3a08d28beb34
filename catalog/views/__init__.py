"""The catalogue's pages: one file per page."""

from catalog.views.browse import browse
from catalog.views.home import home
from catalog.views.model import model

__all__ = ["browse", "home", "model"]
