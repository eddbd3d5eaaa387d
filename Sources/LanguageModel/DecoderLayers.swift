import Autograd
import TensorKernels

extension ModelConfiguration {
  /// The hidden states of a Llama decoder after its final norm, for the wanted rows of a batch.
  ///
  ///     x = E[tokens];  x += attention(norm(x)), x += feedForward(norm(x)) in every layer;  norm(x)
  ///
  /// Touvron (2023), section 2.2: norms before the blocks, SwiGLU, rotary positions. After the last
  /// attention no row looks at another one, and so only the wanted rows go on from there.
  func hiddenStates<Scalar>(
    _ batch: SequenceBatch, _ weights: RecordedParameters<Scalar>, on tape: Tape<Scalar>,
    rows: [Int]? = nil
  ) -> Tensor<Scalar> {
    let epsilon = Scalar(normEpsilon)
    let attention = AttentionShape(
      segments: batch.segments, prefixes: batch.prefixes, heads: heads,
      keyValueHeads: keyValueHeads, headDimension: headDimension)
    var x = tape.embedding(weights[TensorName.embedding], batch.tokens)
    for layer in 0..<layers {
      func weight(_ name: String) -> Tensor<Scalar> { weights[TensorName.inLayer(layer, name)] }
      var attended = x.rmsNorm(gain: weight("input_layernorm"), epsilon: epsilon)
        .linear(["q", "k", "v"].map { weight("self_attn.\($0)_proj") })
        .selfAttention(attention, base: ropeTheta)
      if layer == layers - 1, let rows { (x, attended) = (x.rows(rows), attended.rows(rows)) }
      x = attended.linear(weight("self_attn.o_proj"), onto: x)
      x = x.rmsNorm(gain: weight("post_attention_layernorm"), epsilon: epsilon)
        .linear([weight("mlp.gate_proj"), weight("mlp.up_proj")]).swiGLU()
        .linear(weight("mlp.down_proj"), onto: x)
    }
    return x.rmsNorm(gain: weights[TensorName.finalNorm], epsilon: epsilon)
  }
}
