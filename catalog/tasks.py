"""The doors from the queue to the catalogue's own work; each may run twice without harm."""

import logging

from celery import shared_task

from catalog.alone import AlreadyAtWork
from catalog.completions import gather_everything
from catalog.meaning.encoder import NoEncoder
from catalog.meaning.making import make_meanings as make_some_meanings
from catalog.similar import find_similar

logger = logging.getLogger(__name__)


@shared_task
def gather_completions(*, first: bool = False) -> None:
    """Gather what the search box proposes; with `first`, only if it never was."""
    gather_everything(only_first=first)


@shared_task
def make_meanings() -> None:
    """Give new and changed models their texts, and those their vectors."""
    try:
        made = make_some_meanings()
    except (AlreadyAtWork, NoEncoder) as problem:
        logger.info("search by meaning: %s", problem)
    else:
        if made.texts:
            logger.info("search by meaning: %d texts became vectors", made.texts)


@shared_task
def similar_papers() -> None:
    """Compare the papers that are new since the last time."""
    try:
        compared = find_similar()
    except AlreadyAtWork as problem:
        logger.info("%s", problem)
    else:
        logger.info("similar papers: %d compared", compared)
