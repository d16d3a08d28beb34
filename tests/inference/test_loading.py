"""Loading: the quick way gives what the library gives, and nothing hostile is built or allocated."""

import json
import struct
import tempfile
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
import torchvision
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings
from safetensors.torch import save_file

from inference.errors import TrialError
from inference.recipes import SHIPPED_DIR, FolderRecipe, TorchvisionRecipe
from inference.runtime import config_file, load, timm_models, torchvision_models, weights_file
from inference.runtime.hub import Fetched
from inference.runtime.loaded import Loaded, Shelf

pytestmark = pytest.mark.torch
SHIPPED = SHIPPED_DIR / "digits-test_efficientnet"
BATCH = torch.linspace(-2, 2, 3 * 160 * 160).reshape(1, 3, 160, 160)


def close(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Equal but for the order of additions, which depends on where tensors lie in memory."""
    return torch.allclose(one, other, atol=1e-5, rtol=1e-4)


def output(model: torch.nn.Module, batch: torch.Tensor = BATCH) -> torch.Tensor:
    with torch.inference_mode():
        return model.eval()(batch)


def saved(model: torch.nn.Module, folder: Path, **config: Any) -> Path:
    """A Hub-style folder."""
    folder.mkdir(parents=True, exist_ok=True)
    config.setdefault("pretrained_cfg", getattr(model, "pretrained_cfg", {}))
    state = {name: tensor.clone().contiguous() for name, tensor in model.state_dict().items()}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config))
    return folder


# --- Equal to the libraries


@pytest.mark.parametrize("name", timm.list_models("test_*"))
def test_a_checkpoint_is_what_timm_makes_of_the_same_file(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    reference = timm.create_model(name, num_classes=7).eval()
    folder = saved(reference, tmp_path / name, architecture=name, num_classes=7)

    model = timm_models.build(f"local-dir:{folder}", folder / "model.safetensors")

    assert close(output(model), output(reference))


@pytest.mark.parametrize("name", ["test_resnet", "test_vit", "test_convnext", "test_efficientnet"])
def test_most_families_take_the_quick_way(name: str, tmp_path: Path) -> None:
    folder = saved(
        timm.create_model(name, num_classes=7), tmp_path, architecture=name, num_classes=7
    )

    model = timm_models.build_quickly(f"local-dir:{folder}", folder / "model.safetensors")

    assert not timm_models.has_meta(model)


@pytest.mark.parametrize("name", ["test_vit_relpos", "test_coatnet"])
def test_the_quick_way_refuses_a_model_of_which_the_file_holds_only_a_part(
    name: str, tmp_path: Path
) -> None:
    folder = saved(
        timm.create_model(name, num_classes=7), tmp_path, architecture=name, num_classes=7
    )

    with pytest.raises(timm_models.NotTheSame):
        timm_models.build_quickly(f"local-dir:{folder}", folder / "model.safetensors")


def test_a_registered_checkpoint_is_built_as_its_own_configuration_says(tmp_path: Path) -> None:
    name = "test_vit.r160_in1k"
    reference = timm.create_model(name).eval()
    folder = saved(reference, tmp_path)

    model = timm_models.build(name, folder / "model.safetensors")

    assert timm_models.is_registered(name)
    assert close(output(model), output(reference))
    assert timm_models.labels_of(model)[0].startswith("tench")


@pytest.mark.parametrize(
    ("name", "registered"),
    [
        ("resnet50.a1_in1k", True),
        ("resnet50", False),
        ("resnet50.no_such_tag", False),
        ("no_such_model.a1_in1k", False),
        ("mobilenetv2_100.tv_int8_in1k", False),
    ],
)
def test_only_what_timm_itself_describes_counts_as_registered(name: str, registered: bool) -> None:
    assert timm_models.is_registered(name) is registered


def test_half_precision_files_run_in_float32(tmp_path: Path) -> None:
    model = timm.create_model("test_vit", num_classes=3).half()
    folder = saved(model, tmp_path, architecture="test_vit", num_classes=3)

    built = timm_models.build(f"local-dir:{folder}", folder / "model.safetensors")

    assert {parameter.dtype for parameter in built.parameters()} == {torch.float32}


@pytest.mark.parametrize(
    ("builder", "weights"),
    [
        ("squeezenet1_1", "SqueezeNet1_1_Weights.IMAGENET1K_V1"),
        ("mnasnet0_5", "MNASNet0_5_Weights.IMAGENET1K_V1"),
        # Takes a part off the model after loading, and transforms its input only with weights.
        ("googlenet", "GoogLeNet_Weights.IMAGENET1K_V1"),
    ],
)
def test_torchvision_models_are_what_torchvision_makes_of_the_same_weights(
    builder: str, weights: str, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    more = {"init_weights": False} if builder == "googlenet" else {}
    source = torchvision.models.get_model(builder, weights=None, **more)
    file = tmp_path / f"{builder}.pth"
    torch.save(source.state_dict(), file)
    entry = torchvision.models.get_weight(weights)
    with torchvision_models._handing_out(torch.load(file)):
        reference = torchvision.models.get_model(builder, weights=entry)

    built = torchvision_models.build(TorchvisionRecipe(builder, weights, "", ""), file)

    batch = BATCH[:, :, :96, :96]
    assert close(output(built, batch), output(reference, batch))
    assert not timm_models.has_meta(built)


def test_densenet_files_with_the_names_of_2017_still_load(tmp_path: Path) -> None:
    source = torchvision.models.densenet121(weights=None).state_dict()
    old = {
        key.replace("norm1", "norm.1").replace("conv1", "conv.1"): value
        for key, value in source.items()
        if "num_batches" not in key
    }
    torch.save(old, tmp_path / "densenet.pth")
    recipe = TorchvisionRecipe("densenet121", "DenseNet121_Weights.IMAGENET1K_V1", "", "")

    built = torchvision_models.build(recipe, tmp_path / "densenet.pth")

    assert torch.equal(built.features.conv0.weight, source["features.conv0.weight"])
    assert not timm_models.has_meta(built)


def test_an_entry_that_torchvision_does_not_have_is_a_sentence() -> None:
    recipe = TorchvisionRecipe("squeezenet1_1", "SqueezeNet1_1_Weights.NEXT_YEAR", "", "")

    with pytest.raises(TrialError, match="installed torchvision has no architecture"):
        torchvision_models.weights_entry(recipe)


def test_a_torchvision_folder_loads_with_its_own_preprocessing(
    tmp_path: Path, settings: Settings
) -> None:
    settings.MODELS_DIR = tmp_path
    model = torchvision.models.shufflenet_v2_x0_5(weights=None, num_classes=4).eval()
    cfg = {"input_size": [3, 96, 96], "crop_pct": 1.0, "mean": [0, 0, 0], "std": [1, 1, 1]}
    saved(
        model,
        tmp_path / "team",
        architecture="shufflenet_v2_x0_5",
        num_classes=4,
        label_names=["a", "b", "c", "d"],
        pretrained_cfg=cfg,
    )
    recipe = FolderRecipe("models", "team", "torchvision")

    loaded = load.load(recipe, load.fetch(recipe, lambda *_: None))

    assert close(output(loaded.model), output(model))
    assert loaded.label(3) == "d"
    assert any("96" in step for step in loaded.preprocessing)


# --- Mismatch, hostile files


def test_weights_that_do_not_fit_are_a_sentence(tmp_path: Path) -> None:
    folder = saved(timm.create_model("test_vit"), tmp_path, architecture="test_vit", num_classes=7)

    with pytest.raises(TrialError) as error:
        timm_models.build(f"local-dir:{folder}", folder / "model.safetensors")

    assert error.value.code == "weights_mismatch"
    assert len(str(error.value)) < 500


def config(**changes: Any) -> dict[str, Any]:
    return {
        "architecture": "test_vit",
        "num_classes": 7,
        "pretrained_cfg": {"input_size": [3, 160, 160], "crop_pct": 0.9},
    } | changes


def reason(folder: Path, content: Any) -> str:
    (folder / "config.json").write_text(
        content if isinstance(content, str) else json.dumps(content)
    )
    with pytest.raises(TrialError) as error:
        config_file.read_config(folder, "team")
    return str(error.value)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ([], "names no architecture"),
        (config(architecture=5), "names no architecture"),
        (config(architecture="os.system"), "no architecture os.system"),
        (config(architecture="local-dir:/etc"), "no architecture"),
        (config(model_args={"depth": 10**6}), "sets 'depth'"),
        (config(model_args={"img_size": 100_000}), "img_size has the value 100000"),
        (config(model_args={"in_chans": 10**6}), "in_chans has the value"),
        (config(num_classes=10**9), "num_classes is 1000000000"),
        (config(num_classes=0), "num_classes is 0"),
        (config(num_classes=True), "num_classes is True"),
        (config(pretrained_cfg={"input_size": [3, 10**5, 10**5]}), "input_size is"),
        (config(pretrained_cfg={"input_size": [1, 28, 28]}), "input_size is"),
        (config(pretrained_cfg={"input_size": "big"}), "input_size is"),
        (config(pretrained_cfg={"crop_pct": 1e-9}), "crop_pct is"),
        (config(pretrained_cfg={"crop_mode": "../x"}), "crop_mode is"),
        (config(label_names=[1, 2]), "label_names is not"),
        (config(label_descriptions=["a"]), "label_descriptions is not"),
    ],
)
def test_a_hostile_config_is_refused_with_the_reason(
    content: Any, why: str, tmp_path: Path
) -> None:
    assert why in reason(tmp_path, content)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


@hypothesis_settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.dictionaries(
        st.sampled_from(
            ["num_classes", "model_args", "pretrained_cfg", "label_names", "label_descriptions"]
        ),
        values,
    )
)
def test_any_config_is_accepted_or_refused_and_never_an_error(changes: dict[str, Any]) -> None:

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "config.json").write_text(json.dumps(config(**changes)))
        try:
            outcome = config_file.read_config(Path(folder), "team").get("num_classes", 1000)
        except TrialError as error:
            outcome = error.code
    assert outcome == "config_refused" or 1 <= outcome <= config_file.CLASSES_MAX


def tensors_file(folder: Path, header: Any, body: bytes = b"") -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path = folder / "model.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)
    return path


def entry(shape: list[int], begin: int, end: int, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    ("header", "body", "why"),
    [
        (b"{]", b"", "not JSON"),
        (b"[]", b"", "not a table"),
        ({"a": entry([2], 0, 8), "b": entry([2], 4, 12)}, b"x" * 12, "side by side"),
        ({"a": entry([2], 0, 8), "b": entry([2], 12, 20)}, b"x" * 20, "side by side"),
        ({"a": entry([2], 0, 8)}, b"x" * 100, "announces 8"),
        ({"a": entry([10**12], 0, 8)}, b"x" * 8, "another size"),
        ({"a": entry([-2], 0, 8)}, b"x" * 8, "another size"),
        ({"a": entry([2], 0, 8, "OBJ")}, b"x" * 8, "malformed"),
        ({"a": {"shape": [2]}}, b"", "malformed"),
        ({"a": 5}, b"", "malformed"),
    ],
)
def test_an_unsound_weights_file_is_refused_before_it_is_read(
    header: Any, body: bytes, why: str, tmp_path: Path
) -> None:
    with pytest.raises(TrialError, match=why) as error:
        weights_file.check_safetensors(tensors_file(tmp_path, header, body))

    assert error.value.code == "weights_refused"


def test_a_header_of_impossible_length_is_not_allocated(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(struct.pack("<Q", 2**60) + b"{}")

    with pytest.raises(TrialError, match="impossible length"):
        weights_file.check_safetensors(path)


def test_small_types_count_as_what_they_become(tmp_path: Path, settings: Settings) -> None:
    path = tensors_file(tmp_path, {"a": entry([1000], 0, 1000, "I8")}, b"x" * 1000)
    assert weights_file.check_safetensors(path) == 4000
    settings.LOADED_MODELS_MAX_BYTES = 3999

    with pytest.raises(TrialError) as error:
        weights_file.check_safetensors(path)

    assert error.value.code == "weights_too_large"


# --- Memory


def loaded(count: int) -> Loaded:
    """A checkpoint of `count` parameters."""
    model = torch.nn.Linear(count, 1, bias=False)
    return Loaded(model, lambda image: image, [], [], torch.device("cpu"))


def recipe(name: str) -> tuple[FolderRecipe]:
    return (FolderRecipe("models", name),)


def test_loaded_checkpoints_are_bounded_in_bytes_and_the_longest_unused_goes(
    settings: Settings,
) -> None:
    settings.LOADED_MODELS_MAX_BYTES = 1000
    shelf = Shelf()
    shelf.put(recipe("a"), loaded(100))
    shelf.put(recipe("b"), loaded(100))
    shelf.get(recipe("a"))

    shelf.put(recipe("c"), loaded(100))

    assert shelf.names() == ["folder:models/a", "folder:models/c"]


def test_a_checkpoint_over_the_limit_is_not_kept(settings: Settings) -> None:
    settings.LOADED_MODELS_MAX_BYTES = 1000
    shelf = Shelf()

    shelf.put(recipe("a"), loaded(1000))

    assert shelf.names() == []


def test_a_folder_that_changed_is_loaded_again(tmp_path: Path, settings: Settings) -> None:
    settings.MODELS_DIR = tmp_path
    saved(timm.create_model("test_vit", num_classes=3), tmp_path / "team", architecture="test_vit")
    before = load.shelf_key(FolderRecipe("models", "team"))

    (tmp_path / "team" / "config.json").write_text("{}")

    assert load.shelf_key(FolderRecipe("models", "team")) != before


def test_the_shipped_checkpoint_loads_through_the_same_door() -> None:
    shipped = FolderRecipe("shipped", "digits-test_efficientnet")

    ready = load.load(shipped, Fetched(SHIPPED / "model.safetensors"))

    assert ready.label(7) == "7 (seven)"
    assert ready.size < 2_000_000
