public import Autograd
public import TensorKernels
import Tokenization

/// A Llama-style language model: RMS norms, rotary positions, grouped-query attention, SwiGLU.
public struct Transformer<Scalar: BLASScalar>: Sendable {
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

  /// The hidden states after the final norm, one row a token.
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
