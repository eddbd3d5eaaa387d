public import TensorKernels

extension Tensor {
  /// Causal softmax attention within every segment, Vaswani (2017), equation 1, called on the
  /// queries; groups of query heads share a key head, Ainslie (2023).
  public func causalAttention(
    keys: Tensor, values: Tensor, segments: Segments, heads: Int, keyValueHeads: Int
  ) -> Tensor {
    let attention = AttentionShape(
      segments: segments, heads: heads, keyValueHeads: keyValueHeads,
      headDimension: shape.columns / heads)
    let (q, k, v, tape) = (operand, keys.operand, values.operand, tape)
    let weights = tape.keep(attention.weightCount)
    return tape.record(shape, from: [self, keys, values]) { output in
      tape.withKept(weights) {
        var weights = $0.mutableSpan
        TensorKernels.causalAttention(
          queries: tape.value(of: q).span, keys: tape.value(of: k).span,
          values: tape.value(of: v).span, shape: attention, into: &output, weights: &weights)
      }
    } derivative: { tape, outputGradient in
      let (queries, keys, values) = (tape.value(of: q), tape.value(of: k), tape.value(of: v))
      let weights = tape.kept(weights)
      tape.withGradient(of: q) { queryGradient in
        tape.withGradient(of: k) { keyGradient in
          tape.withGradient(of: v) { valueGradient in
            causalAttentionDerivative(
              queries: queries.span, keys: keys.span, values: values.span, weights: weights.span,
              shape: attention, outputGradient: outputGradient.span, intoQueries: &queryGradient,
              keys: &keyGradient, values: &valueGradient)
          }
        }
      }
    }
  }
}
