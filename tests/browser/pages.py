"""Every page of the site by name; axe-core, the headers' test and the weight test walk through all of them."""

from tests.browser.site import SHIPPED

PAGES = {
    "home": "/",
    "browse": "/models/",
    "narrowed": "/models/?task=image-classification&dataset=imagenet-1k&license=open&size=..100MB&sort=-top1",
    "cards": "/models/?q=resnet&view=cards",
    "nothing found": "/models/?q=resnet&task=optical-flow&size=..1MB",
    "model of timm": "/models/timm/resnet50.a1_in1k/",
    "model of torchvision": "/models/torchvision/ResNet50_Weights.IMAGENET1K_V2/",
    "shipped model": f"/models/{SHIPPED}/",
    "try": f"/models/{SHIPPED}/try/",
    "not to be tried": "/models/torchvision/Raft_Large_Weights.C_T_V2/try/",
    "sources": "/sources/",
    "sign in": "/admin/login/",
}
MISSING = "/models/timm/no-such-model/"
