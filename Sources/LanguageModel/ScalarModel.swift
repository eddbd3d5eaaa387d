public import Autograd
public import TensorKernels
import Tokenization

/// A decoder with one linear output instead of logits: a reward model or a value model.
///
///     value(row) = w·h(row)        h after the final norm, w = `score.weight`, no bias
public struct ScalarModel<Scalar: BLASScalar>: Sendable {
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
