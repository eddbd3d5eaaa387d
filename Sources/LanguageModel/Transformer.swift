public import Autograd
public import TensorKernels
import Tokenization

/// A Llama-style language model: RMS norms, rotary positions, grouped-query attention, SwiGLU.
public struct Transformer<Scalar: TensorScalar>: Sendable {
  /// The model's sizes.
  public let configuration: ModelConfiguration
  /// The trainable tensors under the names that transformers gives them.
  public var parameters: ParameterSet<Scalar>

  /// A fresh model: weights normal with deviation 0.02, gains one.
  ///
  /// - Precondition: `configuration.validate()` does not throw.
  public init(
    configuration: ModelConfiguration, using generator: inout some RandomNumberGenerator
  ) {
    do { try configuration.validate() } catch { preconditionFailure("\(error)") }
    self.configuration = configuration
    parameters = ParameterSet(starting: configuration.transformerLayout, using: &generator)
  }

  /// A model from its tensors, which may come in any order.
  public init(
    configuration: ModelConfiguration, parameters: ParameterSet<Scalar>
  ) throws(ModelError) {
    try configuration.validate()
    try parameters.check(against: configuration.transformerLayout)
    self.configuration = configuration
    self.parameters = parameters.ordered(as: configuration.transformerLayout)
  }

  /// The hidden states after the final norm, one row per token.
  public func hiddenStates(
    _ batch: SequenceBatch, _ recorded: RecordedParameters<Scalar>, on tape: Tape<Scalar>
  ) -> Tensor<Scalar> {
    configuration.hiddenStates(batch, recorded, on: tape)
  }

  /// The log-probabilities of completion tokens, one row for each of the batch's targets.
  ///
  ///     log π(yₜ | x, y₍<ₜ₎) = zₜ[yₜ]/T − log Σᵥ exp(zₜ[v]/T)        z = H·Wᵀ
  ///
  /// Rows of the prompt do not take part: no loss on these values has a gradient there.
  public func tokenLogProbabilities(
    _ batch: SequenceBatch, _ recorded: RecordedParameters<Scalar>, on tape: Tape<Scalar>,
    temperature: Scalar = 1
  ) -> TokenLogProbabilities<Scalar> {
    configuration.hiddenStates(batch, recorded, on: tape, rows: batch.predictionRows)
      .tokenLogProbabilities(
        head: recorded[configuration.headName], targets: batch.targets, temperature: temperature)
  }
}

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

/// A decoder with one linear output instead of logits: a reward model or a value model.
///
///     value(row) = w·h(row)        h after the final norm, w = `score.weight`, no bias
public struct ScalarModel<Scalar: TensorScalar>: Sendable {
  /// The sizes of the backbone.
  public let configuration: ModelConfiguration
  /// The backbone's tensors followed by `score.weight`, under the names of transformers.
  public var parameters: ParameterSet<Scalar>

  /// A model on a copy of a language model's backbone, with a zero head: all its values are zero.
  public init(backbone: Transformer<Scalar>) {
    configuration = backbone.configuration
    parameters = backbone.parameters.ordered(as: configuration.backboneLayout)
    parameters.append(
      TensorName.score, shape: Shape(rows: 1, columns: configuration.hiddenSize),
      values: [Scalar](repeating: 0, count: configuration.hiddenSize))
  }

  /// A model from its tensors, which may come in any order.
  public init(
    configuration: ModelConfiguration, parameters: ParameterSet<Scalar>
  ) throws(ModelError) {
    try configuration.validate()
    try parameters.check(against: configuration.scalarModelLayout)
    self.configuration = configuration
    self.parameters = parameters.ordered(as: configuration.scalarModelLayout)
  }

  /// The values at rows of a batch, as a column of `rows.count`.
  public func values(
    _ batch: SequenceBatch, _ recorded: RecordedParameters<Scalar>, on tape: Tape<Scalar>,
    rows: [Int]
  ) -> Tensor<Scalar> {
    configuration.hiddenStates(batch, recorded, on: tape, rows: rows)
      .linear(recorded[TensorName.score])
  }
}
