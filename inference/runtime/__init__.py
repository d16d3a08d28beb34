"""Fetches, loads and runs checkpoints. The only folder that imports torch, torchvision and timm; only `inference.tasks`
opens it, in a pool process of the inference worker."""
