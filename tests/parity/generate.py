"""Makes the small models, inputs and outputs that `tests/parity.rs` compares with.

By hand, with the reference implementations from PyPI:

    pip install torch open_clip_torch timm transformers tokenizers safetensors
    python tests/parity/generate.py            # all, or those that are named
    python tests/parity/generate.py --full-size ViT-B-32 /tmp/b32  # not committed; then
    PIXSEEK_PARITY_MODEL=/tmp/b32 cargo test --release --workspace --test parity by-hand

Full size was seen for ViT-B-32, RN50 and xlm-roberta-base-ViT-B-32 (open_clip), and for
siglip-base-patch16-224 (transformers), all with random weights.

Every model is random, tiny, and exact in half precision, so that its file is small
and both sides compute on the same numbers.
"""

import json
import shutil
import sys
from pathlib import Path

import open_clip
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from open_clip.hf_model import HFTextEncoder
from transformers import CLIPConfig, CLIPModel, SiglipConfig, SiglipModel, XLMRobertaConfig

HERE = Path(__file__).parent
VOCABULARY, CONTEXT, EMBEDDING = 300, 16, 24
START, END = 298, 299


def main():
    if sys.argv[1:2] == ["--full-size"]:
        return full_size(sys.argv[2], Path(sys.argv[3]))
    text = dict(context_length=CONTEXT, vocab_size=VOCABULARY, width=32, heads=2, layers=2)
    vit = dict(image_size=32, patch_size=8, width=32, head_width=16, layers=2)
    resnet = dict(image_size=64, layers=[1, 2, 1, 1], width=8, head_width=64)
    openai = dict(image_size=32, patch_size=8, width=64, head_width=64, layers=1)
    openai_text = dict(text, width=64, heads=1, layers=1)
    made = {
        "vit-quickgelu": lambda name: open_clip_model(name, vit, text, True),
        "vit-gelu": lambda name: open_clip_model(name, vit, text, False),
        # Pictures of other sizes than the weights' own: position embeddings are resampled.
        "vit-larger": lambda name: open_clip_model(name, vit, text, False, image_size=48),
        "vit-smaller": lambda name: open_clip_model(name, dict(vit, image_size=56), text, False, image_size=24),
        "resnet": lambda name: open_clip_model(name, resnet, text, False),
        "openai": lambda name: open_clip_model(name, openai, openai_text, True, as_openai=True),
        "hugging-face": hugging_face_model,
        # Shapes of OpenCLIP's neighbours: AugReg's and CLIPA's towers, LayerScale, CoCa's pooling.
        "vit-mean": lambda name: open_clip_model(
            name,
            dict(vit, no_ln_pre=True, pool_type="avg", final_ln_after_pool=True, norm_kwargs=dict(eps=1e-3)),
            dict(text, no_causal_mask=True, pool_type="last"), False),
        "vit-scaled": lambda name: open_clip_model(
            name,
            dict(vit, pool_type="avg", ls_init_value=1e-4, act_kwargs=dict(approximate="tanh")),
            dict(text, ls_init_value=1e-4, pool_type="eos", eos_id=END, norm_kwargs=dict(eps=1e-3)), False),
        "vit-query": lambda name: open_clip_model(
            name,
            # The pooler's own norms do not follow this epsilon.
            dict(vit, attentional_pool=True, attn_pooler_queries=5, attn_pooler_heads=4, norm_kwargs=dict(eps=1e-2)),
            dict(text, pool_type="first"), False),
        "vit-query-square": lambda name: open_clip_model(
            name,
            dict(vit, width=EMBEDDING, head_width=12, attentional_pool=True, attn_pooler_queries=3, attn_pooler_heads=2),
            dict(text, width=EMBEDDING, proj_type="none"), False),
        "siglip": siglip_model,
        "siglip-timm": lambda name: siglip_timm_model(name, "vit_base_patch16_siglip_224", "map"),
        "siglip-gap": lambda name: siglip_timm_model(name, "vit_base_patch16_siglip_gap_224", "avg"),
        "xlm-roberta": lambda name: roberta_model(name, vit, text),
    }
    for name in sys.argv[1:] or made:
        made[name](name)


