"""A trained cross-encoder as int8 ONNX for rag.rerank: `export(model, tokenizer, folder, card)` (the ml extra with onnx)."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def export(model: Any, tokenizer: Any, folder: Path, card: dict[str, Any]) -> None:
    """Write model.onnx (int8 weights, activations quantised as they come), tokenizer.json and card.json."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as passing:
        raw, fused = Path(passing) / "raw.onnx", Path(passing) / "fused.onnx"
        _traced(model, raw)
        _fused(raw, fused, model.config)
        _quantised(fused, folder / "model.onnx")
    (folder / "tokenizer.json").write_text(json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":")), "utf-8")
    (folder / "card.json").write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", "utf-8")


def first_position(model: Any) -> Any:
    """The model with one output, the logit; of its last layer only the first position is worked out, for nothing else is read (a fifth of the time)."""
    import torch

    class Scorer(torch.nn.Module):  # type: ignore[misc,unused-ignore]  # torch is not installed where types are checked
        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
            hidden = self.inner.bert.embeddings(input_ids=input_ids, token_type_ids=token_type_ids)
            far = (1.0 - attention_mask[:, None, None, :].float()) * -1e4
            *lower, last = self.inner.bert.encoder.layer
            for layer in lower:
                hidden = _layer(layer, hidden, hidden, far)
            return self.inner.classifier(self.inner.bert.pooler(_layer(last, hidden[:, :1], hidden, far)))[:, 0]

    return Scorer().eval()


def _layer(layer: Any, asking: Any, seen: Any, far: Any) -> Any:
    own = layer.attention.self

    def heads(x: Any) -> Any:
        return x.view(x.shape[0], x.shape[1], own.num_attention_heads, own.attention_head_size).transpose(1, 2)

    shares = (heads(own.query(asking)) @ heads(own.key(seen)).transpose(-1, -2) / own.attention_head_size**0.5 + far).softmax(-1)
    mixed = (shares @ heads(own.value(seen))).transpose(1, 2)
    out = layer.attention.output(mixed.reshape(mixed.shape[0], mixed.shape[1], -1), asking)
    return layer.output(layer.intermediate(out), out)


def _traced(model: Any, path: Path) -> None:
    import torch

    ids = torch.randint(5, model.config.vocab_size, (2, 16))
    axes: dict[str, dict[int, str]] = {name: {0: "passages", 1: "tokens"} for name in _INPUTS}
    torch.onnx.export(
        first_position(model.cpu().eval()), (ids, torch.ones_like(ids), torch.zeros_like(ids)), str(path), input_names=list(_INPUTS), output_names=["score"],
        dynamic_axes={**axes, "score": {0: "passages"}}, dynamo=False, opset_version=17,
    )  # fmt: skip


def _fused(raw: Path, fused: Path, config: Any) -> None:
    """Attention as one operator; the fusions of layer norms are left out, their kernels are slow."""
    from onnxruntime.transformers import optimizer
    from onnxruntime.transformers.fusion_options import FusionOptions

    options = FusionOptions("bert")
    options.enable_skip_layer_norm = options.enable_bias_skip_layer_norm = options.enable_embed_layer_norm = False
    made = optimizer.optimize_model(str(raw), model_type="bert", num_heads=config.num_attention_heads, hidden_size=config.hidden_size, opt_level=0, optimization_options=options)
    made.save_model_to_file(str(fused))


def _quantised(fused: Path, path: Path) -> None:
    from onnx import TensorProto
    from onnxruntime.quantization import QuantType, quantize_dynamic

    kinds = ["MatMul", "Attention", "Gather", "Gemm"]
    quantize_dynamic(str(fused), str(path), weight_type=QuantType.QInt8, op_types_to_quantize=kinds, extra_options={"DefaultTensorType": TensorProto.FLOAT})
