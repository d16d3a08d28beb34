"""Bytes of the first view of each page, as they travel: the page, its style sheet, scripts and pictures.

    .venv/bin/python -m bench.page_weight http://localhost:8000

The limit is 100 kB (100,000 bytes, compressed, headers included); tests/browser/test_weight.py holds every page to it.
"""

import shutil
import sys

from playwright.sync_api import Browser, Response, sync_playwright

LIMIT_BYTES = 100_000


def weigh(browser: Browser, url: str) -> dict[str, int]:
    """Address -> bytes received for it, in a browser that has never been to the site."""
    context = browser.new_context()
    page = context.new_page()
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    page.goto(url, wait_until="networkidle")
    weights: dict[str, int] = {}
    for response in responses:
        sizes = response.request.sizes()
        received = sizes["responseHeadersSize"] + sizes["responseBodySize"]
        weights[response.url] = weights.get(response.url, 0) + received
    context.close()
    return weights


def main() -> int:
    """Prints a line per page; returns 1 if one of them is too heavy."""
    from tests.browser.pages import PAGES

    base = sys.argv[1].rstrip("/") if len(sys.argv) == 2 else "http://localhost:8000"
    chromium = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    heaviest = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        print(f"{'page':22}{'kB in all':>10}{'the page':>10}{'requests':>10}")
        for name, path in PAGES.items():
            weights = weigh(browser, base + path)
            total, own = sum(weights.values()), weights.get(base + path, 0)
            heaviest = max(heaviest, total)
            print(f"{name:22}{total / 1000:10.1f}{own / 1000:10.1f}{len(weights):10}")
        browser.close()
    print(f"heaviest: {heaviest / 1000:.1f} kB of {LIMIT_BYTES / 1000:.0f} kB")
    return int(heaviest > LIMIT_BYTES)


if __name__ == "__main__":
    sys.exit(main())