def open_clip_model(name, vision, text, quick_gelu, as_openai=False, image_size=None):
    torch.manual_seed(len(name))
    model = open_clip.model.CLIP(EMBEDDING, vision, text, quick_gelu=quick_gelu).eval()
    randomize(model)
    folder = empty_folder(name)
    state = {key: value.half() if value.is_floating_point() else value for key, value in model.state_dict().items()}
    if as_openai:
        state["input_resolution"] = torch.tensor(vision["image_size"])
        state["context_length"] = torch.tensor(CONTEXT)
        state["vocab_size"] = torch.tensor(VOCABULARY)
        torch.save(state, folder / "model.pt")
    else:
        save_file({key: value.contiguous() for key, value in state.items()}, folder / "open_clip_model.safetensors")
        config = dict(embed_dim=EMBEDDING, quick_gelu=quick_gelu, vision_cfg=vision, text_cfg=text)
        if image_size:
            vision = config["vision_cfg"] = dict(vision, image_size=image_size)
            model = open_clip.model.CLIP(EMBEDDING, vision, text, quick_gelu=quick_gelu).eval()
            state = {key: value.float() if value.is_floating_point() else value for key, value in state.items()}
            open_clip.model.resize_pos_embed(state, model)
            model.load_state_dict(state)
        (folder / "open_clip_config.json").write_text(json.dumps(dict(model_cfg=config), indent=1))
    reference(folder, vision["image_size"], model.encode_image, model.encode_text)


@torch.no_grad()
def full_size(name, folder):
    """A published architecture at its full size, with random weights."""
    torch.manual_seed(32)
    folder.mkdir(parents=True, exist_ok=True)
    if name.startswith("siglip"):
        text, vision = dict(model_type="siglip_text_model"), dict(model_type="siglip_vision_model")
        model = SiglipModel(SiglipConfig(text_config=text, vision_config=vision)).eval()
        (folder / "config.json").write_text(json.dumps(dict(model_type="siglip", text_config=text, vision_config=vision)))
        (folder / "tokenizer_config.json").write_text(json.dumps(dict(pad_token="<end>")))
        features = lambda output: getattr(output, "pooler_output", output)
        encode_image = lambda pixels: features(model.get_image_features(pixels))
        encode_text = lambda ids: features(model.get_text_features(ids))
        context, padding, weights = 64, END, "model.safetensors"
    else:
        config = open_clip.get_model_config(name)
        roberta = "hf_model_name" in config["text_cfg"]
        if roberta:
            # Sizes of xlm-roberta-base, which open_clip would fetch.
            sizes = XLMRobertaConfig(vocab_size=250002, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5)
            text = HFTextEncoder("xlm-roberta", config["embed_dim"], config=sizes, pooler_type="mean_pooler", proj_type="mlp")
            vision = open_clip.model.CLIP(config["embed_dim"], config["vision_cfg"], {})
            model = torch.nn.ModuleDict(dict(text=text, visual=vision.visual)).eval()
            model.register_parameter("logit_scale", vision.logit_scale)
            encode_image, encode_text = model["visual"], model["text"]
        else:
            model = open_clip.create_model(name).eval()
            encode_image, encode_text = model.encode_image, model.encode_text
        (folder / "open_clip_config.json").write_text(json.dumps(dict(model_cfg=config)))
        context, padding, weights = 77, int(roberta), "open_clip_model.safetensors"
    save_file({key: value.contiguous() for key, value in model.state_dict().items()}, folder / weights)
    side = 224 if name.startswith("siglip") else config["vision_cfg"]["image_size"]
    reference(folder, side, encode_image, encode_text, padding=padding, context=context)


