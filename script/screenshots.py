"""Pictures of the main pages of a running site, light and dark, wide and narrow.

    .venv/bin/python script/screenshots.py http://localhost:8000 docs/pictures
    .venv/bin/python script/screenshots.py URL FOLDER --only sources paper leaderboard listings
    .venv/bin/python script/screenshots.py URL FOLDER --only trial --model timm/resnet18.a1_in1k --image cat.jpg

The trial is run on the site's own inference worker. Those in docs/screenshots show a site that harvested the
recorded answers: `python -m tests.harvesters.replay` prints the settings, `script/manage harvest measured --full`
is a run that lasts long enough to be seen on /sources/. They are WebP, a third of the size of PNG.
"""

import argparse
import io
import shutil
import sys
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

PAGES = {
    "home": "/",
    "browse": "/models/",
    "narrowed": "/models/?task=image-classification&dataset=imagenet-1k&license=open&size=..100MB&sort=-top1",
    "cards": "/models/?q=resnet&view=cards",
    "model": "/models/timm/resnet50.tv2_in1k/",
    "sources": "/sources/",
    "paper": "/papers/1512.03385/",
    "leaderboard": "/datasets/imagenet-1k/",
    "listings": "/models/torchvision/ResNet50_Weights.IMAGENET1K_V1/#listings",
}
TRIAL = "trial"
# What stands in the middle of a picture, where that is not the top of its page.
MIDDLE = {"leaderboard": ".plot"}
THEMES = ("light", "dark")
SIZES = {1280: 800, 390: 844}
TRIAL_SECONDS = 300


def main() -> int:
    """Returns the exit status."""
    options = read_options()
    chromium = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if not chromium:
        print("No Chromium found. Debian, Ubuntu: sudo apt install chromium")
        return 1
    options.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        pages = {name: path for name, path in PAGES.items() if name in options.only}
        if TRIAL in options.only:
            pages[TRIAL] = run_trial(browser, options)
        for theme in THEMES:
            for width in SIZES:
                take_all(browser, options, pages, theme, width)
        browser.close()
    return 0


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Takes pictures of a running site.")
    parser.add_argument("url", help="address of the site, e.g. http://localhost:8000")
    parser.add_argument("folder", type=Path, help="where the WebP files go")
    names = (*PAGES, TRIAL)
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="which pages")
    parser.add_argument("--model", default="local/digits-test_efficientnet", help="what is tried")
    parser.add_argument("--image", type=Path, help="photo to try; without it the first example")
    parser.add_argument("--full", action="store_true", help="whole pages, not one window of them")
    options = parser.parse_args()
    options.url = options.url.rstrip("/")
    options.cookies = []
    return options


def run_trial(browser: Browser, options: argparse.Namespace) -> str:
    """Tries the model as a visitor would; returns the trial's path on the site.

    An uploaded photo is shown to its uploader alone, so the cookies are kept for the pictures.
    """
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{options.url}/models/{options.model}/try/")
    # The first request may already be the picture's: only the part that names the trial counts.
    with page.expect_request(lambda request: "/trials/" in request.url) as first:
        if options.image:
            page.set_input_files("#try-form input[type=file]", options.image)
        else:
            page.locator("#try-form button[name=example]").first.click()
    page.wait_for_selector("#trial:not([hx-trigger])", timeout=TRIAL_SECONDS * 1000)
    options.cookies = page.context.cookies()
    page.context.close()
    return "/".join(urlsplit(first.value.url).path.split("/")[:3]) + "/"


def take_all(
    browser: Browser, options: argparse.Namespace, pages: dict[str, str], theme: str, width: int
) -> None:
    """One picture of each page in one theme at one width."""
    context = browser.new_context(
        viewport={"width": width, "height": SIZES[width]},
        color_scheme=theme,
        device_scale_factor=1 if width > 600 else 2,
        reduced_motion="reduce",
    )
    context.add_cookies(options.cookies)
    page = context.new_page()
    for name, path in pages.items():
        show(page, options.url + path, "" if options.full else MIDDLE.get(name, ""))
        picture = Image.open(io.BytesIO(page.screenshot(full_page=options.full)))
        file = options.folder / f"{name}-{theme}-{width}.webp"
        picture.convert("RGB").save(file, quality=75, method=6)
    context.close()


def show(page: Page, url: str, middle: str) -> None:
    """Opens a page, with what a selector names in the middle of the window."""
    response = page.goto(url, wait_until="networkidle")
    if not response or not response.ok:
        print(f"{url} answered {response.status if response else 'nothing'}", file=sys.stderr)
    if middle and page.locator(middle).count():
        page.locator(middle).first.evaluate("(one) => one.scrollIntoView({block: 'center'})")


if __name__ == "__main__":
    sys.exit(main())
