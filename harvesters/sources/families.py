"""Which family an architecture belongs to, read from its name, and the paper that introduced the family.

timm and torchvision name the same networks alike, so one table serves both. A source states the paper
only where its own documentation of the module names it.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """`slug` as in `catalog.vocabulary.FAMILIES`; `paper` is an arXiv id, empty if there is none."""

    slug: str
    paper: str = ""


# Prefixes that say how a network was ported or modified, not which it is.
_PORTED = re.compile(r"^(?:test|tf|legacy|quantized|gluon)_")

# The first line whose beginning fits decides: longer names stand before the shorter ones they contain.
_LINES = r"""
aimv2                       aimv2           2411.14402
alexnet                     alexnet         1404.5997
(bat|eca)_(resnext|botnext|halonext)|botnet|sebotnet|lamhalobotnet  botnet  2101.11605
(se)?halonet|haloregnetz|halo2  halonet     2103.12731
lambda_resnet               lambdanet       2102.08602
beitv2                      beitv2          2208.06366
beit3                       beit3           2208.10442
beit                        beit            2106.08254
caformer|convformer         metaformer      2210.13452
poolformerv2                metaformer      2210.13452
poolformer                  poolformer      2111.11418
cait                        cait            2103.17239
coatnet|coatnext            coatnet         2106.04803
coat_                       coat            2104.06399
convit                      convit          2103.10697
convmixer                   convmixer       2201.09792
convnextv2                  convnextv2      2301.00808
convnext                    convnext        2201.03545
cpubone                     cpubone         2603.26425
crossvit                    crossvit        2103.14899
csatv2                      csatv2          -
cspnext                     cspnext         2212.07784
cs3|cspdarknet|cspres       cspnet          1911.11929
(se)?darknet                darknet         1804.02767
davit                       davit           2204.03645
deeplabv3                   deeplabv3       1706.05587
deepseek_vit                deepseek-vit    2609.19969
deit3                       deit3           2204.07118
deit                        deit            2012.12877
densenet                    densenet        1608.06993
dla                         dla             1707.06484
dpn                         dpn             1707.01629
(eca_|dm_|)nfnet            nfnet           2102.06171
nf_                         nf-resnet       2101.08692
edgenext                    edgenext        2206.10589
efficientformerv2           efficientformerv2  2212.08059
efficientformer             efficientformer 2206.01191
(gc_)?efficientnetv2|efficientnet_v2  efficientnetv2  2104.00298
efficientnet_x              efficientnet-x  2102.05610
efficientnet                efficientnet    1905.11946
efficientvim                efficientvim    2411.15241
efficientvit_m              efficientvit-msra  2305.07027
efficientvit                efficientvit-mit   2205.14756
eva02                       eva02           2303.11331
eva                         eva             2211.07636
fasternet                   fasternet       2303.03667
fasterrcnn                  faster-rcnn     1506.01497
fastvit_mci                 mobileclip      2311.17049
fastvit                     fastvit         2303.14189
fbnetv3                     fbnetv3         2006.02049
fbnetc                      fbnet           1812.03443
fcn                         fcn             1411.4038
fcos                        fcos            1904.01355
flexivit                    flexivit        2212.08013
focalnet                    focalnet        2203.11926
gc(resnet|resnext)          gcnet           1904.11492
gcvit                       gcvit           2206.09959
gemma4                      gemma4-vit      2607.02770
gernet                      gernet          2006.14090
ghostnetv2                  ghostnetv2      2211.12905
ghostnetv3                  ghostnetv3      2404.11202
ghostnet                    ghostnet        1911.11907
gmixer                      mlp-mixer       2105.01601
mixer                       mlp-mixer       2105.01601
gmlp                        gmlp            2105.08050
googlenet                   inception       1409.4842
hardcorenas                 hardcorenas     2102.11646
hgnetv2                     hgnetv2         -
hgnet                       hgnet           2103.05959
hieradet|sam2               sam2            2408.00714
hiera                       hiera           2306.00989
hrnet                       hrnet           1908.07919
iformer                     iformer         2501.15369
inception_next              inception-next  2303.16900
inception_resnet            inception-resnet  1602.07261
inception_v3                inception       1512.00567
inception_v4                inception       1602.07261
keypointrcnn                mask-rcnn       1703.06870
maskrcnn                    mask-rcnn       1703.06870
lcnetv                      lcnetv2         2103.05959
lcnet                       lcnet           2109.15099
levit                       levit           2104.01136
lowformer                   lowformer       2409.03460
lraspp                      mobilenetv3     1905.02244
mambaout                    mambaout        2405.07992
maxvit                      maxvit          2204.01697
maxxvit                     maxvit          2204.01697
mc3|r2plus1d|r3d            video-resnet    1711.11248
mvit_v1                     mvit            2104.11227
mvit_v2|mvitv2              mvitv2          2112.01526
mixnet                      mixnet          1907.09595
(se)?mnasnet                mnasnet         1807.11626
mobilenet_edgetpu           mobilenet-edgetpu  -
mobilenetv1                 mobilenetv1     1704.04861
mobilenet_?v2               mobilenetv2     1801.04381
mobilenet_?v3               mobilenetv3     1905.02244
mobilenetv4                 mobilenetv4     2404.10518
mobilenetv5                 mobilenetv5     -
mobileone                   mobileone       2206.04040
mobilevitv2                 mobilevitv2     2206.02680
mobilevit                   mobilevit       2110.02178
naflexvit                   naflexvit       2307.06304
nasnet                      nasnet          1707.07012
nest                        nest            2105.12723
nextvit                     nextvit         2207.05501
pit_                        pit             2103.16302
pnasnet                     pnasnet         1712.00559
pvt_v2                      pvtv2           2106.13797
qwen                        qwen-vit        2511.21631
raft                        raft            2003.12039
rdnet                       rdnet           2403.19588
regnetz                     regnetz         2103.06877
regnet                      regnet          2003.13678
repghost                    repghost        2211.06088
repvgg                      repvgg          2101.03697
repvit                      repvit          2307.09283
res2net|res2next            res2net         1904.01169
resmlp                      resmlp          2105.03404
resnest                     resnest         2004.08955
resnetv2                    resnetv2        1603.05027
retinanet                   retinanet       1708.02002
rexnet                      rexnet          2007.00992
s3d                         s3d             1712.04851
sam_|samvit                 sam             2304.02643
selecsls                    selecsls        1907.00837
senet|seres(net|next)       senet           1709.01507
sequencer                   sequencer       2205.01972
shufflenet_v2               shufflenetv2    1807.11164
shvit                       shvit           2401.16456
skres(net|next)             sknet           1903.06586
spnasnet                    spnasnet        1904.02877
squeezenet                  squeezenet      1602.07360
ssdlite320                  mobilenetv3     1801.04381
ssd                         ssd             1512.02325
starnet                     starnet         2403.19967
swiftformer                 swiftformer     2303.15446
swin3d                      video-swin      2106.13230
swinv2|swin_v2              swinv2          2111.09883
swin_s3                     swin-s3         2111.14725
swin                        swin            2103.14030
tiny_vit                    tinyvit         2207.10666
tinynet                     tinynet         2010.14819
tnt                         tnt             2103.00112
tresnet                     tresnet         2003.13630
twins                       twins           2104.13840
vgg                         vgg             1409.1556
visformer                   visformer       2104.12533
vitamin                     vitamin         2404.02132
vit_base_mci                mobileclip      2311.17049
vit_pe                      perception-encoder  2504.13181
vit                         vit             2010.11929
volo                        volo            2106.13112
(ese_|eca_)?vovnet          vovnet          1904.09730
wide_resnet                 wide-resnet     1605.07146
(eca_?)?(res)next|ecaresnext|resnext  resnext  1611.05431
seresnext                   senet           1709.01507
ecaresnet|eca_resnet        ecanet          1910.03151
resnetrs                    resnet          2103.07579
resnet                      resnet          1512.03385
xception                    xception        1610.02357
xcit                        xcit            2106.09681
"""


def _table() -> list[tuple[re.Pattern[str], Family]]:
    lines = [line.split() for line in _LINES.strip().splitlines()]
    return [
        (re.compile(f"(?:{pattern})"), Family(slug, "" if paper == "-" else paper))
        for pattern, slug, paper in lines
    ]


_FAMILIES = _table()


def family_of(architecture: str) -> Family | None:
    """The family of `resnet50` or `tf_efficientnet_b0`; None if no line fits."""
    name = _PORTED.sub("", architecture.lower())
    return next((family for pattern, family in _FAMILIES if pattern.match(name)), None)