def hugging_face_model(name):
    torch.manual_seed(len(name))
    config = CLIPConfig(
        projection_dim=EMBEDDING,
        # End-of-text is not the highest id here: pooling has to follow the configuration.
        text_config=dict(vocab_size=VOCABULARY + 5, hidden_size=32, intermediate_size=96, num_hidden_layers=2,
                         num_attention_heads=2, max_position_embeddings=CONTEXT, eos_token_id=END,
                         hidden_act="quick_gelu", layer_norm_eps=1e-3),
        vision_config=dict(hidden_size=32, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
                           image_size=32, patch_size=8, hidden_act="gelu", layer_norm_eps=1e-3),
    )
    model = CLIPModel(config).eval()
    randomize(model)
    folder = empty_folder(name)
    state = {key: value.half().contiguous() for key, value in model.state_dict().items() if value.is_floating_point()}
    save_file(state, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config.to_dict(), indent=1, default=str))
    features = lambda output: getattr(output, "pooler_output", output)
    reference(folder, 32, lambda pixels: features(model.get_image_features(pixels)),
              lambda ids: features(model.get_text_features(ids)), highest=VOCABULARY + 5)


def siglip_model(name):
    torch.manual_seed(len(name))
    # As published, the configuration names only sizes.
    sizes = dict(hidden_size=EMBEDDING, intermediate_size=56, num_hidden_layers=2, num_attention_heads=2)
    text = dict(sizes, vocab_size=VOCABULARY, max_position_embeddings=CONTEXT)
    vision = dict(sizes, image_size=32, patch_size=8)
    model = SiglipModel(SiglipConfig(text_config=text, vision_config=vision)).eval()
    randomize(model)
    model.logit_scale.data.fill_(2.25)
    model.logit_bias.data.fill_(-10)
    folder = empty_folder(name)
    state = {key: value.half().contiguous() for key, value in model.state_dict().items() if value.is_floating_point()}
    save_file(state, folder / "model.safetensors")
    config = dict(model_type="siglip", text_config=text, vision_config=vision)
    (folder / "config.json").write_text(json.dumps(config, indent=1))
    (folder / "tokenizer_config.json").write_text(json.dumps(dict(pad_token="<end>")))
    size = dict(height=32, width=32)
    preprocessor = dict(size=size, resample=3, image_mean=[0.5] * 3, image_std=[0.5] * 3)
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor))
    features = lambda output: getattr(output, "pooler_output", output)
    reference(folder, 32, lambda pixels: features(model.get_image_features(pixels)),
              lambda ids: features(model.get_text_features(ids)), padding=END)


def siglip_timm_model(name, tower, pool):
    """SigLIP as OpenCLIP publishes it: timm's image tower, whose name says heads, activation and pooling."""
    torch.manual_seed(len(name))
    create = open_clip.timm_model.timm.create_model
    small = dict(embed_dim=EMBEDDING, depth=2, patch_size=8, img_size=32)
    open_clip.timm_model.timm.create_model = lambda name, **settings: create(name, **small, **settings)
    vision = dict(image_size=32, timm_model_name=tower, timm_model_pretrained=False,
                  timm_pool=pool, timm_proj="none")
    text = dict(context_length=CONTEXT, vocab_size=VOCABULARY, hf_tokenizer_name="timm/ViT-B-16-SigLIP",
                tokenizer_kwargs=dict(clean="canonicalize"), width=EMBEDDING, heads=2, layers=2, mlp_ratio=3.7362,
                no_causal_mask=True, proj_bias=True, pool_type="last", norm_kwargs=dict(eps=1e-6),
                act_kwargs=dict(approximate="tanh"))
    config = dict(embed_dim=EMBEDDING, init_logit_bias=-10, custom_text=True, vision_cfg=vision, text_cfg=text)
    built = {key: value for key, value in config.items() if key != "custom_text"}
    model = open_clip.model.CustomTextCLIP(**built).eval()
    open_clip.timm_model.timm.create_model = create
    randomize(model)
    folder = empty_folder(name)
    save_file({key: value.half().contiguous() for key, value in model.state_dict().items()},
              folder / "open_clip_model.safetensors")
    preprocess = dict(mean=[0.5] * 3, std=[0.5] * 3, interpolation="bicubic", resize_mode="squash")
    config = dict(model_cfg=config, preprocess_cfg=preprocess)
    (folder / "open_clip_config.json").write_text(json.dumps(config, indent=1))
    (folder / "tokenizer_config.json").write_text(json.dumps(dict(pad_token="<end>")))
    reference(folder, 32, model.encode_image, model.encode_text, padding=END)


