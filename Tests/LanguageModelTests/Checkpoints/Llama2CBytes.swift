import Autograd
import LanguageModel

/// A model's tensors in the layout of llama2.c's `export.py --version 0`, in the order they are in.
func llama2CBytes(_ model: Transformer<Float>) -> [UInt8] {
  let sizes = model.configuration
  let vocabulary = sizes.tiedHead ? sizes.vocabularySize : -sizes.vocabularySize
  var words = [
    sizes.hiddenSize, sizes.intermediateSize, sizes.layers, sizes.heads, sizes.keyValueHeads,
    vocabulary, sizes.maximumLength,
  ].map { UInt32(bitPattern: Int32($0)) }
  func append(_ values: [Float]) { words += values.map(\.bitPattern) }
  append(model.parameters["model.embed_tokens.weight"])
  for kind in [
    "input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
    "self_attn.o_proj", "post_attention_layernorm", "mlp.gate_proj", "mlp.down_proj", "mlp.up_proj",
  ] {
    for layer in 0..<sizes.layers {
      append(model.parameters["model.layers.\(layer).\(kind).weight"])
    }
  }
  append(model.parameters["model.norm.weight"])
  append([Float](repeating: 9, count: sizes.maximumLength * sizes.headDimension))
  if !sizes.tiedHead { append(model.parameters["lm_head.weight"]) }
  return words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
}
