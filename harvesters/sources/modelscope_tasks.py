"""ModelScope's own names of tasks, beside those that it shares with the Hub.

From its library: https://github.com/modelscope/modelscope, modelscope/utils/constant.py.
"""

from catalog.aliases import task_slug

# What each of them is on the Hub; where one says more than the Hub's word, the Hub's word is what is searched by.
_ON_THE_HUB = {
    "audio-classification": "emotion-recognition keyword-spotting speech-language-recognition",
    "audio-to-audio": "acoustic-echo-cancellation acoustic-noise-suppression speech-separation"
    " speech-super-resolution voice-conversion",
    "automatic-speech-recognition": "auto-speech-recognition",
    "depth-estimation": "image-depth-estimation image-multi-view-depth-estimation"
    " panorama-depth-estimation video-depth-estimation",
    "image-classification": "animal-recognition facial-expression-recognition general-recognition"
    " image-classification-dailylife image-classification-imagenet image-multilabel-classification",
    "image-feature-extraction": "image-embedding image-reid-person product-retrieval-embedding",
    "image-segmentation": "portrait-matting product-segmentation semantic-segmentation shop-segmentation"
    " text-driven-segmentation universal-matting",
    "image-text-to-text": "multimodal-dialogue",
    "image-to-image": "image-body-reshaping image-color-enhancement image-colorization image-deblurring"
    " image-debanding image-demoireing image-denoising image-editing image-face-fusion image-inpainting"
    " image-paintbyexample image-portrait-enhancement image-portrait-stylization image-skychange"
    " image-style-transfer image-super-resolution image-super-resolution-pasd"
    " image-to-image-generation image-to-image-translation image-try-on image-view-transform"
    " skin-retouching virtual-try-on",
    "image-to-text": "image-captioning ocr-recognition",
    "keypoint-detection": "body-2d-keypoints body-3d-keypoints face-2d-keypoints facial-68ldk-detection"
    " hand-2d-keypoints human-wholebody-keypoint",
    "object-detection": "card-detection domain-specific-object-detection face-detection"
    " face-human-hand-detection human-detection image-fewshot-detection image-object-detection"
    " license-plate-detection",
    "optical-flow": "dense-optical-flow-estimation",
    "question-answering": "faq-question-answering machine-reading-comprehension",
    "sentence-similarity": "sentence-embedding",
    "summarization": "extractive-summarization text-summarization",
    "text-classification": "nli sentiment-analysis sentiment-classification",
    "text-generation": "chat code-generation conversational task-oriented-conversation text2text-generation",
    "text-to-image": "controllable-image-generation text-to-360panorama-image text-to-image-synthesis",
    "text-to-video": "text-to-video-synthesis",
    "token-classification": "named-entity-recognition part-of-speech word-segmentation",
    "translation": "competency-aware-translation",
    "video-classification": "action-recognition live-category video-category",
    "video-text-to-text": "video-captioning video-question-answering",
    "video-to-video": "video-colorization video-deinterlace video-frame-interpolation video-inpainting"
    " video-stabilization video-super-resolution",
    "zero-shot-classification": "zero-shot",
    "zero-shot-object-detection": "open-vocabulary-detection",
}
_HUB_NAMES = {name: slug for slug, names in _ON_THE_HUB.items() for name in names.split()}
_NOT_ON_THE_HUB = """
    action-detection audio-quantization backbone bad-image-detecting card-detection-correction
    code-translation content-check crowd-counting dialog-intent-prediction dialog-state-tracking
    document-grounded-dialog-generate document-grounded-dialog-rerank document-grounded-dialog-retrieval
    document-segmentation document-vl-embedding efficient-diffusion-tuning face-attribute-recognition
    face-emotion face-image-generation face-liveness face-processing-base face-quality-assessment
    face-recognition face-reconstruction fid-dialogue generative-multi-modal-embedding hand-static
    head-reconstruction human-image-generation human-normal-estimation human-object-interaction
    human-reconstruction human3d-animation human3d-render image-control-3d-portrait
    image-driving-perception image-local-feature-matching image-matching image-normal-estimation
    image-quality-assessment-degradation image-quality-assessment-mos image-text-retrieval
    indoor-layout-estimation information-extraction inverse-text-processing
    language-guided-video-summarization language-score-prediction lineless-table-recognition
    motion-generation movie-scene-segmentation multi-modal-embedding multi-modal-similarity
    nerf-recon-4k nerf-recon-acc nerf-recon-vq-compression object-detection-3d ocr-detection other
    pedestrian-attribute-recognition pointcloud-sceneflow-estimation protein-structure punctuation
    referring-video-object-segmentation relation-extraction self-supervised-depth-completion
    siamese-uie speaker-diarization speaker-diarization-dialogue-detection
    speaker-diarization-semantic-speaker-turn-detection speaker-verification speech-signal-process
    speech-timestamp sudoku surface-recon-common table-recognition text-error-correction
    text-texture-generation text-to-head text-video-retrieval text2sql transformer-crf
    translation-evaluation video-embedding video-human-matting video-instance-segmentation
    video-multi-modal-embedding video-multi-object-tracking video-object-detection
    video-object-segmentation video-panoptic-segmentation video-single-object-tracking
    video-summarization video-temporal-grounding video-text-retrieval vision-efficient-tuning
    visual-entailment visual-grounding word-alignment
"""
OWN_NAMES = (*_HUB_NAMES, *_NOT_ON_THE_HUB.split())


def task_of(name: str) -> str:
    """The slug of a task by ModelScope's name of it: `text-to-image-synthesis` -> `text-to-image`."""
    slug = task_slug(name)
    return _HUB_NAMES.get(slug, slug)