def roberta_model(name, vision, text):
    """OpenCLIP's multilingual models: XLM-RoBERTa, mean pooling, a projection of two layers."""
    torch.manual_seed(len(name))
    # Heads are 64 wide, as in the published ones.
    config = XLMRobertaConfig(vocab_size=VOCABULARY, hidden_size=64, num_hidden_layers=2, num_attention_heads=1,
                              intermediate_size=96, max_position_embeddings=CONTEXT + 2, type_vocab_size=1,
                              pad_token_id=1, layer_norm_eps=1e-5)
    encoder = HFTextEncoder("xlm-roberta", EMBEDDING, config=config, pooler_type="mean_pooler", proj_type="mlp").eval()
    clip = open_clip.model.CLIP(EMBEDDING, vision, text).eval()
    randomize(encoder)
    randomize(clip)
    folder = empty_folder(name)
    state = {"text." + key: value for key, value in encoder.state_dict().items()}
    state |= {key: value for key, value in clip.state_dict().items() if key.startswith("visual.") or key == "logit_scale"}
    state = {key: value.half().contiguous() for key, value in state.items() if value.is_floating_point()}
    save_file(state, folder / "open_clip_model.safetensors")
    text = dict(context_length=CONTEXT, hf_model_name="xlm-roberta-base", hf_tokenizer_name="xlm-roberta-base",
                hf_pooler_type="mean_pooler")
    config = dict(embed_dim=EMBEDDING, vision_cfg=vision, text_cfg=text)
    (folder / "open_clip_config.json").write_text(json.dumps(dict(model_cfg=config), indent=1))
    reference(folder, 32, clip.encode_image, encoder, padding=1)


def randomize(model):
    """Values as large as in trained models, exact in half precision."""
    for name, value in model.state_dict().items():
        if not value.is_floating_point() or name in ("logit_scale", "logit_bias"):
            continue
        if name.endswith("running_var"):
            value.uniform_(0.5, 2)
        elif value.dim() < 2:
            value.normal_(1 if "weight" in name else 0, 0.3)
        else:
            value.normal_(0, value[0].numel() ** -0.5)
        value.copy_(value.half().float())


@torch.no_grad()
def reference(folder, side, encode_image, encode_text, highest=VOCABULARY, padding=0, context=CONTEXT):
    tokenizer().save(str(folder / "tokenizer.json"))
    pixels = torch.randn(4, 3, side, side)
    ids = torch.full((5, context), padding, dtype=torch.long)
    for row, length in enumerate([0, 1, 5, context - 3, context - 2]):
        ids[row, 0] = START
        ids[row, 1 : 1 + length] = torch.randint(2 if padding == 1 else 0, START, (length,))
        ids[row, 1 + length] = END
    if highest > VOCABULARY:
        ids[2, 2] = highest - 1
    save_file(
        dict(pixels=pixels, image_features=encode_image(pixels).contiguous(), token_ids=ids,
             text_features=encode_text(ids).contiguous()),
        folder / "reference.safetensors",
    )


def tokenizer():
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {symbol: index for index, symbol in enumerate(alphabet)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fill = [f"<unused{index}>" for index in range(START - len(alphabet))]
    tokenizer.add_special_tokens(fill + ["<start>", "<end>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<start> $A <end>", special_tokens=[("<start>", START), ("<end>", END)])
    return tokenizer


def empty_folder(name):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


main()
