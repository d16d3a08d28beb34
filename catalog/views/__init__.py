"""The catalogue's pages: one file per page, a thing's list beside the thing."""

from catalog.views.architecture import architecture, architectures
from catalog.views.browse import browse
from catalog.views.classes import class_page, classes, label_set
from catalog.views.correct import correct
from catalog.views.dataset import dataset, datasets
from catalog.views.history import ChangesFeed, changes, past
from catalog.views.home import home
from catalog.views.license import license, licenses  # noqa: A004 - the page of that name
from catalog.views.machine import machine
from catalog.views.model import model
from catalog.views.organization import organization, organizations
from catalog.views.paper import paper, papers
from catalog.views.repository import repositories, repository
from catalog.views.suggest import suggest

__all__ = [
    "ChangesFeed",
    "architecture",
    "architectures",
    "browse",
    "changes",
    "class_page",
    "classes",
    "correct",
    "dataset",
    "datasets",
    "home",
    "label_set",
    "license",
    "licenses",
    "machine",
    "model",
    "organization",
    "organizations",
    "paper",
    "papers",
    "past",
    "repositories",
    "repository",
    "suggest",
]
