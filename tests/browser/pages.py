"""Every page of the site by name; axe-core, the headers' test and the weight test walk through all of them."""

from datetime import UTC, datetime

from django.urls import URLPattern, URLResolver, get_resolver, resolve

from tests.browser.site import SHIPPED

PAGES = {
    "home": "/",
    "browse": "/models/",
    "narrowed": "/models/?task=image-classification&dataset=imagenet-1k&license=open&size=..100MB&sort=-top1",
    "cards": "/models/?q=resnet&view=cards",
    "plot": "/models/?view=plot",
    "nothing found": "/models/?q=resnet&task=optical-flow&size=..1MB",
    "model of timm": "/models/timm/resnet50.a1_in1k/",
    "model of torchvision": "/models/torchvision/ResNet50_Weights.IMAGENET1K_V2/",
    "shipped model": f"/models/{SHIPPED}/",
    "try": f"/models/{SHIPPED}/try/",
    "not to be tried": "/models/torchvision/Raft_Large_Weights.C_T_V2/try/",
    "papers": "/papers/",
    "paper": "/papers/1512.03385/",
    "repositories": "/repositories/",
    "repository": "/repositories/facebookresearch/convnext-v2/",
    "data sets": "/datasets/",
    "data set": "/datasets/imagenet-1k/",
    "classes": "/classes/?q=crane",
    "class": "/classes/n01828970/",
    "class list": "/classes/lists/imagenet-1k/",
    "my machine": "/machine/",
    "licences": "/licenses/",
    "licence": "/licenses/apache-2.0/",
    "organisations": "/organizations/",
    "organisation": "/organizations/facebook/",
    "architectures": "/architectures/",
    "architecture": "/architectures/resnet50/",
    "what changed": "/changes/",
    "as of a day": f"/changes/as-of/?date={datetime.now(UTC):%Y-%m-%d}&q=resnet",
    "before the first day": "/changes/as-of/?date=2020-01-01",
    "sources": "/sources/",
    "a source": "/sources/torchvision/",
    "sign in": "/admin/login/",
}
MISSING = "/models/timm/no-such-model/"
# Addresses that are no pages: pictures, answers to a form, machines' questions.
NO_PAGES = {
    "inference:image", "inference:cancel", "livez", "readyz", "robots", "favicon",
    "harvesters:run", "harvesters:pause", "harvesters:replay", "harvesters:look-up",
    "catalog:changes_feed", "catalog:correct", "catalog:suggest",
}  # fmt: skip


def routes(resolver: URLResolver | None = None, space: str = "") -> set[str]:
    """The name of every route of the site, outside the admin."""
    found = set()
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                found |= routes(pattern, f"{pattern.namespace}:" if pattern.namespace else space)
        elif isinstance(pattern, URLPattern):
            found.add(space + (pattern.name or pattern.lookup_str.rpartition(".")[2]))
    return found


def route_of(path: str) -> str:
    """The name of the route that answers at `path`."""
    return resolve(path.partition("?")[0]).view_name
