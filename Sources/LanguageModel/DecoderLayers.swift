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
    var x = tape.embedding(weights[TensorName.embedding], batch.tokens)
    for layer in 0..<layers {
      func weight(_ name: String) -> Tensor<Scalar> { weights[TensorName.inLayer(layer, name)] }
      var attended = attention(
        x.rmsNorm(gain: weight("input_layernorm"), epsilon: epsilon), batch.segments, weight)
      if layer == layers - 1, let rows { (x, attended) = (x.rows(rows), attended.rows(rows)) }
      x = x + attended.linear(weight("self_attn.o_proj"))
      let fed = feedForward(
        x.rmsNorm(gain: weight("post_attention_layernorm"), epsilon: epsilon), weight)
      x = x + fed
    }
    return x.rmsNorm(gain: weights[TensorName.finalNorm], epsilon: epsilon)
  }

  /// Grouped-query attention over the rows of the same sequence up to one's own, heads side by side.
  private func attention<Scalar>(
    _ x: Tensor<Scalar>, _ segments: Segments, _ weight: (String) -> Tensor<Scalar>
  ) -> Tensor<Scalar> {
    let queries = x.linear(weight("self_attn.q_proj"))
      .rotary(segments: segments, headDimension: headDimension, base: ropeTheta)
    let keys = x.linear(weight("self_attn.k_proj"))
      .rotary(segments: segments, headDimension: headDimension, base: ropeTheta)
    let values = x.linear(weight("self_attn.v_proj"))
    return queries.causalAttention(
      keys: keys, values: values, segments: segments, heads: heads, keyValueHeads: keyValueHeads)
  }

  /// The gated feed-forward block W₃(silu(W₁x) ⊙ W₂x) of Shazeer (2020), equation 6.
  private func feedForward<Scalar>(
    _ x: Tensor<Scalar>, _ weight: (String) -> Tensor<Scalar>
  ) -> Tensor<Scalar> {
    x.linear(weight("mlp.gate_proj")).swiGLU(x.linear(weight("mlp.up_proj")))
      .linear(weight("mlp.down_proj"))
  }
}
