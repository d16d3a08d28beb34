"""Every way a trial can fail, as a sentence that tells a person what to do. The only place for these words."""

from typing import Any

SENTENCES = {
    # Fetching
    "hub_unreachable": "The hub at {host} does not answer and the weights are not on disk. Check the network, or set "
    "HF_ENDPOINT to a mirror, and try again.",
    "hub_not_found": "The hub at {host} has no repository {repo} that this site may read: it was removed, renamed or "
    "made private. Choose another checkpoint, or set HF_TOKEN if you have access.",
    "hub_gated": "The publisher of {repo} lets people in one by one. Accept the terms on the hub, then set HF_TOKEN to "
    "a token of that account, and try again.",
    "hub_forbidden": "The hub at {host} refuses to hand out {repo} (answer {status}). Check that HF_TOKEN is valid.",
    "hub_trouble": "The hub at {host} has trouble of its own (answer {status}). Try again in a few minutes.",
    "unsafe_format": "{repo} publishes no safetensors file. Other weight formats can run code when they are opened, so "
    "Modelscout does not load them. Look for a sibling checkpoint that has one.",
    "download_cut": "The download of {file} broke off. Try again: what has arrived is kept, and the rest is fetched.",
    "download_corrupt": "{file} arrived with another hash than it was published with, so it was deleted. Try again; if "
    "it happens twice, the server {host} hands out wrong files.",
    "server_cut": "The download of {file} from {host} broke off. Try again.",
    "server_unreachable": "{host} does not answer and the weights are not on disk. Check the network, or set "
    "TORCHVISION_WEIGHTS_URL to a mirror, and try again.",
    "server_refused": "{host} answers {status} for {file}. Try again later, or set TORCHVISION_WEIGHTS_URL to a mirror.",
    "server_foreign": "The weights lie on {host}, not on torchvision's own server, so Modelscout does not fetch them.",
    "no_space": "Fetching {size} would leave less than {reserve} free on the worker's disk, or does not fit the {limit} set "
    "for weights (WEIGHTS_CACHE_MAX_BYTES). Make room or raise the limit, and try again.",
    "disk_full": "The worker's disk is full. Make room (weights and uploads lie in VAR_DIR) and try again.",
    "weights_too_large": "The weights take {size} and this worker keeps at most {limit} of models in memory. Choose a "
    "smaller checkpoint, or raise LOADED_MODELS_MAX_BYTES.",
    "folder_missing": "The folder {name} has no config.json with model.safetensors beside it any more. Put it back, or "
    "harvest again so that the listing goes.",
    # Loading
    "recipe_missing": "No source says how to load this checkpoint. Choose another one.",
    "config_refused": "config.json of {name} cannot be used: {why}. Ask its publisher to correct it.",
    "architecture_unknown": "The installed {library} has no architecture {name}. Update {library} on the worker, or "
    "choose another checkpoint.",
    "weights_refused": "The weights file {file} is not a sound safetensors file: {why}. Ask its publisher to repair it.",
    "weights_mismatch": "The weights do not fit the architecture {name}: {why}. The installed {library} may be older or "
    "newer than the checkpoint.",
    "pickle_refused": "{file} holds more than tensors, so it was not opened. Choose a checkpoint with safetensors.",
    # Running
    "no_numbers": "The checkpoint answered with values that are not numbers, so its weights file is probably damaged. "
    "Choose another checkpoint.",
    "picture_missing": "The picture is no longer in the storage. Send it again.",
    "out_of_memory": "The worker ran out of memory. Choose a smaller checkpoint, or give the worker more memory.",
    "gpu_trouble": "The worker's GPU stopped working in the middle of this trial. Try again: the worker has restarted.",
    "time_out": "The trial took longer than {seconds} s and was stopped. Choose a smaller checkpoint, or raise "
    "TRIAL_TIME_LIMIT_SECONDS.",
    "gave_up": "The worker died {attempts} times while working on this, most likely for lack of memory, so it will not "
    "be tried again. Choose a smaller checkpoint, or give the worker more memory.",
    "unexpected": "Something went wrong that Modelscout has no words for ({type}). The worker's log tells more under "
    "trial {trial}. Try another checkpoint meanwhile.",
}


class TrialError(Exception):
    """Ends a trial as failed; `code` is a key of SENTENCES, the rest fills its sentence in."""

    def __init__(self, code: str, **values: Any) -> None:
        self.code = code
        super().__init__(SENTENCES[code].format(**values)[:500])


class LeaseLost(Exception):
    """Another attempt, or nobody, owns this trial now: stop working on it and write nothing."""


class Cancelled(Exception):
    """The visitor does not want the answer any more."""


def megabytes(count: int) -> str:
    """`count` bytes for a sentence: "14.2 MB", "1.3 GB"."""
    if count >= 1_000_000_000:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:.1f} MB"
